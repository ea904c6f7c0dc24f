//! How often passwords may be presented: per account, per network, and in all.
//!
//! The account's limit is in the database, taken before the password is looked at and given back only if it was right. So neither
//! a crash nor a client that hangs up saves an attacker anything, and guesses in parallel gain nothing. A network from which the
//! owner signed in lately has a limit of its own: strangers cannot lock the owner out.

mod gcra;
mod networks;
pub(crate) mod store;

use std::{sync::Arc, time::Duration};

use aws_lc_rs::hmac;
use entity::{LimitKey, UnixMillis};

use self::networks::Networks;
use crate::{
    audit::Event,
    config::LimitsConfig,
    db::{Db, Unavailable},
    email_address::EmailAddress,
    metrics::Metrics,
    network::ClientNetwork,
    redis::Redis,
};

/// How long a network counts as the owner's after a sign-in.
const KNOWN_FOR: Duration = Duration::from_secs(90 * 24 * 3600);
/// A network that is known for at least this long is not noted again.
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
    here: LimitKey,
    known_until: Option<UnixMillis>,
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
        network: ClientNetwork,
        now: UnixMillis,
    ) -> Result<Option<Attempt>, LimitError> {
        let Some(LimitsConfig { account: rate, .. }) = self.config else { return Ok(None) };
        let here = self.key_of(account, Some(network));
        let known = store::find(db.connection(), &here).await?.and_then(|row| row.known_until).filter(|until| *until > now);
        let limit = if known.is_some() { here.clone() } else { self.key_of(account, None) };
        // Twice, because two first attempts at once both find no row, and one of them makes it.
        for _ in 0..2 {
            if store::take(db.connection(), &limit, rate, now).await? {
                return Ok(Some(Attempt { limit, here, known_until: known }));
            }
        }
        let kept = store::find(db.connection(), &limit).await?.map_or(now, |row| row.new_at);
        Err(self.limited("account", gcra::take(rate, kept, now).err().unwrap_or(rate.interval())))
    }

    /// The password was right: it costs nothing, and where it came from is known from now on.
    pub async fn give_back(&self, db: &Db, attempt: &Attempt, now: UnixMillis) -> Result<(), Unavailable> {
        let Some(LimitsConfig { account: rate, .. }) = self.config else { return Ok(()) };
        store::give_back(db.connection(), &attempt.limit, rate).await?;
        if attempt.known_until.is_none_or(|until| until < now.plus(KNOWN_ENOUGH)) {
            store::know(db.connection(), &attempt.here, now.plus(KNOWN_FOR), now).await?;
        }
        Ok(())
    }

    fn limited(&self, what: &'static str, wait: Duration) -> LimitError {
        self.metrics.record(Event::AttemptLimited.because(what));
        LimitError::Limited(wait)
    }

    fn key_of(&self, account: &EmailAddress, network: Option<ClientNetwork>) -> LimitKey {
        let mut message = hmac::Context::with_key(&self.key);
        // Nine bytes, or none: no address can be read as another one's network.
        message.update(&network.map_or([0xff; 9], ClientNetwork::to_bytes));
        message.update(account.canonical().as_bytes());
        LimitKey(message.sign().as_ref().to_vec())
    }
}
