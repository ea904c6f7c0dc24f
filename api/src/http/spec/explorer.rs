//! The explorer: a box to sign in, and Swagger UI with the specification, in one page, so that it loads nothing from another origin.
//! Its content security policy names the hash of each script and style of the page; the browser runs no other.

use std::sync::OnceLock;

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::STANDARD};
use poem::{Endpoint, IntoResponse, Request, Response, http::header};
use poem_openapi::OpenApiService;

use super::{api::Api, document::document, effective::Effective, static_document::StaticDocument};
use crate::config::Config;

/// `GET /docs`.
pub(in crate::http) struct Explorer {
    effective: Effective,
    page: StaticDocument,
    policy: OnceLock<String>,
}

pub(in crate::http) fn explorer(config: &Config) -> Explorer {
    // Relative to the page: it calls the host that it is from, under whichever name and below whichever path the browser knows it.
    let effective = Effective { url: ".".to_owned(), ..Effective::of(config) };
    let shown = effective.clone();
    let page = StaticDocument::new("text/html; charset=utf-8", move || html(&shown));
    Explorer { effective, page, policy: OnceLock::new() }
}

impl Endpoint for Explorer {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let answer = self.page.answer(request.headers()).await?;
        let policy = self.policy.get_or_init(|| policy(&html(&self.effective)));
        // On a 304 too: a browser replaces the stored headers by those of the 304.
        Ok(answer.with_header(header::CONTENT_SECURITY_POLICY, policy.as_str()).into_response())
    }
}

fn policy(html: &str) -> String {
    format!(
        "default-src 'none'; connect-src 'self'; img-src data:; script-src {}; style-src {}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        hashes(html, "script"),
        hashes(html, "style"),
    )
}

/// Signs in and out in both modes, and hands the access token to Swagger UI.
const SIGN_IN: &str = include_str!("sign_in.html");

/// poem-openapi's page with the finished document in place of its own, below the box to sign in.
fn html(effective: &Effective) -> String {
    let document = document(Api::Public, effective).to_string();
    let bundled = OpenApiService::new((), "", "").swagger_ui_html();
    let (before, rest) = bundled.split_once("let spec = ").unwrap_or_default();
    let (_, after) = rest.split_once(";\n    let oauth2RedirectUrl").unwrap_or_default();
    // Inside a script element, `</` would end it.
    let document = document.replace("</", "<\\/");
    let before = before.replacen("<div id=\"ui\">", &format!("{SIGN_IN}\n<div id=\"ui\">"), 1);
    let after = after.replacen("SwaggerUIBundle({", "const explorer = SwaggerUIBundle({", 1);
    let page = format!("{before}let spec = {document};\n    let oauth2RedirectUrl{after}");
    page.replacen("<html charset=\"UTF-8\">", "<!doctype html>\n<html lang=\"en\">", 1)
        .replacen("<title>Swagger UI</title>", "<title>Bifrons</title><link rel=\"icon\" href=\"data:,\">", 1)
        .trim_start()
        .to_owned()
}

/// The CSP sources of all inline elements with this name (CSP level 3, section 2.3.1).
fn hashes(html: &str, element: &str) -> String {
    let mut sources = Vec::new();
    let mut rest = html;
    // In the order of the page: the text of a script contains tags, which are none.
    while let Some((at, name)) = ["script", "style"].iter().filter_map(|name| Some((rest.find(&format!("<{name}"))?, *name))).min()
    {
        let Some((_, content)) = rest[at..].split_once('>') else { break };
        let Some((content, after)) = content.split_once(&format!("</{name}>")) else { break };
        if name == element {
            let hash = STANDARD.encode(digest::digest(&digest::SHA256, content.as_bytes()));
            sources.push(format!("'sha256-{hash}'"));
        }
        rest = after;
    }
    sources.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{Effective, hashes, html, policy};

    #[test]
    fn the_page_holds_our_document_and_every_script_has_its_hash() {
        let html = html(&Effective::any());
        assert!(html.starts_with("<!doctype html>"));
        assert!(html.contains("\"operationId\":\"signIn\""));
        assert_eq!(policy(&html).matches("'sha256-").count(), 5, "three scripts, two styles: {}", policy(&html));
        assert!(!html.contains("\"info\":{\"title\":\"\""), "not poem-openapi's own document");
        let nested = "<script>let text = '<style>no</style>';</script><style>yes</style>";
        assert_eq!(hashes(nested, "style"), hashes("<style>yes</style>", "style"));
        assert!(html.contains("<form id=\"sign-in\"") && html.contains("const explorer = SwaggerUIBundle({"));
    }
}
