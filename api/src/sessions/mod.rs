//! Sessions: one record a sign-in, whichever face it shows.
//!
//! What always holds:
//! - SQL is the truth. A session counts while its row says so; what is kept of the row elsewhere follows it (`cache`).
//! - Whatever ends a session or changes what verifying it must see is written to SQL first and announced then: `Change` must be used.
//! - Two clocks run for every session: idle and absolute. Neither is ever moved past the absolute one.
//! - A session that ended stays ended: every write to it demands `ended_at IS NULL`, so a slow request cannot bring it back.
//! - Proving a credential again (re-authentication, a new password) replaces the session's secret; what was issued before stops
//!   working.

mod access_token;
mod authenticate;
mod follow;
mod mint;
mod refresh;
mod reissue;
mod revoke;
mod sign_in;
pub(crate) mod store;
mod touch;

use std::{fmt, time::Duration};

use entity::{
    UnixMillis,
    session::{self, RefreshIn},
    user::{self, Status},
};
use zeroize::Zeroizing;

pub use access_token::role;
pub use authenticate::{Refused, by_access_token, by_cookie};
pub use follow::{follow, look};
pub use mint::{MintError, Minted, mint};
pub use refresh::{RefreshError, refresh};
pub(crate) use reissue::reissue;
pub use reissue::{ReauthenticateError, reauthenticate};
pub use revoke::{Carried, end_all, end_one, end_others, list, session_of_token, sessions_of};
pub use sign_in::{Face, SignIn, SignInError, sign_in};

use crate::{
    cache::{SessionSnapshot, Snapshot},
    config::{Lifetime, SessionsConfig},
    secret::{RefreshToken, SessionCookie},
};

/// Somebody whose credential was verified: the session they act in, and who they are.
pub type Authenticated = Snapshot;

/// A session with the credential that was just made for it.
#[derive(Debug)]
pub struct Established {
    /// Who is signed in now.
    pub who: Authenticated,
    /// What the client must hold from now on.
    pub credential: Credential,
}

/// What a client holds.
#[derive(Debug)]
pub enum Credential {
    /// Cookie face.
    Cookie(SessionCookie),
    /// Bearer face.
    Tokens(Tokens),
}

/// What a client of the bearer face holds.
pub struct Tokens {
    /// A JWT (RFC 9068).
    pub access_token: Zeroizing<String>,
    /// How long the access token counts.
    pub expires_in: Duration,
    /// For the next access token.
    pub refresh_token: RefreshToken,
    /// Where the refresh token travels.
    pub refresh_in: RefreshIn,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(…)")
    }
}

/// When a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// If nobody uses it.
    pub idle: UnixMillis,
    /// In any case.
    pub absolute: UnixMillis,
}

/// What a session's end is reckoned from.
#[derive(Clone, Copy, Debug)]
pub struct Clocks {
    remember: bool,
    created_at: UnixMillis,
    last_seen_at: UnixMillis,
    idle_expires_at: UnixMillis,
    expires_at: UnixMillis,
}

impl From<&session::Model> for Clocks {
    fn from(session: &session::Model) -> Self {
        let &session::Model { remember, created_at, last_seen_at, idle_expires_at, expires_at, .. } = session;
        Self { remember, created_at, last_seen_at, idle_expires_at, expires_at }
    }
}

impl From<&SessionSnapshot> for Clocks {
    fn from(session: &SessionSnapshot) -> Self {
        let &SessionSnapshot { remember, created_at, last_seen_at, idle_expires_at, expires_at, .. } = session;
        Self { remember, created_at, last_seen_at, idle_expires_at, expires_at }
    }
}

/// When a session ends. Configuration that was tightened holds for sessions that are older than it.
pub fn ends(session: impl Into<Clocks>, config: &SessionsConfig) -> Ends {
    let session: Clocks = session.into();
    let Lifetime { idle, absolute } = config.lifetime(session.remember);
    let absolute = session.expires_at.min(session.created_at.plus(absolute));
    Ends { idle: session.idle_expires_at.min(session.last_seen_at.plus(idle)).min(absolute), absolute }
}

