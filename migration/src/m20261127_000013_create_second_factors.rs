//! Second factors: the shared secrets of authenticator apps, recovery codes, and sign-ins that wait for either.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend, sea_query::ColumnDef};

use crate::int4;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if !manager.has_column("user", "second_factor").await? {
            let flag = ColumnDef::new("second_factor").boolean().not_null().default(false).to_owned();
            manager.alter_table(Table::alter().table("user").add_column(flag).to_owned()).await?;
        }
        let totp = crate::table(manager, "totp")
            .col(ColumnDef::new("user_id").uuid().not_null().primary_key())
            .col(ColumnDef::new("secret").var_binary(128).not_null())
            .col(ColumnDef::new("last_step").big_integer().not_null())
            .col(ColumnDef::new("created_at").big_integer().not_null())
            .col(ColumnDef::new("confirmed_at").big_integer())
            .foreign_key(&mut owner("totp_user", "totp"))
            .to_owned();
        create(manager, "totp", totp).await?;
        let codes = crate::table(manager, "recovery_code")
            .col(ColumnDef::new("user_id").uuid().not_null())
            .col(ColumnDef::new("code_hash").var_binary(32).not_null())
            .primary_key(Index::create().col("user_id").col("code_hash"))
            .foreign_key(&mut owner("recovery_code_user", "recovery_code"))
            .to_owned();
        create(manager, "recovery_code", codes).await?;
        challenges(manager).await
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("this step cannot be undone; restore a backup".to_owned()))
    }
}

async fn challenges(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = crate::table(manager, "challenge")
        .col(ColumnDef::new("id").uuid().not_null().primary_key())
        .col(ColumnDef::new("user_id").uuid().not_null())
        .col(ColumnDef::new("credential_epoch").big_integer().not_null())
        .col(ColumnDef::new("secret_hash").var_binary(32).not_null())
        .col(ColumnDef::new("methods").string_len(64).not_null())
        .col(ColumnDef::new("mode").string_len(8).not_null())
        .col(ColumnDef::new("refresh_in").string_len(8))
        .col(ColumnDef::new("remember").boolean().not_null())
        .col(int4("tries").not_null())
        .col(ColumnDef::new("expires_at").big_integer().not_null())
        .foreign_key(&mut owner("challenge_user", "challenge"))
        .to_owned();
    create(manager, "challenge", table).await?;
    // MySQL creates this index with the foreign key.
    if manager.get_database_backend() != DbBackend::MySql && !manager.has_index("challenge", "challenge_by_user").await? {
        let index = Index::create().name("challenge_by_user").table("challenge").col("user_id").to_owned();
        manager.create_index(index).await?;
    }
    Ok(())
}

/// MySQL cannot undo an interrupted step: the table may exist already.
async fn create(manager: &SchemaManager<'_>, name: &'static str, table: TableCreateStatement) -> Result<(), DbErr> {
    if manager.has_table(name).await? { Ok(()) } else { manager.create_table(table).await }
}

fn owner(name: &'static str, table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().name(name).from(table, "user_id").to("user", "id").on_delete(ForeignKeyAction::Cascade).to_owned()
}
