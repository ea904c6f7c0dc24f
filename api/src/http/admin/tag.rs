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
    /// Mails that were not delivered yet, or were given up.
    Mail,
    /// The keys that sign access tokens.
    Keys,
    /// How many users, sessions and sign-ins there are.
    Statistics,
}
