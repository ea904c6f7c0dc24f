//! What goes wrong.

use std::time::Duration;

use bifrons::http::faults::{self, Effect, Fault, FaultError};
use poem_openapi::{ApiResponse, Enum, Object, OpenApi, payload::Json, types::Example};

use super::{Control, State, Tag, body::Body, problem::Refused};
use crate::testbed::Testbed;

/// What a fault does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
enum Kind {
    /// The operation does nothing, and answers with `code`.
    Problem,
    /// The operation acts, and the connection closes without an answer.
    LostAnswer,
    /// The operation acts and answers, after `delay_ms`.
    Slow,
}

/// A fault.
#[derive(Object)]
#[oai(rename = "Fault", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(super) struct FaultBody {
    /// The `operationId`.
    operation: String,
    /// What happens; `problem` if it is left out.
    kind: Option<Kind>,
    /// One of the codes that the document lists for the operation, with `kind` `problem`.
    code: Option<String>,
    /// How many requests meet the fault; 1 if it is left out.
    #[oai(validator(minimum(value = "1"), maximum(value = "1000000")))]
    times: Option<u32>,
    /// How long the operation waits before it begins.
    #[oai(validator(minimum(value = "0"), maximum(value = "60000")))]
    delay_ms: Option<u32>,
    /// `Retry-After` in seconds, with a code that has one.
    #[oai(validator(minimum(value = "0"), maximum(value = "86400")))]
    retry_after: Option<u32>,
}

impl Example for FaultBody {
    fn example() -> Self {
        Self {
            operation: "signIn".to_owned(),
            kind: Some(Kind::Problem),
            code: Some("unavailable".to_owned()),
            times: Some(3),
            delay_ms: None,
            retry_after: Some(2),
        }
    }
}

impl FaultBody {
    fn read(self) -> Result<Fault, Refused> {
        let kind = self.kind.unwrap_or(Kind::Problem);
        if kind != Kind::Problem && (self.code.is_some() || self.retry_after.is_some()) {
            return Err(Refused::invalid("code and retry_after belong to the kind problem"));
        }
        let effect = match (kind, self.code) {
            (Kind::Problem, Some(code)) => {
                let retry_after = self.retry_after.map(|seconds| Duration::from_secs(seconds.into()));
                Effect::Problem { code, retry_after }
            }
            // An unknown code is refused with those that are possible.
            (Kind::Problem, None) => Effect::Problem { code: String::new(), retry_after: None },
            (Kind::LostAnswer, _) => Effect::LostAnswer,
            (Kind::Slow, _) if self.delay_ms.is_none() => return Err(Refused::invalid("delay_ms is required with the kind slow")),
            (Kind::Slow, _) => Effect::Slow,
        };
        let delay = Duration::from_millis(self.delay_ms.unwrap_or_default().into());
        Ok(Fault { operation: self.operation, effect, delay, times: self.times.unwrap_or(1) })
    }

    fn of(Fault { operation, effect, delay, times }: Fault) -> Self {
        let (kind, code, retry_after) = match effect {
            Effect::Problem { code, retry_after } => (Kind::Problem, Some(code), retry_after),
            Effect::LostAnswer => (Kind::LostAnswer, None, None),
            Effect::Slow => (Kind::Slow, None, None),
        };
        Self {
            operation,
            kind: Some(kind),
            code,
            times: Some(times),
            delay_ms: u32::try_from(delay.as_millis()).ok(),
            retry_after: retry_after.and_then(|wait| u32::try_from(wait.as_secs()).ok()),
        }
    }
}

/// The faults that wait for a request, oldest first, and all that are possible.
#[derive(Object)]
struct Faults {
    faults: Vec<FaultBody>,
    possible: Vec<Possible>,
}

/// An operation and the codes that the document lists for it.
#[derive(Object)]
struct Possible {
    operation: String,
    codes: Vec<String>,
}

#[derive(ApiResponse)]
enum Added {
    /// The fault waits for a request.
    #[oai(status = 201)]
    Fault(Json<FaultBody>),
}

#[derive(ApiResponse)]
enum Removed {
    /// No fault waits.
    #[oai(status = 204)]
    All,
}

pub(super) struct FaultsApi;

#[OpenApi(prefix_path = "/faults", tag = "Tag::Faults")]
impl FaultsApi {
    /// Add a fault
    ///
    /// The next requests of an operation meet it. Several faults of an operation happen in the order in which they were added. Only what the
    /// document of the service lists can happen; `possible` of a refusal names it.
    #[oai(path = "/", method = "post", operation_id = "addFault")]
    async fn add(&self, testbed: State<'_>, _control: Control, body: Body<FaultBody>) -> Result<Added, Refused> {
        let fault = plant(&testbed, body.0)?;
        Ok(Added::Fault(Json(FaultBody::of(fault))))
    }

    /// List the faults
    ///
    /// Those that wait for a request, and all that are possible.
    #[oai(path = "/", method = "get", operation_id = "listFaults")]
    async fn list(&self, testbed: State<'_>, _control: Control) -> Result<Json<Faults>, Refused> {
        let possible = faults::possible().map(|(operation, codes)| {
            let codes = codes.into_iter().map(str::to_owned).collect();
            Possible { operation: operation.to_owned(), codes }
        });
        let faults = testbed.faults.list().into_iter().map(FaultBody::of).collect();
        Ok(Json(Faults { faults, possible: possible.collect() }))
    }

    /// Remove all faults
    ///
    /// No request meets one afterwards.
    #[oai(path = "/", method = "delete", operation_id = "removeFaults")]
    async fn remove(&self, testbed: State<'_>, _control: Control) -> Result<Removed, Refused> {
        testbed.faults.clear();
        Ok(Removed::All)
    }
}

/// Makes the fault wait for requests, if the document lists it.
pub(super) fn plant(testbed: &Testbed, body: FaultBody) -> Result<Fault, Refused> {
    let fault = body.read()?;
    let added = testbed.faults.add(fault.clone());
    added.map_err(|error| match error {
        FaultError::Operation(possible) => Refused::none_of("operation must be one of those that the documents list", &possible),
        FaultError::Code(possible) => Refused::none_of("code must be one that the document lists for the operation", &possible),
        FaultError::RetryAfter(possible) => Refused::none_of("retry_after belongs to codes that have a Retry-After", &possible),
    })?;
    Ok(fault)
}
