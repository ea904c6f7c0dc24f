//! How sessions and tokens go bad.

use entity::SessionId;
use poem_openapi::{Enum, Object, OpenApi, param::Path, payload::Json, types::Example};
use uuid::Uuid;

use super::{Control, State, Tag, body::Body, problem::Refused};
use crate::expiry;

/// What goes bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub(crate) enum What {
    /// The session was not used for too long.
    Idle,
    /// The session reached its absolute end.
    Absolute,
    /// The access tokens that were issued so far are refused; the refresh token is good. With `tokens.verification` `stateless`, those of all
    /// sessions are refused.
    Access,
    /// The session is no longer fresh: operations that change credentials demand re-authentication.
    Fresh,
    /// The refresh token counts as used: the next refresh with it is treated as theft.
    Reuse,
    /// The session ended: the user signed out elsewhere.
    Revoked,
}

/// What shall go bad.
#[derive(Object)]
#[oai(deny_unknown_fields, example)]
pub(super) struct ExpireSessionRequest {
    pub(super) what: What,
}

impl Example for ExpireSessionRequest {
    fn example() -> Self {
        Self { what: What::Idle }
    }
}

/// What went bad.
#[derive(Object)]
struct Expired {
    session_id: Uuid,
    what: What,
}

pub(super) struct SessionsApi;

#[OpenApi(prefix_path = "/sessions", tag = "Tag::Sessions")]
impl SessionsApi {
    /// Make a session go bad
    ///
    /// The clock stays where it is, so that other sessions are not touched.
    #[oai(path = "/:id/expire", method = "post", operation_id = "expireSession")]
    async fn expire(
        &self,
        testbed: State<'_>,
        _control: Control,
        /// The session.
        id: Path<Uuid>,
        body: Body<ExpireSessionRequest>,
    ) -> Result<Json<Expired>, Refused> {
        let what = body.0.what;
        testbed.gate.pass(expiry::expire(&testbed, SessionId(id.0), what)).await?;
        Ok(Json(Expired { session_id: id.0, what }))
    }
}
