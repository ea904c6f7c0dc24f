//! What each node leaves in the database again and again, to notice if the database loses it.

use sea_orm_migration::{prelude::*, sea_query::ColumnDef};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = crate::table(manager, "node_mark")
            .col(ColumnDef::new("id").uuid().not_null().primary_key())
            .col(ColumnDef::new("count").big_integer().not_null())
            .col(ColumnDef::new("made_at").big_integer().not_null())
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("this step cannot be undone; restore a backup".to_owned()))
    }
}
