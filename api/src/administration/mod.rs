//! What operators do with the service itself, in the admin API and on the command line: its numbers, its mail, its signing keys.

mod mail;
mod signing_keys;
mod statistics;

pub use mail::{MailError, discard_mail, list_mail, retry_mail};
pub use signing_keys::{ChangeKeyError, MAX_KEYS, retire_key, rotate_key};
pub use statistics::{CountedStatistics, MAX_DAYS, StatisticsError, statistics};
