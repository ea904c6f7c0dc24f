//! The passkeys of a user: adding, listing, renaming, removing.

mod list;
mod register;
mod remove;
mod rename;

pub(super) use list::of_user;
pub use list::passkeys;
pub use register::{NewPasskeyRequest, RegisterPasskeyError, Registered, register_passkey};
pub use remove::{RemovePasskeyError, remove_passkey};
pub use rename::{RenamePasskeyError, rename_passkey};
