//! The rows of the database, one table a file. Rules and queries are in the folder of the concept that owns the table, in its
//! `store.rs`.
//!
//! All times are [`UnixMillis`]: SQLite compares RFC 3339 text wrongly within a second, MySQL's `timestamp` has no
//! fraction and ends in 2038, and a 64-bit count of milliseconds is the same on every engine.

pub mod admin_key;
pub mod attempt_limit;
pub mod audit_event;
pub mod challenge;
pub mod columns;
pub mod deployment;
pub mod ids;
pub mod methods;
pub mod node_mark;
pub mod one_time_token;
pub mod outgoing_mail;
pub mod passkey;
pub mod password;
pub mod recovery_code;
pub mod reset_request;
pub mod roles;
pub mod scopes;
pub mod session;
pub mod signing_key;
pub mod token_grant;
pub mod totp;
pub mod used_challenge;
pub mod user;
pub mod webhook;
pub mod webhook_delivery;

pub use columns::{PasswordHash, SecretHash, Seed, UnixMillis};
pub use ids::{
    AdminKeyId, AuditEventId, ChallengeId, GrantId, LimitKey, MailId, OneTimeTokenId, PasskeyId, ResetRequestId, SessionId, UserId,
    WebhookId,
};
pub use methods::{Method, Methods};
pub use roles::{Roles, RolesError};
pub use scopes::{Scope, Scopes};
