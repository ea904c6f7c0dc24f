//! How many passwords may be tried: per account, per network, and in total.
//!
//! The limits of an account are in the database. An attempt is taken before the password is verified, and refunded if the password is
//! right. So an attacker gains nothing by a crash, by hanging up, or by guessing in parallel. A device that signed in to the account
//! before has a limit of its own. All other devices share one limit, and one network gets only a part of that.

mod gcra;
mod keyed_lock;
mod local;
mod networks;
pub(crate) mod store;
mod unspent;

use std::{sync::Arc, time::Duration};

use aws_lc_rs::hmac;
use entity::{LimitKey, UnixMillis};

use self::{
    keyed_lock::{KeyGuard, KeyedLock},
    networks::Networks,
    unspent::Unspent,
};
use crate::{
    audit::Event,
    config::{LimitsConfig, Rate},
    db::{Db, Unavailable},
    email_address::EmailAddress,
    metrics::Metrics,
    network::{AddressBlock, ClientNetwork},
    redis::Redis,
    requester::Requester,
    secret::{DeviceToken, ServerSecrets},
};

/// Why an attempt is refused before the password is verified.
#[derive(Debug, thiserror::Error)]
pub enum LimitError {
    /// Too many attempts; the time until the next is allowed.
    #[error("too many attempts")]
    Limited(Duration),
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// The limits; without a configuration, nothing is limited.
#[derive(Debug)]
pub struct Limits {
    config: Option<LimitsConfig>,
    networks: Networks,
    attempts: KeyedLock,
    unspent: Unspent,
    redis: Option<Redis>,
    metrics: Arc<Metrics>,
    /// The table shows neither e-mail addresses nor networks.
    key: hmac::Key,
    device_keys: Vec<hmac::Key>,
}

/// One attempt at the password of an account, taken from its limits.
#[derive(Debug)]
pub struct Attempt {
    taken: Vec<(LimitKey, Rate)>,
    /// When the first of these limits has one more by itself.
    until: UnixMillis,
    unspent: Unspent,
    _guard: KeyGuard,
}

impl Attempt {
    /// The password was right. Limits that devices share are refunded in the database, or right passwords from many places would use them up.
    pub async fn refund(self, db: &Db, now: UnixMillis) -> Result<(), Unavailable> {
        match &self.taken[..] {
            [(device, _)] => self.unspent.add(device.clone(), self.until, now),
            shared => store::refund(db, shared).await?,
        }
        Ok(())
    }
}

/// What one limit of an account is about.
#[derive(Clone, Copy)]
enum Subject<'a> {
    /// All devices that are not known to the account.
    UnknownDevices,
    Block(AddressBlock),
    Device(&'a DeviceToken),
    Mail,
}

impl Limits {
    /// With Redis, all nodes share the limits of networks.
    pub fn new(config: Option<LimitsConfig>, redis: Option<Redis>, secrets: &ServerSecrets, metrics: Arc<Metrics>) -> Self {
        let (key, device_keys) = (secrets.key_for("keys of limits"), secrets.keys_for("devices"));
        let (networks, attempts, unspent) = (Networks::default(), KeyedLock::default(), Unspent::default());
        Self { config, networks, attempts, unspent, redis, metrics, key, device_keys }
    }

    /// Takes one from the limit of a network, and from the limit of all networks together.
    pub async fn take_network(&self, network: ClientNetwork, now: UnixMillis) -> Result<(), LimitError> {
        let Some(config) = &self.config else { return Ok(()) };
        let taken = self.networks.take(self.redis.as_ref(), network, config, now).await;
        taken.map_err(|(what, wait)| self.limited(what, wait))
    }

    /// Takes one attempt at an account, whether or not it exists.
    pub async fn take_account(
        &self,
        db: &Db,
        account: &str,
        requester: &Requester,
        now: UnixMillis,
    ) -> Result<Option<Attempt>, LimitError> {
        let Some(config) = &self.config else { return Ok(None) };
        let known = requester.device.as_ref().filter(|device| device.is_known(account, &self.device_keys, now));
        let limits = match known {
            Some(device) => vec![(Subject::Device(device), config.client)],
            None => {
                let blocks = requester.network().blocks().map(|block| (Subject::Block(block), config.client.times(block.share())));
                blocks.chain([(Subject::UnknownDevices, config.account)]).collect()
            }
        };
        let limits: Vec<_> = limits.into_iter().map(|(subject, rate)| (self.key_of(account, subject), rate)).collect();
        let key = limits[0].0.clone();
        let guard = self.attempts.lock(&key).await;
        let until = if let Some(until) = self.unspent.take(&key, now) {
            until
        } else {
            store::take(db, &limits, now).await?.map_err(|wait| self.limited("account", wait))?;
            now.plus(limits.iter().map(|(_, rate)| rate.interval()).min().unwrap_or_default())
        };
        Ok(Some(Attempt { taken: limits, until, unspent: self.unspent.clone(), _guard: guard }))
    }

    /// Takes one mail that an unauthenticated client may have sent to a mailbox; false if none is left.
    pub async fn take_mail(&self, db: &Db, address: &EmailAddress, now: UnixMillis) -> Result<bool, Unavailable> {
        let Some(config) = &self.config else { return Ok(true) };
        Ok(store::take(db, &[(self.key_of(address.mailbox().as_str(), Subject::Mail), config.mail)], now).await?.is_ok())
    }

    /// The token of a device that has just signed in: from now on it is known to the account.
    pub fn trust_device(&self, device: Option<&DeviceToken>, account: &str, now: UnixMillis) -> DeviceToken {
        device.cloned().unwrap_or_default().trusted_by(account, &self.device_keys, now)
    }

    fn limited(&self, what: &'static str, wait: Duration) -> LimitError {
        self.metrics.record(Event::AttemptLimited.because(what));
        LimitError::Limited(wait)
    }

    fn key_of(&self, account: &str, subject: Subject<'_>) -> LimitKey {
        let mut message = hmac::Context::with_key(&self.key);
        // Each kind has a tag and a fixed length, so that no two inputs are the same bytes.
        match subject {
            Subject::UnknownDevices => message.update(b"s"),
            Subject::Block(block) => message.update(&[b"n".as_slice(), &block.to_bytes()].concat()),
            Subject::Device(device) => message.update(&[b"d".as_slice(), device.id()].concat()),
            Subject::Mail => message.update(b"m"),
        }
        message.update(account.as_bytes());
        LimitKey(message.sign().as_ref().to_vec())
    }
}
