//! Passwords and refresh chains get tables of their own, a session has a `mode`, a user has `roles` and a `credential_epoch`.
//!
//! Every row is kept: users stay signed in and refresh tokens stay valid. Each step first checks whether it is done already, because
//! MySQL cannot undo the earlier steps if one fails.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend, sea_query::ColumnDef};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        passwords(manager).await?;
        grants(manager).await?;
        sessions(manager).await?;
        users(manager).await
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("this step cannot be undone; restore a backup".to_owned()))
    }
}

async fn passwords(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    if !manager.has_column("user", "password_hash").await? {
        return Ok(());
    }
    if !manager.has_table("password").await? {
        let password = crate::table(manager, "password")
            .col(ColumnDef::new("user_id").uuid().not_null().primary_key())
            .col(ColumnDef::new("hash").string_len(255).not_null())
            .col(ColumnDef::new("changed_at").big_integer().not_null())
            .foreign_key(&mut owner("password_user", "password", "user_id", "user"))
            .to_owned();
        manager.create_table(password).await?;
    }
    let have = Query::select().column("user_id").from("password").to_owned();
    let theirs = Query::select()
        .columns(["id", "password_hash", "created_at"])
        .from("user")
        .and_where(Expr::col("status").ne("deleted"))
        .and_where(Expr::col("id").not_in_subquery(have))
        .to_owned();
    copy(manager, "password", &["user_id", "hash", "changed_at"], theirs).await?;
    drop_column(manager, "user", "password_hash").await
}

async fn grants(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    if !manager.has_column("session", "seed").await? {
        return Ok(());
    }
    if !manager.has_table("token_grant").await? {
        let grant = crate::table(manager, "token_grant")
            .col(ColumnDef::new("id").uuid().not_null().primary_key())
            .col(ColumnDef::new("session_id").uuid().not_null())
            .col(ColumnDef::new("seed").var_binary(32).not_null())
            .col(ColumnDef::new("generation").big_integer().not_null())
            .col(ColumnDef::new("rotated_at").big_integer())
            .col(ColumnDef::new("refresh_in").string_len(8).not_null())
            .foreign_key(&mut owner("token_grant_session", "token_grant", "session_id", "session"))
            .to_owned();
        manager.create_table(grant).await?;
    }
    // Finds the grants of a deleted session. MySQL creates this index with the foreign key.
    if manager.get_database_backend() != DbBackend::MySql && !manager.has_index("token_grant", "token_grant_by_session").await? {
        let index = Index::create().name("token_grant_by_session").table("token_grant").col("session_id").to_owned();
        manager.create_index(index).await?;
    }
    // `generation` is dropped after all chains are copied. If it is gone, only the other columns remain to be dropped.
    if manager.has_column("session", "generation").await? {
        chains(manager).await?;
    }
    for column in ["generation", "rotated_at", "refresh_in", "seed"] {
        drop_column(manager, "session", column).await?;
    }
    Ok(())
}

async fn chains(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let have = Query::select().column("id").from("token_grant").to_owned();
    let chains = Query::select()
        .columns(["id", "id", "seed", "generation", "rotated_at"])
        .expr(Func::coalesce([Expr::col("refresh_in"), Expr::val("body")]))
        .from("session")
        .and_where(Expr::col("seed").is_not_null())
        .and_where(Expr::col("id").not_in_subquery(have))
        .to_owned();
    copy(manager, "token_grant", &["id", "session_id", "seed", "generation", "rotated_at", "refresh_in"], chains).await
}

async fn sessions(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    if manager.has_column("session", "face").await? {
        let rename = Table::alter().table("session").rename_column("face", "mode").to_owned();
        manager.alter_table(rename).await?;
    }
    let renamed = Query::update().table("session").value("mode", "token").and_where(Expr::col("mode").eq("bearer")).to_owned();
    manager.execute(renamed).await
}

async fn users(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    if !manager.has_column("user", "credential_epoch").await? {
        let epoch = ColumnDef::new("credential_epoch").big_integer().not_null().default(0).to_owned();
        manager.alter_table(Table::alter().table("user").add_column(epoch).to_owned()).await?;
    }
    if !manager.has_column("user", "roles").await? {
        let roles = ColumnDef::new("roles").string_len(1000).not_null().default("").to_owned();
        manager.alter_table(Table::alter().table("user").add_column(roles).to_owned()).await?;
    }
    if manager.has_column("user", "role").await? {
        let admins = Query::update().table("user").value("roles", "admin").and_where(Expr::col("role").eq("admin")).to_owned();
        manager.execute(admins).await?;
        drop_column(manager, "user", "role").await?;
    }
    Ok(())
}

fn owner(name: &'static str, table: &'static str, column: &'static str, of: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().name(name).from(table, column).to(of, "id").on_delete(ForeignKeyAction::Cascade).to_owned()
}

async fn copy(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
    from: SelectStatement,
) -> Result<(), DbErr> {
    let insert =
        Query::insert().into_table(table).columns(columns.iter().copied()).select_from(from).map(|insert| insert.to_owned());
    manager.execute(insert.map_err(|error| DbErr::Custom(error.to_string()))?).await
}

async fn drop_column(manager: &SchemaManager<'_>, table: &'static str, column: &'static str) -> Result<(), DbErr> {
    if manager.has_column(table, column).await? {
        manager.alter_table(Table::alter().table(table).drop_column(column).to_owned()).await?;
    }
    Ok(())
}
