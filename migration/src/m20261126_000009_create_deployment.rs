//! What all nodes on this database must have in common, and a row that readiness checks write.

use sea_orm_migration::{prelude::*, sea_query::ColumnDef};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = crate::table(manager, "deployment")
            .col(ColumnDef::new("name").string_len(64).not_null().primary_key())
            .col(ColumnDef::new("content").string_len(512).not_null())
            .to_owned();
        manager.create_table(table).await?;
        // MySQL cannot undo the table if this fails, so the row may be there.
        let delete = Query::delete().from_table("deployment").and_where(Expr::col("name").eq("write_check")).to_owned();
        manager.execute(delete).await?;
        let insert = Query::insert()
            .into_table("deployment")
            .columns(["name", "content"])
            .values_panic(["write_check".into(), "".into()])
            .to_owned();
        manager.execute(insert).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("deployment").to_owned()).await
    }
}
