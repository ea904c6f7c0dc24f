//! Chooses among several cookies of one name. A browser sends every cookie that fits: the valid one, one that an earlier configuration or
//! another deployment on a parent domain set, and one that an attacker planted. Each is judged, with one query for all.

use super::{lifetime::is_live, store};
use crate::{
    authentication::challenge,
    db::Unavailable,
    grants,
    secret::{ChallengeToken, RefreshToken, SessionCookie},
    state::AppState,
};

/// What several values of one cookie come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice<'a> {
    /// At most one live session or challenge is behind them: the value that proves it, or any value.
    One(&'a str),
    /// Two different live sessions or challenges are behind them, and the service cannot tell which one the user means.
    Ambiguous,
}

/// Chooses among values of the session cookie.
pub async fn choose_cookie<'a>(state: &AppState, values: &[&'a str]) -> Result<Option<Choice<'a>>, Unavailable> {
    let [first, _, ..] = values else { return Ok(only(values)) };
    let parsed: Vec<_> = values.iter().filter_map(|value| Some((*value, SessionCookie::parse(value)?))).collect();
    let found = store::find_all(state.db.connection(), parsed.iter().map(|(_, cookie)| cookie.session)).await?;
    let (now, config) = (state.clock.now(), &state.config.sessions);
    let live = parsed.iter().filter(|(_, cookie)| {
        found.iter().any(|(session, user)| {
            let proves = session.secret_hash.as_ref().is_some_and(|hash| cookie.matches(hash));
            session.id == cookie.session && proves && is_live(session, user, now, config)
        })
    });
    Ok(Some(one(first, live.map(|(value, cookie)| (*value, cookie.session)))))
}

/// Chooses among values of the refresh cookie. Of one grant the latest token wins: an older one is a copy that an earlier configuration
/// left in the browser, and no theft.
pub async fn choose_refresh_token<'a>(state: &AppState, values: &[&'a str]) -> Result<Option<Choice<'a>>, Unavailable> {
    let [first, _, ..] = values else { return Ok(only(values)) };
    let parsed: Vec<_> = values.iter().filter_map(|value| Some((*value, RefreshToken::parse(value)?))).collect();
    let found = grants::store::find_all(state.db.connection(), parsed.iter().map(|(_, token)| token.grant)).await?;
    let (now, config) = (state.clock.now(), &state.config.sessions);
    let mut live: Vec<_> = parsed
        .iter()
        .filter_map(|(value, token)| {
            let (grant, session, user) = found.iter().find(|(grant, ..)| grant.id == token.grant)?;
            let is_valid = token.is_genuine(&state.secrets, &grant.seed) && is_live(session, user, now, config);
            is_valid.then_some((*value, session.id, token.generation))
        })
        .collect();
    live.sort_by_key(|(.., generation)| std::cmp::Reverse(*generation));
    Ok(Some(one(first, live.into_iter().map(|(value, session, _)| (value, session)))))
}

/// Chooses among values of the challenge cookie.
pub async fn choose_challenge<'a>(state: &AppState, values: &[&'a str]) -> Result<Option<Choice<'a>>, Unavailable> {
    let [first, _, ..] = values else { return Ok(only(values)) };
    let (written, tokens): (Vec<_>, Vec<_>) =
        values.iter().filter_map(|value| Some((*value, ChallengeToken::parse(value)?))).unzip();
    let live = challenge::live(state, &tokens).await?;
    let live = live.into_iter().filter_map(|live| {
        let at = tokens.iter().position(|token| token.id == live.id)?;
        Some((written[at], live.id))
    });
    Ok(Some(one(first, live)))
}

fn only<'a>(values: &[&'a str]) -> Option<Choice<'a>> {
    values.first().map(|value| Choice::One(value))
}

/// The first value, if all live ones belong to one session or challenge.
fn one<'a, T: PartialEq>(any: &'a str, live: impl IntoIterator<Item = (&'a str, T)>) -> Choice<'a> {
    let mut live = live.into_iter();
    match live.next() {
        None => Choice::One(any),
        Some((value, session)) if live.all(|(_, other)| other == session) => Choice::One(value),
        Some(_) => Choice::Ambiguous,
    }
}
