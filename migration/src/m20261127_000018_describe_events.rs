//! What an event is about, if that is no user and no session: an admin key.

use sea_orm_migration::{prelude::*, sea_query::ColumnDef};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // MySQL cannot undo an interrupted step. A node of the former version writes rows without it.
        if !manager.has_column("audit_event", "detail").await? {
            let detail = ColumnDef::new("detail").string_len(256).take();
            manager.alter_table(Table::alter().table("audit_event").add_column(detail).take()).await?;
        }
        Ok(())
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("this step cannot be undone; restore a backup".to_owned()))
    }
}
