//! Refreshing and revoking the tokens of mode `token`.

use poem::http::HeaderMap;
use poem_openapi::{Object, OpenApi, types::Example};
use zeroize::Zeroizing;

use super::{
    model::SignedIn,
    session::{StoreError, signed_in},
    tag::Tag,
};
use crate::{
    http::{
        request::{State, body::Body, credentials::RefreshCookie},
        response::{
            cookies,
            problem::{ErrorResponse, problems},
            reply::{NoContent, Reply, WithCookies},
        },
    },
    sessions::{self, Choice, PresentedCredential, RefreshError},
    state::AppState,
};

/// Asking for the next tokens.
#[derive(Object)]
#[oai(deny_unknown_fields, example)]
struct RefreshTokensRequest {
    /// Left out when the refresh token travels in a cookie. If it is given, the cookie is ignored.
    #[oai(validator(max_length = 256))]
    refresh_token: Option<String>,
}

impl Example for RefreshTokensRequest {
    fn example() -> Self {
        Self { refresh_token: Some("bfr_AZt6PS9AfDGdHlt6YMQfKgAAAAKf2k1vYb3pPq".to_owned()) }
    }
}

/// Revoking a token.
#[derive(Object)]
#[oai(deny_unknown_fields, example)]
struct RevokeTokenRequest {
    /// A refresh token or an access token.
    #[oai(validator(max_length = 4096))]
    token: String,
}

impl Example for RevokeTokenRequest {
    fn example() -> Self {
        Self { token: "bfr_AZt6PS9AfDGdHlt6YMQfKgAAAAKf2k1vYb3pPq".to_owned() }
    }
}

/// Why `refreshTokens` answers with no tokens.
#[derive(Debug, thiserror::Error)]
enum RefreshTokensError {
    /// The request came with two different refresh cookies.
    #[error("two different refresh tokens")]
    Ambiguous,
    /// The refresh token was refused.
    #[error(transparent)]
    Refresh(#[from] RefreshError),
}

problems!(RefreshTokensError {
    RefreshTokensError::Ambiguous => AmbiguousCredentials,
    RefreshTokensError::Refresh(error) => (RefreshError: error),
});

problems!(RefreshError {
    RefreshError::Invalid => InvalidRefreshToken,
    RefreshError::Reused => RefreshReused,
    RefreshError::Store(error) => Unavailable.log(&error),
    RefreshError::Signing(error) => InternalError.log(&error),
});

pub(in crate::http) struct TokensApi;

#[OpenApi(prefix_path = "/v1/tokens", tag = "Tag::Tokens")]
impl TokensApi {
    /// Refresh the tokens
    ///
    /// Replaces a refresh token by its successor and issues a new access token. Repeated within a few seconds, as when an answer is lost or
    /// two tabs refresh at once, it answers with the same successor. A token that was used before that is a stolen one: the session
    /// ends.
    #[oai(path = "/refresh", method = "post", operation_id = "refreshTokens")]
    async fn refresh(
        &self,
        state: State<'_>,
        _cookie: RefreshCookie,
        headers: &HeaderMap,
        body: Body<RefreshTokensRequest>,
    ) -> Result<WithCookies<Reply<200, SignedIn>>, ErrorResponse<RefreshTokensError>> {
        let token = match body.0.refresh_token.as_deref() {
            None => from_cookie(headers, &state).await?,
            given => given,
        };
        let refreshed = match token {
            Some(token) => sessions::refresh(&state, token).await,
            None => Err(RefreshError::Invalid),
        };
        Ok(signed_in(headers, &state, refreshed.map_err(RefreshTokensError::Refresh)?))
    }

    /// Revoke a token
    ///
    /// Ends the session of a refresh token or access token, as signing out does. Always answers 204 (RFC 7009): a token that this service
    /// did not issue is useless already.
    #[oai(path = "/revoke", method = "post", operation_id = "revokeToken")]
    async fn revoke(&self, state: State<'_>, body: Body<RevokeTokenRequest>) -> Result<NoContent, ErrorResponse<StoreError>> {
        let token = PresentedCredential::Token(Zeroizing::new(body.0.token));
        let sessions = sessions::sessions_of(&state, &[token]).await.map_err(StoreError)?;
        sessions::end_all(&state, &sessions).await.map_err(StoreError)?;
        Ok(NoContent)
    }
}

/// The refresh token of the cookie that applies.
async fn from_cookie<'a>(headers: &'a HeaderMap, state: &AppState) -> Result<Option<&'a str>, RefreshTokensError> {
    let values = cookies::distinct(headers, state.config.callers.get().cookies.refresh_name);
    match sessions::choose_refresh_token(state, &values).await.map_err(RefreshError::Store)? {
        None => Ok(None),
        Some(Choice::One(token)) => Ok(Some(token)),
        Some(Choice::Ambiguous) => Err(RefreshTokensError::Ambiguous),
    }
}
