//! Bifrons' probe, asked for as no page would: whether the API is Bifrons, and what a proxy in front of it keeps back.

use super::{Plan, Transport};
use crate::{Answer, Bifrons, Origin, browsers::SetCookie};

/// An origin that no service lists: the name is reserved (RFC 6761).
const FOREIGN: &str = "https://origin.invalid";

/// Whether the API is Bifrons, and its probe cookie, which it sets for every configuration, if it is needed.
pub(super) async fn ask(
    transport: &Transport<'_>,
    plan: &Plan,
    needs_cookie: bool,
    is_refused: bool,
) -> (Option<Bifrons>, Vec<SetCookie>) {
    let Some(answer) = post(transport, plan, None).await.filter(|answer| answer.status == 204) else { return (None, Vec::new()) };
    let loses_cookies = answer.cookies().is_empty();
    let cookies: Vec<_> = answer.cookies().into_iter().filter(|cookie| cookie.name.ends_with("bifrons_probe")).collect();
    let bifrons = if is_bifrons(&answer) {
        // It refuses a foreign origin as soon as it sees one.
        let foreign = if is_refused { post(transport, plan, Some(FOREIGN)).await } else { None };
        let loses_origin = foreign.is_some_and(|answer| answer.status == 204 && is_bifrons(&answer));
        let other_url = public_url(transport, plan).await.filter(|url| *url != plan.api);
        Some(Bifrons { loses_origin, loses_cookies, other_url: other_url.map(|url| url.as_str().to_owned()) })
    } else {
        None
    };
    (bifrons, if needs_cookie { cookies } else { Vec::new() })
}

/// Whether it is an answer of Bifrons: every one has the header.
pub(super) fn is_bifrons(answer: &Answer) -> bool {
    !answer.all("bifrons-version").is_empty()
}

async fn post(transport: &Transport<'_>, plan: &Plan, origin: Option<&str>) -> Option<Answer> {
    let origin = origin.map(|origin| ("origin".to_owned(), origin.to_owned()));
    let headers = [("content-type".to_owned(), "application/json".to_owned())].into_iter().chain(origin).collect();
    let asked = transport.ask(&plan.api, "POST", &format!("{}/v1/probe", plan.base), headers, &[]).await;
    asked.ok().map(|(answer, _)| answer)
}

/// The origin that the document of the API names as its own. Its beginning is enough.
async fn public_url(transport: &Transport<'_>, plan: &Plan) -> Option<Origin> {
    let path = format!("{}/openapi.json", plan.base);
    let (_, document) = transport.ask(&plan.api, "GET", &path, Vec::new(), &[]).await.ok()?;
    let (_, servers) = document.split_once("\"servers\"")?;
    let (_, value) = servers.split_once("\"url\"")?;
    let value = value.trim_start().strip_prefix(':')?;
    let url = serde_json::Deserializer::from_str(value).into_iter::<String>().next()?.ok()?;
    Origin::parse(&url::Url::parse(&url).ok()?.origin().ascii_serialization()).ok()
}
