//! The keys that sign access tokens, which were files before. The first start imports them.

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
        let table = crate::table(manager, "signing_key")
            .col(int4("number").not_null().primary_key())
            .col(ColumnDef::new("id").string_len(43).not_null().unique_key())
            .col(ColumnDef::new("algorithm").string_len(16).not_null())
            .col(ColumnDef::new("private").var_binary(1024).not_null())
            .col(ColumnDef::new("signs_from").big_integer().not_null())
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("this step cannot be undone; restore a backup".to_owned()))
    }
}
