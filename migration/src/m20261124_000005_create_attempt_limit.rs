//! Limits on wrong passwords.

use sea_orm_migration::{prelude::*, sea_query::ColumnDef};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                crate::table(manager, "attempt_limit")
                    .col(ColumnDef::new("key").binary_len(32).not_null().primary_key())
                    .col(ColumnDef::new("new_at").big_integer().not_null())
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("attempt_limit").to_owned()).await
    }
}
