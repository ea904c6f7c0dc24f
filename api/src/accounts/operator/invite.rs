//! Inviting a user: a mail with the one-time token with which the user chooses a password. Using it verifies the address.

use std::sync::Arc;

use entity::{
    UnixMillis,
    one_time_token::{self, Purpose},
    outgoing_mail,
    user::{self, Status},
};

use super::{
    create::{CreateUser, CreateUserError, checked, store_new},
    find::user_by_id,
    instruction::{Administrator, Instruction, OperatorError, refusable},
};
use crate::{
    accounts::store::has_signed_up,
    audit::Event,
    authorization::Operator,
    db::Scope,
    email_address::EmailAddress,
    mail::Letter,
    one_time_tokens::{self, Issued},
    state::{AppState, Tx},
};

/// A user who was invited.
#[derive(Debug)]
pub struct InvitedUser {
    /// The user.
    pub user: user::Model,
    /// When the invitation expires.
    pub expires_at: UnixMillis,
}

/// Creates a user, and sends them the mail with which they choose a password.
pub async fn invite_user(state: &Arc<AppState>, by: Operator, create: CreateUser) -> Result<InvitedUser, CreateUserError> {
    let (address, now) = (create.email.clone(), state.clock.now());
    let user = checked(&by, create, now)?;
    take_mail(state, &by, &address, now).await?;
    let (token, mail) = invitation(state, &user, now);
    let expires_at = token.expires_at;
    let invited = state.write_or_refuse(Scope::Transaction, (by, user.clone(), token, mail), |tx, (by, user, token, mail)| {
        Box::pin(async move {
            if let Err(error) = store_new(tx, by, user, token).await {
                return refusable(Err(error));
            }
            tx.mail(mail.clone()).await?;
            tx.record(Event::UserInvited.of(user.id).because("first"));
            Ok(Ok(()))
        })
    });
    invited.await??;
    Ok(InvitedUser { user, expires_at })
}

/// Sends the invitation of a user again, and voids the former one. Refused once the user has a password or a passkey.
pub async fn resend_invitation(state: &Arc<AppState>, instruction: Instruction) -> Result<InvitedUser, OperatorError> {
    let now = state.clock.now();
    let user = user_by_id(state, instruction.user).await?.ok_or(OperatorError::NotFound)?;
    if let Some(address) = EmailAddress::parse_stored(&user.email) {
        take_mail(state, &instruction.by, &address, now).await?;
    }
    let sent = state.write_or_refuse(Scope::Transaction, (Arc::clone(state), instruction, now), |tx, (state, instruction, now)| {
        Box::pin(async move { refusable(send_again(tx, state, instruction, *now).await) })
    });
    sent.await?
}

async fn send_again(tx: &Tx, state: &AppState, instruction: &Instruction, now: UnixMillis) -> Result<InvitedUser, OperatorError> {
    let user = instruction.begin(tx, Administrator::Stays).await?;
    if user.status != Status::Active {
        return Err(OperatorError::Disabled);
    }
    if has_signed_up(tx, user.id).await? {
        return Err(OperatorError::HasSignedUp);
    }
    one_time_tokens::store::void_password(tx, user.id).await?;
    let (token, mail) = invitation(state, &user, now);
    let expires_at = token.expires_at;
    one_time_tokens::store::insert(tx, token).await?;
    tx.mail(mail).await?;
    tx.record(Event::UserInvited.of(user.id).because("again"));
    Ok(InvitedUser { user, expires_at })
}

/// A program has the limit of mails that strangers ask for: its key may be stolen, or it runs in a circle.
async fn take_mail(state: &AppState, by: &Operator, address: &EmailAddress, now: UnixMillis) -> Result<(), OperatorError> {
    if matches!(by, Operator::Key(_)) {
        state.limits.take_invitation(&state.db, address, now).await?;
    }
    Ok(())
}

/// The row of the token, and the mail that has it.
fn invitation(state: &AppState, user: &user::Model, now: UnixMillis) -> (one_time_token::Model, outgoing_mail::Model) {
    let within = state.config.admin.invitation_lifetime;
    let Issued { token, row } = one_time_tokens::issue_to(user, Purpose::Invitation, now, within);
    let letter = Letter::invitation(state.config.pages.reset_password.as_ref(), &token, row.expires_at);
    (row, state.outbox.seal_for(user, &letter, now))
}
