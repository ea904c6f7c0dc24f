//! The limits of the password of one account, and of the codes of its second factors.

use std::time::Duration;

use entity::{LimitKey, SessionId, UnixMillis, user};

use super::{Guessed, Guesser, LimitError, Limits, Subject, in_a_row::InARow, keyed_lock::KeyGuard, store, unspent::Unspent};
use crate::{
    config::Rate,
    db::{Db, Unavailable},
    requester::Requester,
    secret::DeviceToken,
};

/// The account that an attempt is made at.
#[derive(Clone, Copy)]
pub struct Account<'a> {
    /// The canonical address, whether or not a user has it.
    pub address: &'a str,
    /// The user who has it.
    pub user: Option<&'a user::Model>,
    /// The live session of the user that the request belongs to.
    pub session: Option<SessionId>,
    /// What is guessed.
    pub guessed: Guessed,
}

impl<'a> Account<'a> {
    /// An account whose password is guessed.
    pub fn of_password(address: &'a str, user: Option<&'a user::Model>, session: Option<SessionId>) -> Self {
        Self { address, user, session, guessed: Guessed::Password }
    }
}

/// One attempt at the password of an account, taken from its limits.
#[derive(Debug)]
pub struct Attempt {
    /// The limit of the known device, and when it has one more by itself.
    own: Option<(LimitKey, UnixMillis)>,
    shared: Vec<(LimitKey, Rate)>,
    in_a_row: Option<InARow>,
    unspent: Unspent,
    _guard: KeyGuard,
}

impl Attempt {
    /// The password was right. Limits that devices share are refunded in the database, or right passwords from many places would use them up.
    pub async fn refund(self, db: &Db, now: UnixMillis) -> Result<(), Unavailable> {
        if let Some((key, until)) = self.own {
            self.unspent.add(key, until, now);
        }
        store::refund(db, &self.shared).await?;
        match self.in_a_row {
            Some(in_a_row) => in_a_row.end(db).await,
            None => Ok(()),
        }
    }

    /// The code was wrong: whether so many were in a row that the user must know. Tells so once a day.
    pub(crate) async fn is_to_be_reported(&self, db: &Db, now: UnixMillis) -> Result<bool, Unavailable> {
        match &self.in_a_row {
            Some(in_a_row) => in_a_row.is_to_be_reported(db, now).await,
            None => Ok(false),
        }
    }
}

impl Limits {
    /// Takes one attempt at an account, whether or not it exists. A live session and a device that signed in before are known: what
    /// others try does not limit them. All known devices together have a limit too.
    pub async fn take_account(
        &self,
        db: &Db,
        account: Account<'_>,
        requester: &Requester,
        now: UnixMillis,
    ) -> Result<Option<Attempt>, LimitError> {
        let Some(config) = &self.config else { return Ok(None) };
        let key_of = |of: &[u8], subject: Subject<'_>| self.key_of_guess(account.guessed, of, subject);
        let known = self.known(account, requester, now);
        let guesses_at = account.user.filter(|_| account.guessed == Guessed::AppCode);
        let guesser = match (&known, account.session) {
            (Some(_), Some(session)) => Guesser::Session(session),
            (Some(_), None) => Guesser::KnownDevice,
            (None, _) => Guesser::Other,
        };
        let in_a_row = guesses_at.map(|user| InARow::new(self, &credentials_of(user), guesser));
        let (own, shared) = if let Some((user, device)) = known {
            let of_user = user.id.0.as_bytes();
            let own = (key_of(of_user, device), config.client);
            (Some(own), vec![(key_of(of_user, Subject::KnownDevices), config.account)])
        } else {
            let blocks = requester.network().blocks().map(|block| (Subject::Block(block), config.client.times(block.share())));
            let limits = blocks.chain([(Subject::UnknownDevices, config.account)]);
            (None, limits.map(|(subject, rate)| (key_of(account.address.as_bytes(), subject), rate)).collect())
        };
        let guard = self.attempts.lock(&own.as_ref().unwrap_or(&shared[0]).0).await;
        let kept = own.as_ref().and_then(|(key, _)| self.unspent.take(key, now));
        let wrong = in_a_row.as_ref().map(InARow::limit);
        let needed: Vec<_> = own.iter().filter(|_| kept.is_none()).chain(&shared).chain(&wrong).cloned().collect();
        let taken = store::take(db, &needed, now).await;
        let own = own.map(|(key, rate)| (key, kept.unwrap_or_else(|| now.plus(rate.interval()))));
        if let (Some((key, until)), Some(_)) = (&own, kept)
            && !matches!(taken, Ok(Ok(())))
        {
            self.unspent.add(key.clone(), *until, now);
        }
        taken?.map_err(|wait: Duration| self.limited("account", wait))?;
        Ok(Some(Attempt { own, shared, in_a_row, unspent: self.unspent.clone(), _guard: guard }))
    }

    /// The token of a device that has just signed in: from now on it is known to the account. Of several tokens, the one that the account
    /// knows is continued.
    pub fn trust_device(&self, devices: &[DeviceToken], user: &user::Model, now: UnixMillis) -> DeviceToken {
        let device = self.known_device(devices, user, now).or(devices.first()).cloned();
        device.unwrap_or_default().trusted_by(&credentials_of(user), &self.device_keys, now)
    }

    /// Whether one of the devices signed in to this account before.
    pub fn is_known(&self, devices: &[DeviceToken], user: &user::Model, now: UnixMillis) -> bool {
        self.known_device(devices, user, now).is_some()
    }

    fn known_device<'a>(&self, devices: &'a [DeviceToken], user: &user::Model, now: UnixMillis) -> Option<&'a DeviceToken> {
        devices.iter().find(|device| device.is_known(&credentials_of(user), &self.device_keys, now))
    }

    fn known<'a>(&self, account: Account<'a>, requester: &'a Requester, now: UnixMillis) -> Option<(&'a user::Model, Subject<'a>)> {
        let user = account.user?;
        if let Some(session) = account.session {
            return Some((user, Subject::Session(session)));
        }
        Some((user, Subject::Device(self.known_device(&requester.devices, user, now)?)))
    }
}

/// What a device is known to. A change of the password voids all devices; the next user with the address has another id.
fn credentials_of(user: &user::Model) -> [u8; 24] {
    let mut credentials = [0; 24];
    credentials[..16].copy_from_slice(user.id.0.as_bytes());
    credentials[16..].copy_from_slice(&user.credential_epoch.to_be_bytes());
    credentials
}
