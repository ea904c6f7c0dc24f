//! What the service sent.

use poem_openapi::{Object, OpenApi, param::Query, payload::Json};

use super::{Control, State, Tag, problem::Refused};
use crate::mails::{self, Mail};

/// Mails, oldest first.
#[derive(Object)]
struct Mails {
    mails: Vec<Mail>,
}

pub(super) struct MailApi;

#[OpenApi(prefix_path = "/mails", tag = "Tag::Mail")]
impl MailApi {
    /// List the mails
    ///
    /// All mails that were sent since the last reset, oldest first, once those on their way have arrived.
    #[oai(path = "/", method = "get", operation_id = "listMails")]
    async fn list(
        &self,
        testbed: State<'_>,
        _control: Control,
        /// Only mails to this address.
        to: Query<Option<String>>,
    ) -> Result<Json<Mails>, Refused> {
        testbed.settle().await?;
        Ok(Json(Mails { mails: mails::read(&testbed.outbox(), to.0.as_deref()).map_err(Refused::failed)? }))
    }

    /// Wait for a mail
    ///
    /// The newest mail to an address, as soon as more than `after` mails to it have arrived.
    #[oai(path = "/next", method = "get", operation_id = "waitForMail")]
    async fn wait(
        &self,
        testbed: State<'_>,
        _control: Control,
        /// The address.
        to: Query<String>,
        /// How many mails to the address the test has seen; 0 if it is left out.
        after: Query<Option<u32>>,
        /// How long to wait; 5000 if it is left out.
        #[oai(validator(maximum(value = "60000")))]
        timeout_ms: Query<Option<u32>>,
    ) -> Result<Json<Mail>, Refused> {
        let wait = std::time::Duration::from_millis(timeout_ms.0.unwrap_or(5000).into());
        let seen = after.0.unwrap_or_default() as usize;
        let found = mails::wait(&testbed.outbox(), &to.0, seen, wait).await.map_err(Refused::failed)?;
        found.map(Json).ok_or_else(|| Refused::not_found(format!("no mail to the address arrived within {} ms", wait.as_millis())))
    }
}
