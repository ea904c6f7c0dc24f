//! Looks up the addresses of stored requests, apart from the requests that stored them.

use std::{sync::Arc, time::Duration};

use entity::{one_time_token::Purpose, outgoing_mail, reset_request, user::Status};
use tokio::time::{sleep, timeout};

use super::store;
use crate::{
    accounts::store::find_by_canonical,
    audit::Event,
    db::{Scope, Unavailable},
    mail::{Letter, RESET_WITHIN},
    one_time_tokens::{self, Issued},
    random,
    state::AppState,
};

/// How often a node looks for requests that another process stored.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// The work begins after a random part of this time, so that no answer beside it tells whether there was any.
const SPREAD: Duration = Duration::from_millis(500);

/// Resolves requests as they come. Does not return.
pub(crate) async fn resolve_reset_requests(state: &Arc<AppState>) {
    loop {
        let _ = timeout(LOOK_EVERY, state.reset_requests.notified()).await;
        let [random] = random::bytes();
        sleep(SPREAD.mul_f64(f64::from(random) / 255.0)).await;
        if let Err(error) = resolve_waiting(state).await {
            tracing::warn!(%error, "requests for a new password wait");
        }
    }
}

async fn resolve_waiting(state: &Arc<AppState>) -> Result<(), Unavailable> {
    while let Some(request) = store::oldest(state.db.connection()).await? {
        resolve(state, request).await?;
    }
    Ok(())
}

/// The request becomes a token and a mail, if an active user has the address: all or nothing. An earlier token becomes void.
async fn resolve(state: &Arc<AppState>, request: reset_request::Model) -> Result<(), Unavailable> {
    let user = find_by_canonical(state.db.connection(), &request.email_canonical).await?;
    let now = state.clock.now();
    let mail = user.filter(|user| user.status == Status::Active).map(|user| {
        let Issued { token, row } = one_time_tokens::issue_to(&user, Purpose::ResetPassword, now, RESET_WITHIN);
        let letter = Letter::reset_password(state.config.pages.reset_password.as_ref(), &token);
        let locale = user.locale.as_deref().unwrap_or(&request.locale);
        let mail = state.outbox.seal(&letter, &user.email, locale, now);
        (user.id, row, outgoing_mail::Model { user_id: Some(user.id), ..mail })
    });
    let input = (Arc::clone(state), request, mail, now);
    let resolved = state.write(Scope::Transaction, input, |tx, (state, request, mail, now)| {
        Box::pin(async move {
            if !store::take(tx, request.id).await? {
                return Ok(());
            }
            let Some((user, token, mail)) = mail else { return Ok(()) };
            // Counted for each user, when a mail is due: what others ask for, for other addresses, denies no user a mail.
            if request.is_limited && !state.limits.take_reset(tx.connection(), *user, *now).await? {
                tx.record(Event::AttemptLimited.of(*user).because("mail"));
                return Ok(());
            }
            one_time_tokens::store::void(tx, *user, Purpose::ResetPassword).await?;
            one_time_tokens::store::insert(tx, token.clone()).await?;
            tx.mail(mail.clone()).await?;
            tx.record(Event::PasswordResetSent.of(*user));
            Ok(())
        })
    });
    resolved.await
}
