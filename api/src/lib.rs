//! Bifrons: one session, two faces.
//!
//! The map of the house, from the door to the cellar. Imports point down only.
//!
//! | where | what |
//! |---|---|
//! | [`cli`] | the commands: `serve`, `openapi`, `config`, `doctor`, `migrate`, `user`, `passwords` |
//! | [`http`] | the only folder that names poem: operations, credentials, cookies, problems, the specification |
//! | [`account`] | what happens to an account: a new password or name, its end; what whoever runs the service does to it |
//! | [`upkeep`] | what happens without being asked: following changes, delivering mail, clearing up |
//! | [`sessions`] | signing in, verifying, refreshing, ending |
//! | [`users`] | who there is; signing up |
//! | [`state`] | what every request shares |
//! | [`hashing`] | the workers that hash passwords, and their queue |
//! | [`passwords`] | what a new password must be |
//! | [`limits`] | how often passwords may be presented |
//! | [`mail`] | the outbox |
//! | [`cache`] | verified sessions, in process and in Redis |
//! | [`db`] | the database; with each `store.rs`, the only place that names `SeaORM` |
//! | [`redis`] | the link to Redis, there or not |
//! | [`client`] | where a request came from |
//! | [`config`] | what can be set; the cookies, derived from the origins |
//! | [`secret`] | passwords, credentials, keys: all that must never be printed |
//! | [`email_address`], [`background`], [`metrics`], [`audit`], [`network`], [`clock`], [`random`] | the ground |
//!
//! A request takes three steps: `http/session.rs` → `sessions/sign_in.rs` → `sessions/store.rs`.

pub mod account;
pub mod audit;
pub mod background;
pub mod cache;
pub mod cli;
pub mod client;
pub mod clock;
pub mod config;
pub mod db;
pub mod email_address;
pub mod hashing;
pub mod http;
pub mod limits;
pub mod mail;
pub mod metrics;
pub mod network;
pub mod passwords;
pub mod random;
pub mod redis;
pub mod secret;
pub mod sessions;
pub mod state;
#[cfg(feature = "otel")]
pub mod telemetry;
pub mod upkeep;
pub mod users;
