//! The bearer face: tokens instead of a session cookie.

use entity::session::RefreshIn as StoredRefreshIn;
use poem::http::HeaderMap;
use poem_openapi::{Enum, Object, OpenApi, types::Example};

use super::{
    Tag,
    body::Body,
    cookie,
    credential::State,
    held,
    problem::{Problem, ProblemCode, Refusal, problems},
    reply::{NoContent, Reply, WithCookies},
    session::{Session, StoreError},
};
use crate::{
    client::Client,
    secret::{DeviceToken, Password},
    sessions::{self, Credential, Established, Face, RefreshError, SignIn, SignInError},
    state::AppState,
};

/// Where the refresh token travels.
#[derive(Clone, Copy, Enum)]
#[oai(rename_all = "snake_case")]
enum RefreshIn {
    /// In the body: for native apps and scripts.
    Body,
    /// In an `HttpOnly` cookie: for pages, which keep the access token in memory and hold nothing that a script could steal for
    /// long.
    Cookie,
}

/// Signing in for tokens.
#[derive(Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
struct IssueTokensRequest {
    /// In any case: `Ada@Example.com` is `ada@example.com`.
    #[oai(validator(max_length = 254))]
    email: String,
    password: Password,
    /// Whether to stay signed in for the longer time.
    remember: Option<bool>,
    refresh_in: Option<RefreshIn>,
    /// What an earlier sign-in on this device answered with: strangers' wrong passwords do not count against it.
    #[oai(validator(max_length = 256))]
    device_token: Option<String>,
}

impl Example for IssueTokensRequest {
    fn example() -> Self {
        Self {
            email: "ada@example.com".to_owned(),
            password: Password::new("correct horse battery".to_owned()),
            remember: Some(false),
            refresh_in: Some(RefreshIn::Body),
            device_token: None,
        }
    }
}

/// Asking for the next tokens.
#[derive(Object)]
#[oai(deny_unknown_fields, example)]
struct RefreshTokensRequest {
    /// Left out when the refresh token travels in a cookie; given, it alone counts.
    #[oai(validator(max_length = 256))]
    refresh_token: Option<String>,
}

impl Example for RefreshTokensRequest {
    fn example() -> Self {
        Self { refresh_token: Some("bfr_AZt6PS9AfDGdHlt6YMQfKgAAAAKf2k1vYb3pPq".to_owned()) }
    }
}

/// Giving a token up.
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

/// Tokens, and the session they belong to.
#[derive(Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(super) struct Tokens {
    /// A JWT (RFC 9068), for `Authorization: Bearer`. Keep it in memory.
    access_token: String,
    /// Always `Bearer`.
    token_type: String,
    /// Seconds for which the access token counts.
    expires_in: i32,
    /// For `refreshTokens`; absent when it travels in a cookie. Every refresh replaces it.
    refresh_token: Option<String>,
    /// For the next `issueTokens` on this device, when the refresh token is here too. It opens nothing; keep it when signing out.
    device_token: Option<String>,
    session: Session,
}

impl Example for Tokens {
    fn example() -> Self {
        Self {
            access_token: "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSJ9.eyJzdWIiOiIwMTliN2EzZCJ9.c2lnbmF0dXJl".to_owned(),
            token_type: "Bearer".to_owned(),
            expires_in: 600,
            refresh_token: Some("bfr_AZt6PS9AfDGdHlt6YMQfKgAAAAKf2k1vYb3pPq".to_owned()),
            device_token: Some("bfd_f1Vf3vBv7kZQ1mRr7bW9AAAAAZttKzQZ".to_owned()),
            session: Session::bearer_example(),
        }
    }
}

/// The tokens of a session that shows its bearer face.
pub(super) fn body(state: &AppState, established: Established) -> Option<Tokens> {
    let Established { who, credential } = established;
    let Credential::Tokens(tokens) = credential else { return None };
    Some(Tokens {
        access_token: tokens.access_token.to_string(),
        token_type: "Bearer".to_owned(),
        expires_in: i32::try_from(tokens.expires_in.as_secs()).unwrap_or(i32::MAX),
        refresh_token: (tokens.refresh_in == StoredRefreshIn::Body).then(|| tokens.refresh_token.reveal().to_string()),
        device_token: None,
        session: Session::new(state, &who),
    })
}

