//! Bifrons: one session, two modes.
//!
//! The map. Imports point down only: each row may use the rows below it, and `tools/layers` checks it.
//!
//! | where | what |
//! |---|---|
//! | [`cli`] | the commands, one a file |
//! | [`http`] | the only folder that names poem: listener, middleware, operations, specification |
//! | [`maintenance`] | what runs without a request: following changes, delivering mail, removing old rows |
//! | [`administration`] | what operators do with the service itself: its numbers, its mail, its signing keys |
//! | [`webhooks`] | endpoints, and the delivery of events to them |
//! | [`accounts`] | signing up, changing and deleting an account, what operators do to one |
//! | [`authorization`] | who is an operator: role, admin keys |
//! | [`sessions`] | opening a session from a proof; verifying, refreshing, renewing, listing, ending it |
//! | [`authentication`] | establishing a proof of who a user is |
//! | [`grants`] | access tokens and chains of refresh tokens |
//! | [`one_time_tokens`] | what the links in mails are good for |
//! | [`state`] | what every request shares, and the one write path |
//! | [`hashing`] | the workers that hash passwords, and their queue |
//! | [`passwords`] | the rules for new passwords |
//! | [`limits`] | how often a password may be tried |
//! | [`mail`] | the outbox |
//! | [`session_cache`] | principals that were read, in process and in Redis; how nodes learn of changes |
//! | [`deployment`] | what all nodes on one database have in common |
//! | [`node_mark`] | notices that the database went back in time |
//! | [`signing_keys`] | the keys that sign access tokens: published, signing, retired |
//! | [`audit`] | security events: the catalogue, the audit trail |
//! | [`statistics`] | how many users, sessions and sign-ins there are, and how long a number is good for |
//! | [`db`] | the database; with each `store.rs`, the only place that names `SeaORM` |
//! | [`redis`] | the link to Redis |
//! | [`principal`] | the authenticated user and session of a request |
//! | [`refresh_verdict`] | what a refresh token is worth |
//! | [`fixtures`] | users and sessions for tests and the bench |
//! | [`requester`] | where a request came from |
//! | [`config`] | the configuration; the cookies, derived from the origins |
//! | [`webauthn`] | verifies what passkeys answer; it knows no user and no policy |
//! | [`secret`] | passwords, credentials and keys: what is never printed |
//! | [`email_address`] | addresses, as typed and canonical |
//! | [`person_name`] | the rule for names of persons |
//! | `domain_name` | domain names as IDNA maps them |
//! | `unicode` | normalization form C, invisible characters |
//! | `delays` | when what failed is tried again |
//! | [`background`] | work that continues without its request |
//! | [`request_context`] | the id, the requester and the principal of the current request |
//! | `reset_gate` | separates what is under way from the reset of a testbed |
//! | [`metrics`] | counters, gauges and histograms |
//! | `telemetry` | traces for an OpenTelemetry collector |
//! | [`network`] | the network and the site of an address |
//! | [`version`] | what the binary was built from |
//! | [`clock`], [`random`], [`sync`] | the one source of time, the one source of randomness, locks |
//!
//! A sign-in passes `http/v1/session.rs` → `sessions/sign_in.rs` → `authentication/password.rs` (a proof) → `sessions/open.rs` (a session)
//! → `sessions/store.rs`.

pub mod accounts;
pub mod administration;
pub mod audit;
pub mod authentication;
pub mod authorization;
pub mod background;
pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
mod delays;
pub mod deployment;
mod domain_name;
pub mod email_address;
pub mod fixtures;
pub mod grants;
pub mod hashing;
pub mod http;
pub mod limits;
pub mod mail;
pub mod maintenance;
pub mod metrics;
pub mod network;
pub mod node_mark;
pub mod one_time_tokens;
pub mod passwords;
pub mod person_name;
pub mod principal;
pub mod random;
pub mod redis;
pub mod refresh_verdict;
pub mod request_context;
pub mod requester;
#[cfg(feature = "testbed")]
pub mod reset_gate;
pub mod secret;
pub mod session_cache;
pub mod sessions;
pub mod signing_keys;
pub mod state;
pub mod statistics;
pub mod sync;
#[cfg(feature = "otel")]
pub mod telemetry;
mod unicode;
pub mod version;
pub mod webauthn;
pub mod webhooks;
