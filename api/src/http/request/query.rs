//! Query parameters. A query is checked as a whole, by what the specification says of the operation: a misspelt filter is an error, not a
//! list of everything.

use std::collections::HashSet;

use poem::{Request, RequestBody};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions, param,
    registry::{MetaParamIn, MetaSchemaRef, Registry},
    types::ParseFromParameter,
};
use serde_json::Value;
use url::form_urlencoded;

use super::value::{MAX_REPORTED, Rules, shortened};
use crate::http::response::problem::{FieldError, Problem, ProblemCode, Rule};

/// The query parameters that the operation of a request declares, with their schemas. A request with a query carries them.
#[derive(Clone)]
pub(in crate::http) struct DeclaredQuery(pub(in crate::http) Vec<(&'static str, &'static Value)>);

/// A parameter of the query. The first one of an operation checks the whole query, after the credential: arguments are read in order.
pub(in crate::http) struct Query<T>(pub(in crate::http) T);

impl<'a, T: ParseFromParameter> ApiExtractor<'a> for Query<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];
    const PARAM_IS_REQUIRED: bool = T::IS_REQUIRED;

    type ParamType = T;
    type ParamRawType = T::RawValueType;

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Query)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        Some(T::schema_ref())
    }

    fn param_raw_type(&self) -> Option<&T::RawValueType> {
        self.0.as_raw_value()
    }

    async fn from_request(request: &'a Request, body: &mut RequestBody, options: ExtractParamOptions<T>) -> poem::Result<Self> {
        if let (Some(DeclaredQuery(declared)), Some(query)) = (request.data(), request.uri().query()) {
            let errors = faults(declared, query);
            if !errors.is_empty() {
                return Err(Problem::new(ProblemCode::ValidationFailed).fields(errors).into());
            }
        }
        Ok(Self(param::Query::from_request(request, body, options).await?.0))
    }
}

/// What is wrong with a query.
fn faults(declared: &[(&'static str, &'static Value)], query: &str) -> Vec<FieldError> {
    let (mut given, mut errors) = (HashSet::new(), Vec::new());
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if errors.len() >= MAX_REPORTED {
            break;
        }
        match declared.iter().find(|(known, _)| *known == name) {
            None => {
                let known: Vec<_> = declared.iter().map(|(known, _)| *known).collect();
                let detail = format!("is no parameter; the parameters are {}", known.join(", "));
                errors.push(FieldError::new(&shortened(&name), Rule::UnknownField, detail));
            }
            // Which of them counts would differ between servers.
            Some((name, _)) if !given.insert(*name) => errors.push(FieldError::new(name, Rule::Conflict, "must be given once")),
            Some((name, schema)) => errors.extend(broken(name, schema, &value)),
        }
    }
    errors
}

/// The rule that a value breaks.
fn broken(name: &str, schema: &Value, text: &str) -> Option<FieldError> {
    let value = match schema["type"].as_str() {
        Some("integer") => integer(text).map(Value::from),
        Some("boolean") => text.parse::<bool>().ok().map(Value::from),
        _ => None,
    };
    Rules { schemas: &Value::Null, passwords: None }.value(name, schema, &value.unwrap_or_else(|| text.into())).into_iter().next()
}

/// One text for each number: digits without a plus sign or leading zeros. Any number of digits is an integer.
fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_integer =
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits.len() == 1 || !digits.starts_with('0'));
    is_integer.then(|| text.parse().unwrap_or(if text.starts_with('-') { i64::MIN } else { i64::MAX }))
}

/// What is wrong with a parameter that could not be read although its query has no fault: it is missing.
pub(in crate::http) fn missing(name: &str) -> FieldError {
    FieldError::new(name, Rule::Required, "is required")
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use serde_json::{Value, json};

    use super::faults;

    static NUMBER: LazyLock<Value> = LazyLock::new(|| json!({ "type": "integer", "format": "int32", "minimum": 0 }));
    static SWITCH: LazyLock<Value> = LazyLock::new(|| json!({ "type": "boolean" }));

    #[test]
    fn each_fault_is_named() {
        let declared: [(&'static str, &'static Value); 2] = [("number", &NUMBER), ("switch", &SWITCH)];
        for (query, field, detail) in [
            ("number=-1", "number", "must be at least 0"),
            ("number=2147483648", "number", "must be at most 2147483647"),
            ("number=", "number", "must be an integer"),
            ("number=01", "number", "must be an integer"),
            ("switch=yes", "switch", "must be a boolean"),
            ("switch=true&switch=true", "switch", "must be given once"),
            ("Switch=true", "Switch", "is no parameter; the parameters are number, switch"),
        ] {
            let [error] = &faults(&declared, query)[..] else { panic!("{query}") };
            assert_eq!((error.field(), error.detail()), (field, detail), "{query}");
        }
        assert_eq!(faults(&declared, "number=7&switch=false&"), []);
        assert_eq!(faults(&declared, &"x=1&".repeat(100)).len(), 8);
    }
}
