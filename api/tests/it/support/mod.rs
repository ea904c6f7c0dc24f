//! Running services and databases, and the clients of a test.

pub mod actor;
pub mod answer;
pub mod app;
pub mod authenticator;
pub mod binary;
pub mod database;
pub mod document;
pub mod ends;
pub mod events;
pub mod faulty_server;
pub mod mariadb;
pub mod nginx;
pub mod operator;
pub mod passkey;
pub mod pgbouncer;
pub mod postgres;
pub mod proxy;
pub mod raw;
pub mod receiver;
pub mod redis;
pub mod server;
pub mod smtp;
pub mod specification;

pub use actor::Actor;
pub use answer::Answer;
pub use app::{App, EMAIL, PASSWORD};
