//! A mail about what happened to an account, with a link for a reader who did not do it.

use std::{sync::Arc, time::Duration};

use entity::{UnixMillis, one_time_token::Purpose, user};
use url::Url;

use super::{Issued, issue_last, store};
use crate::{
    db::Unavailable,
    mail::{Circumstances, Letter, Outbox, SecurityNotice},
    requester::Requester,
    state::{AppState, Tx},
};

/// The time in which a reader can report what they did not do.
const NOT_ME_WITHIN: Duration = Duration::from_secs(7 * 24 * 3600);

/// What happened.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Occasion {
    /// The password was changed.
    PasswordChanged,
    /// A device signed in that the account did not know.
    NewDevice,
    /// A refresh token was used twice, and its session was ended.
    RefreshTokenReused,
    /// A second factor was added.
    SecondFactorAdded,
    /// Second factors were removed.
    SecondFactorRemoved,
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey was removed.
    PasskeyRemoved,
    /// Wrong codes were typed in a row, after the right password.
    SecondFactorGuessed,
    /// A recovery code was used.
    RecoveryCodeUsed,
    /// New recovery codes were made.
    RecoveryCodesReplaced,
    /// The account will be deleted after this time.
    DeletionScheduled(Duration),
}

/// A mail with the token of its link, which is made when it is stored.
#[derive(Clone)]
pub(crate) struct Notice {
    outbox: Arc<Outbox>,
    page: Option<Url>,
    user: user::Model,
    occasion: Occasion,
    circumstances: Circumstances,
    now: UnixMillis,
}

impl Notice {
    /// To be stored in the transaction that makes it true.
    pub(crate) fn new(state: &AppState, user: &user::Model, occasion: Occasion, requester: &Requester, now: UnixMillis) -> Self {
        let (outbox, page) = (Arc::clone(&state.outbox), state.config.pages.not_me.clone());
        Self { outbox, page, user: user.clone(), occasion, circumstances: Circumstances::new(now, requester), now }
    }

    pub(crate) async fn store(&self, tx: &Tx) -> Result<(), Unavailable> {
        let within = match self.occasion {
            // As long as it helps.
            Occasion::DeletionScheduled(grace) => NOT_ME_WITHIN.max(grace),
            _ => NOT_ME_WITHIN,
        };
        let Issued { token, row } = issue_last(tx, &self.user, Purpose::NotMe, self.now, within).await?;
        let notice = SecurityNotice::new(self.circumstances.clone(), self.page.as_ref(), &token);
        let letter = match self.occasion {
            Occasion::PasswordChanged => Letter::PasswordChanged(notice),
            Occasion::NewDevice => Letter::NewDevice(notice),
            Occasion::RefreshTokenReused => Letter::RefreshTokenReused(notice),
            Occasion::SecondFactorAdded => Letter::SecondFactorAdded(notice),
            Occasion::SecondFactorRemoved => Letter::SecondFactorRemoved(notice),
            Occasion::PasskeyAdded => Letter::PasskeyAdded(notice),
            Occasion::PasskeyRemoved => Letter::PasskeyRemoved(notice),
            Occasion::SecondFactorGuessed => Letter::SecondFactorGuessed(notice),
            Occasion::RecoveryCodeUsed => Letter::RecoveryCodeUsed(notice),
            Occasion::RecoveryCodesReplaced => Letter::RecoveryCodesReplaced(notice),
            Occasion::DeletionScheduled(grace) => Letter::deletion_scheduled(self.now.plus(grace), grace, notice),
        };
        store::insert(tx, row).await?;
        tx.mail(self.outbox.seal_for(&self.user, &letter, self.now)).await
    }
}
