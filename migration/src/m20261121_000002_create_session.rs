//! Sessions: one row for each sign-in, in either mode.

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
        manager
            .create_table(
                crate::table(manager, "session")
                    .col(ColumnDef::new("id").uuid().not_null().primary_key())
                    .col(ColumnDef::new("user_id").uuid().not_null())
                    .col(ColumnDef::new("face").string_len(8).not_null())
                    .col(ColumnDef::new("secret_hash").var_binary(32))
                    .col(ColumnDef::new("seed").var_binary(32))
                    .col(int4("generation").not_null())
                    .col(ColumnDef::new("rotated_at").big_integer())
                    .col(ColumnDef::new("refresh_in").string_len(8))
                    .col(ColumnDef::new("authenticated_at").big_integer().not_null())
                    .col(ColumnDef::new("methods").string_len(64).not_null())
                    .col(ColumnDef::new("remember").boolean().not_null())
                    .col(ColumnDef::new("created_at").big_integer().not_null())
                    .col(ColumnDef::new("last_seen_at").big_integer().not_null())
                    .col(ColumnDef::new("idle_expires_at").big_integer().not_null())
                    .col(ColumnDef::new("expires_at").big_integer().not_null())
                    .col(ColumnDef::new("ip").string_len(45))
                    .col(ColumnDef::new("user_agent").string_len(256))
                    .col(ColumnDef::new("version").big_integer().not_null())
                    .col(ColumnDef::new("changed_at").big_integer().not_null())
                    .col(ColumnDef::new("ended_at").big_integer())
                    .col(ColumnDef::new("ended_because").string_len(24))
                    .foreign_key(
                        ForeignKey::create()
                            .name("session_user")
                            .from("session", "user_id")
                            .to("user", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        // Finds the sessions of a user, newest first. MySQL cannot undo the table if this fails, so the step checks first.
        if manager.has_index("session", "session_by_user").await? {
            return Ok(());
        }
        manager.create_index(Index::create().name("session_by_user").table("session").col("user_id").col("id").to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("session").to_owned()).await
    }
}
