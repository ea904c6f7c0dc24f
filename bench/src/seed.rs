//! Users and sessions that exist before a measurement.

use std::{fmt::Write, fs, path::Path, sync::Arc, time::Duration};

use bifrons::{
    accounts::{NewUser, import},
    fixtures,
    network::ClientNetwork,
    random,
    secret::{Password, SessionCookie},
    state::AppState,
};
use entity::{
    MailId, SessionId, UnixMillis, outgoing_mail, session,
    user::{self, Status},
};
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel};
use serde_json::json;

use crate::node::{EMAIL, PASSWORD};

/// Stores sessions of one user, and writes their cookies to a file, one a line.
pub(crate) async fn sessions(state: &Arc<AppState>, count: usize) {
    let ada = user(state, EMAIL, &ours(state).await, Status::Active).await;
    let (now, mut cookies) = (state.clock.now(), String::new());
    let later = |hours: u64| now.plus(Duration::from_secs(hours * 3600));
    for batch in (0..count).collect::<Vec<_>>().chunks(500) {
        let rows = batch.iter().map(|_| {
            let cookie = SessionCookie::new(SessionId(random::uuid_v7(now)));
            let _ = writeln!(cookies, "bifrons_session={}", *cookie.reveal());
            row(&ada, &cookie, now, later(24), later(24 * 30)).into_active_model()
        });
        let rows: Vec<_> = rows.collect();
        session::Entity::insert_many(rows).exec_without_returning(state.db.connection()).await.unwrap();
    }
    state.db.connection().execute_unprepared("ANALYZE").await.unwrap();
    fs::write(state.config.data_dir.join("cookies"), cookies).unwrap();
}

/// Stores mails that are due now.
pub(crate) async fn mails(state: &Arc<AppState>, count: usize) {
    let now = state.clock.now();
    let text = json!({"kind": "plain", "subject": "Waiting", "body": "This mail waits."}).to_string();
    // Version 0 of the content is not sealed: a migration writes it.
    let content = [&[0], text.as_bytes()].concat();
    for batch in (0..count).collect::<Vec<_>>().chunks(500) {
        let rows = batch.iter().map(|_| outgoing_mail::Model {
            id: MailId(random::uuid_v7(now)),
            user_id: None,
            kind: "plain".to_owned(),
            locale: "en".to_owned(),
            recipient: EMAIL.to_owned(),
            content: content.clone(),
            created_at: now,
            attempts: 0,
            next_attempt_at: now,
            claimed_until: UnixMillis(0),
            failure: None,
            dead_at: None,
        });
        let rows = rows.map(IntoActiveModel::into_active_model);
        outgoing_mail::Entity::insert_many(rows).exec_without_returning(state.db.connection()).await.unwrap();
    }
}

/// A hash with the current parameters.
pub(crate) async fn ours(state: &AppState) -> String {
    let place = state.hasher.admit(ClientNetwork::Local).unwrap();
    place.hash(Password::new(PASSWORD.to_owned())).await.unwrap().0
}

/// Stores a user with this hash.
pub(crate) async fn user(state: &Arc<AppState>, email: &str, hash: &str, status: Status) -> user::Model {
    let line = json!({"email": email, "password_hash": hash, "name": "Ada Lovelace"}).to_string();
    let NewUser { user, password } = import::read(&line, state.clock.now()).unwrap();
    let new = NewUser { user: user::Model { status, ..user }, password };
    assert_eq!(import::import(state, vec![new.clone()]).await.unwrap(), 1);
    new.user
}

fn row(ada: &user::Model, cookie: &SessionCookie, now: UnixMillis, idle: UnixMillis, absolute: UnixMillis) -> session::Model {
    session::Model {
        id: cookie.session,
        user_id: ada.id,
        secret_hash: Some(cookie.hash()),
        remember: true,
        idle_expires_at: idle,
        expires_at: absolute,
        ..fixtures::session(now)
    }
}

/// The cookies that the node stored.
pub(crate) fn cookies(folder: &Path) -> Vec<String> {
    fs::read_to_string(folder.join("cookies")).unwrap().lines().map(str::to_owned).collect()
}
