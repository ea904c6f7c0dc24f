//! The second factors of a user: adding an authenticator app, recovery codes, removing both.

mod enrol;
mod recovery_codes;
mod remove;

use entity::{UnixMillis, UserId};

pub use enrol::{Confirmed, Enrolment, TotpError, confirm_totp, start_totp};
pub(super) use recovery_codes::new_codes;
pub use recovery_codes::replace_recovery_codes;
pub use remove::{RemoveSecondFactorError, remove_second_factor};

use crate::{authentication::second_factor::store, db::Unavailable, principal::Principal, state::AppState};

/// The second factors of a user.
#[derive(Clone, Copy, Debug)]
pub struct FactorsSummary {
    /// When the authenticator app was added.
    pub totp_added_at: Option<UnixMillis>,
    /// How many recovery codes are left.
    pub recovery_codes: u64,
}

/// The second factors of the current user.
pub async fn second_factors(state: &AppState, principal: &Principal) -> Result<FactorsSummary, Unavailable> {
    factors_of_user(state, principal.user.id).await
}

/// The second factors of a user.
pub(super) async fn factors_of_user(state: &AppState, user: UserId) -> Result<FactorsSummary, Unavailable> {
    let db = state.db.connection();
    let totp_added_at = store::find_totp(db, user).await?.and_then(|totp| totp.confirmed_at);
    Ok(FactorsSummary { totp_added_at, recovery_codes: store::count_codes(db, user).await? })
}
