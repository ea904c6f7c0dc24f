//! What people do with their own account, and what whoever runs the service does to it.

mod change_password;
mod delete;
mod manage;
mod rename;

pub use change_password::{ChangePasswordError, change_password};
pub use delete::{DeleteError, delete};
pub use manage::{Measure, take};
pub use rename::{RenameError, rename};
