//! How many sign-ins and sign-ups each network may try, and all together: counted in Redis for all nodes, or here for one.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use entity::UnixMillis;

use super::gcra;
use crate::{config::Rate, network::ClientNetwork, redis::Redis};

/// As many networks as are remembered before those that are as good as new are forgotten.
const REMEMBERED: usize = 65_536;

/// GCRA by Redis's own clock: 0, or the milliseconds to wait.
const TAKE: &str = "local time = redis.call('TIME') \
    local now = time[1] * 1000 + math.floor(time[2] / 1000) \
    local interval, period = tonumber(ARGV[1]), tonumber(ARGV[2]) \
    local kept = tonumber(redis.call('GET', KEYS[1]) or 0) \
    local next = math.min(math.max(kept, now), now + period) + interval \
    if next - now > period then return next - now - period end \
    redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', next - now) \
    return 0";

/// What was taken on this node.
#[derive(Debug, Default)]
pub(super) struct Networks(Mutex<HashMap<Option<ClientNetwork>, UnixMillis>>);

impl Networks {
    /// Takes one for a network, or with none for all together; or says how long to wait.
    pub(super) async fn take(
        &self,
        redis: Option<&Redis>,
        network: Option<ClientNetwork>,
        rate: Rate,
        now: UnixMillis,
    ) -> Result<(), Duration> {
        let Some(redis) = redis else { return self.take_here(network, rate, now) };
        let name = network.map_or([0xff; 9], ClientNetwork::to_bytes);
        let key = [b"bifrons:limit:".as_slice(), &name].concat();
        let mut command = ::redis::cmd("EVAL");
        let (interval, period) = (rate.interval().as_millis(), rate.period.as_millis());
        command.arg(TAKE).arg(1).arg(key).arg(interval.to_string()).arg(period.to_string());
        match redis.ask::<u64>(&command).await {
            Ok(0) => Ok(()),
            Ok(wait) => Err(Duration::from_millis(wait)),
            // What other nodes allow meanwhile is not known: so each allows less.
            Err(_) => self.take_here(network, rate.stricter(), now),
        }
    }

    fn take_here(&self, network: Option<ClientNetwork>, rate: Rate, now: UnixMillis) -> Result<(), Duration> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.len() >= REMEMBERED && !taken.contains_key(&network) {
            taken.retain(|_, new_at| *new_at > now);
        }
        let kept = taken.get(&network).copied().unwrap_or(now);
        taken.insert(network, gcra::take(rate, kept, now)?);
        Ok(())
    }
}
