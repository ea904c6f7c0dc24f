//! The audit trail.

use sea_orm_migration::{prelude::*, sea_query::ColumnDef};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The id begins with the time, so each index finds the newest of its key first.
const INDEXES: [(&str, &[&str]); 4] = [
    ("audit_event_by_user", &["user_id", "id"]),
    ("audit_event_by_actor", &["actor_kind", "actor_id", "id"]),
    ("audit_event_by_event", &["event", "id"]),
    ("audit_event_by_session", &["session_id", "id"]),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // No foreign key: what a user did, and what was done to them, outlives the user.
        let table = crate::table(manager, "audit_event")
            .col(ColumnDef::new("id").uuid().not_null().primary_key())
            .col(ColumnDef::new("at").big_integer().not_null())
            .col(ColumnDef::new("event").string_len(48).not_null())
            .col(ColumnDef::new("reason").string_len(64).not_null())
            .col(ColumnDef::new("actor_kind").string_len(8).not_null())
            .col(ColumnDef::new("actor_id").string_len(64))
            .col(ColumnDef::new("user_id").uuid())
            .col(ColumnDef::new("session_id").uuid())
            .col(ColumnDef::new("ip").string_len(45))
            .col(ColumnDef::new("user_agent").string_len(256))
            .col(ColumnDef::new("request_id").uuid())
            .col(ColumnDef::new("times").big_integer().not_null())
            .to_owned();
        manager.create_table(table).await?;
        for (name, columns) in INDEXES {
            // MySQL cannot undo the first index if the next one fails.
            if !manager.has_index("audit_event", name).await? {
                let mut index = Index::create().name(name).table("audit_event").take();
                for column in columns {
                    index.col(*column);
                }
                manager.create_index(index).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("this step cannot be undone; restore a backup".to_owned()))
    }
}
