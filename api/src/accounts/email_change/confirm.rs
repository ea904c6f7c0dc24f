//! Confirming an address: the one that a user signed up with, or another one that they change to.
//!
//! Who signed up with the address of another person may have asked for this mail, and so may a stranger who changes to it. So a change needs
//! a request that belongs to a session of the account. Without one, confirming the first address voids what a stranger had, and the
//! reader chooses a new password.

use std::sync::Arc;

use entity::{
    UnixMillis, UserId,
    one_time_token::{self, Purpose},
    session::EndedBecause,
    user::{self, Status},
};

use crate::{
    accounts::{store, unproven::remove_unproven},
    audit::Event,
    authentication,
    db::{Scope, Unavailable},
    limits::LimitError,
    mail::{Circumstances, Letter, RESET_WITHIN, UNDO_WITHIN},
    one_time_tokens::{self, Issued, issue_last, issue_to},
    requester::Requester,
    secret::OneTimeToken,
    sessions::{self, PresentedCredential, sessions_of},
    state::{AppState, Tx},
};

/// Why the address was not confirmed.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmEmailError {
    /// The token was used, has expired, is void with its session, or was never issued.
    #[error("the token is not valid")]
    Token,
    /// A change is confirmed by a request that belongs to no session of the account.
    #[error("sign in to confirm the change")]
    NotSignedIn,
    /// Another user has the address by now.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// Too many attempts from this network.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// What the transaction needs.
struct Input {
    state: Arc<AppState>,
    row: one_time_token::Model,
    user: UserId,
    is_in_session: bool,
    circumstances: Circumstances,
    now: UnixMillis,
}

/// Confirms an address. Returns a token to choose a new password with if the old one is void.
pub async fn confirm_email(
    state: &Arc<AppState>,
    token: &str,
    presented: &[PresentedCredential],
    requester: &Requester,
) -> Result<Option<OneTimeToken>, ConfirmEmailError> {
    let refused = |because, error| {
        state.record(Event::ConfirmationRefused.because(because));
        error
    };
    let now = state.clock.now();
    state.limits.take_network(requester.network(), now).await?;
    let found = one_time_tokens::find(state, &[Purpose::ConfirmEmail], token).await?;
    let found = found.and_then(|(row, _)| row.user_id.map(|user| (row, user)));
    let (row, user) = found.ok_or_else(|| refused("token", ConfirmEmailError::Token))?;
    let own = sessions_of(state, presented).await?;
    let is_in_session = sessions::store::is_any_live(state.db.connection(), user, own, now).await?;
    let circumstances = Circumstances::new(now, requester);
    let input = Input { state: Arc::clone(state), row, user, is_in_session, circumstances, now };
    let confirmed = state.write_or_refuse(Scope::Transaction, input, |tx, input| Box::pin(confirm(tx, input)));
    match confirmed.await {
        Ok(confirmed) => confirmed.map_err(|error| match error {
            ConfirmEmailError::NotSignedIn => refused("not_signed_in", error),
            error => refused("used_or_void", error),
        }),
        Err(error) if error.is_duplicate() => Err(refused("email_taken", ConfirmEmailError::EmailTaken)),
        Err(error) => Err(error.into()),
    }
}

async fn confirm(tx: &Tx, input: &Input) -> Result<Result<Option<OneTimeToken>, ConfirmEmailError>, Unavailable> {
    let Input { row, user, .. } = input;
    let before = store::find(tx.connection(), *user).await?.filter(|before| before.status == Status::Active);
    let Some(before) = before else { return Ok(Err(ConfirmEmailError::Token)) };
    let is_change = before.email_canonical != row.email_canonical;
    if is_change && !input.is_in_session {
        return Ok(Err(ConfirmEmailError::NotSignedIn));
    }
    // First the user, as everywhere. The address is compared again: another confirmation may be under way.
    if !store::confirm_email(tx, &before, row).await? || !one_time_tokens::store::take(tx, row.id).await? {
        return Ok(Err(ConfirmEmailError::Token));
    }
    let done =
        if is_change { finish_change(tx, input, &before).await? } else { finish_verification(tx, input, &before).await.map(Ok)? };
    if done.is_ok() {
        tx.record(Event::EmailConfirmed.of(*user).because(if is_change { "changed" } else { "verified" }));
    }
    Ok(done)
}

/// The reader of the old address is told, and can undo it.
async fn finish_change(
    tx: &Tx,
    input: &Input,
    before: &user::Model,
) -> Result<Result<Option<OneTimeToken>, ConfirmEmailError>, Unavailable> {
    let Input { state, row, user, now, .. } = input;
    let session = row.session_id;
    let is_live = match session {
        Some(session) => sessions::store::is_any_live(tx.connection(), *user, vec![session], *now).await?,
        None => false,
    };
    if !is_live {
        return Ok(Err(ConfirmEmailError::Token));
    }
    one_time_tokens::store::void_password(tx, *user).await?;
    one_time_tokens::store::void(tx, *user, Purpose::ConfirmEmail).await?;
    let Issued { token, row: undo } = issue_last(tx, before, Purpose::UndoEmail, *now, UNDO_WITHIN).await?;
    let page = state.config.pages.undo_email.as_ref();
    let letter = Letter::email_changed(&row.email, input.circumstances.clone(), page, &token);
    one_time_tokens::store::insert(tx, undo).await?;
    tx.mail(state.outbox.seal_for(before, &letter, *now)).await?;
    Ok(Ok(None))
}

async fn finish_verification(tx: &Tx, input: &Input, before: &user::Model) -> Result<Option<OneTimeToken>, Unavailable> {
    let Input { user, is_in_session, now, .. } = input;
    if *is_in_session || before.email_verified {
        return Ok(None);
    }
    store::raise_epoch(tx, *user).await?;
    remove_unproven(tx, *user).await?;
    authentication::store::delete(tx, *user).await?;
    sessions::store::end_all(tx, *user, EndedBecause::EmailClaimed, *now).await?;
    let Issued { token, row } = issue_to(before, Purpose::ResetPassword, *now, RESET_WITHIN);
    one_time_tokens::store::insert(tx, row).await?;
    Ok(Some(token))
}
