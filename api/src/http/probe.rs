//! Whether the session cookie would be stored and sent here: a probe cookie with the very same attributes, set by one operation
//! and looked for by the other. The client's `diagnose()` asks both, from inside the page that has the trouble.

use std::time::Duration;

use poem::http::{HeaderMap, header};
use poem_openapi::{Enum, Object, OpenApi, types::Example};
use zeroize::Zeroizing;

use super::{
    Tag,
    cookie::{self, Ambiguous},
    credential::State,
    problem::{Refusal, problems},
    reply::{NoContent, Reply, WithCookies},
};
use crate::{config::Origin, state::AppState};

/// How long the probe cookie lives.
const LIFETIME: Duration = Duration::from_secs(60);

/// How a page stands to the service, as browsers see it.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
enum Relation {
    /// The same scheme, host and port.
    SameOrigin,
    /// The same scheme and registrable domain.
    SameSite,
    /// Anything else: browsers treat the cookie as a third party's.
    CrossSite,
}

/// What came of the probe.
#[derive(Object)]
#[oai(example)]
struct Probe {
    /// Whether the probe cookie came back.
    cookie_received: bool,
    relation: Relation,
}

impl Example for Probe {
    fn example() -> Self {
        Self { cookie_received: true, relation: Relation::SameSite }
    }
}

problems!(Ambiguous { Ambiguous => AmbiguousCredentials });

pub(super) struct ProbeApi;

#[OpenApi(prefix_path = "/v1/probe", tag = "Tag::Probe")]
impl ProbeApi {
    /// Set the probe cookie
    ///
    /// Sets a cookie that proves nothing, with the attributes of the session cookie, for a minute.
    #[oai(path = "/", method = "post", operation_id = "setProbeCookie")]
    async fn set(&self, state: State<'_>) -> WithCookies<NoContent> {
        let policy = &state.config.cookies;
        let value = Zeroizing::new("1".to_owned());
        WithCookies(NoContent, vec![cookie::set(policy, policy.probe_name, &value, Some(LIFETIME))])
    }

    /// Look for the probe cookie
    ///
    /// Says whether the cookie of `setProbeCookie` came back, and how the page that asks stands to the service.
    #[oai(path = "/", method = "get", operation_id = "readProbeCookie")]
    async fn read(&self, state: State<'_>, headers: &HeaderMap) -> Result<Reply<200, Probe>, Refusal<Ambiguous>> {
        let cookie_received = cookie::get(headers, state.config.cookies.probe_name)?.is_some();
        Ok(Reply(Probe { cookie_received, relation: relation(&state, headers) }))
    }
}

/// By the `Origin` that the browser wrote; a read from the service's own pages has none.
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
