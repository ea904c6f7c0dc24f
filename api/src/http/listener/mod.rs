//! Connections: accepting, limiting and serving them.

mod client_stream;
mod connections;
mod expiry;
pub mod server;
pub mod tls;
mod unread_body;
