//! Opens a session from a proof.

use std::sync::Arc;

use entity::{
    SessionId,
    session::{self, EndedBecause},
};

use super::{
    established::{Established, SessionSecret},
    store,
};
use crate::{
    audit::Event,
    authentication::Proof,
    db::{Scope, Unavailable},
    grants::{self, RefreshIn},
    one_time_tokens::{Notice, Occasion},
    principal::Principal,
    random,
    requester::Requester,
    secret::SessionCookie,
    state::AppState,
};

/// How the session is presented, and how its credential reaches the client.
#[derive(Clone, Copy, Debug)]
pub enum Delivery {
    /// Mode `cookie`: a session cookie.
    Cookie,
    /// Mode `token`: tokens, with the refresh token in this place.
    Tokens(RefreshIn),
}

/// What a session is opened with.
#[derive(Clone, Debug)]
pub struct Opening {
    /// How the session is presented.
    pub delivery: Delivery,
    /// Whether the user asked to stay signed in.
    pub remember: bool,
    /// Where the request came from.
    pub requester: Requester,
    /// The sessions to end in the same step: those whose credentials came with the request.
    pub replaces: Vec<SessionId>,
}

/// Why no session was opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The proof does not hold any more: the credentials changed, or the user may not sign in.
    #[error("the proof does not hold any more")]
    Stale,
    /// Another request used what the proof uses up.
    #[error("the proof was used")]
    Used,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
    /// The access token could not be signed.
    #[error("cannot sign: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
}

/// Opens a session. The statement that stores it also checks that the proof still holds: a sign-in must not outrun a password change.
pub async fn open(state: &Arc<AppState>, proof: &Proof, opening: Opening) -> Result<Established, OpenError> {
    let (row, secret) = new_session(state, proof, &opening);
    let grant = match &secret {
        SessionSecret::Cookie(_) => None,
        SessionSecret::Grant(grant) => Some(grant.clone()),
    };
    let notice = notice(state, proof, &opening.requester).await?;
    let is_leaving = proof.user.delete_at.is_some();
    let input = (row.clone(), grant, opening.replaces, notice, is_leaving, proof.clone());
    let opened = state.write_or_refuse(Scope::Transaction, input, |tx, (row, grant, replaces, notice, is_leaving, proof)| {
        Box::pin(async move {
            if *is_leaving {
                store::keep_user(tx, row.user_id).await?;
            }
            if !store::insert(tx, row.clone(), &proof.user).await? {
                return Ok(Err(OpenError::Stale));
            }
            if let Some(redemption) = &proof.redeems
                && !redemption.redeem(tx, &proof.user).await?
            {
                return Ok(Err(OpenError::Used));
            }
            if let Some(grant) = grant {
                grants::store::insert(tx, grant.clone()).await?;
            }
            for replaced in replaces {
                store::end(tx, *replaced, EndedBecause::Replaced, row.created_at).await?;
            }
            if let Some(notice) = notice {
                notice.store(tx).await?;
            }
            tx.record(Event::SignedIn.of(row.user_id).in_session(row.id).in_mode(row.mode));
            Ok(Ok(()))
        })
    });
    match opened.await {
        // Another request used the signature of the passkey.
        Err(error) if proof.redeems.is_some() && error.is_duplicate() => return Err(OpenError::Used),
        opened => opened??,
    }
    let principal = Principal::new(&row, &proof.user);
    state.cache.keep(&principal);
    Ok(secret.establish(state, principal, proof.at)?)
}

/// The mail about a device that the account does not know.
async fn notice(state: &AppState, proof: &Proof, requester: &Requester) -> Result<Option<Notice>, Unavailable> {
    let is_known = state.limits.is_known(&requester.devices, &proof.user, proof.at);
    if is_known || !state.config.mail.new_device || !state.limits.take_notice(&state.db, &proof.user, proof.at).await? {
        return Ok(None);
    }
    Ok(Some(Notice::new(state, &proof.user, Occasion::NewDevice, requester, proof.at)))
}

fn new_session(state: &AppState, proof: &Proof, opening: &Opening) -> (session::Model, SessionSecret) {
    let (now, id) = (proof.at, SessionId(random::uuid_v7(proof.at)));
    let secret = match opening.delivery {
        Delivery::Cookie => SessionSecret::Cookie(SessionCookie::new(id)),
        Delivery::Tokens(refresh_in) => SessionSecret::Grant(grants::new_grant(id, refresh_in)),
    };
    let lifetime = state.config.sessions.lifetime(opening.remember);
    let expires_at = now.plus(lifetime.absolute);
    let row = session::Model {
        id,
        user_id: proof.user.id,
        mode: secret.mode(),
        secret_hash: secret.hash(),
        authenticated_at: now,
        methods: proof.methods,
        remember: opening.remember,
        created_at: now,
        last_seen_at: now,
        idle_expires_at: now.plus(lifetime.idle).min(expires_at),
        expires_at,
        ip: opening.requester.ip.map(|ip| ip.to_string()),
        user_agent: opening.requester.user_agent.clone(),
        version: 1,
        changed_at: now,
        ended_at: None,
        ended_because: None,
    };
    (row, secret)
}
