//! How often passwords may be presented.

use std::{num::NonZeroU32, time::Duration};

use super::{
    reader::Reader,
    values::{duration, switch},
};

/// So many at once, and as many again spread over the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many at once.
    pub burst: NonZeroU32,
    /// How long until as many are free again.
    pub period: Duration,
}

impl Rate {
    /// Reads `10/1h`.
    pub fn parse(written: &str) -> Result<Self, String> {
        let wrong = || "write how many in how long: 10/1h".to_owned();
        let (burst, period) = written.split_once('/').ok_or_else(wrong)?;
        let rate = Self { burst: burst.trim().parse().map_err(|_| wrong())?, period: duration(period.trim())? };
        let one_a_millisecond = u128::from(rate.burst.get()) <= rate.period.as_millis();
        if one_a_millisecond { Ok(rate) } else { Err("write at most one a millisecond".to_owned()) }
    }

    /// The time after which one more is free, to the millisecond: never more than so many in the period.
    pub fn interval(self) -> Duration {
        let millis = self.period.as_millis().div_ceil(u128::from(self.burst.get()));
        Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
    }

    /// So many times as many.
    #[must_use]
    pub fn times(self, factor: u32) -> Self {
        Self { burst: self.burst.saturating_mul(NonZeroU32::new(factor).unwrap_or(NonZeroU32::MIN)), ..self }
    }

    /// A quarter of it, for when nobody knows what other nodes allow.
    #[must_use]
    pub fn stricter(self) -> Self {
        Self { burst: NonZeroU32::new(self.burst.get() / 4).unwrap_or(NonZeroU32::MIN), period: self.period }
    }
}

/// The limits, or `None` where they are switched off.
#[derive(Clone, Copy, Debug)]
pub struct LimitsConfig {
    /// Wrong passwords for one account from all devices that nobody signed in to it with.
    pub account: Rate,
    /// Wrong passwords for one account from one device that somebody signed in to it with, or from one network.
    pub client: Rate,
    /// Sign-ins and sign-ups from one network.
    pub network: Rate,
    /// Sign-ins and sign-ups in all.
    pub global: Rate,
    /// Mails to one mailbox because somebody asks for them who may be a stranger.
    pub mail: Rate,
}

impl LimitsConfig {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let about = "Whether sign-ins and sign-ups are limited. Switch it off for contract tests, never where strangers come.";
        let enabled = reader.one("limits.enabled", "true", about, switch);
        let mut rate = |key, default, about| reader.one(key, default, about, Rate::parse);
        let account = rate(
            "limits.account",
            "100/1h",
            "Wrong passwords for one account from all devices that nobody has signed in to it with.",
        );
        let about = "Wrong passwords for one account from one network, or from one device that somebody has signed in to it with.";
        let client = rate("limits.client", "10/1h", about);
        let network = rate("limits.network", "300/10m", "Sign-ins and sign-ups from one IPv4 address or IPv6 /64.");
        let global = rate("limits.global", "6000/1m", "Sign-ins and sign-ups in all.");
        let mail = rate("limits.mail", "3/1h", "Mails to one mailbox that anybody can ask for, by signing up with its address.");
        let limits = Self { account: account?, client: client?, network: network?, global: global?, mail: mail? };
        enabled?.then_some(limits)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Rate;

    #[test]
    fn rates() {
        let rate = Rate::parse("10/1h").unwrap();
        assert_eq!((rate.burst.get(), rate.period, rate.interval()), (10, Duration::from_secs(3600), Duration::from_secs(360)));
        let odd = Rate::parse("501/1s").unwrap();
        assert_eq!((odd.interval(), odd.times(2).interval()), (Duration::from_millis(2), Duration::from_millis(1)));
        assert_eq!((rate.stricter().burst.get(), Rate::parse("1 / 1s").unwrap().stricter().burst.get()), (2, 1));
        for wrong in ["", "10", "10/", "/1h", "0/1h", "-1/1h", "10/0s", "10/h", "4000000/1s"] {
            assert!(Rate::parse(wrong).is_err(), "{wrong}");
        }
    }
}
