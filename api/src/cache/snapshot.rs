//! What verifying a credential needs to know, as SQL had it at one moment.

use std::sync::Arc;

use entity::{
    SecretHash, SessionId, UnixMillis, UserId,
    session::{self, Face},
    user::{self, Role, Status},
};
use serde::{Deserialize, Serialize};

/// A session that had not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionSnapshot {
    /// The public id.
    pub id: SessionId,
    /// Who signed in.
    pub user_id: UserId,
    /// How it shows itself.
    pub face: Face,
    /// Cookie face: what the cookie's secret hashes to.
    pub secret_hash: Option<SecretHash>,
    /// When a credential was last proved.
    pub authenticated_at: UnixMillis,
    /// How it was proved: RFC 8176 `amr` values, separated by spaces.
    pub methods: String,
    /// Whether the person asked to stay signed in.
    pub remember: bool,
    /// When the person signed in.
    pub created_at: UnixMillis,
    /// When it was last used.
    pub last_seen_at: UnixMillis,
    /// When it ends if nobody uses it.
    pub idle_expires_at: UnixMillis,
    /// When it ends in any case.
    pub expires_at: UnixMillis,
    /// The version of its row.
    pub version: i64,
    /// The version of its user's row when this was read: what happens to them happens to the session.
    pub user_version: i64,
}

/// A user who may sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserSnapshot {
    /// The public id.
    pub id: UserId,
    /// The address as it was typed.
    pub email: String,
    /// What to be called.
    pub name: Option<String>,
    /// What they may do.
    pub role: Role,
    /// When they signed up.
    pub created_at: UnixMillis,
    /// The version of the row.
    pub version: i64,
}

/// A session and its user, read together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The session.
    pub session: Arc<SessionSnapshot>,
    /// Whose it is.
    pub user: Arc<UserSnapshot>,
}

impl Snapshot {
    /// What the rows say.
    pub fn new(session: &session::Model, user: &user::Model) -> Self {
        Self {
            session: Arc::new(SessionSnapshot {
                id: session.id,
                user_id: session.user_id,
                face: session.face,
                secret_hash: session.secret_hash.clone(),
                authenticated_at: session.authenticated_at,
                methods: session.methods.clone(),
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

    /// The same, if somebody who holds the session's secret may use it.
    pub fn of_live(session: &session::Model, user: &user::Model) -> Option<Self> {
        (session.ended_at.is_none() && user.status == Status::Active).then(|| Self::new(session, user))
    }
}

impl From<&user::Model> for UserSnapshot {
    fn from(user: &user::Model) -> Self {
        Self {
            id: user.id,
            email: user.email.clone(),
            name: user.name.clone(),
            role: user.role,
            created_at: user.created_at,
            version: user.version,
        }
    }
}

impl SessionSnapshot {
    /// Bytes it takes in process, about.
    pub(super) fn weight(&self) -> u64 {
        // Its own, the key, the links of the map and of the queue around it.
        let own = size_of::<Self>() + OVERHEAD + self.methods.capacity();
        (own + self.secret_hash.as_ref().map_or(0, |hash| hash.0.capacity())) as u64
    }
}

impl UserSnapshot {
    /// Bytes it takes in process, about.
    pub(super) fn weight(&self) -> u64 {
        (size_of::<Self>() + OVERHEAD + self.email.capacity() + self.name.as_ref().map_or(0, String::capacity)) as u64
    }
}

/// What the cache itself adds to an entry: key, reference counts, table slot, queue links.
const OVERHEAD: usize = 112;
