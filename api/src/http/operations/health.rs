//! Health checks for orchestrators, and the public keys for services that verify access tokens.

use poem::{
    IntoResponse, Response, handler,
    http::header,
    web::{Data, Json},
};
use serde_json::json;

use crate::{
    http::{
        request::State,
        response::problem::{Problem, ProblemCode},
    },
    signing_keys::JWKS_MAX_AGE,
};

/// The process runs.
#[handler]
pub(in crate::http) fn live() -> Json<serde_json::Value> {
    Json(json!({ "status": "ok" }))
}

/// 200 if the database answers and the service is not stopping. Without Redis the service is `degraded`: it works, but slower.
#[handler]
pub(in crate::http) async fn ready(state: State<'_>) -> poem::Result<Json<serde_json::Value>> {
    if state.is_stopping() {
        return Err(Problem::new(ProblemCode::Unavailable).into());
    }
    match state.db.ping().await {
        Ok(()) => {
            let redis = state.redis.as_ref().map_or("off", |redis| if redis.is_linked() { "ok" } else { "down" });
            let status = if redis == "down" { "degraded" } else { "ok" };
            Ok(Json(json!({ "status": status, "database": "ok", "redis": redis })))
        }
        Err(error) => Err(Problem::new(ProblemCode::Unavailable).log(&error).into()),
    }
}

/// The public keys of our access tokens (RFC 7517).
#[handler]
pub(in crate::http) fn jwks(Data(state): State<'_>) -> Response {
    let age = format!("public, max-age={}", JWKS_MAX_AGE.as_secs());
    Json(state.keys.current().jwks()).with_header(header::CACHE_CONTROL, age).into_response()
}
