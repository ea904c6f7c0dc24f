//! Signing in: a password becomes a session.

use std::sync::Arc;

use entity::{
    PasswordHash, Seed, SessionId, UnixMillis,
    session::{self, EndedBecause, RefreshIn},
    user::{self, Status},
};

use super::{Carried, Credential, Established, refresh::tokens, revoke::sessions_of, store};
use crate::{
    audit::{Event, Record},
    background::to_its_end,
    cache::{Change, Snapshot},
    client::Client,
    db::{Db, Unavailable},
    email_address::EmailAddress,
    hashing::{HashingError, Verdict},
    random,
    secret::{DeviceToken, Password, SessionCookie},
    state::AppState,
    users::{self, PresentError},
};

/// What somebody presents to sign in.
pub struct SignIn<'a> {
    /// As typed; an address that cannot exist is one that nobody has.
    pub email: &'a str,
    /// As typed.
    pub password: Password,
    /// Whether to stay signed in.
    pub remember: bool,
    /// What to sign in to.
    pub face: Face,
    /// Where the request came from.
    pub client: Client,
    /// What the request carried credentials of: those sessions end, because nobody signs in to be two people, and a planted session
    /// must not live on.
    pub carried: Vec<Carried>,
}

/// The face that a new session shows.
#[derive(Clone, Copy, Debug)]
pub enum Face {
    /// A session cookie.
    Cookie,
    /// Tokens, with the refresh token in this place.
    Bearer(RefreshIn),
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Unknown address, wrong password or disabled user: which one is nobody's business.
    #[error("wrong e-mail address or password")]
    InvalidCredentials,
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

/// Verifies the password and makes a new session. The account knows the device from now on.
pub async fn sign_in(state: &Arc<AppState>, request: SignIn<'_>) -> Result<(Established, DeviceToken), SignInError> {
    let address = EmailAddress::parse(request.email).ok();
    for _ in 0..ATTEMPTS {
        let account = address.as_ref().map(EmailAddress::canonical);
        let presented = Box::pin(users::present(state, account, &request.client)).await?;
        let found = match &address {
            Some(address) => users::store::find_by_email(state.db.connection(), address).await?,
            None => None,
        };
        let refused = refused(found.as_ref());
        // A disabled user's password is nobody's: it is not verified, takes as long, and costs as much.
        let user = found.filter(|user| user.status == Status::Active);
        let hash = user.as_ref().map(|user| user.password_hash.clone());
        let verified = presented.verify(request.password.clone(), hash, refused).await?;
        let (Verdict::Right { upgraded }, Some(user)) = (verified, user) else {
            return Err(SignInError::InvalidCredentials);
        };
        let now = state.clock.now();
        let (session, proof) = new_session(state, &user, &request, now);
        let carried = Box::pin(sessions_of(state, &request.carried)).await?;
        if begin(state, &user, &session, carried).await? {
            if let Some(hash) = upgraded {
                Box::pin(rehash(state, &user, hash)).await;
            }
            state.record(Event::SignedIn.of(user.id).in_session(session.id).showing(session.face));
            let who = Snapshot::new(&session, &user);
            let credential = match proof {
                Proof::Cookie(cookie) => Credential::Cookie(cookie),
                Proof::Seed => Credential::Tokens(tokens(state, &session, &who, now)?),
            };
            state.cache.keep(&who);
            let device = state.limits.trust_device(request.client.device.as_ref(), &user.email_canonical, now);
            return Ok((Established { who, credential }, device));
        }
        // The password's hash changed while this one was verified: maybe the password did. Look again.
    }
    Err(PresentError::from(HashingError::Overloaded).into())
}

/// Why somebody is not signed in if their password does not count: for the log alone.
fn refused(found: Option<&user::Model>) -> Record {
    match found {
        None => Event::SignInRefused.because("unknown_address"),
        Some(user) if user.status != Status::Active => Event::SignInRefused.of(user.id).because("disabled"),
        Some(user) => Event::SignInRefused.of(user.id).because("wrong_password"),
    }
}

/// Replaces a hash by one of today's parameters. Nobody is refused if that fails.
async fn rehash(state: &AppState, user: &user::Model, hash: PasswordHash) {
    match users::store::upgrade_hash(state.db.connection(), user, hash).await {
        Ok(true) => state.record(Event::PasswordRehashed.of(user.id)),
        Ok(false) => {} // It has another password by now.
        Err(error) => tracing::warn!(%error, "a password hash was not replaced; the next sign-in will try again"),
    }
}

/// How often a sign-in starts over because the user's password hash changed under it.
const ATTEMPTS: usize = 3;

enum Proof {
    Cookie(SessionCookie),
    Seed,
}

fn new_session(state: &AppState, user: &user::Model, request: &SignIn<'_>, now: UnixMillis) -> (session::Model, Proof) {
    let id = SessionId(random::uuid_v7(now));
    let lifetime = state.config.sessions.lifetime(request.remember);
    let expires_at = now.plus(lifetime.absolute);
    let mut session = session::Model {
        id,
        user_id: user.id,
        face: session::Face::Bearer,
        secret_hash: None,
        seed: None,
        generation: 0,
        rotated_at: None,
        refresh_in: None,
        authenticated_at: now,
        methods: "pwd".to_owned(),
        remember: request.remember,
        created_at: now,
        last_seen_at: now,
        idle_expires_at: now.plus(lifetime.idle).min(expires_at),
        expires_at,
        ip: request.client.ip.map(|ip| ip.to_string()),
        user_agent: request.client.user_agent.clone(),
        version: 1,
        changed_at: now,
        ended_at: None,
        ended_because: None,
    };
    match request.face {
        Face::Cookie => {
            let cookie = SessionCookie::new(id);
            session.face = session::Face::Cookie;
            session.secret_hash = Some(cookie.hash());
            (session, Proof::Cookie(cookie))
        }
        Face::Bearer(refresh_in) => {
            session.seed = Some(Seed(random::bytes::<32>().to_vec()));
            session.refresh_in = Some(refresh_in);
            (session, Proof::Seed)
        }
    }
}

/// Makes the session and ends those that the request carried. False, and nothing done, if the password is another one by now.
async fn begin(
    state: &Arc<AppState>,
    user: &user::Model,
    session: &session::Model,
    carried: Vec<SessionId>,
) -> Result<bool, Unavailable> {
    let (state, user, session) = (Arc::clone(state), user.clone(), session.clone());
    to_its_end(async move {
        let begun = state.db.retry(|| begin_session(&state.db, &user, &session, &carried)).await?;
        let Some(replaced) = begun else { return Ok(false) };
        state.cache.announce(&replaced.iter().copied().map(Change::ended).collect::<Vec<_>>()).await;
        for session in replaced {
            state.record(Event::SessionEnded.in_session(session).because(EndedBecause::Replaced.name()));
        }
        Ok(true)
    })
    .await
}

/// Stores the session and ends those that the request carried, in one step. `None`, and nothing done, if the password is not the
/// one that was verified: a change must not be outrun by a sign-in with the old one.
async fn begin_session(
    db: &Db,
    user: &user::Model,
    session: &session::Model,
    carried: &[SessionId],
) -> Result<Option<Vec<SessionId>>, Unavailable> {
    if carried.is_empty() {
        return Ok(store::insert(db.connection(), session.clone(), user).await?.then(Vec::new));
    }
    let transaction = db.begin().await?;
    if !store::insert(&transaction, session.clone(), user).await? {
        return Ok(None);
    }
    let mut replaced = Vec::new();
    for carried in carried {
        if store::end(&transaction, *carried, EndedBecause::Replaced, session.created_at).await? {
            replaced.push(*carried);
        }
    }
    transaction.commit().await?;
    Ok(Some(replaced))
}