/// Whether a session counts at `now`.
fn is_live(session: &session::Model, user: &user::Model, now: UnixMillis, config: &SessionsConfig) -> bool {
    session.ended_at.is_none() && user.status == Status::Active && now < ends(session, config).idle
}

/// Whether the credential of this session was proved so lately that sensitive operations need no new proof.
pub fn is_fresh(session: &SessionSnapshot, now: UnixMillis, config: &SessionsConfig) -> bool {
    now.since(session.authenticated_at) <= config.fresh_for && session.authenticated_at.since(now) <= config.fresh_for
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use entity::{
        PasswordHash, SessionId, UnixMillis, UserId,
        session::{self, EndedBecause, Face},
        user::{self, Role, Status},
    };

    use super::is_live;
    use crate::config::{Lifetime, SessionsConfig};

    const HOUR: Duration = Duration::from_secs(3600);
    const START: UnixMillis = UnixMillis(1_700_000_000_000);

    fn config() -> SessionsConfig {
        SessionsConfig {
            short: Lifetime { idle: HOUR, absolute: 24 * HOUR },
            remembered: Lifetime { idle: 336 * HOUR, absolute: 720 * HOUR },
            fresh_for: HOUR / 6,
            cache_bytes: 0,
        }
    }

    fn a_user() -> user::Model {
        user::Model {
            id: UserId(uuid::Uuid::nil()),
            email: String::new(),
            email_canonical: String::new(),
            name: None,
            role: Role::User,
            status: Status::Active,
            password_hash: PasswordHash(String::new()),
            version: 1,
            changed_at: START,
            created_at: START,
        }
    }

    fn a_session() -> session::Model {
        session::Model {
            id: SessionId(uuid::Uuid::nil()),
            user_id: UserId(uuid::Uuid::nil()),
            face: Face::Cookie,
            secret_hash: None,
            seed: None,
            generation: 0,
            rotated_at: None,
            refresh_in: None,
            authenticated_at: START,
            methods: "pwd".to_owned(),
            remember: false,
            created_at: START,
            last_seen_at: START,
            idle_expires_at: START.plus(HOUR),
            expires_at: START.plus(24 * HOUR),
            ip: None,
            user_agent: None,
            version: 1,
            changed_at: START,
            ended_at: None,
            ended_because: None,
        }
    }

    #[test]
    fn asvs_7_3_1_and_7_3_2_both_clocks_are_exact_to_the_millisecond() {
        let live = |session: &session::Model, after: Duration| is_live(session, &a_user(), START.plus(after), &config());
        let just_before = |end: Duration| end.saturating_sub(Duration::from_millis(1));
        assert!(live(&a_session(), just_before(HOUR)));
        assert!(!live(&a_session(), HOUR));
        let busy = session::Model {
            last_seen_at: START.plus(just_before(24 * HOUR)),
            idle_expires_at: START.plus(24 * HOUR),
            ..a_session()
        };
        assert!(live(&busy, just_before(24 * HOUR)));
        assert!(!live(&busy, 24 * HOUR));
    }

    #[test]
    fn b_10_a_tightened_configuration_holds_for_old_sessions() {
        let remembered = session::Model {
            remember: true,
            idle_expires_at: START.plus(336 * HOUR),
            expires_at: START.plus(720 * HOUR),
            ..a_session()
        };
        let tight = SessionsConfig { remembered: Lifetime { idle: HOUR, absolute: 2 * HOUR }, ..config() };
        assert!(is_live(&remembered, &a_user(), START.plus(100 * HOUR), &config()));
        assert!(!is_live(&remembered, &a_user(), START.plus(HOUR), &tight));
    }

    #[test]
    fn ended_sessions_and_disabled_users_do_not_count() {
        let ended = session::Model { ended_at: Some(START), ended_because: Some(EndedBecause::SignedOut), ..a_session() };
        assert!(!is_live(&ended, &a_user(), START, &config()));
        let disabled = user::Model { status: Status::Disabled, ..a_user() };
        assert!(!is_live(&a_session(), &disabled, START, &config()));
    }
}
