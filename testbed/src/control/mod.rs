//! The control: a listener on loopback with a token of its own, and its document.

mod body;
mod clock;
mod credentials;
mod dependencies;
mod faults;
mod log;
mod mail;
mod problem;
mod sessions;
mod states;
mod users;

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use bifrons::{http::faults::MARK, version::VERSION};
use poem::{
    EndpointExt, Request, Route, Server, endpoint::make_sync, get, http::HeaderValue, listener::TcpAcceptor, middleware::SetHeader,
};
use poem_openapi::{
    OpenApiService, SecurityScheme, Tags,
    auth::{Basic, Bearer},
};
use serde_json::Value;
use tokio::net::TcpListener;

pub(crate) use credentials::{Credentials, TotpSetup};
pub(crate) use problem::Refused;
pub(crate) use sessions::What;

use crate::testbed::Testbed;

/// Everything that the control can do.
type Apis = (
    users::UsersApi,
    sessions::SessionsApi,
    clock::ClockApi,
    faults::FaultsApi,
    mail::MailApi,
    log::LogApi,
    dependencies::DependenciesApi,
    states::StatesApi,
);

/// What the operations are about.
#[derive(Tags)]
enum Tag {
    /// The testbed as a whole, and what it depends on.
    Testbed,
    /// Users with ready credentials.
    Users,
    /// How sessions and tokens go bad.
    Sessions,
    /// The one source of time.
    Clock,
    /// What goes wrong.
    Faults,
    /// What the service sent.
    Mail,
    /// What the service did.
    Log,
    /// The provider states of Pact.
    States,
}

/// The testbed of a request.
type State<'a> = poem::web::Data<&'a Arc<Testbed>>;

/// The token that the testbed prints when it is ready.
#[derive(SecurityScheme)]
#[oai(ty = "bearer", key_name = "control", checker = "check")]
struct Control(());

async fn check(request: &Request, given: Bearer) -> Option<()> {
    is_token(request, &given.token)
}

/// The same token in the URL, for programs that take no header: `http://testbed:TOKEN@127.0.0.1:…`.
#[derive(SecurityScheme)]
#[oai(ty = "basic", key_name = "control_url", checker = "check_password")]
struct TokenAsPassword(());

async fn check_password(request: &Request, given: Basic) -> Option<()> {
    is_token(request, &given.password)
}

/// The token, in a header or in the URL.
#[derive(SecurityScheme)]
enum ControlByUrl {
    Header(Control),
    Url(TokenAsPassword),
}

fn is_token(request: &Request, given: &str) -> Option<()> {
    let Token(token) = request.data::<Token>()?;
    verify_slices_are_equal(given.as_bytes(), token.as_bytes()).ok()
}

#[derive(Clone)]
struct Token(String);

fn service() -> OpenApiService<Apis, ()> {
    let apis = (
        users::UsersApi,
        sessions::SessionsApi,
        clock::ClockApi,
        faults::FaultsApi,
        mail::MailApi,
        log::LogApi,
        dependencies::DependenciesApi,
        states::StatesApi,
    );
    OpenApiService::new(apis, "Bifrons testbed", env!("CARGO_PKG_VERSION"))
        .description(
            "The control of `bifrons-testbed`: it prepares users, moves the clock, provokes faults and reads mail. It listens on loopback, for the \
             tests that started the testbed.",
        )
        .license(poem_openapi::LicenseObject::new("MIT OR Apache-2.0").url("https://spdx.org/licenses/"))
        .contact(poem_openapi::ContactObject::new().name("The Bifrons authors"))
        .server(poem_openapi::ServerObject::new("http://127.0.0.1:3999").description("The address that the testbed prints"))
}

fn document() -> Value {
    serde_json::from_str(&service().spec()).unwrap_or_default()
}

/// The document as it is written to `openapi-testbed.json`.
#[cfg(test)]
pub(crate) fn spec() -> String {
    format!("{:#}\n", document())
}

/// Serves the control until the process ends.
pub(crate) async fn serve(listener: TcpListener, testbed: Arc<Testbed>, token: String) -> std::io::Result<()> {
    let routes = Route::new()
        .at("/openapi-testbed.json", get(make_sync(|_| poem::web::Json(document()))))
        .nest("/", service())
        .data(testbed)
        .data(Token(token))
        .catch_all_error(|error| async { problem::answer(error) })
        .with(SetHeader::new().overriding(MARK, HeaderValue::from_static("1")).overriding("bifrons-version", VERSION));
    Server::new_with_acceptor(TcpAcceptor::from_tokio(listener)?).run(routes).await
}
