//! Makes a session or a token invalid, without moving the clock.

use std::time::Duration;

use bifrons::{config::Verification, db::Unavailable, sessions};
use entity::{SessionId, session, token_grant};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, sea_query::Expr};

use crate::{
    control::{Refused, What},
    testbed::Testbed,
};

/// Makes a live session, or a token of it, invalid.
pub(crate) async fn expire(testbed: &Testbed, id: SessionId, what: What) -> Result<(), Refused> {
    let state = &testbed.state;
    // Uses that are not stored yet would extend the session again.
    state.touches.idle().await;
    let (db, now) = (state.db.connection(), state.clock.now());
    let found = session::Entity::find_by_id(id).one(db).await.map_err(|error| Refused::failed(Unavailable::from(error)))?;
    let found = found.filter(|session| session.ended_at.is_none());
    let found = found.ok_or_else(|| Refused::not_found("no live session has this id"))?;
    let set = |column: session::Column, to: i64| {
        session::Entity::update_many().col_expr(column, Expr::value(to)).filter(session::Column::Id.eq(id))
    };
    if what == What::Access && state.config.tokens.verification == Verification::Stateless {
        // No session is asked, only the key: without it the access tokens of all sessions are refused.
        state.keys.renew_testbed(state.config.tokens.algorithm, now);
        state.tokens.clear();
    }
    let update = match what {
        What::Revoked => return sessions::end_all(state, &[id]).await.map_err(Refused::failed),
        What::Reuse => return use_refresh_token(testbed, id).await,
        What::Idle => set(session::Column::IdleExpiresAt, now.0),
        What::Absolute => set(session::Column::ExpiresAt, now.0),
        // An access token contains the time of the authentication: the service refuses one with an earlier time.
        What::Access => set(session::Column::AuthenticatedAt, found.authenticated_at.plus(Duration::from_secs(1)).0),
        What::Fresh => {
            let past = state.config.sessions.fresh_for + Duration::from_secs(1);
            set(session::Column::AuthenticatedAt, now.minus(past).0)
        }
    };
    update.exec(db).await.map_err(|error| Refused::failed(Unavailable::from(error)))?;
    state.cache.clear();
    Ok(())
}

/// Uses the refresh token, as a thief would: the client's token then has a successor, which the client does not have.
async fn use_refresh_token(testbed: &Testbed, id: SessionId) -> Result<(), Refused> {
    let (db, now) = (testbed.state.db.connection(), testbed.state.clock.now());
    let long_ago = now.minus(testbed.state.config.tokens.refresh_grace + Duration::from_secs(1));
    let update = token_grant::Entity::update_many()
        .col_expr(token_grant::Column::Generation, Expr::col(token_grant::Column::Generation).add(1))
        .col_expr(token_grant::Column::RotatedAt, Expr::value(long_ago.0))
        .filter(token_grant::Column::SessionId.eq(id));
    let updated = update.exec(db).await.map_err(|error| Refused::failed(Unavailable::from(error)))?;
    match updated.rows_affected {
        0 => Err(Refused::conflict("the session has the mode cookie: only sessions in mode token have a refresh token")),
        _ => Ok(()),
    }
}
