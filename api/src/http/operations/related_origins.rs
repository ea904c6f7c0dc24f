//! The pages on other domains that may use the passkeys of this service (Web Authentication section 5.11.1).

use poem::{
    IntoResponse, Response, handler,
    web::{Data, Json},
};
use serde_json::json;

use crate::http::{
    request::State,
    response::problem::{Problem, ProblemCode},
};

/// The listed origins that are not on the domain of the passkeys; 404 if there are none. Browsers ask the host that has the name of the domain:
/// another server there answers with the same.
#[handler]
pub(in crate::http) fn related_origins(Data(state): State<'_>) -> Response {
    let callers = state.config.callers.get();
    let related = state.config.passkeys.related(&callers.origins);
    if related.is_empty() {
        return Problem::new(ProblemCode::NotFound).into_response();
    }
    Json(json!({ "origins": related })).into_response()
}
