//! What happens and matters to security: a closed catalogue. Each event is one line in the log and one count in the metrics.
//!
//! An event names ids and reasons, never what somebody typed. `docs/observability.md` shows this list to people.

use std::borrow::Cow;

use entity::{SessionId, UserId, session::Face};
use tracing::field::display;

macro_rules! events {
    ($($(#[doc = $about:literal])+ $level:ident $event:ident = $name:literal;)+) => {
        /// What happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Event { $($(#[doc = $about])+ $event,)+ }

        impl Event {
            /// All there are.
            pub const ALL: &'static [Self] = &[$(Self::$event),+];

            /// As logs and metrics call it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$event => $name,)+ }
            }

            /// What it is, in one sentence.
            pub fn about(self) -> &'static str {
                match self { $(Self::$event => concat!($($about),+).trim_ascii(),)+ }
            }

            /// Whether somebody should look.
            pub fn is_warning(self) -> bool {
                matches!(self.level(), Level::Warn)
            }

            fn level(self) -> Level {
                match self { $(Self::$event => Level::$level,)+ }
            }
        }
    };
}

enum Level {
    Info,
    Warn,
}

events! {
    /// Somebody signed up.
    Info Registered = "registered";
    /// Somebody signs up, and their address is yet to be confirmed.
    Info RegistrationBegun = "registration_begun";
    /// Somebody tried to sign up with an address that a user has.
    Info RegistrationRefused = "registration_refused";
    /// An address was not confirmed: the token counts no more, or the password is not the one that was chosen.
    Info ConfirmationRefused = "confirmation_refused";
    /// A password was right, and a session begins.
    Info SignedIn = "signed_in";
    /// Nobody was signed in.
    Info SignInRefused = "sign_in_refused";
    /// The password was typed again, and the session has a new secret.
    Info Reauthenticated = "reauthenticated";
    /// The password that was typed again was wrong, or its session over.
    Info ReauthenticationRefused = "reauthentication_refused";
    /// A new password; the user's other sessions have ended.
    Info PasswordChanged = "password_changed";
    /// The password stayed as it was.
    Info PasswordChangeRefused = "password_change_refused";
    /// A password's hash was replaced by one of today's parameters.
    Info PasswordRehashed = "password_rehashed";
    /// A limit was hit: the password was not looked at.
    Warn AttemptLimited = "attempt_limited";
    /// All password workers are busy and enough are waiting: told to come back.
    Warn Overloaded = "overloaded";
    /// A session ended before its time.
    Info SessionEnded = "session_ended";
    /// All sessions of a user but one ended.
    Info OtherSessionsEnded = "other_sessions_ended";
    /// A refresh token was traded for its successor.
    Info Refreshed = "refreshed";
    /// A refresh token was presented again within the grace time: it got the same successor.
    Info RefreshRepeated = "refresh_repeated";
    /// A refresh token was presented that somebody else has used: the session has ended.
    Warn RefreshReused = "refresh_reused";
    /// A refresh token that proves nothing, or whose session is over.
    Info RefreshRefused = "refresh_refused";
    /// A cookie or an access token that proves nothing, or whose session is over.
    Info CredentialRefused = "credential_refused";
    /// A token for another service was made.
    Info AccessTokenMinted = "access_token_minted";
    /// A page that may not has asked for a change.
    Warn OriginRefused = "origin_refused";
    /// A page that may not has asked whether it may read answers.
    Info PreflightRefused = "preflight_refused";
    /// A user deleted themselves.
    Info UserDeleted = "user_deleted";
}

impl Event {
    /// To a user, or by one.
    pub fn of(self, user: UserId) -> Record {
        Record::from(self).of(user)
    }

    /// For this reason: one of a few words, never what somebody sent.
    pub fn because(self, reason: impl Into<Cow<'static, str>>) -> Record {
        Record::from(self).because(reason)
    }

    /// To a session, or in one.
    pub fn in_session(self, session: SessionId) -> Record {
        Record::from(self).in_session(session)
    }
}

/// An event, and to whom it happened.
#[derive(Clone, Debug)]
pub struct Record {
    /// What happened.
    pub event: Event,
    /// Why; empty where there is only one reason.
    pub because: Cow<'static, str>,
    user: Option<UserId>,
    session: Option<SessionId>,
    face: Option<Face>,
}

impl From<Event> for Record {
    fn from(event: Event) -> Self {
        Self { event, because: Cow::Borrowed(""), user: None, session: None, face: None }
    }
}

impl Record {
    /// To a user, or by one.
    #[must_use]
    pub fn of(self, user: UserId) -> Self {
        Self { user: Some(user), ..self }
    }

    /// To a session, or in one.
    #[must_use]
    pub fn in_session(self, session: SessionId) -> Self {
        Self { session: Some(session), ..self }
    }

    /// For this reason: one of a few words, never what somebody sent.
    #[must_use]
    pub fn because(self, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { because: reason.into(), ..self }
    }

    /// The face that the session shows.
    #[must_use]
    pub fn showing(self, face: Face) -> Self {
        Self { face: Some(face), ..self }
    }

    /// Writes the line.
    pub(crate) fn log(&self) {
        let (user, session) = (self.user.map(|id| display(id.0)), self.session.map(|id| display(id.0)));
        let because = Some(self.because.as_ref()).filter(|because| !because.is_empty());
        let face = self.face.map(|face| match face {
            Face::Cookie => "cookie",
            Face::Bearer => "bearer",
        });
        let event = self.event.name();
        match self.event.level() {
            Level::Info => tracing::info!(event, user, session, face, because),
            Level::Warn => tracing::warn!(event, user, session, face, because),
        }
    }
}
