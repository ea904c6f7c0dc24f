//! The clock.

use std::time::Duration;

use bifrons::clock::rfc_3339;
use poem_openapi::{Object, OpenApi, payload::Json, types::Example};
use time::OffsetDateTime;

use super::{Control, State, Tag, problem::Refused};
use crate::settings;

/// Where the clock stands.
#[derive(Object)]
struct Moment {
    /// RFC 3339.
    now: String,
}

/// Where the clock shall stand.
#[derive(Object)]
#[oai(deny_unknown_fields, example)]
struct SetClockRequest {
    /// RFC 3339; not before the present time.
    now: OffsetDateTime,
}

impl Example for SetClockRequest {
    fn example() -> Self {
        Self { now: OffsetDateTime::from_unix_timestamp(1_767_258_000).unwrap_or(OffsetDateTime::UNIX_EPOCH) }
    }
}

/// How far the clock moves.
#[derive(Object)]
#[oai(deny_unknown_fields, example)]
struct AdvanceClockRequest {
    #[oai(validator(minimum(value = "0"), maximum(value = "315360000")))]
    seconds: f64,
}

impl Example for AdvanceClockRequest {
    fn example() -> Self {
        Self { seconds: 900.0 }
    }
}

pub(super) struct ClockApi;

#[OpenApi(prefix_path = "/clock", tag = "Tag::Clock")]
impl ClockApi {
    /// Get the time
    ///
    /// Where the clock stands.
    #[oai(path = "/", method = "get", operation_id = "getClock")]
    async fn get(&self, testbed: State<'_>, _control: Control) -> Result<Json<Moment>, Refused> {
        Ok(moment(&testbed))
    }

    /// Set the clock
    ///
    /// Moves it forward to a time, and answers when everything that the time brings about is done: expired rows are gone, deletions that are due have
    /// happened, mail is delivered. A reset sets it back.
    #[oai(path = "/", method = "put", operation_id = "setClock")]
    async fn set(&self, testbed: State<'_>, _control: Control, body: Json<SetClockRequest>) -> Result<Json<Moment>, Refused> {
        let (now, to) = (testbed.state.clock.now(), settings::millis(body.0.now));
        if to < now {
            let detail = format!("the clock moves forward only, and it is {}: a reset sets it back to the start", rfc_3339(now));
            return Err(Refused::invalid(detail));
        }
        testbed.move_clock(to).await?;
        Ok(moment(&testbed))
    }

    /// Advance the clock
    ///
    /// Moves it forward by seconds, and answers as `setClock` does.
    #[oai(path = "/advance", method = "post", operation_id = "advanceClock")]
    async fn advance(
        &self,
        testbed: State<'_>,
        _control: Control,
        body: Json<AdvanceClockRequest>,
    ) -> Result<Json<Moment>, Refused> {
        testbed.move_clock(testbed.state.clock.now().plus(Duration::from_secs_f64(body.0.seconds))).await?;
        Ok(moment(&testbed))
    }
}

fn moment(testbed: &State<'_>) -> Json<Moment> {
    Json(Moment { now: rfc_3339(testbed.state.clock.now()) })
}
