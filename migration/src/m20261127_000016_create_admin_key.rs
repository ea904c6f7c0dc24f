//! Keys for the admin API, and the indexes that its lists of users need: on the roles, and on PostgreSQL on the beginning of the address.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DbBackend},
    sea_query::ColumnDef,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if !manager.has_table("admin_key").await? {
            let keys = crate::table(manager, "admin_key")
                .col(ColumnDef::new("id").uuid().not_null().primary_key())
                .col(ColumnDef::new("name").string_len(400).not_null())
                .col(ColumnDef::new("scopes").string_len(1000).not_null())
                .col(ColumnDef::new("secret_hash").var_binary(32).not_null())
                .col(ColumnDef::new("created_at").big_integer().not_null())
                .col(ColumnDef::new("expires_at").big_integer().not_null())
                .col(ColumnDef::new("last_used_at").big_integer())
                .col(ColumnDef::new("revoked_at").big_integer())
                .to_owned();
            manager.create_table(keys).await?;
        }
        let is_mysql = manager.get_database_backend() == DbBackend::MySql;
        if !manager.has_index("user", "user_by_roles").await? {
            let mut index = Index::create().name("user_by_roles").table("user").to_owned();
            // MySQL bounds the bytes of an index.
            if is_mysql {
                index.col(("roles", 255))
            } else {
                index.col("roles")
            };
            manager.create_index(index).await?;
        }
        if manager.get_database_backend() == DbBackend::Postgres {
            // An index in the order of the database's language cannot find beginnings.
            let by_beginning =
                r#"CREATE INDEX IF NOT EXISTS "user_by_email_beginning" ON "user" ("email_canonical" text_pattern_ops)"#;
            manager.get_connection().execute_unprepared(by_beginning).await?;
        }
        Ok(())
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("this step cannot be undone; restore a backup".to_owned()))
    }
}
