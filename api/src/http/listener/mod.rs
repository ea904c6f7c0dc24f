//! Connections: accepting, limiting and serving them.

mod client_stream;
mod connections;
pub mod server;
pub mod tls;
mod unread_body;
