//! How often passwords may be presented: per account, per network, and in all.
//!
//! The account's limit is in the database, taken before the password is looked at and given back only if it was right. So neither
//! a crash nor a client that hangs up saves an attacker anything, and guesses in parallel gain nothing. A device with which the
//! owner signed in lately has a limit of its own, and so has a network: strangers cannot lock the owner out.

mod gcra;
mod networks;
pub(crate) mod store;

use std::{sync::Arc, time::Duration};

use aws_lc_rs::hmac;
use entity::{LimitKey, UnixMillis};

use self::networks::Networks;
use crate::{
    audit::Event,
    client::Client,
    config::LimitsConfig,
    db::{Db, Unavailable},
    email_address::EmailAddress,
    metrics::Metrics,
    network::ClientNetwork,
    redis::Redis,
    secret::DeviceToken,
};

/// How long a device and a network count as the owner's after a sign-in.
pub const KNOWN_FOR: Duration = Duration::from_secs(90 * 24 * 3600);
/// What is known for at least this long is not noted again.
const KNOWN_ENOUGH: Duration = Duration::from_secs(60 * 24 * 3600);

/// Why a password was not even looked at.
#[derive(Debug, thiserror::Error)]
pub enum LimitError {
    /// Too many; this long until the next.
    #[error("too many attempts")]
    Limited(Duration),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// The limits. With none configured, everything may be tried.
#[derive(Debug)]
pub struct Limits {
    config: Option<LimitsConfig>,
    networks: Networks,
    redis: Option<Redis>,
    metrics: Arc<Metrics>,
    /// So that the table shows neither addresses nor where their owners are.
    key: Arc<hmac::Key>,
}

/// One more try on an account, until its password turned out right.
#[derive(Debug)]
pub struct Attempt {
    limit: LimitKey,
    /// The device if it has a name, and the network; each with the moment until which it is known.
    from: Vec<(LimitKey, Option<UnixMillis>)>,
}

/// What a limit is kept for, of one account.
#[derive(Clone, Copy)]
enum Whose<'a> {
    Strangers,
    Network(ClientNetwork),
    Device(&'a DeviceToken),
    Mail,
}

impl Limits {
    /// With Redis, nodes count networks together.
    pub fn new(config: Option<LimitsConfig>, redis: Option<Redis>, key: hmac::Key, metrics: Arc<Metrics>) -> Self {
        Self { config, networks: Networks::default(), redis, metrics, key: Arc::new(key) }
    }

    /// Takes one of what a network may try, and of what all may.
    pub async fn take_network(&self, network: ClientNetwork, now: UnixMillis) -> Result<(), LimitError> {
        let Some(config) = &self.config else { return Ok(()) };
        let redis = self.redis.as_ref();
        self.networks.take(redis, Some(network), config.network, now).await.map_err(|wait| self.limited("network", wait))?;
        self.networks.take(redis, None, config.global, now).await.map_err(|wait| self.limited("all", wait))
    }

    /// Takes one of the wrong passwords that an account may be tried with, whether or not anybody has it.
    pub async fn take_account(
        &self,
        db: &Db,
        account: &EmailAddress,
        client: &Client,
        now: UnixMillis,
    ) -> Result<Option<Attempt>, LimitError> {
        let Some(LimitsConfig { account: rate, .. }) = self.config else { return Ok(None) };
        let whose = client.device.iter().map(Whose::Device).chain([Whose::Network(client.network())]);
        let keys: Vec<_> = whose.map(|whose| self.key_of(account, whose)).collect();
        let known = store::known(db.connection(), &keys, now).await?;
        let from: Vec<_> = keys.into_iter().map(|key| (key.clone(), known.get(&key).copied())).collect();
        let own = from.iter().find(|(_, known)| known.is_some()).map(|(key, _)| key.clone());
        let limit = own.unwrap_or_else(|| self.key_of(account, Whose::Strangers));
        if store::take(db.connection(), &limit, rate, now).await? {
            return Ok(Some(Attempt { limit, from }));
        }
        let kept = store::find(db.connection(), &limit).await?.map_or(now, |row| row.new_at);
        Err(self.limited("account", gcra::take(rate, kept, now).err().unwrap_or(rate.interval())))
    }

    /// Takes one of the mails that an address may be sent because somebody who may be a stranger asks for it; false if there is none.
    pub async fn take_mail(&self, db: &Db, account: &EmailAddress, now: UnixMillis) -> Result<bool, Unavailable> {
        let Some(LimitsConfig { mail: rate, .. }) = self.config else { return Ok(true) };
        store::take(db.connection(), &self.key_of(account, Whose::Mail), rate, now).await
    }

    /// The password was right: it costs nothing, and the device and the network are known from now on.
    pub async fn give_back(&self, db: &Db, attempt: &Attempt, now: UnixMillis) -> Result<(), Unavailable> {
        let Some(LimitsConfig { account: rate, .. }) = self.config else { return Ok(()) };
        store::give_back(db.connection(), &attempt.limit, rate).await?;
        for (key, known) in &attempt.from {
            if known.is_none_or(|until| until < now.plus(KNOWN_ENOUGH)) {
                store::know(db.connection(), key, now.plus(KNOWN_FOR), now).await?;
            }
        }
        Ok(())
    }

    fn limited(&self, what: &'static str, wait: Duration) -> LimitError {
        self.metrics.record(Event::AttemptLimited.because(what));
        LimitError::Limited(wait)
    }

    fn key_of(&self, account: &EmailAddress, whose: Whose<'_>) -> LimitKey {
        let mut message = hmac::Context::with_key(&self.key);
        // Of each kind as many bytes before the address: none can be read as another.
        match whose {
            Whose::Strangers => message.update(b"s"),
            Whose::Network(network) => message.update(&[b"n".as_slice(), &network.to_bytes()].concat()),
            Whose::Device(device) => message.update(&[b"d".as_slice(), device.bytes()].concat()),
            Whose::Mail => message.update(b"m"),
        }
        message.update(account.canonical().as_bytes());
        LimitKey(message.sign().as_ref().to_vec())
    }
}
