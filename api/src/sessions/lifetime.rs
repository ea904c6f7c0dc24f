//! When a session expires. Two clocks run for every session, idle and absolute; neither ever moves past the absolute one.

use entity::{
    UnixMillis, session,
    user::{self, Status},
};

use crate::{
    config::{Lifetime, SessionsConfig},
    principal::{Principal, SessionSnapshot},
};

/// When a session expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// If it is not used.
    pub idle: UnixMillis,
    /// At the latest.
    pub absolute: UnixMillis,
}

/// What the expiry is computed from.
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

/// When a session expires. A tightened configuration takes effect for older sessions too.
pub fn expiry(session: impl Into<Clocks>, config: &SessionsConfig) -> Expiry {
    let session: Clocks = session.into();
    let Lifetime { idle, absolute } = config.lifetime(session.remember);
    let absolute = session.expires_at.min(session.created_at.plus(absolute));
    Expiry { idle: session.idle_expires_at.min(session.last_seen_at.plus(idle)).min(absolute), absolute }
}

/// Whether a session is valid at `now`.
pub(super) fn is_live(session: &session::Model, user: &user::Model, now: UnixMillis, config: &SessionsConfig) -> bool {
    session.ended_at.is_none() && user.status == Status::Active && now < expiry(session, config).idle
}

/// Whether the user authenticated so recently, and with all the factors they have, that sensitive operations need no step-up.
pub fn is_fresh(Principal { session, user }: &Principal, now: UnixMillis, config: &SessionsConfig) -> bool {
    let reachable = if user.second_factor { 2 } else { 1 };
    // In both directions: the clocks of two nodes differ, and a moment far ahead proves nothing.
    let is_recent =
        now.since(session.authenticated_at) <= config.fresh_for && session.authenticated_at.since(now) <= config.fresh_for;
    is_recent && session.methods.assurance() >= reachable
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use entity::{
        Method, Methods, UnixMillis,
        session::{self, EndedBecause},
        user::{self, Status},
    };

    use super::{is_fresh, is_live};
    use crate::{
        config::{Lifetime, SessionsConfig},
        fixtures,
        principal::Principal,
    };

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

    fn a_session() -> session::Model {
        session::Model { idle_expires_at: START.plus(HOUR), expires_at: START.plus(24 * HOUR), ..fixtures::session(START) }
    }

    #[test]
    fn asvs_7_3_1_and_7_3_2_both_clocks_are_exact_to_the_millisecond() {
        let live =
            |session: &session::Model, after: Duration| is_live(session, &fixtures::user(START), START.plus(after), &config());
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
    fn b_10_a_tightened_configuration_takes_effect_for_old_sessions() {
        let remembered = session::Model {
            remember: true,
            idle_expires_at: START.plus(336 * HOUR),
            expires_at: START.plus(720 * HOUR),
            ..a_session()
        };
        let tight = SessionsConfig { remembered: Lifetime { idle: HOUR, absolute: 2 * HOUR }, ..config() };
        assert!(is_live(&remembered, &fixtures::user(START), START.plus(100 * HOUR), &config()));
        assert!(!is_live(&remembered, &fixtures::user(START), START.plus(HOUR), &tight));
    }

    #[test]
    fn ended_sessions_and_sessions_of_disabled_users_are_not_live() {
        let ended = session::Model { ended_at: Some(START), ended_because: Some(EndedBecause::SignedOut), ..a_session() };
        assert!(!is_live(&ended, &fixtures::user(START), START, &config()));
        let disabled = user::Model { status: Status::Disabled, ..fixtures::user(START) };
        assert!(!is_live(&a_session(), &disabled, START, &config()));
    }

    #[test]
    fn a_proof_is_fresh_within_the_limit_and_not_ahead_of_it() {
        let fresh = |now: UnixMillis| is_fresh(&Principal::new(&a_session(), &fixtures::user(START)), now, &config());
        let limit = config().fresh_for;
        let more = limit + Duration::from_millis(1);
        assert!(fresh(START) && fresh(START.plus(limit)) && fresh(START.minus(limit)));
        assert!(!fresh(START.plus(more)), "too long ago");
        assert!(!fresh(START.minus(more)), "dated in the future");
    }

    #[test]
    fn one_factor_is_not_fresh_for_a_user_with_two() {
        let user = user::Model { second_factor: true, ..fixtures::user(START) };
        let both = Methods::only(Method::Password).with(Method::OneTimeCode).with(Method::MultiFactor);
        for (methods, expected) in [(Methods::only(Method::Password), false), (both, true)] {
            let session = session::Model { methods, ..a_session() };
            assert_eq!(is_fresh(&Principal::new(&session, &user), START, &config()), expected);
        }
    }
}
