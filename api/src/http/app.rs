//! The one wiring of the service, for production and for tests.

use std::{sync::Arc, time::Duration};

use poem::{
    Endpoint, EndpointExt, IntoEndpoint, IntoResponse, Request, Response, Route,
    endpoint::BoxEndpoint,
    get,
    http::{Method, header},
    middleware::CatchPanic,
    web::Redirect,
};

use super::{
    middleware::{
        cors, csrf, fallback, headers,
        proxy_query::{FOR_ENVOY, is_proxy_query},
        trace::Trace,
        well_formed,
    },
    operations::{health, metrics, related_origins},
    request::{self, query::DeclaredQuery},
    response::problem::{Problem, ProblemCode},
    spec::{Api, document, explorer, served},
    v1::verify,
};
use crate::{audit::Event, config::CallersConfig, random, state::AppState};

/// How long a request may take, from its last header to its answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The public service.
pub fn app(state: Arc<AppState>) -> App {
    let mut routes = Route::new()
        .at("/.well-known/jwks.json", get(health::jwks))
        .at("/.well-known/webauthn", get(related_origins::related_origins))
        .at("/health/live", get(health::live))
        .at("/health/ready", get(health::ready))
        .at("/openapi.json", get(served::document(Api::Public, &state.config)))
        .at("/openapi-admin.json", get(served::document(Api::Admin, &state.config)))
        .nest_no_strip("/v1", document::service())
        .at(format!("{FOR_ENVOY}*path"), verify::for_envoy);
    if state.config.docs {
        let to_docs = poem::endpoint::make_sync(|_| Redirect::see_other("docs"));
        routes = routes.at("/docs", get(explorer::explorer(&state.config))).at("/", get(to_docs));
    }
    App::around(routes, state)
}

/// The metrics, for a listener of their own: they need no credential.
pub fn operations(state: Arc<AppState>) -> App {
    App::around(Route::new().at("/metrics", get(metrics::metrics)), state)
}

/// What every request passes on its way in, and every answer on its way out.
pub struct App {
    routes: BoxEndpoint<'static, Response>,
    state: Arc<AppState>,
    /// What every request passes in a testbed.
    #[cfg(feature = "testbed")]
    gate: Option<crate::reset_gate::ResetGate>,
}

impl App {
    /// The middleware around any routes.
    pub fn around(routes: Route, state: Arc<AppState>) -> Self {
        let routes = routes.data(Arc::clone(&state)).with(CatchPanic::new().with_handler(|_| fallback::panicked()));
        Self {
            routes: routes.into_endpoint().map_to_response().boxed(),
            state,
            #[cfg(feature = "testbed")]
            gate: None,
        }
    }

    /// The same service, with these faults. Requests that are under way when the gate closes are answered with `unavailable`.
    #[cfg(feature = "testbed")]
    #[must_use]
    pub fn of_testbed(self, faults: Arc<super::faults::Faults>, gate: crate::reset_gate::ResetGate) -> Self {
        Self { routes: super::faults::around(self.routes, faults), gate: Some(gate), ..self }
    }

    pub(super) fn state(&self) -> &AppState {
        &self.state
    }

    /// Answers a request. It never fails: an error is an answer too.
    pub async fn answer(&self, request: Request) -> Response {
        #[cfg(feature = "testbed")]
        if let Some(gate) = &self.gate {
            return gate.pass(self.respond(request)).await;
        }
        self.respond(request).await
    }

    async fn respond(&self, request: Request) -> Response {
        let config = &self.state.config;
        // Once: the checks of one request must not see different origins.
        let callers = config.callers.get();
        let id = request::id_of_proxy(&request, &callers).unwrap_or_else(|| random::passing_uuid_v7(self.state.clock.now()));
        let trace = Trace::begin(id, &request, &callers);
        let reader = cors::reader(request.headers(), &callers, &config.public_url);
        let answering = trace.around(async {
            if let Some(refused) = well_formed::refuse(&request) {
                return refused;
            }
            match cors::preflight(&request, &callers, &config.public_url) {
                Some(preflight) => {
                    if reader.is_none() {
                        self.state.record(Event::PreflightRefused);
                    }
                    preflight
                }
                None => self.route(request, &callers).await,
            }
        });
        let mut response = answering.await;
        cors::share(&mut response, reader);
        headers::secure(&mut response, config);
        #[cfg(feature = "testbed")]
        if self.state.is_testbed {
            super::faults::mark(&mut response);
        }
        let (operation, after) = trace.end(&mut response);
        self.state.metrics.answered(operation, response.status().as_u16(), after);
        response
    }

    async fn route(&self, mut request: Request, callers: &CallersConfig) -> Response {
        let public_url = &self.state.config.public_url;
        if cors::is_dev(request.headers(), callers, public_url) {
            // Dropped before any operation can read them: the origin of such a page may be a pattern, so it never gets credentials.
            request.headers_mut().remove(header::COOKIE);
        }
        if request.method() == Method::OPTIONS && is_proxy_query(&request) {
            request.set_method(Method::GET);
        }
        let (method, uri) = (request.method().clone(), request.uri().clone());
        if csrf::is_forged(&request, callers, public_url) {
            self.state.record(Event::OriginRefused);
            return Problem::new(ProblemCode::OriginNotAllowed).into_response();
        }
        if uri.query().is_some_and(|query| !query.is_empty()) {
            request.set_data(DeclaredQuery(document::query_parameters(&method, uri.path())));
        }
        match tokio::time::timeout(REQUEST_TIMEOUT, self.routes.call(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => fallback::answer(error, &method, &uri, document::methods(uri.path())),
            Err(_) => Problem::new(ProblemCode::Unavailable).into_response(),
        }
    }
}
