//! What every way to authenticate ends in.

use entity::{Methods, UnixMillis, user};

/// What authentication established.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The user, as the row was when the proof was established. The proof holds as long as the user is active and has this
    /// `credential_epoch`.
    pub user: user::Model,
    /// How the user authenticated.
    pub methods: Methods,
    /// When.
    pub at: UnixMillis,
}
