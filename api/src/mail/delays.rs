//! When a mail is tried again, and when it is given up.

use std::time::Duration;

use super::letter::RESET_WITHIN;
use crate::delays::Delays;

/// After this time a mail that was not delivered is dead.
const GIVE_UP_AFTER: Duration = Duration::from_secs(24 * 3600);

/// The delays between the attempts of one mail.
pub(super) const DELAYS: Delays = Delays { first: Duration::from_secs(60), longest: Duration::from_secs(3600) };

/// The link of a reset is void long before a day is over.
pub(super) fn give_up_after(kind: &str) -> Duration {
    if kind == "reset_password" { RESET_WITHIN } else { GIVE_UP_AFTER }
}
