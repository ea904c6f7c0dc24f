//! Mail that several nodes deliver, one-time tokens with a purpose, and requests for a new password. A user has a language, and
//! metadata; an address may be verified; a deletion may be due later.
//!
//! Registrations become tokens, and mail that waits is kept. Each step first checks whether it is done already, because MySQL cannot undo
//! the earlier steps if one fails.

use sea_orm::{ConnectionTrait, DbBackend, prelude::Uuid};
use sea_orm_migration::{prelude::*, sea_query::ColumnDef};

use crate::int4;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        tokens(manager).await?;
        mail(manager).await?;
        reset_requests(manager).await?;
        users(manager).await
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("this step cannot be undone; restore a backup".to_owned()))
    }
}

async fn tokens(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    if !manager.has_table("one_time_token").await? {
        let table = crate::table(manager, "one_time_token")
            .col(ColumnDef::new("id").uuid().not_null().primary_key())
            .col(ColumnDef::new("purpose").string_len(24).not_null())
            .col(ColumnDef::new("secret_hash").var_binary(32).not_null())
            .col(ColumnDef::new("user_id").uuid())
            .col(ColumnDef::new("session_id").uuid())
            .col(ColumnDef::new("email").string_len(254).not_null())
            .col(canonical(manager))
            .col(ColumnDef::new("expires_at").big_integer().not_null())
            .foreign_key(
                ForeignKey::create()
                    .name("one_time_token_user")
                    .from("one_time_token", "user_id")
                    .to("user", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(table).await?;
    }
    // MySQL creates this index with the foreign key.
    if manager.get_database_backend() != DbBackend::MySql && !manager.has_index("one_time_token", "one_time_token_by_user").await? {
        let index = Index::create().name("one_time_token_by_user").table("one_time_token").col("user_id").to_owned();
        manager.create_index(index).await?;
    }
    if manager.has_table("registration").await? {
        let have = Query::select().column("id").from("one_time_token").to_owned();
        let waiting = Query::select()
            .column("id")
            .expr(Expr::value("confirm_registration"))
            .columns(["secret_hash", "email", "email_canonical", "expires_at"])
            .from("registration")
            .and_where(Expr::col("id").not_in_subquery(have))
            .to_owned();
        let copy = Query::insert()
            .into_table("one_time_token")
            .columns(["id", "purpose", "secret_hash", "email", "email_canonical", "expires_at"])
            .select_from(waiting)
            .map_err(|error| DbErr::Migration(error.to_string()))?
            .to_owned();
        manager.execute(copy).await?;
        manager.drop_table(Table::drop().table("registration").to_owned()).await?;
    }
    Ok(())
}

async fn mail(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    if !manager.has_table("outgoing_mail").await? {
        let table = crate::table(manager, "outgoing_mail")
            .col(ColumnDef::new("id").uuid().not_null().primary_key())
            .col(ColumnDef::new("user_id").uuid())
            .col(ColumnDef::new("kind").string_len(32).not_null())
            .col(ColumnDef::new("locale").string_len(35).not_null())
            .col(ColumnDef::new("recipient").string_len(254).not_null())
            .col(bytes(manager, "content"))
            .col(ColumnDef::new("created_at").big_integer().not_null())
            .col(int4("attempts").not_null())
            .col(ColumnDef::new("next_attempt_at").big_integer().not_null())
            .col(ColumnDef::new("claimed_until").big_integer().not_null())
            .col(ColumnDef::new("failure").string_len(200))
            .col(ColumnDef::new("dead_at").big_integer())
            .to_owned();
        manager.create_table(table).await?;
    }
    if !manager.has_index("outgoing_mail", "outgoing_mail_by_attempt").await? {
        let index = Index::create()
            .name("outgoing_mail_by_attempt")
            .table("outgoing_mail")
            .col("dead_at")
            .col("next_attempt_at")
            .to_owned();
        manager.create_index(index).await?;
    }
    if !manager.has_index("outgoing_mail", "outgoing_mail_by_user").await? {
        let index = Index::create().name("outgoing_mail_by_user").table("outgoing_mail").col("user_id").to_owned();
        manager.create_index(index).await?;
    }
    if manager.has_table("mail").await? {
        for row in waiting(manager).await? {
            keep(manager, row).await?;
        }
        manager.drop_table(Table::drop().table("mail").to_owned()).await?;
    }
    Ok(())
}

/// A mail of the former version that is not delivered yet.
struct Waiting {
    id: Uuid,
    recipient: String,
    subject: String,
    body: String,
    created_at: i64,
}

async fn waiting(manager: &SchemaManager<'_>) -> Result<Vec<Waiting>, DbErr> {
    let have = Query::select().column("id").from("outgoing_mail").to_owned();
    let query = Query::select()
        .columns(["id", "recipient", "subject", "body", "created_at"])
        .from("mail")
        .and_where(Expr::col("id").not_in_subquery(have))
        .to_owned();
    let rows = manager.get_connection().query_all(&query).await?;
    let read = |row: sea_orm::QueryResult| {
        Ok(Waiting {
            id: row.try_get("", "id")?,
            recipient: row.try_get("", "recipient")?,
            subject: row.try_get("", "subject")?,
            body: row.try_get("", "body")?,
            created_at: row.try_get("", "created_at")?,
        })
    };
    rows.into_iter().map(read).collect()
}

/// This step does not know the server secret, so the text is stored as it is: version 0 of the sealed form, for mail of this kind alone.
async fn keep(manager: &SchemaManager<'_>, mail: Waiting) -> Result<(), DbErr> {
    let text = serde_json::json!({ "kind": "plain", "subject": mail.subject, "body": mail.body }).to_string();
    let content = [&[0], text.as_bytes()].concat();
    let insert = Query::insert()
        .into_table("outgoing_mail")
        .columns(["id", "kind", "locale", "recipient", "content", "created_at", "attempts", "next_attempt_at", "claimed_until"])
        .values_panic([
            mail.id.into(),
            "plain".into(),
            "en".into(),
            mail.recipient.into(),
            content.into(),
            mail.created_at.into(),
            0.into(),
            mail.created_at.into(),
            0_i64.into(),
        ])
        .to_owned();
    manager.execute(insert).await
}

async fn reset_requests(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    if manager.has_table("reset_request").await? {
        return Ok(());
    }
    let table = crate::table(manager, "reset_request")
        .col(ColumnDef::new("id").uuid().not_null().primary_key())
        .col(canonical(manager))
        .col(ColumnDef::new("locale").string_len(35).not_null())
        .col(ColumnDef::new("is_limited").boolean().not_null())
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .to_owned();
    manager.create_table(table).await
}

async fn users(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let columns = [
        ColumnDef::new("email_verified").boolean().not_null().default(false).to_owned(),
        ColumnDef::new("locale").string_len(35).to_owned(),
        ColumnDef::new("user_metadata").text().to_owned(),
        ColumnDef::new("app_metadata").text().to_owned(),
        ColumnDef::new("delete_at").big_integer().to_owned(),
    ];
    for mut column in columns {
        if !manager.has_column("user", column.get_column_name()).await? {
            manager.alter_table(Table::alter().table("user").add_column(&mut column).to_owned()).await?;
        }
    }
    Ok(())
}

/// Compared byte for byte on every engine.
fn canonical(manager: &SchemaManager<'_>) -> ColumnDef {
    let mut canonical = ColumnDef::new("email_canonical");
    if manager.get_database_backend() == DbBackend::MySql {
        canonical.custom("varchar(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
    } else {
        canonical.string_len(254);
    }
    canonical.not_null().to_owned()
}

/// A few kilobytes: MySQL's `blob` ends at 64.
fn bytes(manager: &SchemaManager<'_>, name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    if manager.get_database_backend() == DbBackend::MySql {
        column.custom("mediumblob")
    } else {
        column.binary()
    };
    column.not_null().to_owned()
}
