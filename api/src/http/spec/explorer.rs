//! The explorer: Swagger UI with the specification in one page, so that it loads nothing from another origin. Its content security
//! policy names the hash of each script and style of the page; the browser runs no other.

use std::sync::LazyLock;

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::STANDARD};
use poem::{
    IntoResponse, Response, handler,
    http::{HeaderMap, header},
};
use poem_openapi::OpenApiService;

use super::{document, static_document::StaticDocument};

struct Page {
    html: String,
    policy: String,
}

static PAGE: LazyLock<Page> = LazyLock::new(|| {
    let html = html(&document::DOCUMENT.to_string());
    let policy = format!(
        "default-src 'none'; connect-src 'self'; img-src data:; script-src {}; style-src {}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        hashes(&html, "script"),
        hashes(&html, "style"),
    );
    Page { html, policy }
});

#[handler]
pub(in crate::http) async fn explorer(headers: &HeaderMap) -> poem::Result<Response> {
    static DOCUMENT: StaticDocument = StaticDocument::new("text/html; charset=utf-8", || &PAGE.html);
    let answer = DOCUMENT.answer(headers).await?;
    // On a 304 too: a browser replaces the stored headers by those of the 304.
    Ok(answer.with_header(header::CONTENT_SECURITY_POLICY, PAGE.policy.as_str()).into_response())
}

/// poem-openapi's page with `document::DOCUMENT` in place of its own, unfinished document.
fn html(document: &str) -> String {
    let bundled = OpenApiService::new((), "", "").swagger_ui_html();
    let (before, rest) = bundled.split_once("let spec = ").unwrap_or_default();
    let (_, after) = rest.split_once(";\n    let oauth2RedirectUrl").unwrap_or_default();
    // Inside a script element, `</` would end it.
    let document = document.replace("</", "<\\/");
    let page = format!("{before}let spec = {document};\n    let oauth2RedirectUrl{after}");
    page.replacen("<html charset=\"UTF-8\">", "<!doctype html>\n<html lang=\"en\">", 1)
        .replacen("<title>Swagger UI</title>", "<title>Bifrons</title><link rel=\"icon\" href=\"data:,\">", 1)
        .trim_start()
        .to_owned()
}

/// The CSP sources of all inline elements with this name (CSP level 3, section 2.3.1).
fn hashes(html: &str, element: &str) -> String {
    let (open, close) = (format!("<{element}"), format!("</{element}>"));
    let mut sources = Vec::new();
    let mut rest = html;
    while let Some((_, from)) = rest.split_once(&open) {
        let Some((_, content)) = from.split_once('>') else { break };
        let Some((content, after)) = content.split_once(&close) else { break };
        let hash = STANDARD.encode(digest::digest(&digest::SHA256, content.as_bytes()));
        sources.push(format!("'sha256-{hash}'"));
        rest = after;
    }
    sources.join(" ")
}

#[cfg(test)]
mod tests {
    use super::PAGE;

    #[test]
    fn the_page_holds_our_document_and_every_script_has_its_hash() {
        assert!(PAGE.html.starts_with("<!doctype html>"));
        assert!(PAGE.html.contains("\"operationId\":\"signIn\""));
        assert_eq!(PAGE.policy.matches("'sha256-").count(), 3, "two scripts, one style: {}", PAGE.policy);
        assert!(!PAGE.html.contains("\"openapi\":\"3.0.0\",\"info\":{\"title\":\"\""), "not poem-openapi's own document");
    }
}
