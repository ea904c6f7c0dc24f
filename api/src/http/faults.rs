//! Faults for tests of clients: an operation answers with a problem that its document lists, answers late, or acts and does not answer.
//! A fault stands in the place of the operation, so it gets the same headers, ids and log line as every answer.

use std::{io, sync::Arc, time::Duration};

use poem::{
    Endpoint, EndpointExt, Error, IntoResponse, Request, Response, Result,
    endpoint::BoxEndpoint,
    http::{HeaderValue, header},
};
use poem_openapi::{OperationId, types::ParseFromJSON};
use serde_json::Value;

use super::{
    response::problem::{FieldError, MEDIA_TYPE, Problem, ProblemCode},
    spec::document,
};
use crate::{
    reset_gate,
    sync::{Mutex, lock},
};

/// The header of every answer of a testbed.
pub const MARK: &str = "x-bifrons-testbed";

/// What happens to the requests of an operation.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The `operationId`.
    pub operation: String,
    pub effect: Effect,
    /// How long the operation waits before it begins.
    pub delay: Duration,
    /// How many requests are left.
    pub times: u32,
}

/// What a fault does.
#[derive(Clone, Debug)]
pub enum Effect {
    /// The operation does nothing, and answers with this code.
    Problem { code: String, retry_after: Option<Duration> },
    /// The operation acts, and the connection closes without an answer.
    LostAnswer,
    /// The operation acts and answers, after the delay.
    Slow,
}

/// Why a fault is refused.
#[derive(Debug, PartialEq, Eq)]
pub enum FaultError {
    /// No operation has that id; these have one.
    Operation(Vec<&'static str>),
    /// The document does not list the code for the operation; it lists these.
    Code(Vec<&'static str>),
    /// Only these codes of the operation have a `Retry-After`.
    RetryAfter(Vec<&'static str>),
}

/// The faults that wait for a request, oldest first.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    /// Adds a fault, if the document says that it can happen.
    pub fn add(&self, fault: Fault) -> std::result::Result<(), FaultError> {
        let codes = possible().find(|(operation, _)| *operation == fault.operation).map(|(_, codes)| codes);
        let codes = codes.ok_or_else(|| FaultError::Operation(possible().map(|(operation, _)| operation).collect()))?;
        if let Effect::Problem { code, retry_after } = &fault.effect {
            if !codes.contains(&code.as_str()) {
                return Err(FaultError::Code(codes));
            }
            let waits = |code: &&str| matches!(parse(code).map(ProblemCode::status), Some(429 | 503));
            if retry_after.is_some() && !waits(&code.as_str()) {
                return Err(FaultError::RetryAfter(codes.into_iter().filter(waits).collect()));
            }
        }
        lock(&self.0).push(fault);
        Ok(())
    }

    /// The faults that are left.
    pub fn list(&self) -> Vec<Fault> {
        lock(&self.0).clone()
    }

    /// Removes all.
    pub fn clear(&self) {
        lock(&self.0).clear();
    }

    /// The oldest fault of an operation, for one request of it.
    fn take(&self, operation: &str) -> Option<Fault> {
        let mut faults = lock(&self.0);
        let at = faults.iter().position(|fault| fault.operation == operation)?;
        let taken = faults[at].clone();
        faults[at].times -= 1;
        if faults[at].times == 0 {
            faults.remove(at);
        }
        Some(taken)
    }
}

/// All operations, those of the admin API too, each with the codes that its document lists.
pub fn possible() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    document::served().map(|(.., operation)| (id(operation), codes(operation)))
}

fn id(operation: &'static Value) -> &'static str {
    operation["operationId"].as_str().unwrap_or_default()
}

fn codes(operation: &'static Value) -> Vec<&'static str> {
    let responses = operation["responses"].as_object().into_iter().flat_map(|responses| responses.values());
    let problems = responses.map(|response| &document::resolve(response)["content"][MEDIA_TYPE]["schema"]);
    let codes = problems.filter_map(|schema| schema.pointer("/allOf/1/properties/code/enum")?.as_array());
    codes.flatten().filter_map(Value::as_str).collect()
}

fn parse(code: &str) -> Option<ProblemCode> {
    ProblemCode::parse_from_json(Some(code.into())).ok()
}

/// The same routes, with these faults.
pub(super) fn around(routes: BoxEndpoint<'static, Response>, faults: Arc<Faults>) -> BoxEndpoint<'static, Response> {
    Faulty { routes, faults }.boxed()
}

struct Faulty {
    routes: BoxEndpoint<'static, Response>,
    faults: Arc<Faults>,
}

impl Endpoint for Faulty {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let answered = reset_gate::until_closed(self.meet(request)).await;
        answered.unwrap_or_else(|| Ok(Problem::new(ProblemCode::Unavailable).into_response()))
    }
}

impl Faulty {
    async fn meet(&self, request: Request) -> Result<Response> {
        let operation = document::operation_at(request.method(), request.uri().path());
        let Some((fault, operation)) = operation.and_then(|operation| Some((self.faults.take(id(operation))?, operation))) else {
            return self.routes.call(request).await;
        };
        tokio::time::sleep(fault.delay).await;
        match fault.effect {
            Effect::Problem { code, retry_after } => Ok(answer(operation, &code, retry_after)),
            Effect::Slow => self.routes.call(request).await,
            Effect::LostAnswer => {
                let mut response = self.routes.call(request).await.unwrap_or_else(Error::into_response);
                response.set_data(Lost);
                Ok(response)
            }
        }
    }
}

/// The problem as the operation would answer with it.
fn answer(operation: &'static Value, code: &str, retry_after: Option<Duration>) -> Response {
    let code = parse(code).unwrap_or(ProblemCode::InternalError);
    let mut problem = Problem::new(code);
    if code == ProblemCode::ValidationFailed {
        problem = problem.fields(vec![FieldError::min_length(first_field(operation).unwrap_or_default(), 1)]);
    }
    let at_least = (code == ProblemCode::RateLimited).then_some(Duration::from_secs(1));
    if let Some(wait) = retry_after.or(at_least) {
        problem = problem.retry_after(wait);
    }
    let mut response = problem.into_response();
    if code == ProblemCode::UnsupportedMediaType {
        response.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    }
    response.set_data(OperationId(id(operation)));
    response
}

/// A field of the body, or a parameter of the query.
fn first_field(operation: &'static Value) -> Option<&'static str> {
    let body = operation.pointer("/requestBody/content/application~1json/schema").map(document::resolve);
    let field = body.and_then(|body| body["properties"].as_object()?.keys().next());
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    field.map(String::as_str).or_else(|| parameters.filter(|one| one["in"] == "query").find_map(|one| one["name"].as_str()))
}

/// The mark of an answer that does not leave.
#[derive(Clone, Copy)]
struct Lost;

/// Marks an answer as one of a testbed.
pub(super) fn mark(response: &mut Response) {
    response.headers_mut().insert(MARK, HeaderValue::from_static("1"));
}

/// Fails if the answer gets lost: the connection closes instead.
pub(super) fn deliver(response: &Response) -> io::Result<()> {
    match response.data::<Lost>() {
        Some(Lost) => Err(io::Error::other("a fault lost the answer")),
        None => Ok(()),
    }
}
