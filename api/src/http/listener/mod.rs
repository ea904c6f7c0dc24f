//! Connections: accepting, limiting and serving them.

mod connections;
mod lingering;
pub mod server;
pub mod tls;
mod unread_body;
