//! What people do with their own account.

mod change_password;
mod delete;
mod rename;

pub use change_password::{ChangePasswordError, change_password};
pub use delete::{DeleteError, delete};
pub use rename::{RenameError, rename};
