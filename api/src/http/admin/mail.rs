//! Mails that were not delivered. No answer has the content of one: its link is as good as a password.

use entity::{MailId, UnixMillis, UserId, outgoing_mail::Model};
use poem_openapi::{Enum, Object, OpenApi, param::Path, types::Example};
use serde::Serialize;
use uuid::Uuid;

use super::{
    search::{SearchError, bounded},
    tag::AdminTag,
};
use crate::{
    accounts,
    administration::{MailError, discard_mail, list_mail, retry_mail},
    http::{
        request::{
            State,
            admin::{Admin, MailRead, MailWrite},
            page::{Page, default_limit},
            parameter_types::{Digits, Id},
            query::Query,
        },
        response::{
            problem::{ErrorResponse, problems},
            reply::{NoContent, Reply},
            timestamp::Timestamp,
        },
        v1::{model::instant, session::StoreError},
    },
    mail::MailFilter,
};

/// What became of a mail. One that the mail server took is not kept.
#[derive(Clone, Copy, Enum, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
enum MailStatus {
    /// It waits, or is on its way.
    Waiting,
    /// It was given up.
    Dead,
}

/// A mail that was not delivered, without its content.
#[derive(Object, Serialize)]
#[oai(skip_serializing_if_is_none, example)]
struct QueuedMail {
    id: Uuid,
    /// What it says: the name of its text.
    kind: String,
    /// The address that it is sent to.
    recipient: String,
    /// The user whom it is for; a sign-up that is not confirmed has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<Uuid>,
    status: MailStatus,
    /// How many times its delivery was attempted.
    attempts: i32,
    /// When it was caused, or last retried.
    created_at: Timestamp,
    /// When the next attempt is due, if it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt_at: Option<Timestamp>,
    /// Why the last attempt failed: the step of the conversation, and the code of the mail server or the cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    /// When it was given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    dead_at: Option<Timestamp>,
}

impl From<Model> for QueuedMail {
    fn from(mail: Model) -> Self {
        Self {
            id: mail.id.0,
            kind: mail.kind,
            recipient: mail.recipient,
            user_id: mail.user_id.map(|user| user.0),
            status: if mail.dead_at.is_some() { MailStatus::Dead } else { MailStatus::Waiting },
            attempts: mail.attempts,
            created_at: instant(mail.created_at),
            next_attempt_at: mail.dead_at.is_none().then(|| instant(mail.next_attempt_at)),
            failure: mail.failure,
            dead_at: mail.dead_at.map(instant),
        }
    }
}

const EXAMPLE_ID: Uuid = Uuid::from_u128(0x019b_7a3d_2f40_7e94_8a17_4c0b_d2e6_33f5);

impl Example for QueuedMail {
    fn example() -> Self {
        Self {
            id: EXAMPLE_ID,
            kind: "reset_password".to_owned(),
            recipient: "ada@example.com".to_owned(),
            user_id: Some(Uuid::from_u128(0x019b_7a3d_1b5c_7e08_8f4a_2d9c_31e7_5a60)),
            status: MailStatus::Dead,
            attempts: 1,
            created_at: instant(UnixMillis(1_767_258_000_000)),
            next_attempt_at: None,
            failure: Some("RCPT TO: 550".to_owned()),
            dead_at: Some(instant(UnixMillis(1_767_258_002_000))),
        }
    }
}

/// Mails that were not delivered, oldest first.
#[derive(Object, Serialize)]
#[oai(skip_serializing_if_is_none, example)]
struct QueuedMailList {
    items: Vec<QueuedMail>,
    /// Present if there are more: pass it as `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<Uuid>,
}

impl Example for QueuedMailList {
    fn example() -> Self {
        Self { items: vec![QueuedMail::example()], next: Some(EXAMPLE_ID) }
    }
}

/// The problems of an instruction about a mail.
struct AboutMail(MailError);

problems!(AboutMail {
    AboutMail(MailError::NotFound) => NotFound,
    AboutMail(MailError::KeyOnAdministrator | MailError::NotAllowedAnyMore) => AdminRequired,
    AboutMail(MailError::Store(error)) => (StoreError: StoreError(error)),
});

pub(in crate::http) struct AdminMailApi;

#[OpenApi(prefix_path = "/v1/admin/mail", tag = "AdminTag::Mail")]
impl AdminMailApi {
    /// List mails that were not delivered
    ///
    /// Answers with the mails that wait or were given up and fit all that is given, oldest first. One that the mail server took is not
    /// listed any more. One that was given up is listed for 30 days.
    #[oai(path = "/", method = "get", operation_id = "listMail")]
    async fn list(
        &self,
        state: State<'_>,
        operator: Admin<MailRead>,
        /// What became of them.
        status: Query<Option<MailStatus>>,
        /// The user whom they are for.
        user: Query<Option<Id>>,
        /// The maximum number of items in the answer.
        #[oai(default = "default_limit", validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Digits>,
        /// The `next` of the previous answer.
        after: Query<Option<Id>>,
    ) -> Result<Reply<200, QueuedMailList>, ErrorResponse<SearchError>> {
        let user = user.0.map(|Id(id)| UserId(id));
        let filter = MailFilter { dead: status.0.map(|status| matches!(status, MailStatus::Dead)), user };
        let page = Page::new(&limit, &after);
        let (after, at_most) = (page.after.map(MailId), page.to_read());
        let found = bounded(&state, &operator.0, async move |state| list_mail(&state, filter, after, at_most).await).await?;
        // Who has no mail was not read about, and may not exist.
        if let Some(user) = user.filter(|_| !found.is_empty()) {
            accounts::note_read(&state, user, "mail");
        }
        let (mails, next) = page.cut(found, |mail| mail.id.0);
        Ok(Reply(QueuedMailList { items: mails.into_iter().map(Into::into).collect(), next }))
    }

    /// Deliver a mail again
    ///
    /// For a mail that was given up: it is due now, and is tried as long as a new one.
    #[oai(path = "/:id/retry", method = "post", operation_id = "retryMail")]
    async fn retry(
        &self,
        state: State<'_>,
        operator: Admin<MailWrite>,
        /// The mail's id.
        id: Path<Id>,
    ) -> Result<NoContent, ErrorResponse<AboutMail>> {
        retry_mail(&state, operator.0, Some(MailId(id.0.0))).await.map_err(AboutMail)?;
        Ok(NoContent)
    }

    /// Remove a mail
    ///
    /// Removes a mail that waits or was given up. One that is on its way may still arrive.
    #[oai(path = "/:id", method = "delete", operation_id = "deleteMail")]
    async fn delete(
        &self,
        state: State<'_>,
        operator: Admin<MailWrite>,
        /// The mail's id.
        id: Path<Id>,
    ) -> Result<NoContent, ErrorResponse<AboutMail>> {
        discard_mail(&state, operator.0, Some(MailId(id.0.0))).await.map_err(AboutMail)?;
        Ok(NoContent)
    }
}
