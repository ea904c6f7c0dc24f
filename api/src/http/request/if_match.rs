//! `If-Match` (RFC 9110 section 13.1.1): the versions that the client has read. It compares strongly, so a weak tag could never match: it is
//! refused with the form, and does not look like a change by another operator.

use poem::{
    Request, RequestBody,
    http::{HeaderMap, header},
};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaParamIn, MetaSchema, MetaSchemaRef},
};

use crate::http::response::problem::{FieldError, Problem, ProblemCode, Rule};

/// The versions that a request is for; `None` for any.
pub(in crate::http) struct IfMatch(pub(in crate::http) Option<Vec<i64>>);

impl<'a> ApiExtractor<'a> for IfMatch {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];

    type ParamType = ();
    type ParamRawType = ();

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Header)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        let example = Some("\"7\"".into());
        Some(MetaSchemaRef::Inline(Box::new(MetaSchema { example, ..MetaSchema::new("string") })))
    }

    async fn from_request(request: &'a Request, _: &mut RequestBody, _: ExtractParamOptions<()>) -> poem::Result<Self> {
        versions(request.headers()).map(Self).map_err(|WrongForm| {
            let detail = "must be * or entity tags as `ETag` has them: \"7\", in double quotes and without W/";
            Problem::new(ProblemCode::ValidationFailed).fields(vec![FieldError::new("If-Match", Rule::Format, detail)]).into()
        })
    }
}

/// A line that is neither `*` nor a list of strong entity tags.
#[derive(Debug, PartialEq, Eq)]
struct WrongForm;

/// The versions of all lines; `None` for any.
fn versions(headers: &HeaderMap) -> Result<Option<Vec<i64>>, WrongForm> {
    let lines: Option<Vec<_>> = headers.get_all(header::IF_MATCH).iter().map(|line| line.to_str().ok()).collect();
    let lines = lines.ok_or(WrongForm)?;
    if lines.is_empty() {
        return Ok(None);
    }
    let joined = lines.join(",");
    if joined.trim() == "*" {
        return Ok(None);
    }
    let tags = tags(&joined).filter(|tags| !tags.is_empty()).ok_or(WrongForm)?;
    // A tag of another form is of no version.
    let is_version = |tag: &&&str| !tag.is_empty() && tag.bytes().all(|byte| byte.is_ascii_digit());
    Ok(Some(tags.iter().filter(is_version).filter_map(|tag| tag.parse().ok()).collect()))
}

/// The opaque texts of strong entity tags in a list, which may have empty elements (RFC 9110 section 5.6.1.2).
fn tags(list: &str) -> Option<Vec<&str>> {
    let (mut rest, mut tags) = (list.trim_start_matches(BETWEEN), Vec::new());
    while !rest.is_empty() {
        let (tag, after) = rest.strip_prefix('"')?.split_once('"')?;
        let after = after.trim_start_matches(SPACE);
        if tag.contains(SPACE) || !(after.is_empty() || after.starts_with(',')) {
            return None;
        }
        tags.push(tag);
        rest = after.trim_start_matches(BETWEEN);
    }
    Some(tags)
}

const SPACE: [char; 2] = [' ', '\t'];
const BETWEEN: [char; 3] = [' ', '\t', ','];

#[cfg(test)]
mod tests {
    use poem::http::{HeaderMap, HeaderValue, header};

    use super::{WrongForm, versions};

    fn read(lines: &[&str]) -> Result<Option<Vec<i64>>, WrongForm> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::IF_MATCH, HeaderValue::from_str(line).unwrap());
        }
        versions(&headers)
    }

    #[test]
    fn rfc_9110_13_1_1_a_list_of_strong_tags_or_a_star() {
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[" * "]), Ok(None));
        for (lines, known) in [
            (&["\"7\""][..], &[7][..]),
            (&["\"7\", \"9\""], &[7, 9]),
            (&["\"7\"", "\"9\""], &[7, 9]),
            (&[" ,\"7\" ,, "], &[7]),
            (&["\"x\""], &[]),
            (&["\"\""], &[]),
            (&["\"7,8\""], &[]),
            (&["\"99999999999999999999\""], &[]),
        ] {
            assert_eq!(read(lines), Ok(Some(known.to_vec())), "{lines:?}");
        }
        for wrong in ["", " ", ",", "7", "W/\"7\"", "w/\"7\"", "\"7", "7\"", "\"7\" \"8\"", "\"7\"8", "*, \"7\"", "'7'", "\"a b\""]
        {
            assert_eq!(read(&[wrong]), Err(WrongForm), "{wrong}");
        }
    }
}
