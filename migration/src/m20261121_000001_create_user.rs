//! Users and their passwords.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend, sea_query::ColumnDef};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// In a transaction on the engines that support it: after a kill in the middle the next start must succeed.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut canonical = ColumnDef::new("email_canonical");
        if manager.get_database_backend() == DbBackend::MySql {
            // The default collation equates ı with i and é with e, and those are addresses of different users.
            canonical.custom("varchar(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
        } else {
            canonical.string_len(254);
        }
        canonical.not_null().unique_key();
        manager
            .create_table(
                crate::table(manager, "user")
                    .col(ColumnDef::new("id").uuid().not_null().primary_key())
                    .col(ColumnDef::new("email").string_len(254).not_null())
                    .col(canonical)
                    .col(ColumnDef::new("name").string_len(400))
                    .col(ColumnDef::new("role").string_len(16).not_null())
                    .col(ColumnDef::new("status").string_len(16).not_null())
                    .col(ColumnDef::new("password_hash").string_len(255).not_null())
                    .col(ColumnDef::new("version").big_integer().not_null())
                    .col(ColumnDef::new("changed_at").big_integer().not_null())
                    .col(ColumnDef::new("created_at").big_integer().not_null())
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("user").to_owned()).await
    }
}
