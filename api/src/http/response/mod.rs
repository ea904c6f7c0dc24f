//! Writing answers.

pub(super) mod cookies;
pub(super) mod credential_cookies;
mod field_error;
pub(super) mod problem;
pub(super) mod problem_code;
pub(super) mod qr_code;
pub(super) mod reply;
pub(super) mod rule;
pub(super) mod timestamp;
