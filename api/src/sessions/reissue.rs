//! Proving a credential again replaces the session's secret: what was issued before stops working.

use std::{sync::Arc, time::Duration};

use entity::{Seed, UnixMillis, session, user};

use super::{
    Authenticated, Credential, Established,
    refresh::tokens,
    store::{self, NewProof},
};
use crate::{
    audit::Event,
    background::to_its_end,
    cache::Snapshot,
    client::Client,
    db::Unavailable,
    hashing::Verdict,
    random,
    secret::{Password, SessionCookie},
    state::AppState,
    users::{self, PresentError},
};

/// Why a credential was not renewed.
#[derive(Debug, thiserror::Error)]
pub enum ReauthenticateError {
    /// The password is another one.
    #[error("wrong password")]
    WrongPassword,
    /// The session ended, or got another secret, while the password was verified.
    #[error("the session has ended")]
    Ended,
    /// Nothing is known of the password.
    #[error(transparent)]
    Present(#[from] PresentError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
    /// An access token could not be signed.
    #[error("cannot sign: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
}

/// Proves the password again: the session becomes fresh and gets a new secret.
pub async fn reauthenticate(
    state: &Arc<AppState>,
    who: Authenticated,
    password: Password,
    client: &Client,
) -> Result<Established, ReauthenticateError> {
    let refusal = |because| Event::ReauthenticationRefused.of(who.user.id).in_session(who.session.id).because(because);
    let over = || {
        state.record(refusal("session_over"));
        ReauthenticateError::Ended
    };
    let (session, user) = store::find_same(state.db.connection(), &who).await?.ok_or_else(over)?;
    let presented = users::present(state, Some(&user.email_canonical), client).await?;
    match presented.verify(password, Some(user.password_hash.clone()), refusal("wrong_password")).await? {
        Verdict::Wrong => Err(ReauthenticateError::WrongPassword),
        Verdict::Right { .. } => {
            let renewal = reissue(&session, state.clock.now());
            let own = Arc::clone(state);
            let renewed = to_its_end(async move {
                let db = own.db.connection();
                let renewed = own.db.retry(|| store::reissue(db, &session, &renewal.stored)).await?;
                if let Some(change) = renewed {
                    own.cache.announce(&[change]).await;
                    own.record(Event::Reauthenticated.of(user.id).in_session(session.id));
                }
                Ok::<_, Unavailable>(renewed.map(|_| (renewal, session, user)))
            });
            let (renewal, session, user) = renewed.await?.ok_or_else(over)?;
            Ok(renewal.establish(state, session, &user)?)
        }
    }
}

/// A new secret for a session, to be stored before anybody is told.
pub(crate) struct Renewal {
    /// What to store.
    pub(crate) stored: NewProof,
    cookie: Option<SessionCookie>,
}

/// Makes a new secret for a session, of the kind that its face has.
pub(crate) fn reissue(session: &session::Model, now: UnixMillis) -> Renewal {
    // At least a second later than before: access tokens carry whole seconds, and those of the old secret must be older.
    let authenticated_at = now.max(session.authenticated_at.plus(Duration::from_secs(1)));
    let cookie = (session.face == session::Face::Cookie).then(|| SessionCookie::new(session.id));
    let seed = cookie.is_none().then(|| Seed(random::bytes::<32>().to_vec()));
    Renewal { stored: NewProof { secret_hash: cookie.as_ref().map(SessionCookie::hash), seed, authenticated_at }, cookie }
}

impl Renewal {
    /// The session as it is once the new secret is stored, and the credential to hand out.
    pub(crate) fn establish(
        self,
        state: &AppState,
        session: session::Model,
        user: &user::Model,
    ) -> Result<Established, jsonwebtoken::errors::Error> {
        let NewProof { secret_hash, seed, authenticated_at } = self.stored;
        let session = session::Model { secret_hash, seed, authenticated_at, generation: 0, rotated_at: None, ..session };
        let who = Snapshot::new(&session, user);
        let credential = match self.cookie {
            Some(cookie) => Credential::Cookie(cookie),
            None => Credential::Tokens(tokens(state, &session, &who, state.clock.now())?),
        };
        Ok(Established { who, credential })
    }
}
