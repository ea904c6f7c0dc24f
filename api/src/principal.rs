//! The principal: the authenticated user and session of a request, as SQL had them at one moment.

use std::sync::Arc;

use entity::{
    Methods, Roles, SecretHash, SessionId, UnixMillis, UserId,
    session::{self, Mode},
    user::{self, Status},
};
use serde::{Deserialize, Serialize};

/// A session that had not ended when it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionSnapshot {
    /// The public id.
    pub id: SessionId,
    /// The user who signed in.
    pub user_id: UserId,
    /// How the session is presented.
    pub mode: Mode,
    /// Mode `cookie`: the hash of the cookie's secret.
    pub secret_hash: Option<SecretHash>,
    /// When the user last authenticated.
    pub authenticated_at: UnixMillis,
    /// How the user authenticated.
    pub methods: Methods,
    /// Whether the user asked to stay signed in.
    pub remember: bool,
    /// When the user signed in.
    pub created_at: UnixMillis,
    /// When the session was last used.
    pub last_seen_at: UnixMillis,
    /// When it ends if it is not used.
    pub idle_expires_at: UnixMillis,
    /// When it ends at the latest.
    pub expires_at: UnixMillis,
    /// The version of its row.
    pub version: i64,
    /// The version of its user's row when this was read: a change of the user is a change of the session.
    pub user_version: i64,
}

/// A user who may sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserSnapshot {
    /// The public id.
    pub id: UserId,
    /// The address as the user typed it.
    pub email: String,
    /// Whether the user has shown that they read mail at the address.
    pub email_verified: bool,
    /// The language of mails to the user: a BCP 47 tag.
    pub locale: Option<String>,
    /// What the app stores with the user: a JSON object.
    pub user_metadata: Option<String>,
    /// What operators store with the user: a JSON object.
    pub app_metadata: Option<String>,
    /// The name that the user chose.
    pub name: Option<String>,
    /// What the user may do.
    pub roles: Roles,
    /// When the user signed up.
    pub created_at: UnixMillis,
    /// The version of the row.
    pub version: i64,
    /// Whether the user has a second factor. Last, so that a node of the former version can read an entry in Redis.
    pub second_factor: bool,
}

/// The authenticated user and the session that the request belongs to, read together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The session.
    pub session: Arc<SessionSnapshot>,
    /// Its user.
    pub user: Arc<UserSnapshot>,
}

impl Principal {
    /// What the rows say.
    pub fn new(session: &session::Model, user: &user::Model) -> Self {
        Self {
            session: Arc::new(SessionSnapshot {
                id: session.id,
                user_id: session.user_id,
                mode: session.mode,
                secret_hash: session.secret_hash.clone(),
                authenticated_at: session.authenticated_at,
                methods: session.methods,
                remember: session.remember,
                created_at: session.created_at,
                last_seen_at: session.last_seen_at,
                idle_expires_at: session.idle_expires_at,
                expires_at: session.expires_at,
                version: session.version,
                user_version: user.version,
            }),
            user: Arc::new(user.into()),
        }
    }

    /// The same, if the session has not ended and the user is active.
    pub fn of_live(session: &session::Model, user: &user::Model) -> Option<Self> {
        (session.ended_at.is_none() && user.status == Status::Active).then(|| Self::new(session, user))
    }
}

impl From<&user::Model> for UserSnapshot {
    fn from(user: &user::Model) -> Self {
        Self {
            id: user.id,
            email: user.email.clone(),
            email_verified: user.email_verified,
            locale: user.locale.clone(),
            user_metadata: user.user_metadata.clone(),
            app_metadata: user.app_metadata.clone(),
            name: user.name.clone(),
            roles: user.roles.clone(),
            created_at: user.created_at,
            version: user.version,
            second_factor: user.second_factor,
        }
    }
}

/// What the cache itself adds to an entry: key, reference counts, table slot, queue links.
const OVERHEAD: usize = 112;

impl SessionSnapshot {
    /// Bytes that it takes in process, about.
    pub fn weight(&self) -> u64 {
        (size_of::<Self>() + OVERHEAD + self.secret_hash.as_ref().map_or(0, |hash| hash.0.capacity())) as u64
    }
}

impl UserSnapshot {
    /// Bytes that it takes in process, about.
    pub fn weight(&self) -> u64 {
        let texts = [&self.name, &self.locale, &self.user_metadata, &self.app_metadata];
        let texts: usize = texts.into_iter().flatten().map(String::capacity).sum();
        (size_of::<Self>() + OVERHEAD + self.email.capacity() + texts + self.roles.bytes()) as u64
    }
}

#[cfg(test)]
mod tests {
    use entity::{Roles, SecretHash, UnixMillis, session, user};

    use super::{OVERHEAD, Principal, SessionSnapshot, UserSnapshot};
    use crate::fixtures;

    const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

    fn weights(session: &session::Model, user: &user::Model) -> [usize; 2] {
        let Principal { session, user } = Principal::new(session, user);
        [session.weight(), user.weight()].map(|weight| usize::try_from(weight).unwrap())
    }

    #[test]
    fn an_entry_weighs_itself_and_every_text_that_it_holds() {
        let bare = user::Model { email: String::new(), ..fixtures::user(NOW) };
        let [session, user] = [size_of::<SessionSnapshot>() + OVERHEAD, size_of::<UserSnapshot>() + OVERHEAD];
        assert_eq!(weights(&fixtures::session(NOW), &bare), [session, user]);
        let text = |length: usize| Some("x".repeat(length));
        let full = user::Model {
            email: "x".repeat(1000),
            name: text(200),
            locale: text(30),
            user_metadata: text(4),
            app_metadata: text(50_000),
            roles: Roles::new(["operator"]).unwrap(),
            ..bare
        };
        let cookie = session::Model { secret_hash: Some(SecretHash(vec![7; 32])), ..fixtures::session(NOW) };
        assert_eq!(weights(&cookie, &full), [session + 32, user + 51_234 + "operator".len()]);
    }
}
