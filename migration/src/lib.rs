//! The history of the schema: one step a file, oldest first. A released step is never changed. It names tables by strings and imports no
//! entity, so that it keeps its meaning when the entities change.

pub use sea_orm_migration::{MigratorTrait, SchemaManager};
use sea_orm_migration::{prelude::*, sea_orm::DbBackend, sea_query::ColumnDef};

mod m20261121_000001_create_user;
mod m20261121_000002_create_session;
mod m20261121_000003_create_mail;
mod m20261124_000004_follow_changes;
mod m20261124_000005_create_attempt_limit;
mod m20261125_000006_create_registration;
mod m20261126_000007_restructure;
mod m20261126_000008_normalize_addresses;
mod m20261126_000009_create_deployment;
mod m20261126_000010_deliver_mail;
mod m20261126_000011_create_signing_key;
mod m20261126_000012_create_node_mark;
mod m20261127_000013_create_second_factors;
mod m20261127_000014_create_passkey;
mod m20261127_000015_create_audit_event;
mod m20261127_000016_create_admin_key;
mod m20261127_000017_create_webhook;
mod m20261127_000018_describe_events;

/// All steps, in order.
#[derive(Clone, Copy, Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_create_user::Migration),
            Box::new(m20261121_000002_create_session::Migration),
            Box::new(m20261121_000003_create_mail::Migration),
            Box::new(m20261124_000004_follow_changes::Migration),
            Box::new(m20261124_000005_create_attempt_limit::Migration),
            Box::new(m20261125_000006_create_registration::Migration),
            Box::new(m20261126_000007_restructure::Migration),
            Box::new(m20261126_000008_normalize_addresses::Migration),
            Box::new(m20261126_000009_create_deployment::Migration),
            Box::new(m20261126_000010_deliver_mail::Migration),
            Box::new(m20261126_000011_create_signing_key::Migration),
            Box::new(m20261126_000012_create_node_mark::Migration),
            Box::new(m20261127_000013_create_second_factors::Migration),
            Box::new(m20261127_000014_create_passkey::Migration),
            Box::new(m20261127_000015_create_audit_event::Migration),
            Box::new(m20261127_000016_create_admin_key::Migration),
            Box::new(m20261127_000017_create_webhook::Migration),
            Box::new(m20261127_000018_describe_events::Migration),
        ]
    }
}

/// A column of four bytes. `INTEGER` would have eight on `CockroachDB`; all engines know this name.
fn int4(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.custom("int4");
    column
}

/// The table that records the applied steps.
pub const HISTORY: &str = "seaql_migrations";

/// Tables of former versions, which a later step drops.
pub const FORMER_TABLES: [&str; 2] = ["mail", "registration"];

/// All other tables.
pub const TABLES: [&str; 20] = [
    "user",
    "session",
    "attempt_limit",
    "password",
    "token_grant",
    "deployment",
    "one_time_token",
    "outgoing_mail",
    "reset_request",
    "signing_key",
    "node_mark",
    "totp",
    "recovery_code",
    "challenge",
    "passkey",
    "used_challenge",
    "audit_event",
    "admin_key",
    "webhook",
    "webhook_delivery",
];

/// A new table. In MySQL and MariaDB it can store every character, independent of the server's default, and it may exist already, because
/// they cannot undo an interrupted step. In SQLite it is ordered by its primary key, as in MySQL.
fn table(manager: &SchemaManager<'_>, name: &'static str) -> TableCreateStatement {
    let mut table = Table::create().table(name).take();
    match manager.get_database_backend() {
        DbBackend::MySql => drop(table.character_set("utf8mb4").if_not_exists()),
        DbBackend::Sqlite => drop(table.extra("WITHOUT ROWID")),
        _ => {}
    }
    table
}
