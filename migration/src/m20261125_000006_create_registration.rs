//! Registrations whose address is not confirmed yet.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend, sea_query::ColumnDef};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut canonical = ColumnDef::new("email_canonical");
        if manager.get_database_backend() == DbBackend::MySql {
            canonical.custom("varchar(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
        } else {
            canonical.string_len(254);
        }
        canonical.not_null();
        manager
            .create_table(
                crate::table(manager, "registration")
                    .col(ColumnDef::new("id").uuid().not_null().primary_key())
                    .col(ColumnDef::new("secret_hash").var_binary(32).not_null())
                    .col(ColumnDef::new("email").string_len(254).not_null())
                    .col(canonical)
                    .col(ColumnDef::new("expires_at").big_integer().not_null())
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("registration").to_owned()).await
    }
}
