//! What a browser is asked for.

use entity::{UserId, passkey};

use super::store;
use crate::{
    db::Unavailable,
    principal::Principal,
    secret::{ChallengeUse, PasskeyChallenge},
    state::AppState,
};

/// For `navigator.credentials.get()`. They name no user and no passkey: the user chooses one.
pub struct AuthenticationOptions {
    /// What the passkey signs.
    pub challenge: PasskeyChallenge,
    /// The domain name that passkeys are bound to.
    pub rp_id: String,
}

/// For `navigator.credentials.create()`.
pub struct RegistrationOptions {
    /// What the answer repeats.
    pub challenge: PasskeyChallenge,
    /// The domain name that the passkey will be bound to.
    pub rp_id: String,
    /// The name of the service, as authenticators show it.
    pub product: String,
    /// The user.
    pub user: UserId,
    /// The address of the user.
    pub email: String,
    /// The name of the user.
    pub name: Option<String>,
    /// The passkeys that the user has: no authenticator makes a second one.
    pub existing: Vec<passkey::Model>,
}

/// Begins a sign-in, its second step, or a re-authentication. Nothing is stored.
pub fn start_authentication(state: &AppState) -> AuthenticationOptions {
    let challenge = PasskeyChallenge::issue(&state.secrets, ChallengeUse::Authentication, state.clock.now());
    AuthenticationOptions { challenge, rp_id: state.config.passkeys.rp_id.clone() }
}

/// Begins adding a passkey. Nothing is stored, and the answer counts in this session alone.
pub async fn registration_options(state: &AppState, principal: &Principal) -> Result<RegistrationOptions, Unavailable> {
    let used_for = ChallengeUse::Registration(principal.session.id);
    Ok(RegistrationOptions {
        challenge: PasskeyChallenge::issue(&state.secrets, used_for, state.clock.now()),
        rp_id: state.config.passkeys.rp_id.clone(),
        product: state.config.mail.product.clone(),
        user: principal.user.id,
        email: principal.user.email.clone(),
        name: principal.user.name.clone(),
        existing: store::of_user(state.db.connection(), principal.user.id).await?,
    })
}
