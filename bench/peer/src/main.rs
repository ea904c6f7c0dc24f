//! The service that a team writes in an hour with the same framework: sessions by poem's own `ServerSession`, read from Redis for each
//! request, and access tokens signed with HS256. It has no log line, no request id, no security headers, no limits, and it ends no
//! session of a user elsewhere. It shows what such a service costs, and what the framework costs without anything (`/v1/bare`).

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measured process stops when it cannot start")]

use std::{env, sync::Arc, time::Duration};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, get_current_timestamp};
use poem::{
    EndpointExt, Route, Server,
    http::StatusCode,
    listener::{Acceptor, Listener, TcpListener},
    session::{CookieConfig, RedisStorage, ServerSession, Session as Entries},
    web::Data,
};
use poem_openapi::{
    Object, OpenApi, OpenApiService, SecurityScheme,
    auth::Bearer,
    payload::{Json, PlainText},
};
use redis::{Client, aio::ConnectionManager};
use serde::{Deserialize, Serialize};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// It protects nothing.
const SECRET: &[u8] = b"a secret of thirty-two bytes....";

struct Bare;

struct Sessions;

struct Tokens;

/// The fields of Bifrons's `getSession`.
#[derive(Clone, Default, Object, Serialize, Deserialize)]
#[oai(read_only_all)]
struct Session {
    id: String,
    mode: String,
    assurance: u8,
    user: User,
    remember: bool,
    methods: Vec<String>,
    authenticated_at: String,
    created_at: String,
    idle_expires_at: String,
    expires_at: String,
}

#[derive(Clone, Default, Object, Serialize, Deserialize)]
#[oai(read_only_all)]
struct User {
    id: String,
    email: String,
    name: String,
    roles: Vec<String>,
    created_at: String,
}

impl Session {
    fn of_ada() -> Self {
        let user = User {
            id: "019b7a3d-1b5c-7e08-8f4a-2d9c31e75a60".into(),
            email: "ada@example.com".into(),
            name: "Ada Lovelace".into(),
            roles: Vec::new(),
            created_at: "2026-01-01T09:00:00Z".into(),
        };
        Self {
            id: "019b7a3d-2f40-7c31-9d1e-5b7a60c41f2a".into(),
            mode: "cookie".into(),
            assurance: 1,
            user,
            remember: true,
            methods: vec!["pwd".into()],
            authenticated_at: "2026-01-01T09:00:00.123Z".into(),
            created_at: "2026-01-01T09:00:00.123Z".into(),
            idle_expires_at: "2026-01-15T09:00:00.123Z".into(),
            expires_at: "2026-01-31T09:00:00.123Z".into(),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Claims {
    exp: u64,
    session: Session,
}

struct Keys {
    decoding: DecodingKey,
    validation: Validation,
}

#[derive(SecurityScheme)]
#[oai(ty = "bearer")]
struct AccessToken(Bearer);

#[OpenApi(prefix_path = "/v1/bare")]
impl Bare {
    /// Nothing but the framework.
    #[oai(path = "/", method = "get")]
    async fn bare(&self) -> Json<Session> {
        Json(Session::of_ada())
    }
}

#[OpenApi(prefix_path = "/v1/session")]
impl Sessions {
    /// Sets the cookie, and answers with an access token.
    #[oai(path = "/", method = "post")]
    async fn sign_in(&self, entries: &Entries) -> PlainText<String> {
        entries.set("session", Session::of_ada());
        let claims = Claims { exp: get_current_timestamp() + 3600, session: Session::of_ada() };
        PlainText(jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET)).unwrap())
    }

    /// The session of the cookie.
    #[oai(path = "/", method = "get")]
    async fn by_cookie(&self, entries: &Entries) -> poem::Result<Json<Session>> {
        entries.get("session").map(Json).ok_or_else(|| StatusCode::UNAUTHORIZED.into())
    }
}

#[OpenApi(prefix_path = "/v1/token")]
impl Tokens {
    /// The session of the access token.
    #[oai(path = "/", method = "get")]
    async fn by_token(&self, keys: Data<&Arc<Keys>>, token: AccessToken) -> poem::Result<Json<Session>> {
        let claims = jsonwebtoken::decode::<Claims>(&token.0.token, &keys.decoding, &keys.validation);
        claims.map(|data| Json(data.claims.session)).map_err(|_| StatusCode::UNAUTHORIZED.into())
    }
}

#[tokio::main]
async fn main() {
    let redis = Client::open(env::var("REDIS_URL").expect("REDIS_URL names the Redis server")).unwrap();
    let storage = RedisStorage::new(ConnectionManager::new(redis).await.unwrap());
    let cookie = CookieConfig::default().secure(false).max_age(Duration::from_secs(3600));
    let keys = Keys { decoding: DecodingKey::from_secret(SECRET), validation: Validation::new(Algorithm::HS256) };
    // Only the paths that need the session read it.
    let sessions = OpenApiService::new(Sessions, "sessions", "1").with(ServerSession::new(cookie, storage));
    let tokens = OpenApiService::new(Tokens, "tokens", "1").data(Arc::new(keys));
    let bare = OpenApiService::new(Bare, "bare", "1");
    let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
    let port = acceptor.local_addr()[0].as_socket_addr().unwrap().port();
    println!("{port}");
    let routes =
        Route::new().nest_no_strip("/v1/bare", bare).nest_no_strip("/v1/token", tokens).nest_no_strip("/v1/session", sessions);
    Server::new_with_acceptor(acceptor).run(routes).await.unwrap();
}
