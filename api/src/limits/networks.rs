//! How many sign-ins and sign-ups each network may try, and all together: counted in Redis for all nodes, or here for one.

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

/// As many networks as are remembered before those that are as good as new are forgotten.
const REMEMBERED: usize = 65_536;

/// How many networks' worth a whole site may try: IPv6 gives one customer up to 65,536 of them.
const NETWORKS_OF_A_SITE: u32 = 8;

/// Tries of a network that do not count among all: or whoever sends many would keep out those who send few.
const FEW: u32 = 5;

/// GCRA by Redis's own clock: how many milliseconds ahead the limit is, or, negative, how many to wait.
const TAKE: &str = "local time = redis.call('TIME') \
    local now = time[1] * 1000 + math.floor(time[2] / 1000) \
    local interval, period = tonumber(ARGV[1]), tonumber(ARGV[2]) \
    local kept = tonumber(redis.call('GET', KEYS[1]) or 0) \
    local next = math.min(math.max(kept, now), now + period) + interval \
    if next - now > period then return now + period - next end \
    redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', next - now) \
    return next - now";

/// What is counted.
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

/// What was taken on this node.
#[derive(Debug, Default)]
pub(super) struct Networks(Mutex<HashMap<Counted, UnixMillis>>);

impl Networks {
    /// Takes one; or says of what there are too many, and how long to wait.
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
        if ahead > config.network.interval() * FEW {
            self.take_one(redis, Counted::All, config.global, now).await.map_err(|wait| ("all", wait))?;
        }
        Ok(())
    }

    /// How far ahead of now the limit is afterwards; or how long to wait.
    async fn take_one(&self, redis: Option<&Redis>, counted: Counted, rate: Rate, now: UnixMillis) -> Result<Duration, Duration> {
        let Some(redis) = redis else { return self.take_here(counted, rate, now) };
        let key = [b"bifrons:limit:".as_slice(), &counted.to_bytes()].concat();
        let mut command = ::redis::cmd("EVAL");
        let (interval, period) = (rate.interval().as_millis(), rate.period.as_millis());
        command.arg(TAKE).arg(1).arg(key).arg(interval.to_string()).arg(period.to_string());
        match redis.ask::<i64>(&command).await {
            Ok(ahead @ 0..) => Ok(Duration::from_millis(ahead.unsigned_abs())),
            Ok(wait) => Err(Duration::from_millis(wait.unsigned_abs())),
            // What other nodes allow meanwhile is not known: so each allows less.
            Err(_) => self.take_here(counted, rate.stricter(), now),
        }
    }

    fn take_here(&self, counted: Counted, rate: Rate, now: UnixMillis) -> Result<Duration, Duration> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.len() >= REMEMBERED && !taken.contains_key(&counted) {
            taken.retain(|_, new_at| *new_at > now);
        }
        let kept = taken.get(&counted).copied().unwrap_or(now);
        let next = gcra::take(rate, kept, now)?;
        taken.insert(counted, next);
        Ok(next.since(now))
    }
}
