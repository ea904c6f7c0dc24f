//! Writing answers.

pub(super) mod cookies;
pub(super) mod credential_cookies;
pub(super) mod problem;
mod problem_code;
pub(super) mod reply;
pub(super) mod request_id;
mod rule;
