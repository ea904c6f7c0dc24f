//! How often passwords may be presented: per account, per network, and in all.
//!
//! An account's limits are in the database, taken before the password is looked at, and a right one costs nothing in the end. So neither a crash nor a client that hangs up saves an attacker anything, and guesses in parallel gain nothing. A
//! device that somebody signed in to the account with has a limit of its own, which no stranger touches; everybody else shares the
//! strangers' limit, and of that no network gets more than a part.

mod gcra;
mod kept;
mod networks;
pub(crate) mod store;
mod turns;

use std::{sync::Arc, time::Duration};

use aws_lc_rs::hmac;
use entity::{LimitKey, UnixMillis};

use self::{
    kept::Kept,
    networks::Networks,
    turns::{Turn, Turns},
};
use crate::{
    audit::Event,
    client::Client,
    config::{LimitsConfig, Rate},
    db::{Db, Unavailable},
    email_address::EmailAddress,
    metrics::Metrics,
    network::ClientNetwork,
    redis::Redis,
    secret::{DeviceToken, ServerSecrets},
};

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
    turns: Turns,
    kept: Kept,
    redis: Option<Redis>,
    metrics: Arc<Metrics>,
    /// So that the table shows neither addresses nor who tried them from where.
    key: hmac::Key,
    devices: Vec<hmac::Key>,
}

/// One more try on an account.
#[derive(Debug)]
pub struct Attempt {
    taken: Vec<(LimitKey, Rate)>,
    /// When the first of these limits has one more again.
    until: UnixMillis,
    kept: Kept,
    /// Nobody else tries the same meanwhile, or as many right passwords at once as the limit allows would be too many.
    _turn: Turn,
}

impl Attempt {
    /// The password was right: it costs nothing. What strangers share is given back, or people in many places would use it up.
    pub async fn spare(self, db: &Db, now: UnixMillis) -> Result<(), Unavailable> {
        match &self.taken[..] {
            [(device, _)] => self.kept.keep(device.clone(), self.until, now),
            of_strangers => store::give_back(db, of_strangers).await?,
        }
        Ok(())
    }
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
    pub fn new(config: Option<LimitsConfig>, redis: Option<Redis>, secrets: &ServerSecrets, metrics: Arc<Metrics>) -> Self {
        let (key, devices) = (secrets.key_for("keys of limits"), secrets.keys_for("devices"));
        let (networks, turns, kept) = (Networks::default(), Turns::default(), Kept::default());
        Self { config, networks, turns, kept, redis, metrics, key, devices }
    }

    /// Takes one of what a network may try, and of what all may.
    pub async fn take_network(&self, network: ClientNetwork, now: UnixMillis) -> Result<(), LimitError> {
        let Some(config) = &self.config else { return Ok(()) };
        let taken = self.networks.take(self.redis.as_ref(), network, config, now).await;
        taken.map_err(|(what, wait)| self.limited(what, wait))
    }

    /// Takes one of the wrong passwords that an account may be tried with, whether or not anybody has it.
    pub async fn take_account(
        &self,
        db: &Db,
        account: &str,
        client: &Client,
        now: UnixMillis,
    ) -> Result<Option<Attempt>, LimitError> {
        let Some(config) = &self.config else { return Ok(None) };
        let known = client.device.as_ref().filter(|device| device.is_known(account, &self.devices, now));
        let limits = match known {
            Some(device) => vec![(Whose::Device(device), config.client)],
            None => vec![(Whose::Network(client.network()), config.client), (Whose::Strangers, config.account)],
        };
        let limits: Vec<_> = limits.into_iter().map(|(whose, rate)| (self.key_of(account, whose), rate)).collect();
        let key = limits[0].0.clone();
        let turn = self.turns.wait(&key).await;
        let until = if let Some(until) = self.kept.take(&key, now) {
            until
        } else {
            store::take(db, &limits, now).await?.map_err(|wait| self.limited("account", wait))?;
            now.plus(limits.iter().map(|(_, rate)| rate.interval()).min().unwrap_or_default())
        };
        Ok(Some(Attempt { taken: limits, until, kept: self.kept.clone(), _turn: turn }))
    }

    /// Takes one of the mails that a mailbox may be sent because somebody who may be a stranger asks for it; false if there is none.
    pub async fn take_mail(&self, db: &Db, address: &EmailAddress, now: UnixMillis) -> Result<bool, Unavailable> {
        let Some(config) = &self.config else { return Ok(true) };
        Ok(store::take(db, &[(self.key_of(address.mailbox().as_str(), Whose::Mail), config.mail)], now).await?.is_ok())
    }

    /// A device that the account knows from now on.
    pub fn introduce(&self, device: Option<&DeviceToken>, account: &str, now: UnixMillis) -> DeviceToken {
        device.cloned().unwrap_or_default().introduced(account, &self.devices, now)
    }

    fn limited(&self, what: &'static str, wait: Duration) -> LimitError {
        self.metrics.record(Event::AttemptLimited.because(what));
        LimitError::Limited(wait)
    }

    fn key_of(&self, account: &str, whose: Whose<'_>) -> LimitKey {
        let mut message = hmac::Context::with_key(&self.key);
        // Of each kind as many bytes before the address: none can be read as another.
        match whose {
            Whose::Strangers => message.update(b"s"),
            Whose::Network(network) => message.update(&[b"n".as_slice(), &network.to_bytes()].concat()),
            Whose::Device(device) => message.update(&[b"d".as_slice(), device.id()].concat()),
            Whose::Mail => message.update(b"m"),
        }
        message.update(account.as_bytes());
        LimitKey(message.sign().as_ref().to_vec())
    }
}
