//! Whether a browser stores and sends the session cookie: a probe cookie with the same attributes, set by one operation and read by the
//! other. The TypeScript client's `diagnose()` calls both from the page whose cookies are missing.

use std::time::Duration;

use poem::http::{HeaderMap, header};
use poem_openapi::{Enum, Object, OpenApi, types::Example};
use serde::Serialize;
use zeroize::Zeroizing;

use super::tag::Tag;
use crate::{
    config::Origin,
    http::{
        request::{State, cookie_parameter::ProbeCookie},
        response::{
            cookies,
            reply::{NoContent, Reply, WithCookies},
        },
    },
    requester::Requester,
    state::AppState,
};

/// How long the probe cookie lives.
const LIFETIME: Duration = Duration::from_secs(60);

/// The relation of a page to the service, as browsers see it.
#[derive(Clone, Copy, Debug, Enum, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
enum Relation {
    /// The same scheme, host and port.
    SameOrigin,
    /// The same scheme and registrable domain.
    SameSite,
    /// Anything else: browsers treat the cookie as a third party's.
    CrossSite,
}

/// The result of the probe.
#[derive(Object, Serialize)]
#[oai(example)]
struct Probe {
    /// Whether the probe cookie came back.
    cookie_received: bool,
    relation: Relation,
    /// The address that the request came from, as the service sees it. If it is that of a proxy, the proxy is not in `proxy.trusted`, or sends
    /// no `X-Forwarded-For`.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
}

impl Example for Probe {
    fn example() -> Self {
        Self { cookie_received: true, relation: Relation::SameSite, address: Some("203.0.113.7".to_owned()) }
    }
}

pub(in crate::http) struct ProbeApi;

#[OpenApi(prefix_path = "/v1/probe", tag = "Tag::Probe")]
impl ProbeApi {
    /// Set the probe cookie
    ///
    /// Sets a cookie that is no credential, with the attributes of the session cookie, for a minute.
    #[oai(path = "/", method = "post", operation_id = "setProbeCookie")]
    async fn set(&self, state: State<'_>) -> WithCookies<NoContent> {
        let callers = state.config.callers.get();
        let policy = &callers.cookies;
        let value = Zeroizing::new("1".to_owned());
        WithCookies(NoContent, vec![cookies::set(policy, policy.probe_name, &value, Some(LIFETIME))])
    }

    /// Read the probe cookie
    ///
    /// Answers whether the cookie of `setProbeCookie` came back, and the relation of the page to the service.
    #[oai(path = "/", method = "get", operation_id = "readProbeCookie")]
    async fn read(
        &self,
        state: State<'_>,
        #[oai(name = "probe")] _probe: ProbeCookie,
        headers: &HeaderMap,
        requester: Requester,
    ) -> Reply<200, Probe> {
        // One that another application planted beside it hides nothing.
        let cookie_received = cookies::all(headers, state.config.callers.get().cookies.probe_name).next().is_some();
        let address = requester.ip.map(|address| address.to_string());
        Reply(Probe { cookie_received, relation: relation(&state, headers), address })
    }
}

/// By the browser's `Origin` header. A page of the service itself sends none.
fn relation(state: &AppState, headers: &HeaderMap) -> Relation {
    let api = &state.config.public_url;
    let page = match headers.get(header::ORIGIN).map(|origin| origin.to_str().map(Origin::parse)) {
        None => return Relation::SameOrigin,
        Some(Ok(Ok(page))) => page,
        Some(_) => return Relation::CrossSite,
    };
    match (page == *api, page.site() == api.site()) {
        (true, _) => Relation::SameOrigin,
        (false, true) => Relation::SameSite,
        (false, false) => Relation::CrossSite,
    }
}
