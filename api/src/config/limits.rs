//! Rate limits of sign-in, sign-up and mail.

use std::{num::NonZeroU32, time::Duration};

use super::{
    reader::Reader,
    values::{duration, switch},
};

/// A burst, and the period in which as many attempts become available again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub burst: NonZeroU32,
    pub period: Duration,
}

impl Rate {
    /// Reads `10/1h`.
    pub fn parse(written: &str) -> Result<Self, String> {
        let wrong = || "write a number of attempts and a period: 10/1h".to_owned();
        let (burst, period) = written.split_once('/').ok_or_else(wrong)?;
        let rate = Self { burst: burst.trim().parse().map_err(|_| wrong())?, period: duration(period.trim())? };
        let one_a_millisecond = u128::from(rate.burst.get()) <= rate.period.as_millis();
        if one_a_millisecond { Ok(rate) } else { Err("write at most one attempt per millisecond".to_owned()) }
    }

    /// The time until one more attempt is available, rounded up to a millisecond so that the rate is never exceeded.
    pub fn interval(self) -> Duration {
        let millis = self.period.as_millis().div_ceil(u128::from(self.burst.get()));
        Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
    }

    /// The rate with a burst multiplied by `factor`.
    #[must_use]
    pub fn times(self, factor: u32) -> Self {
        Self { burst: self.burst.saturating_mul(NonZeroU32::new(factor).unwrap_or(NonZeroU32::MIN)), ..self }
    }

    /// A quarter of the burst, for a node that does not know what other nodes have allowed.
    #[must_use]
    pub fn stricter(self) -> Self {
        Self { burst: NonZeroU32::new(self.burst.get() / 4).unwrap_or(NonZeroU32::MIN), period: self.period }
    }
}

/// The rate limits. See each key's description.
#[derive(Clone, Copy, Debug)]
pub struct LimitsConfig {
    /// Failed passwords for one account from all unknown devices together.
    pub account: Rate,
    /// Failed passwords for one account from one known device, or from one network.
    pub client: Rate,
    /// Sign-ins and sign-ups from one network; an IPv6 site gets a few times as many (`AddressBlock::share`).
    pub network: Rate,
    /// Sign-ins and sign-ups from all networks together.
    pub global: Rate,
    /// Mails to one mailbox that an unauthenticated request causes.
    pub mail: Rate,
}

impl LimitsConfig {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let about = "Whether rate limits apply. Disable them for contract tests only, never on a public network.";
        let enabled = reader.one("limits.enabled", "true", about, switch);
        let mut rate = |key, default, about| reader.one(key, default, about, Rate::parse);
        let account = rate("limits.account", "100/1h", "Failed passwords for one account from all unknown devices together.");
        let about = "Failed passwords for one account from one network, or from one known device.";
        let client = rate("limits.client", "10/1h", about);
        let network = rate("limits.network", "300/10m", "Sign-ins and sign-ups from one IPv4 address or IPv6 /64.");
        let global = rate("limits.global", "6000/1m", "Sign-ins and sign-ups from all networks together.");
        let mail = rate(
            "limits.mail",
            "3/1h",
            "Mails to one mailbox that unauthenticated requests cause, such as signing up with its address.",
        );
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
