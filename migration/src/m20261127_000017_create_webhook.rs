//! Endpoints of webhooks, and what is to be delivered to them.

use sea_orm_migration::{
    prelude::*,
    sea_orm::DbBackend,
    sea_query::{ColumnDef, IndexCreateStatement},
};

use crate::int4;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// What finds the next deliveries, those of a user before one, the newest, and the old ones.
const INDEXES: [(&str, &[&str]); 4] = [
    ("webhook_delivery_by_attempt", &["webhook_id", "status", "next_attempt_at"]),
    ("webhook_delivery_by_user", &["webhook_id", "user_id", "status", "position"]),
    ("webhook_delivery_by_position", &["webhook_id", "position"]),
    ("webhook_delivery_by_age", &["queued_at"]),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if !manager.has_table("webhook").await? {
            let webhooks = crate::table(manager, "webhook")
                .col(ColumnDef::new("id").uuid().not_null().primary_key())
                .col(ColumnDef::new("url").string_len(2048).not_null())
                .col(ColumnDef::new("description").string_len(800))
                .col(ColumnDef::new("events").text().not_null())
                .col(ColumnDef::new("enabled").boolean().not_null())
                .col(ColumnDef::new("secret").var_binary(255).not_null())
                .col(ColumnDef::new("former_secret").var_binary(255))
                .col(ColumnDef::new("former_until").big_integer())
                .col(ColumnDef::new("version").big_integer().not_null())
                .col(ColumnDef::new("created_at").big_integer().not_null())
                .to_owned();
            manager.create_table(webhooks).await?;
        }
        if !manager.has_table("webhook_delivery").await? {
            manager.create_table(deliveries(manager)).await?;
        }
        for (name, columns) in INDEXES {
            let mut index = Index::create().name(name).table("webhook_delivery").take();
            for column in columns {
                index.col(*column);
            }
            create(manager, name, index).await?;
        }
        let mut once = Index::create().name("webhook_delivery_once").table("webhook_delivery").unique().take();
        once.col("webhook_id").col("audit_event_id");
        create(manager, "webhook_delivery_once", once).await
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("this step cannot be undone; restore a backup".to_owned()))
    }
}

fn deliveries(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let mut table = Table::create().table("webhook_delivery").take();
    // In SQLite, only a table with row ids counts by itself.
    if manager.get_database_backend() == DbBackend::MySql {
        table.character_set("utf8mb4");
    }
    table
        .col(ColumnDef::new("position").big_integer().not_null().auto_increment().primary_key())
        .col(ColumnDef::new("webhook_id").uuid().not_null())
        .col(ColumnDef::new("audit_event_id").uuid().not_null())
        .col(ColumnDef::new("event").string_len(48).not_null())
        .col(ColumnDef::new("user_id").uuid())
        .col(ColumnDef::new("status").string_len(12).not_null())
        .col(ColumnDef::new("queued_at").big_integer().not_null())
        .col(int4("attempts").not_null())
        .col(ColumnDef::new("next_attempt_at").big_integer().not_null())
        .col(ColumnDef::new("claimed_until").big_integer().not_null())
        .col(ColumnDef::new("failure").string_len(200))
        .col(ColumnDef::new("ended_at").big_integer());
    table
}

/// MySQL cannot undo the earlier steps if one fails.
async fn create(manager: &SchemaManager<'_>, name: &str, index: IndexCreateStatement) -> Result<(), DbErr> {
    if manager.has_index("webhook_delivery", name).await? { Ok(()) } else { manager.create_index(index).await }
}
