//! Tokens for other services, from the session that a request is made in.

use poem_openapi::{Object, OpenApi, types::Example};

use super::{
    Tag,
    body::Body,
    credential::{SignedIn, State},
    problem::{FieldError, Refusal, Rule, problems},
    reply::Reply,
};
use crate::sessions::{self, MintError};

/// Asking for a token for another service.
#[derive(Object)]
#[oai(deny_unknown_fields, example)]
struct MintAccessTokenRequest {
    /// The service, as `tokens.audiences` lists it; the first of them when left out.
    #[oai(validator(max_length = 255))]
    audience: Option<String>,
}

impl Example for MintAccessTokenRequest {
    fn example() -> Self {
        Self { audience: Some("https://orders.example.com".to_owned()) }
    }
}

/// A token for another service.
#[derive(Object)]
#[oai(rename = "AccessToken", example)]
struct MintedToken {
    /// A JWT (RFC 9068) that the service verifies with `/.well-known/jwks.json`. It counts until it expires, whatever becomes of the
    /// session.
    access_token: String,
    /// Always `Bearer`.
    token_type: String,
    /// Seconds for which the access token counts.
    expires_in: i32,
}

impl Example for MintedToken {
    fn example() -> Self {
        Self {
            access_token: "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSJ9.eyJzdWIiOiIwMTliN2EzZCJ9.c2lnbmF0dXJl".to_owned(),
            token_type: "Bearer".to_owned(),
            expires_in: 600,
        }
    }
}

problems!(MintError {
    MintError::UnknownAudience => ValidationFailed.fields(vec![FieldError::new(
        "audience",
        Rule::OneOf,
        "name one of the audiences that the service is configured with (tokens.audiences)",
    )]),
    MintError::Signing(error) => InternalError.log(&error),
});

pub(super) struct MintApi;

#[OpenApi(prefix_path = "/v1/session", tag = "Tag::Session")]
impl MintApi {
    /// A token for another service
    ///
    /// Turns the session into a short access token for a service that trusts this one's keys.
    #[oai(path = "/token", method = "post", operation_id = "mintAccessToken")]
    async fn mint(
        &self,
        state: State<'_>,
        who: SignedIn,
        body: Body<MintAccessTokenRequest>,
    ) -> Result<Reply<200, MintedToken>, Refusal<MintError>> {
        let minted = sessions::mint(&state, &who.0, body.0.audience.as_deref())?;
        Ok(Reply(MintedToken {
            access_token: minted.access_token.to_string(),
            token_type: "Bearer".to_owned(),
            expires_in: i32::try_from(minted.expires_in.as_secs()).unwrap_or(i32::MAX),
        }))
    }
}
