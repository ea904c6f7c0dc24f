//! How many passwords may be tried: per account, per network, and in total.
//!
//! The limits of an account are in the database. An attempt is taken before the password is verified, and refunded if the password is
//! right. So an attacker gains nothing by a crash, by hanging up, or by guessing in parallel. A live session, and a device that signed in
//! to the account before, has a limit of its own. All other devices share one limit, and one network gets only a part of that.

mod account;
mod gcra;
mod in_a_row;
mod keyed_lock;
mod local;
mod networks;
pub(crate) mod store;
mod unspent;

use std::{sync::Arc, time::Duration};

pub use account::{Account, Attempt};
use aws_lc_rs::hmac;
use entity::{LimitKey, SessionId, UnixMillis, UserId, user};
pub(crate) use keyed_lock::{KeyGuard, KeyedLock};

use self::{networks::Networks, unspent::Unspent};
use crate::{
    audit::{Event, Trail},
    config::LimitsConfig,
    db::{Db, Transaction, Unavailable},
    email_address::EmailAddress,
    network::{AddressBlock, ClientNetwork},
    redis::Redis,
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
    trail: Arc<Trail>,
    /// The table shows neither e-mail addresses nor networks.
    key: hmac::Key,
    device_keys: Vec<hmac::Key>,
}

/// What an attempt guesses at. Each has limits of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guessed {
    Password,
    /// A code that is too long to be guessed: a recovery code, or that of an app that the user adds now. Strangers do not get to type one.
    Code,
    /// The code of an authenticator app: six digits, so wrong ones in a row have a limit too.
    AppCode,
}

/// From where a code is guessed: what one guesser types does not lock out the others.
#[derive(Clone, Copy)]
enum Guesser {
    Session(SessionId),
    KnownDevice,
    Other,
}

/// What one limit of an account is about.
#[derive(Clone, Copy)]
enum Subject<'a> {
    /// All devices that are not known to the account together.
    UnknownDevices,
    /// All known devices together, live sessions included.
    KnownDevices,
    Session(SessionId),
    Block(AddressBlock),
    Device(&'a DeviceToken),
    Mail,
    Invitation,
    Notice,
    Reset,
    /// Wrong codes of the app in a row: in a session, from known devices, or from others.
    InARow(Guesser),
    /// Mails about wrong codes in a row.
    InARowNotice,
}

impl Limits {
    /// Forgets what this process counts: the clock of a testbed goes back when it is reset.
    #[cfg(feature = "testbed")]
    pub fn forget(&self) {
        self.networks.clear();
        self.unspent.clear();
    }

    /// With Redis, all nodes share the limits of networks.
    pub fn new(config: Option<LimitsConfig>, redis: Option<Redis>, secrets: &ServerSecrets, trail: Arc<Trail>) -> Self {
        let (key, device_keys) = (secrets.key_for("keys of limits"), secrets.keys_for("devices of users"));
        let (networks, attempts, unspent) = (Networks::default(), KeyedLock::default(), Unspent::default());
        Self { config, networks, attempts, unspent, redis, trail, key, device_keys }
    }

    /// Takes one from the limit of a network, and from the limit of all networks together.
    pub async fn take_network(&self, network: ClientNetwork, now: UnixMillis) -> Result<(), LimitError> {
        let Some(config) = &self.config else { return Ok(()) };
        let taken = self.networks.take(self.redis.as_ref(), network, config, now).await;
        taken.map_err(|(what, wait)| self.limited(what, wait))
    }

    /// Takes one mail that an unauthenticated client may have sent to a mailbox; false if none is left.
    pub async fn take_mail(&self, db: &Db, address: &EmailAddress, now: UnixMillis) -> Result<bool, Unavailable> {
        let Some(config) = &self.config else { return Ok(true) };
        Ok(store::take(db, &[(self.key_of(address.mailbox().as_bytes(), Subject::Mail), config.mail)], now).await?.is_ok())
    }

    /// The same for an invitation by a program. Its limit is apart: what strangers ask for does not use it up.
    pub async fn take_invitation(&self, db: &Db, address: &EmailAddress, now: UnixMillis) -> Result<(), LimitError> {
        let Some(config) = &self.config else { return Ok(()) };
        let key = self.key_of(address.mailbox().as_bytes(), Subject::Invitation);
        let taken = store::take(db, &[(key, config.mail)], now).await?;
        taken.map_err(|wait| self.limited("mail", wait))
    }

    /// Takes one security mail to a user; false if none is left. They have a limit of their own: what strangers ask for does not use it up.
    pub async fn take_notice(&self, db: &Db, user: &user::Model, now: UnixMillis) -> Result<bool, Unavailable> {
        let Some(config) = &self.config else { return Ok(true) };
        Ok(store::take(db, &[(self.key_of(user.id.0.as_bytes(), Subject::Notice), config.mail)], now).await?.is_ok())
    }

    /// Takes one mail to a user who forgot the password, in the transaction that stores the mail; false if none is left. Several nodes may
    /// begin that transaction, and only one commits.
    pub(crate) async fn take_reset(&self, tx: &Transaction, user: UserId, now: UnixMillis) -> Result<bool, Unavailable> {
        let Some(config) = &self.config else { return Ok(true) };
        store::take_within(tx, &self.key_of(user.0.as_bytes(), Subject::Reset), config.mail, now).await
    }

    fn limited(&self, what: &'static str, wait: Duration) -> LimitError {
        self.trail.record(Event::AttemptLimited.because(what));
        LimitError::Limited(wait)
    }

    fn key_of(&self, account: &[u8], subject: Subject<'_>) -> LimitKey {
        self.key_of_guess(Guessed::Password, account, subject)
    }

    fn key_of_guess(&self, guessed: Guessed, account: &[u8], subject: Subject<'_>) -> LimitKey {
        let mut message = hmac::Context::with_key(&self.key);
        if guessed != Guessed::Password {
            message.update(b"c");
        }
        // Each kind has a tag and a fixed length, so that no two inputs are the same bytes.
        match subject {
            Subject::UnknownDevices => message.update(b"s"),
            Subject::KnownDevices => message.update(b"k"),
            Subject::Session(session) => message.update(&[b"l".as_slice(), session.0.as_bytes()].concat()),
            Subject::Block(block) => message.update(&[b"n".as_slice(), &block.to_bytes()].concat()),
            Subject::Device(device) => message.update(&[b"d".as_slice(), device.id()].concat()),
            Subject::Mail => message.update(b"m"),
            Subject::Invitation => message.update(b"i"),
            Subject::Notice => message.update(b"o"),
            Subject::Reset => message.update(b"r"),
            Subject::InARow(Guesser::Session(session)) => message.update(&[b"wl".as_slice(), session.0.as_bytes()].concat()),
            Subject::InARow(Guesser::KnownDevice) => message.update(b"wk"),
            Subject::InARow(Guesser::Other) => message.update(b"ws"),
            Subject::InARowNotice => message.update(b"wn"),
        }
        message.update(account);
        LimitKey(message.sign().as_ref().to_vec())
    }
}
