//! Indexes that find recent changes, and rows to purge.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const INDEXES: [(&str, &str, &str); 3] = [
    ("session_by_change", "session", "changed_at"),
    ("user_by_change", "user", "changed_at"),
    ("session_by_expiry", "session", "expires_at"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, table, column) in INDEXES {
            // MySQL cannot undo the first index if the next one fails.
            if !manager.has_index(table, name).await? {
                let mut index = Index::create().name(name).table(table).col(column).take();
                if column == "changed_at" && manager.get_database_backend() != DbBackend::MySql {
                    // A new row is no change. MySQL has no partial index, so it indexes these rows too.
                    index.and_where(Expr::col("version").gt(1));
                }
                manager.create_index(index).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, table, _) in INDEXES {
            manager.drop_index(Index::drop().name(name).table(table).to_owned()).await?;
        }
        Ok(())
    }
}
