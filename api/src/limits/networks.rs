//! How many sign-ins and sign-ups each network may try, and all networks together: counted in Redis for all nodes, or in this process.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use entity::UnixMillis;

use super::gcra;
use crate::{
    config::{LimitsConfig, Rate},
    network::{ClientNetwork, Site},
    redis::Redis,
};

/// From this many on, networks whose full burst is available again are dropped.
const MAX_TRACKED: usize = 65_536;

/// A site may try as often as this many networks: IPv6 gives one customer up to 65,536 of them.
const NETWORKS_OF_A_SITE: u32 = 8;

/// Attempts of a network that are not counted globally: networks that send many must not keep out networks that send few.
const UNCOUNTED: u32 = 5;

/// GCRA by the clock of Redis: how many milliseconds ahead the limit is, or, negative, how many to wait.
const TAKE: &str = "local time = redis.call('TIME') \
    local now = time[1] * 1000 + math.floor(time[2] / 1000) \
    local interval, period = tonumber(ARGV[1]), tonumber(ARGV[2]) \
    local kept = tonumber(redis.call('GET', KEYS[1]) or 0) \
    local next = math.min(math.max(kept, now), now + period) + interval \
    if next - now > period then return now + period - next end \
    redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', next - now) \
    return next - now";

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Counted {
    Network(ClientNetwork),
    Site(Site),
    All,
}

impl Counted {
    fn to_bytes(self) -> [u8; 9] {
        match self {
            Self::Network(network) => network.to_bytes(),
            Self::Site(site) => site.to_bytes(),
            Self::All => [0xff; 9],
        }
    }
}

/// The limits of this process.
#[derive(Debug, Default)]
pub(super) struct Networks(Mutex<HashMap<Counted, UnixMillis>>);

impl Networks {
    /// Takes one; or returns which limit is exhausted, and how long to wait.
    pub(super) async fn take(
        &self,
        redis: Option<&Redis>,
        network: ClientNetwork,
        config: &LimitsConfig,
        now: UnixMillis,
    ) -> Result<(), (&'static str, Duration)> {
        let of_network = |wait| ("network", wait);
        let ahead = self.take_one(redis, Counted::Network(network), config.network, now).await.map_err(of_network)?;
        if let Some(site) = network.site() {
            let rate = config.network.times(NETWORKS_OF_A_SITE);
            self.take_one(redis, Counted::Site(site), rate, now).await.map_err(of_network)?;
        }
        if ahead > config.network.interval() * UNCOUNTED {
            self.take_one(redis, Counted::All, config.global, now).await.map_err(|wait| ("all", wait))?;
        }
        Ok(())
    }

    /// How far ahead of now the limit is then; or how long to wait.
    async fn take_one(&self, redis: Option<&Redis>, counted: Counted, rate: Rate, now: UnixMillis) -> Result<Duration, Duration> {
        let Some(redis) = redis else { return self.take_local(counted, rate, now) };
        let key = [b"bifrons:limit:".as_slice(), &counted.to_bytes()].concat();
        let mut command = ::redis::cmd("EVAL");
        let (interval, period) = (rate.interval().as_millis(), rate.period.as_millis());
        command.arg(TAKE).arg(1).arg(key).arg(interval.to_string()).arg(period.to_string());
        match redis.ask::<i64>(&command).await {
            Ok(ahead @ 0..) => Ok(Duration::from_millis(ahead.unsigned_abs())),
            Ok(wait) => Err(Duration::from_millis(wait.unsigned_abs())),
            // The other nodes cannot share their limits either, so each node allows less.
            Err(_) => self.take_local(counted, rate.stricter(), now),
        }
    }

    fn take_local(&self, counted: Counted, rate: Rate, now: UnixMillis) -> Result<Duration, Duration> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.len() >= MAX_TRACKED && !taken.contains_key(&counted) {
            taken.retain(|_, new_at| *new_at > now);
        }
        let kept = taken.get(&counted).copied().unwrap_or(now);
        let next = gcra::take(rate, kept, now)?;
        taken.insert(counted, next);
        Ok(next.since(now))
    }
}
