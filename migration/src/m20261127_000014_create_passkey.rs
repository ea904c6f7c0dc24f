//! Passkeys, and the challenges that they have signed.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend, sea_query::ColumnDef};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if !manager.has_table("passkey").await? {
            manager.create_table(passkeys(manager)).await?;
        }
        // MySQL creates this index with the foreign key.
        if manager.get_database_backend() != DbBackend::MySql && !manager.has_index("passkey", "passkey_by_user").await? {
            let index = Index::create().name("passkey_by_user").table("passkey").col("user_id").to_owned();
            manager.create_index(index).await?;
        }
        if !manager.has_index("passkey", "passkey_by_credential").await? {
            let index = Index::create().name("passkey_by_credential").table("passkey").col("credential_id").unique().to_owned();
            manager.create_index(index).await?;
        }
        if !manager.has_table("used_challenge").await? {
            let used = crate::table(manager, "used_challenge")
                .col(ColumnDef::new("challenge_hash").var_binary(32).not_null().primary_key())
                .col(ColumnDef::new("expires_at").big_integer().not_null())
                .to_owned();
            manager.create_table(used).await?;
        }
        Ok(())
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("this step cannot be undone; restore a backup".to_owned()))
    }
}

fn passkeys(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let owner = ForeignKey::create()
        .name("passkey_user")
        .from("passkey", "user_id")
        .to("user", "id")
        .on_delete(ForeignKeyAction::Cascade)
        .to_owned();
    crate::table(manager, "passkey")
        .col(ColumnDef::new("id").uuid().not_null().primary_key())
        .col(ColumnDef::new("user_id").uuid().not_null())
        .col(ColumnDef::new("credential_id").var_binary(1023).not_null())
        .col(ColumnDef::new("public_key").var_binary(1024).not_null())
        .col(ColumnDef::new("name").string_len(100).not_null())
        .col(ColumnDef::new("aaguid").uuid().not_null())
        .col(ColumnDef::new("transports").string_len(64).not_null())
        .col(ColumnDef::new("sign_count").big_integer().not_null())
        .col(ColumnDef::new("backup_eligible").boolean().not_null())
        .col(ColumnDef::new("backed_up").boolean().not_null())
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .col(ColumnDef::new("last_used_at").big_integer())
        .foreign_key(&mut owner.clone())
        .to_owned()
}
