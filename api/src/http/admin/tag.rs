//! The groups of operations.

use poem_openapi::Tags;

/// What operations are about.
#[derive(Tags)]
pub(super) enum AdminTag {
    /// Finding, creating, changing and deleting users.
    Users,
    /// The sessions of users.
    Sessions,
    /// The audit trail: who did what, when, and from where.
    Audit,
    /// Events, delivered to other services.
    Webhooks,
}
