//! Session lifetimes.

use std::time::Duration;

use super::{
    reader::Reader,
    values::{duration, number},
};

/// Session lifetimes and cache size.
#[derive(Clone, Debug)]
pub struct SessionsConfig {
    /// Without `remember`.
    pub short: Lifetime,
    /// With `remember`.
    pub remembered: Lifetime,
    /// How long an authentication is fresh.
    pub fresh_for: Duration,
    /// Maximum memory of the session cache in this process; 0 disables it.
    pub cache_bytes: u64,
}

/// The two time limits of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// The session ends when it is unused for this long.
    pub idle: Duration,
    /// The session ends this long after sign-in, even if it is in use.
    pub absolute: Duration,
}

impl SessionsConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let mut time = |key, default, check: fn(Duration) -> Result<Duration, String>, about| {
            reader.one(key, default, about, |text| duration(text).and_then(check)).unwrap_or_default()
        };
        let short = Lifetime {
            idle: time("sessions.idle", "1h", usable, "A session ends when it is unused for this long. At least 2m."),
            absolute: time("sessions.absolute", "24h", not_zero, "A session ends this long after sign-in, even if it is in use."),
        };
        let remembered = Lifetime {
            idle: time("sessions.remember_idle", "14d", usable, "`sessions.idle` for sessions with `remember`."),
            absolute: time("sessions.remember_absolute", "30d", not_zero, "`sessions.absolute` for sessions with `remember`."),
        };
        let about = "How long after an authentication sensitive operations are allowed without re-authentication.";
        let fresh_for = time("sessions.fresh_for", "10m", not_zero, about);
        for (key, lifetime) in [("sessions.idle", short), ("sessions.remember_idle", remembered)] {
            if lifetime.idle > lifetime.absolute {
                reader.reject(key, "must not be longer than the absolute time");
            }
        }
        let about = "Memory of the session cache, in MiB. A session uses about 500 bytes.";
        let cache_mib = reader.one("sessions.cache_mib", "64", about, |text| number(text, 0..=65536_u64));
        Self { short, remembered, fresh_for, cache_bytes: cache_mib.unwrap_or_default() << 20 }
    }

    /// The time limits with or without `remember`.
    pub fn lifetime(&self, remember: bool) -> Lifetime {
        if remember { self.remembered } else { self.short }
    }
}

fn not_zero(time: Duration) -> Result<Duration, String> {
    if time.is_zero() { Err("must be longer than 0s".to_owned()) } else { Ok(time) }
}

/// The last use of a session is stored at most once a minute: a shorter idle time would end sessions that are in use.
fn usable(idle: Duration) -> Result<Duration, String> {
    if idle < Duration::from_secs(120) { Err("must be at least 2m".to_owned()) } else { Ok(idle) }
}
