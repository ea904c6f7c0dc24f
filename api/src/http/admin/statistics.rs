//! How many users, sessions and sign-ins there are.

use entity::UnixMillis;
use poem_openapi::{Object, OpenApi, types::Example};
use serde::Serialize;

use super::{parameters::DayText, tag::AdminTag};
use crate::{
    administration::{self, MAX_DAYS, StatisticsError},
    http::{
        request::{
            State,
            admin::{Admin, StatisticsRead},
            query::Query,
        },
        response::{
            problem::{ErrorResponse, FieldError, Rule, problems},
            reply::Reply,
            timestamp::Timestamp,
        },
        v1::{model::instant, session::StoreError},
    },
    statistics::{Day, DayCounts, SessionCounts, UserCounts},
};

/// Users who are not deleted.
#[derive(Object, Serialize)]
#[oai(example)]
struct UserStatistics {
    total: i64,
    /// Those who may not sign in.
    disabled: i64,
    /// Those whose address is verified.
    verified: i64,
    /// Those of whom a sign-in with a password demands a second factor.
    second_factor: i64,
    /// Those with a passkey.
    passkey: i64,
}

/// Live sessions by mode.
#[derive(Object, Serialize)]
#[oai(example)]
struct SessionStatistics {
    cookie: i64,
    token: i64,
}

/// What happened on a day.
#[derive(Object, Serialize)]
#[oai(example)]
struct DayStatistics {
    /// The day, in UTC.
    day: String,
    /// Sign-ins that opened a session.
    sign_ins: i64,
    /// Passwords, codes of second factors and passkeys that were refused. Some of them were for a re-authentication.
    refused: i64,
    /// Users who signed up. Users whom an operator created, invited or imported did not.
    sign_ups: i64,
}

/// How many users, sessions and sign-ins there are.
#[derive(Object, Serialize)]
#[oai(example)]
struct Statistics {
    /// When the numbers were counted.
    as_of: Timestamp,
    users: UserStatistics,
    sessions: SessionStatistics,
    /// The days, oldest first. Those of which the audit trail has no longer all rows, and those to come, are left out.
    days: Vec<DayStatistics>,
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl From<UserCounts> for UserStatistics {
    fn from(UserCounts { total, disabled, verified, second_factor, passkey }: UserCounts) -> Self {
        let [total, disabled, verified, second_factor, passkey] = [total, disabled, verified, second_factor, passkey].map(number);
        Self { total, disabled, verified, second_factor, passkey }
    }
}

impl From<SessionCounts> for SessionStatistics {
    fn from(SessionCounts { cookie, token }: SessionCounts) -> Self {
        Self { cookie: number(cookie), token: number(token) }
    }
}

impl From<(Day, DayCounts)> for DayStatistics {
    fn from((day, DayCounts { sign_ins, refused, sign_ups }): (Day, DayCounts)) -> Self {
        let [sign_ins, refused, sign_ups] = [sign_ins, refused, sign_ups].map(number);
        Self { day: day.to_string(), sign_ins, refused, sign_ups }
    }
}

impl Example for UserStatistics {
    fn example() -> Self {
        Self { total: 1200, disabled: 3, verified: 1100, second_factor: 250, passkey: 180 }
    }
}

impl Example for SessionStatistics {
    fn example() -> Self {
        Self { cookie: 640, token: 410 }
    }
}

impl Example for DayStatistics {
    fn example() -> Self {
        Self { day: "2026-01-01".to_owned(), sign_ins: 320, refused: 14, sign_ups: 9 }
    }
}

impl Example for Statistics {
    fn example() -> Self {
        Self {
            as_of: instant(UnixMillis(1_767_258_000_000)),
            users: UserStatistics::example(),
            sessions: SessionStatistics::example(),
            days: vec![DayStatistics::example()],
        }
    }
}

problems!(StatisticsError {
    StatisticsError::Range => ValidationFailed.fields(vec![FieldError::new(
        "from",
        Rule::Conflict,
        format!("must be at most {} days before `to`, and not after it", MAX_DAYS - 1)
    )]),
    StatisticsError::Store(error) => (StoreError: StoreError(error)),
});

pub(in crate::http) struct AdminStatisticsApi;

#[OpenApi(prefix_path = "/v1/admin/statistics", tag = "AdminTag::Statistics")]
impl AdminStatisticsApi {
    /// Get statistics
    ///
    /// Answers with the numbers of users and sessions, and with what happened on each of up to 90 days. A node counts at most once a
    /// minute, and less often if that takes long: `as_of` says when it did.
    #[oai(path = "/", method = "get", operation_id = "getStatistics")]
    async fn get(
        &self,
        state: State<'_>,
        _operator: Admin<StatisticsRead>,
        /// The first day, in UTC; if it is left out, 29 days before `to`.
        from: Query<Option<DayText>>,
        /// The last day, in UTC; if it is left out, today.
        to: Query<Option<DayText>>,
    ) -> Result<Reply<200, Statistics>, ErrorResponse<StatisticsError>> {
        let [first, last] = [from.0, to.0].map(|day| day.and_then(|DayText(day)| Day::parse(&day)));
        let counted = administration::statistics(&state, first, last).await?;
        let (totals, days) = (counted.totals, counted.days);
        Ok(Reply(Statistics {
            as_of: instant(counted.as_of),
            users: totals.users.into(),
            sessions: totals.sessions.into(),
            days: days.into_iter().map(Into::into).collect(),
        }))
    }
}
