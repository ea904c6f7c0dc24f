//! A document that is the same for every request: compressed once, with an entity tag for each coding.

use std::{io::Write, sync::Arc};

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use flate2::{Compression, write::GzEncoder};
use hyper::body::Bytes;
use poem::{
    Endpoint, Request, Response,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
};
use tokio::{sync::OnceCell, task::spawn_blocking};

use crate::http::response::problem::{Problem, ProblemCode};

/// Quality and window of Brotli: the best ratio that takes well under a second for two megabytes.
const BROTLI: (u32, u32) = (9, 22);

pub(in crate::http) struct StaticDocument {
    content_type: &'static str,
    /// Writes it, when the first client asks.
    text: Arc<dyn Fn() -> String + Send + Sync>,
    codings: OnceCell<[Coded; 3]>,
}

/// The document in one content coding.
struct Coded {
    coding: &'static str,
    body: Bytes,
    tag: HeaderValue,
}

impl StaticDocument {
    pub(in crate::http) fn new(content_type: &'static str, text: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self { content_type, text: Arc::new(text), codings: OnceCell::new() }
    }

    /// The document in the coding that the client prefers, or 304 if the client has it.
    pub(in crate::http) async fn answer(&self, request: &HeaderMap) -> Result<Response, Problem> {
        let compress = async || {
            let text = Arc::clone(&self.text);
            spawn_blocking(move || compress(text())).await.ok().flatten()
        };
        let codings = self.codings.get_or_try_init(async || compress().await.ok_or(())).await;
        let codings = codings.map_err(|()| Problem::new(ProblemCode::InternalError))?;
        let coded = preferred(codings, request);
        let mut response = if is_known(&coded.tag, request) {
            Response::from(StatusCode::NOT_MODIFIED)
        } else {
            let builder = Response::builder().content_type(self.content_type);
            let coding = Some(coded.coding).filter(|coding| *coding != IDENTITY);
            let builder = coding.into_iter().fold(builder, |builder, coding| builder.header(header::CONTENT_ENCODING, coding));
            builder.body(coded.body.clone())
        };
        let headers = response.headers_mut();
        headers.insert(header::ETAG, coded.tag.clone());
        // The client may store it, and asks each time whether it has changed.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        Ok(response)
    }
}

impl Endpoint for StaticDocument {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        Ok(self.answer(request.headers()).await?)
    }
}

const IDENTITY: &str = "identity";

/// All codings, the best first.
fn compress(text: String) -> Option<[Coded; 3]> {
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    let hash = URL_SAFE_NO_PAD.encode(digest.as_ref().get(..16)?);
    let coded = |coding, body| {
        let tag = HeaderValue::try_from(format!("\"{hash}-{coding}\"")).ok()?;
        Some(Coded { coding, body, tag })
    };
    let (quality, window) = BROTLI;
    let mut brotli = brotli::CompressorWriter::new(Vec::new(), 1 << 16, quality, window);
    brotli.write_all(text.as_bytes()).ok()?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(text.as_bytes()).ok()?;
    Some([
        coded("br", brotli.into_inner().into())?,
        coded("gzip", gzip.finish().ok()?.into())?,
        coded(IDENTITY, Bytes::from(text))?,
    ])
}

/// The coding with the highest weight (RFC 9110 section 12.5.3); of equal ones the best.
fn preferred<'a>(codings: &'a [Coded; 3], request: &HeaderMap) -> &'a Coded {
    let [best, .., plain] = codings;
    let accepted: Vec<_> = elements(request, header::ACCEPT_ENCODING).filter_map(weighted).collect();
    let listed = |coding: &str| accepted.iter().find(|(name, _)| name.eq_ignore_ascii_case(coding)).map(|(_, weight)| *weight);
    // Identity is acceptable if it is not listed, but any listed coding is better.
    let weight = |coding: &str| listed(coding).or_else(|| listed("*")).unwrap_or(u16::from(coding == IDENTITY));
    let heavier = |one: &'a Coded, other: &'a Coded| if weight(other.coding) > weight(one.coding) { other } else { one };
    match codings.iter().fold(best, heavier) {
        refused if weight(refused.coding) == 0 => plain,
        heaviest => heaviest,
    }
}

/// A coding and its weight in thousandths.
fn weighted(element: &str) -> Option<(&str, u16)> {
    let (coding, parameter) = element.split_once(';').unwrap_or((element, ""));
    let weight = match parameter.trim().split_once('=') {
        Some(("q" | "Q", weight)) => weight.parse::<f32>().ok().filter(|weight| (0.0..=1.0).contains(weight))?,
        _ => 1.0,
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 1000")]
    Some((coding.trim(), (weight * 1000.0).round() as u16))
}

/// Whether `If-None-Match` lists the tag (RFC 9110 section 13.1.2).
fn is_known(tag: &HeaderValue, request: &HeaderMap) -> bool {
    elements(request, header::IF_NONE_MATCH).any(|listed| listed == "*" || listed.strip_prefix("W/").unwrap_or(listed) == tag)
}

/// The elements of a list.
fn elements(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use hyper::body::Bytes;
    use poem::http::{HeaderMap, HeaderValue, header};

    use super::{Coded, preferred};

    #[test]
    fn rfc_9110_12_5_3_the_client_chooses_the_coding() {
        let codings =
            ["br", "gzip", "identity"].map(|coding| Coded { coding, body: Bytes::new(), tag: HeaderValue::from_static("\"\"") });
        for (accepted, coding) in [
            ("", "identity"),
            ("gzip, deflate, br, zstd", "br"),
            ("gzip, deflate", "gzip"),
            ("GZIP", "gzip"),
            ("br;q=0.5, gzip", "gzip"),
            ("br ; q=0.5, gzip;q=0.5", "br"),
            ("br;q=0, gzip;q=0", "identity"),
            ("*", "br"),
            ("*;q=0.1, br;q=0", "gzip"),
            ("identity", "identity"),
            ("identity, gzip;q=0.9", "identity"),
            ("gzip;q=0.001", "gzip"),
            ("identity;q=0, *;q=0", "identity"),
            ("brotli, xgzip", "identity"),
            ("gzip;q=nonsense", "identity"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted));
            assert_eq!(preferred(&codings, &headers).coding, coding, "{accepted}");
        }
        assert_eq!(preferred(&codings, &HeaderMap::new()).coding, "identity");
    }
}
