//! Fetches the page with the token against forged requests.

use super::{Csrf, Error, Plan, transport::Transport};
use crate::{Call, Guard, Origin, csrf};

pub(super) async fn fetch(
    transport: &Transport<'_>,
    plan: &Plan,
    page: &Csrf,
    frontend: &Origin,
) -> Result<(String, Guard), Error> {
    let path = format!("{}{}", plan.base, page.path);
    let headers = Call::get(&path, Vec::new()).request_headers(frontend.as_str(), frontend, &plan.api);
    let (answer, body) = transport.ask(&plan.api, "GET", &path, headers, &[]).await?;
    match csrf::find_token(&answer, &body) {
        Some(token) => Ok((token.value, Guard { path, answer, cookie: token.cookie })),
        None => Err(Error::NoToken { url: format!("{}{path}", plan.api.as_str()), status: answer.status }),
    }
}
