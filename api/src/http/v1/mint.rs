//! Access tokens for other services.

use poem_openapi::{Object, OpenApi, types::Example};
use serde::Serialize;

use super::{codes::TokenType, tag::Tag};
use crate::{
    config::DEFAULT_AUDIENCE,
    grants::{self, MintError},
    http::{
        request::{State, body::Body, credentials::ActiveSession},
        response::{
            problem::{ErrorResponse, FieldError, problems},
            reply::Reply,
        },
    },
};

/// Requesting a token for another service.
#[derive(Object)]
#[oai(deny_unknown_fields, example)]
struct MintAccessTokenRequest {
    /// The service, as `tokens.audiences` lists it; the first of the list when left out.
    #[oai(validator(max_length = 255))]
    audience: Option<String>,
}

impl Example for MintAccessTokenRequest {
    fn example() -> Self {
        Self { audience: Some(DEFAULT_AUDIENCE.to_owned()) }
    }
}

/// A token for another service.
#[derive(Object, Serialize)]
#[oai(rename = "AccessToken", example)]
struct MintedToken {
    /// A JWT (RFC 9068) that the service verifies with `/.well-known/jwks.json`. It is valid until it expires, even if the session ends
    /// before.
    access_token: String,
    /// Always `Bearer`.
    token_type: TokenType,
    /// Seconds for which the access token is valid.
    expires_in: i32,
}

impl Example for MintedToken {
    fn example() -> Self {
        Self {
            access_token: "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSJ9.eyJzdWIiOiIwMTliN2EzZCJ9.c2lnbmF0dXJl".to_owned(),
            token_type: TokenType::bearer(),
            expires_in: 600,
        }
    }
}

problems!(MintError {
    MintError::UnknownAudience(known) => ValidationFailed.fields(vec![FieldError::one_of("audience", known)]),
    MintError::Signing(error) => InternalError.log(&error),
});

pub(in crate::http) struct MintApi;

#[OpenApi(prefix_path = "/v1/session", tag = "Tag::Session")]
impl MintApi {
    /// Issue an access token for another service
    ///
    /// Issues a short-lived access token for a service that verifies it with the keys of this one.
    #[oai(path = "/token", method = "post", operation_id = "mintAccessToken")]
    async fn mint(
        &self,
        state: State<'_>,
        principal: ActiveSession,
        body: Body<MintAccessTokenRequest>,
    ) -> Result<Reply<200, MintedToken>, ErrorResponse<MintError>> {
        let minted = grants::mint(&state, &principal.0, body.0.audience.as_deref())?;
        Ok(Reply(MintedToken {
            access_token: minted.access_token.to_string(),
            token_type: TokenType::bearer(),
            expires_in: i32::try_from(minted.expires_in.as_secs()).unwrap_or(i32::MAX),
        }))
    }
}
