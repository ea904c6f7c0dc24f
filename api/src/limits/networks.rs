//! How many sign-ins and sign-ups each network may try, and all networks together: counted in Redis for all nodes, or in this process.

use std::{num::NonZeroU32, time::Duration};

use entity::UnixMillis;

use super::local::LocalLimits;
use crate::{
    config::{LimitsConfig, Rate},
    network::{AddressBlock, ClientNetwork},
    redis::Redis,
};

/// A network is quiet while it sends no more attempts than this within the period of the global limit.
const QUIET_ATTEMPTS: NonZeroU32 = NonZeroU32::new(5).unwrap();

/// The part of the global limit that only quiet networks may use: one in so many. Otherwise the networks that send many attempts would keep
/// out all others.
const RESERVED_PART: u32 = 4;

/// [`super::gcra::take`] by the clock of Redis: 0, or how many milliseconds to wait.
const TAKE: &str = "local time = redis.call('TIME') \
    local now = time[1] * 1000 + math.floor(time[2] / 1000) \
    local interval, period, reserve = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]) \
    local stored = tonumber(redis.call('GET', KEYS[1]) or 0) \
    local new_at = math.min(math.max(stored, now), now + period) \
    local wait = new_at + interval - (now + period - reserve) \
    if wait <= 0 then new_at = new_at + interval end \
    if new_at > now then redis.call('SET', KEYS[1], string.format('%.0f', new_at), 'PX', new_at - now) end \
    return math.max(wait, 0)";

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Counted {
    Block(AddressBlock),
    All,
}

impl Counted {
    fn to_bytes(self) -> [u8; 9] {
        match self {
            Self::Block(block) => block.to_bytes(),
            Self::All => [0xff; 9],
        }
    }
}

/// The limits of networks.
#[derive(Debug, Default)]
pub(super) struct Networks {
    /// Without Redis, or while it cannot be reached.
    local: LocalLimits<Counted>,
    /// How quiet a block is: each node judges by itself.
    quiet: LocalLimits<AddressBlock>,
}

impl Networks {
    /// Makes all available again.
    #[cfg(feature = "testbed")]
    pub(super) fn clear(&self) {
        self.local.clear();
        self.quiet.clear();
    }

    /// Takes one; or returns which limit is exhausted, and how long to wait.
    pub(super) async fn take(
        &self,
        redis: Option<&Redis>,
        network: ClientNetwork,
        config: &LimitsConfig,
        now: UnixMillis,
    ) -> Result<(), (&'static str, Duration)> {
        for block in network.blocks() {
            let rate = config.network.times(block.share());
            let taken = self.take_one(redis, Counted::Block(block), rate, Duration::ZERO, now).await;
            taken.map_err(|wait| ("network", wait))?;
        }
        let reserve =
            if self.is_quiet(network, config.global, now) { Duration::ZERO } else { config.global.period / RESERVED_PART };
        let taken = self.take_one(redis, Counted::All, config.global, reserve, now).await;
        taken.map_err(|wait| ("all", wait))
    }

    fn is_quiet(&self, network: ClientNetwork, global: Rate, now: UnixMillis) -> bool {
        let takes = |block: AddressBlock| {
            let rate = Rate { burst: QUIET_ATTEMPTS, period: global.period }.times(block.share());
            self.quiet.take(block, rate, Duration::ZERO, now).is_ok()
        };
        network.blocks().all(takes)
    }

    async fn take_one(
        &self,
        redis: Option<&Redis>,
        counted: Counted,
        rate: Rate,
        reserve: Duration,
        now: UnixMillis,
    ) -> Result<(), Duration> {
        let Some(redis) = redis else { return self.local.take(counted, rate, reserve, now) };
        let key = redis.name("limit", &counted.to_bytes());
        let mut command = ::redis::cmd("EVAL");
        command.arg(TAKE).arg(1).arg(key);
        for time in [rate.interval(), rate.period, reserve] {
            command.arg(time.as_millis().to_string());
        }
        match redis.ask::<u64>(&command).await {
            Ok(0) => Ok(()),
            Ok(wait) => Err(Duration::from_millis(wait)),
            // The other nodes cannot share their limits either, so each node allows less.
            Err(_) => self.local.take(counted, rate.stricter(), reserve, now),
        }
    }
}
