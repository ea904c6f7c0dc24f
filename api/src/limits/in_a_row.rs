//! Wrong codes of an authenticator app in a row. Who types one knows the password already, and a limit an hour alone would let them guess
//! until they find it.

use std::{num::NonZeroU32, time::Duration};

use entity::{LimitKey, UnixMillis};

use super::{Guessed, Guesser, Limits, Subject, store};
use crate::{
    config::Rate,
    db::{Db, Unavailable},
};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The most wrong codes in a row (NIST SP 800-63B-4, section 3.2.2: no more than 100). A right code, or another password, begins anew. So
/// that a user who mistypes a code now and then is never refused, one is forgotten every 3.65 days.
const MAX: Rate = Rate { burst: NonZeroU32::new(100).unwrap(), period: DAY.saturating_mul(365) };

/// From this number on, the user is told: their password is known.
const REPORTED_FROM: u32 = 10;

/// How often the user is told.
const REPORTS: Rate = Rate { burst: NonZeroU32::MIN, period: DAY };

/// The wrong codes in a row that were typed in one session of a user, on known devices, or on all others.
#[derive(Debug)]
pub(super) struct InARow {
    wrong: LimitKey,
    reports: LimitKey,
}

impl InARow {
    /// `credentials` change with the password: then the limits are new ones.
    pub(super) fn new(limits: &Limits, credentials: &[u8], guesser: Guesser) -> Self {
        let key_of = |subject| limits.key_of_guess(Guessed::AppCode, credentials, subject);
        Self { wrong: key_of(Subject::InARow(guesser)), reports: key_of(Subject::InARowNotice) }
    }

    /// The limit that each code is taken from.
    pub(super) fn limit(&self) -> (LimitKey, Rate) {
        (self.wrong.clone(), MAX)
    }

    /// A code was right.
    pub(super) async fn end(self, db: &Db) -> Result<(), Unavailable> {
        store::clear(db.relaxed_connection(), self.wrong).await
    }

    /// Whether so many were wrong that the user must know. Takes one from the limit of reports.
    pub(super) async fn is_to_be_reported(&self, db: &Db, now: UnixMillis) -> Result<bool, Unavailable> {
        let new_at = store::new_at(db.connection(), &self.wrong).await?.unwrap_or(now);
        // One more is taken at the instant at which the first is forgotten.
        let in_a_row = new_at.since(now).as_millis().div_ceil(MAX.interval().as_millis());
        if in_a_row < u128::from(REPORTED_FROM) {
            return Ok(false);
        }
        Ok(store::take(db, &[(self.reports.clone(), REPORTS)], now).await?.is_ok())
    }
}
