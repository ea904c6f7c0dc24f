//! What every way to authenticate ends in.

use entity::{Methods, UnixMillis, user};

use super::challenge::Redemption;

/// What authentication established.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The user, as the row was when the proof was established. The proof holds as long as the user is active has this
    /// `credential_epoch`, and has a second factor only if they had one then.
    pub user: user::Model,
    /// How the user authenticated.
    pub methods: Methods,
    /// When.
    pub at: UnixMillis,
    /// What the session uses up when it opens: a challenge and the code that completed it, or the signature of a passkey.
    pub(crate) redeems: Option<Redemption>,
}

impl Proof {
    /// A proof that uses up nothing.
    pub fn new(user: user::Model, methods: Methods, at: UnixMillis) -> Self {
        Self { user, methods, at, redeems: None }
    }
}
