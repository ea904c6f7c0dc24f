//! How long sessions live.

use std::time::Duration;

use super::{
    reader::Reader,
    values::{duration, number},
};

/// The clocks of a session.
#[derive(Clone, Debug)]
pub struct SessionsConfig {
    /// Without `remember`.
    pub short: Lifetime,
    /// With `remember`.
    pub remembered: Lifetime,
    /// How long a proved credential counts as fresh.
    pub fresh_for: Duration,
    /// How much memory verified sessions may take in process; 0 for none.
    pub cache_bytes: u64,
}

/// The two clocks that run for every session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// The session ends when nobody uses it for this long.
    pub idle: Duration,
    /// The session ends this long after sign-in, whatever happens.
    pub absolute: Duration,
}

impl SessionsConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let mut time = |key, default, check: fn(Duration) -> Result<Duration, String>, about| {
            reader.one(key, default, about, |text| duration(text).and_then(check)).unwrap_or_default()
        };
        let short = Lifetime {
            idle: time("sessions.idle", "1h", usable, "A session ends when nobody uses it for this long: at least 2m."),
            absolute: time("sessions.absolute", "24h", not_zero, "A session ends this long after sign-in."),
        };
        let remembered = Lifetime {
            idle: time("sessions.remember_idle", "14d", usable, "The idle time of a session with `remember`."),
            absolute: time("sessions.remember_absolute", "30d", not_zero, "The absolute time of a session with `remember`."),
        };
        let about = "How long after a password was typed sensitive operations ask for no new one.";
        let fresh_for = time("sessions.fresh_for", "10m", not_zero, about);
        for (key, lifetime) in [("sessions.idle", short), ("sessions.remember_idle", remembered)] {
            if lifetime.idle > lifetime.absolute {
                reader.mistake(key, "must not be longer than the absolute time");
            }
        }
        let about = "How many MiB of memory verified sessions may take; a session takes about half a kilobyte.";
        let cache_mib = reader.one("sessions.cache_mib", "64", about, |text| number(text, 0..=65536_u64));
        Self { short, remembered, fresh_for, cache_bytes: cache_mib.unwrap_or_default() << 20 }
    }

    /// The clocks of a session with or without `remember`.
    pub fn lifetime(&self, remember: bool) -> Lifetime {
        if remember { self.remembered } else { self.short }
    }
}

fn not_zero(time: Duration) -> Result<Duration, String> {
    if time.is_zero() { Err("must be longer than nothing".to_owned()) } else { Ok(time) }
}

/// Use is noted once a minute at most: a shorter idle time would end sessions that are in use.
fn usable(idle: Duration) -> Result<Duration, String> {
    if idle < Duration::from_secs(120) { Err("must be at least 2m".to_owned()) } else { Ok(idle) }
}
