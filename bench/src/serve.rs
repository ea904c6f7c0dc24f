//! The measured process: the service, and a poem-openapi endpoint that answers a constant object behind the same outer layers.

use std::{future::pending, sync::Arc, time::Duration};

use bifrons::{
    cli::log,
    clock::Clock,
    config::Config,
    http::{
        app::{self, App},
        listener::server,
    },
    maintenance,
    state::AppState,
};
use poem::{Route, web::Data};
use poem_openapi::{Object, OpenApi, OpenApiService, payload::Json};
use tokio::net::TcpListener;

use crate::{seed, timing};

struct Constant;

/// The fields of `getSession`, as constant text.
#[derive(Default, Object)]
#[oai(read_only_all)]
struct Session {
    id: &'static str,
    mode: &'static str,
    assurance: u8,
    user: User,
    remember: bool,
    methods: Vec<&'static str>,
    authenticated_at: &'static str,
    created_at: &'static str,
    idle_expires_at: &'static str,
    expires_at: &'static str,
}

#[derive(Default, Object)]
#[oai(read_only_all)]
struct User {
    id: &'static str,
    email: &'static str,
    name: &'static str,
    roles: Vec<&'static str>,
    created_at: &'static str,
}

#[OpenApi(prefix_path = "/v1")]
impl Constant {
    #[oai(path = "/constant", method = "get")]
    async fn constant(&self, _state: Data<&Arc<AppState>>) -> Json<Session> {
        Json(Session {
            id: "019b7a3d-2f40-7c31-9d1e-5b7a60c41f2a",
            mode: "cookie",
            assurance: 1,
            user: User {
                id: "019b7a3d-1b5c-7e08-8f4a-2d9c31e75a60",
                email: "ada@example.com",
                name: "Ada Lovelace",
                roles: Vec::new(),
                created_at: "2026-01-01T09:00:00Z",
            },
            remember: true,
            methods: vec!["pwd"],
            authenticated_at: "2026-01-01T09:00:00.123Z",
            created_at: "2026-01-01T09:00:00.123Z",
            idle_expires_at: "2026-01-15T09:00:00.123Z",
            expires_at: "2026-01-31T09:00:00.123Z",
        })
    }
}

/// Serves, configured by the environment, and prints the ports. `SEED` sessions are created first, their cookies are written to
/// `cookies`. `WAITING` mails are put into the outbox. `USERS` creates the users of [`crate::timing`].
pub(crate) async fn serve() {
    // The service does the same.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    let environment = std::env::vars().filter(|(name, _)| name.starts_with("BIFRONS_"));
    let config = Config::read(None, environment).config.expect("the bench sets a valid configuration");
    // The log line is part of what a request costs.
    let _log = log::start(config.log).unwrap();
    let state = Arc::new(AppState::open(config, Clock::System).await.unwrap());
    if let Some(count) = std::env::var("SEED").ok().and_then(|count| count.parse().ok()) {
        seed::sessions(&state, count).await;
    }
    if let Some(count) = std::env::var("WAITING").ok().and_then(|count| count.parse().ok()) {
        seed::mails(&state, count).await;
    }
    if let Ok(users) = std::env::var("USERS") {
        timing::users(&state, users == "imported").await;
    }
    maintenance::calibrate(&state).await;
    tokio::spawn(maintenance::run(Arc::clone(&state)));
    let constant = Route::new().nest_no_strip("/v1", OpenApiService::new(Constant, "constant", "1"));
    let apps = [app::app(Arc::clone(&state)), App::around(constant, Arc::clone(&state)), app::operations(Arc::clone(&state))];
    let mut ports = Vec::new();
    for app in apps {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        ports.push(listener.local_addr().unwrap().port().to_string());
        tokio::spawn(server::serve(listener, None, app, pending()));
    }
    while state.redis.as_ref().is_some_and(|redis| !redis.is_linked()) || !state.cache.is_current() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    println!("{}", ports.join(" "));
    pending::<()>().await;
}
