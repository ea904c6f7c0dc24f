//! An event with what it is about.

use std::borrow::Cow;

use entity::{SessionId, UnixMillis, UserId, WebhookId, session::Mode};
use tracing::field::display;

use super::catalogue::Event;
use crate::request_context::Actor;

/// An event with its user, session and reason.
#[derive(Clone, Debug)]
pub struct Record {
    /// The event.
    pub event: Event,
    /// The reason; empty where there is only one.
    pub because: Cow<'static, str>,
    pub(super) user: Option<UserId>,
    pub(super) session: Option<SessionId>,
    pub(super) at: Option<UnixMillis>,
    pub(super) actor: Option<Actor>,
    pub(super) webhook: Option<WebhookId>,
    pub(super) detail: Option<String>,
    mode: Option<Mode>,
}

impl Event {
    /// Names the user.
    pub fn of(self, user: UserId) -> Record {
        Record::from(self).of(user)
    }

    /// Names the reason: one of a few words, never what a client sent.
    pub fn because(self, reason: impl Into<Cow<'static, str>>) -> Record {
        Record::from(self).because(reason)
    }

    /// Names the webhook.
    pub fn of_webhook(self, webhook: WebhookId) -> Record {
        Record::from(self).of_webhook(webhook)
    }

    /// Names the session.
    pub fn in_session(self, session: SessionId) -> Record {
        Record::from(self).in_session(session)
    }
}

impl From<Event> for Record {
    fn from(event: Event) -> Self {
        let (user, session, at, actor) = (None, None, None, None);
        Self { event, because: Cow::Borrowed(""), user, session, at, actor, webhook: None, detail: None, mode: None }
    }
}

impl Record {
    /// Names the user.
    #[must_use]
    pub fn of(self, user: UserId) -> Self {
        Self { user: Some(user), ..self }
    }

    /// Names the session.
    #[must_use]
    pub fn in_session(self, session: SessionId) -> Self {
        Self { session: Some(session), ..self }
    }

    /// Names the reason: one of a few words, never what a client sent.
    #[must_use]
    pub fn because(self, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { because: reason.into(), ..self }
    }

    /// Names the mode of the session.
    #[must_use]
    pub fn in_mode(self, mode: Mode) -> Self {
        Self { mode: Some(mode), ..self }
    }

    /// Names the actor, if that is not the one of the request or of the process.
    #[must_use]
    pub fn by(self, actor: Actor) -> Self {
        Self { actor: Some(actor), ..self }
    }

    /// Describes what it is about, if that is no user and no session. An operator may have written it.
    #[must_use]
    pub fn about(self, detail: String) -> Self {
        Self { detail: Some(detail), ..self }
    }

    /// Names the time, if it happened before it was noticed.
    #[must_use]
    pub fn at(self, at: UnixMillis) -> Self {
        Self { at: Some(at), ..self }
    }

    /// Names the webhook that it is about.
    #[must_use]
    pub fn of_webhook(self, webhook: WebhookId) -> Self {
        Self { webhook: Some(webhook), ..self }
    }

    /// What it is about, if that is no user and no session.
    pub(super) fn described(&self) -> Option<Cow<'_, str>> {
        let webhook = || self.webhook.map(|webhook| webhook.0.to_string().into());
        self.detail.as_deref().map(Cow::Borrowed).or_else(webhook)
    }

    /// Writes the line.
    pub(super) fn log(&self) {
        let (user, session) = (self.user.map(|id| display(id.0)), self.session.map(|id| display(id.0)));
        let because = Some(self.because.as_ref()).filter(|because| !because.is_empty());
        let mode = self.mode.map(Mode::name);
        let (event, detail) = (self.event.name(), self.described());
        let detail = detail.as_deref();
        if self.event.is_warning() {
            tracing::warn!(event, user, session, mode, because, detail);
        } else {
            tracing::info!(event, user, session, mode, because, detail);
        }
    }
}