/// Why there are no new tokens.
#[derive(Debug, thiserror::Error)]
enum RefreshTokensError {
    /// The request came with two different refresh cookies.
    #[error("two different refresh tokens")]
    Ambiguous,
    /// The refresh token is not worth any.
    #[error(transparent)]
    Refresh(#[from] RefreshError),
}

problems!(RefreshTokensError {
    RefreshTokensError::Ambiguous => AmbiguousCredentials,
    RefreshTokensError::Refresh(error) => (error: RefreshError),
});

problems!(RefreshError {
    RefreshError::Invalid => InvalidRefreshToken,
    RefreshError::Reused => RefreshReused,
    RefreshError::Store(error) => Unavailable.log(&error),
    RefreshError::Signing(error) => InternalError.log(&error),
});

pub(super) struct TokensApi;

#[OpenApi(prefix_path = "/v1/tokens", tag = "Tag::Tokens")]
impl TokensApi {
    /// Sign in for tokens
    ///
    /// For native apps, scripts and other services. Sessions that the request carries a credential of end: sign-in always makes a
    /// new one.
    #[oai(path = "/", method = "post", operation_id = "issueTokens")]
    async fn issue(
        &self,
        state: State<'_>,
        client: Client,
        headers: &HeaderMap,
        body: Body<IssueTokensRequest>,
    ) -> Result<WithCookies<Reply<200, Tokens>>, Refusal<SignInError>> {
        let Body(IssueTokensRequest { email, password, remember, refresh_in, device_token }) = body;
        let refresh_in = match refresh_in {
            Some(RefreshIn::Cookie) => StoredRefreshIn::Cookie,
            Some(RefreshIn::Body) | None => StoredRefreshIn::Body,
        };
        let carried = held::carried(headers, &state);
        let given = device_token.as_deref().and_then(DeviceToken::parse);
        let client = Client { device: given.or(client.device), ..client };
        let request = SignIn {
            email: &email,
            password,
            remember: remember.unwrap_or(false),
            face: Face::Bearer(refresh_in),
            client,
            carried,
        };
        let (established, device) = sessions::sign_in(&state, request).await?;
        let WithCookies(Reply(mut tokens), mut cookies) = answer(&state, established)?;
        // It travels as the refresh token does: whoever keeps that keeps this.
        match refresh_in {
            StoredRefreshIn::Body => tokens.device_token = Some(device.reveal().to_string()),
            StoredRefreshIn::Cookie => cookies.push(held::device(&state, &device)),
        }
        Ok(WithCookies(Reply(tokens), cookies))
    }

    /// Refresh
    ///
    /// Trades a refresh token for its successor and a new access token. Asked again within a few seconds, as when an answer is
    /// lost or two tabs ask at once, it gives the same successor. A token that was used before that is a stolen one: the session
    /// ends.
    #[oai(path = "/refresh", method = "post", operation_id = "refreshTokens")]
    async fn refresh(
        &self,
        state: State<'_>,
        headers: &HeaderMap,
        body: Body<RefreshTokensRequest>,
    ) -> Result<WithCookies<Reply<200, Tokens>>, Refusal<RefreshTokensError>> {
        let token = match &body.0.refresh_token {
            Some(token) => Some(token.as_str()),
            None => cookie::get(headers, state.config.cookies.refresh_name).map_err(|_| RefreshTokensError::Ambiguous)?,
        };
        let refreshed = match token {
            Some(token) => sessions::refresh(&state, token).await,
            None => Err(RefreshError::Invalid),
        };
        Ok(answer(&state, refreshed.map_err(RefreshTokensError::Refresh)?)?)
    }

    /// Give a token up
    ///
    /// Ends the session of a refresh token or access token, as signing out does. Always answers 204 (RFC 7009): what is no token of
    /// ours is already of no use.
    #[oai(path = "/revoke", method = "post", operation_id = "revokeToken")]
    async fn revoke(&self, state: State<'_>, body: Body<RevokeTokenRequest>) -> Result<NoContent, Refusal<StoreError>> {
        let session = sessions::session_of_token(&state, &body.0.token).await.map_err(StoreError)?;
        sessions::end_all(&state, session.as_slice()).await.map_err(StoreError)?;
        Ok(NoContent)
    }
}

fn answer(state: &AppState, established: Established) -> Result<WithCookies<Reply<200, Tokens>>, Problem> {
    let cookies = held::hand_out(state, &established);
    let tokens = body(state, established).ok_or_else(|| Problem::new(ProblemCode::InternalError))?;
    Ok(WithCookies(Reply(tokens), cookies))
}
