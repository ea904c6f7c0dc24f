//! The operations of the API, one tag a file.

pub(super) mod challenge;
pub(super) mod codes;
pub(super) mod configuration;
pub(super) mod email;
pub(super) mod export;
pub(super) mod exported_event;
pub(super) mod me;
pub(super) mod mint;
pub(super) mod model;
mod passkey_options;
pub(super) mod passkey_sign_in;
pub(super) mod passkeys;
pub(super) mod password;
pub(super) mod password_problems;
pub(super) mod probe;
pub(super) mod second_factor;
mod second_step;
pub(super) mod session;
pub(super) mod sessions;
pub(super) mod tag;
pub(super) mod tokens;
pub(super) mod users;
pub(super) mod verify;
