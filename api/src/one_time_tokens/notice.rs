//! A mail about what happened to an account, with a link for a reader who did not do it.

use std::time::Duration;

use entity::{
    UnixMillis,
    one_time_token::{self, Purpose},
    outgoing_mail, user,
};

use super::{Issued, issue_to, store};
use crate::{
    db::Unavailable,
    mail::{Circumstances, Letter},
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
}

/// A mail, and the token of its link.
#[derive(Clone, Debug)]
pub(crate) struct Notice {
    token: one_time_token::Model,
    mail: outgoing_mail::Model,
}

impl Notice {
    /// To be stored in the transaction that makes it true.
    pub(crate) fn new(state: &AppState, user: &user::Model, occasion: Occasion, requester: &Requester, now: UnixMillis) -> Self {
        let Issued { token, row } = issue_to(user, Purpose::NotMe, now, NOT_ME_WITHIN);
        let page = state.config.pages.not_me.as_ref();
        let circumstances = Circumstances::new(now, requester);
        let letter = match occasion {
            Occasion::PasswordChanged => Letter::password_changed(circumstances, page, &token),
            Occasion::NewDevice => Letter::new_device(circumstances, page, &token),
            Occasion::RefreshTokenReused => Letter::refresh_token_reused(circumstances, page, &token),
        };
        Self { token: row, mail: state.outbox.seal_for(user, &letter, now) }
    }

    pub(crate) async fn store(&self, tx: &Tx) -> Result<(), Unavailable> {
        store::insert(tx, self.token.clone()).await?;
        tx.mail(self.mail.clone()).await
    }
}
