//! The HTTP face: the only folder that names poem. [`app`] wires it, for production and for tests alike.

mod attempt;
mod body;
mod client;

mod connections;
mod cookie;
mod cors;
mod credential;
mod csrf;
mod docs;
mod email_field;
mod fallback;
mod headers;
mod health;
mod held;
mod lingering;
mod me;
mod media_type;
mod metrics;
mod mint;
mod my_sessions;
pub mod openapi;
mod password_field;
mod probe;
mod problem;
mod problem_code;
mod reply;
mod schema;
pub mod server;
mod session;
mod static_document;
mod strict_json;
pub mod tls;
mod tokens;
mod trace;
mod unread_body;
mod users;
mod verify;
mod well_formed;

use std::{sync::Arc, time::Duration};

use poem::{
    Endpoint, EndpointExt, IntoEndpoint, IntoResponse, Request, Response, Route,
    endpoint::BoxEndpoint,
    get,
    http::{Method, header},
    middleware::CatchPanic,
    web::Redirect,
};

pub use cookie::session_cookie;
use openapi::Tag;
use problem::{Problem, ProblemCode};
use trace::Trace;

use crate::{audit::Event, random, state::AppState};

/// How long a request may take, from its last header to its answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The whole service.
pub fn app(state: Arc<AppState>) -> App {
    let mut routes = Route::new()
        .at("/.well-known/jwks.json", get(health::jwks))
        .at("/health/live", get(health::live))
        .at("/health/ready", get(health::ready))
        .at("/openapi.json", get(openapi::served))
        .nest_no_strip("/v1", openapi::service())
        .at(format!("{}*path", verify::FOR_ENVOY), verify::for_envoy);
    if state.config.docs {
        routes = routes.at("/docs", get(docs::explorer)).at("/", get(poem::endpoint::make_sync(|_| Redirect::see_other("/docs"))));
    }
    App::around(routes, state)
}

/// What those who run the service see, on a listener of its own: nothing there asks who is asking.
pub fn admin(state: Arc<AppState>) -> App {
    App::around(Route::new().at("/metrics", get(metrics::metrics)), state)
}

/// What every request passes on its way in, and every answer on its way out.
pub struct App {
    routes: BoxEndpoint<'static, Response>,
    state: Arc<AppState>,
}

impl App {
    /// The outer layers of the service around any routes.
    pub fn around(routes: Route, state: Arc<AppState>) -> Self {
        let routes = routes.data(Arc::clone(&state)).with(CatchPanic::new().with_handler(|_| fallback::panicked()));
        Self { routes: routes.into_endpoint().map_to_response().boxed(), state }
    }

    fn state(&self) -> &AppState {
        &self.state
    }

    /// Answers a request. Never fails: whatever goes wrong is an answer too.
    pub async fn answer(&self, request: Request) -> Response {
        let config = &self.state.config;
        let trace = Trace::begin(random::uuid_v7(self.state.clock.now()), &request, config);
        let reader = cors::reader(request.headers(), config);
        let answering = trace.around(async {
            if let Some(refused) = well_formed::refuse(&request) {
                return refused;
            }
            match cors::preflight(&request, config) {
                Some(preflight) => {
                    if reader.is_none() {
                        self.state.record(Event::PreflightRefused);
                    }
                    preflight
                }
                None => self.route(request).await,
            }
        });
        let mut response = answering.await;
        cors::share(&mut response, reader);
        headers::secure(&mut response, config);
        let (operation, after) = trace.end(&mut response);
        self.state.metrics.answered(operation, response.status().as_u16(), after);
        response
    }

    async fn route(&self, mut request: Request) -> Response {
        if cors::is_dev(request.headers(), &self.state.config) {
            // Here, so that nobody can forget it: no cookie counts for a page whose origin may be a pattern.
            request.headers_mut().remove(header::COOKIE);
        }
        if request.method() == Method::OPTIONS && verify::is_asked(&request) {
            request.set_method(Method::GET);
        }
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        if csrf::is_forged(&request, &self.state) {
            self.state.record(Event::OriginRefused);
            return Problem::new(ProblemCode::OriginNotAllowed).into_response();
        }
        match tokio::time::timeout(PATIENCE, self.routes.call(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => fallback::answer(error, &method, &path),
            Err(_) => Problem::new(ProblemCode::Unavailable).into_response(),
        }
    }
}
