//! The clock.

use std::time::Duration;

use bifrons::clock::rfc_3339;
use poem_openapi::{Object, OpenApi, payload::Json, types::Example};
use time::OffsetDateTime;

use super::{Control, State, Tag, body::Body, problem::Refused};
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
    /// RFC 3339; not before the present time, and not after the year 9000.
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
    async fn set(&self, testbed: State<'_>, _control: Control, body: Body<SetClockRequest>) -> Result<Json<Moment>, Refused> {
        let to = settings::in_range(body.0.now).map_err(|rule| Refused::invalid(format!("now {rule}")))?;
        let moved = testbed.move_clock(|now| {
            let detail = || format!("now must not be before {}: a reset sets the clock back to the start", rfc_3339(now));
            if to < now { Err(Refused::invalid(detail())) } else { Ok(to) }
        });
        moved.await?;
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
        body: Body<AdvanceClockRequest>,
    ) -> Result<Json<Moment>, Refused> {
        let seconds = Duration::from_secs_f64(body.0.seconds);
        let detail = || Refused::invalid(format!("seconds must lead to a time that is not after {}", rfc_3339(settings::LATEST)));
        let moved = testbed.move_clock(|now| Some(now.plus(seconds)).filter(|to| *to <= settings::LATEST).ok_or_else(detail));
        moved.await?;
        Ok(moment(&testbed))
    }
}

fn moment(testbed: &State<'_>) -> Json<Moment> {
    Json(Moment { now: rfc_3339(testbed.state.clock.now()) })
}
