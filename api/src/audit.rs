//! Security events: a closed catalogue. Each event is one line in the log and one count in the metrics.
//!
//! An event names ids and reasons, never what a client sent. `docs/observability.md` has this list.

use std::borrow::Cow;

use entity::{SessionId, UserId, session::Mode};
use tracing::field::display;

macro_rules! events {
    ($($(#[doc = $about:literal])+ $level:ident $event:ident = $name:literal;)+) => {
        /// A security event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Event { $($(#[doc = $about])+ $event,)+ }

        impl Event {
            /// The whole catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$event),+];

            /// The name in logs and metrics.
            pub fn name(self) -> &'static str {
                match self { $(Self::$event => $name,)+ }
            }

            /// What it means, in one sentence.
            pub fn about(self) -> &'static str {
                match self { $(Self::$event => concat!($($about),+).trim_ascii(),)+ }
            }

            /// Whether an operator should look at it.
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
    /// A user signed up.
    Info Registered = "registered";
    /// A user signed up, and has yet to confirm the address.
    Info RegistrationBegun = "registration_begun";
    /// A sign-up was refused: a user has the address.
    Info RegistrationRefused = "registration_refused";
    /// An address was not confirmed: the token is not valid, or the address was taken in the meantime.
    Info ConfirmationRefused = "confirmation_refused";
    /// A user signed in: a session was opened.
    Info SignedIn = "signed_in";
    /// A sign-in was refused.
    Info SignInRefused = "sign_in_refused";
    /// A password was right, and a code is demanded.
    Info SecondFactorDemanded = "second_factor_demanded";
    /// A code of a second factor was refused, or a challenge that waits for one: it is void, was used, or has expired.
    Warn SecondFactorRefused = "second_factor_refused";
    /// A user signed in with a recovery code.
    Warn RecoveryCodeUsed = "recovery_code_used";
    /// An answer of a passkey was refused: it does not verify, was used, or breaks a rule.
    Warn PasskeyRefused = "passkey_refused";
    /// The authenticator of a passkey counted less than before, so there is a copy of it: the sign-in was refused.
    Warn PasskeyCopied = "passkey_copied";
    /// A user renamed a passkey.
    Info PasskeyRenamed = "passkey_renamed";
    /// A user added a second factor.
    Info SecondFactorAdded = "second_factor_added";
    /// A user removed a second factor, or took back an account that a thief had added one to.
    Info SecondFactorRemoved = "second_factor_removed";
    /// An operator removed the second factors of a user.
    Warn SecondFactorsReset = "second_factors_reset";
    /// A user made new recovery codes; the former ones are void.
    Info RecoveryCodesReplaced = "recovery_codes_replaced";
    /// A user authenticated again: the session is fresh and has a new secret.
    Info Reauthenticated = "reauthenticated";
    /// A re-authentication was refused: wrong password, or the session had ended.
    Info ReauthenticationRefused = "reauthentication_refused";
    /// An operation demanded that the user authenticates again.
    Info StepUpDemanded = "step_up_demanded";
    /// A user changed the password; their other sessions ended.
    Info PasswordChanged = "password_changed";
    /// A password change was refused.
    Info PasswordChangeRefused = "password_change_refused";
    /// A new password was asked for. Whether the address has an account is looked up later.
    Info PasswordResetRequested = "password_reset_requested";
    /// A user was sent a token to choose a new password with.
    Info PasswordResetSent = "password_reset_sent";
    /// A user chose a new password with a token from a mail; all their sessions ended.
    Info PasswordReset = "password_reset";
    /// An operator set the password of a user; all their sessions ended.
    Info PasswordSet = "password_set";
    /// A token for a new password was refused: it proves nothing, was used, or the account changed since.
    Info PasswordResetRefused = "password_reset_refused";
    /// A user asked to confirm an address: the one they have, or another one.
    Info EmailConfirmationSent = "email_confirmation_sent";
    /// The reader of an address confirmed it.
    Info EmailConfirmed = "email_confirmed";
    /// A change of the address was undone from the old mailbox; all sessions ended.
    Warn EmailUndone = "email_undone";
    /// A token for undoing a change of the address was refused.
    Info EmailUndoRefused = "email_undo_refused";
    /// A user did not do what a mail reported; all sessions ended.
    Warn NotMe = "not_me";
    /// A token of a security mail was refused.
    Info NotMeRefused = "not_me_refused";
    /// A password's hash was replaced by one with today's parameters.
    Info PasswordRehashed = "password_rehashed";
    /// A limit was reached: the request was refused with 429.
    Warn AttemptLimited = "attempt_limited";
    /// All password workers are busy and their queue is full: the request was refused with 503.
    Warn Overloaded = "overloaded";
    /// A session was ended before it expired.
    Info SessionEnded = "session_ended";
    /// A user ended all their other sessions.
    Info OtherSessionsEnded = "other_sessions_ended";
    /// A refresh token was traded for its successor.
    Info Refreshed = "refreshed";
    /// A refresh token was presented again within the grace: it got the same successor.
    Info RefreshRepeated = "refresh_repeated";
    /// A refresh token was used twice, so there is a copy of it: the session was ended.
    Warn RefreshReused = "refresh_reused";
    /// A refresh token was refused: it proves nothing, or its session has ended.
    Info RefreshRefused = "refresh_refused";
    /// A cookie or an access token was refused: it proves nothing, has expired, or its session has ended.
    Info CredentialRefused = "credential_refused";
    /// An access token for another service was issued.
    Info AccessTokenMinted = "access_token_minted";
    /// A state-changing request came from an origin that is not allowed.
    Warn OriginRefused = "origin_refused";
    /// A preflight came from an origin that is not allowed.
    Info PreflightRefused = "preflight_refused";
    /// A user deleted their account.
    Info UserDeleted = "user_deleted";
    /// A user asked for their account to be deleted after the grace.
    Info DeletionScheduled = "deletion_scheduled";
    /// A user signed in before the deletion, and keeps the account.
    Info DeletionCancelled = "deletion_cancelled";
    /// A user exported what is stored about them.
    Info Exported = "exported";
    /// An operator ended all sessions of a user.
    Info UserSignedOut = "user_signed_out";
    /// An operator disabled a user: all their sessions ended.
    Info UserDisabled = "user_disabled";
    /// An operator enabled a user.
    Info UserEnabled = "user_enabled";
    /// An operator created a user.
    Info UserCreated = "user_created";
    /// An operator changed the profile of a user.
    Info UserChanged = "user_changed";
    /// An operator changed the roles of a user.
    Warn RolesChanged = "roles_changed";
    /// An operator exported what is stored about a user.
    Info UserExported = "user_exported";
    /// An operator made an admin key.
    Warn AdminKeyCreated = "admin_key_created";
    /// An operator revoked an admin key.
    Info AdminKeyRevoked = "admin_key_revoked";
    /// An admin key was used; recorded once a minute.
    Info AdminKeyUsed = "admin_key_used";
    /// An admin key was refused: it is unknown, has expired or was revoked.
    Warn AdminKeyRefused = "admin_key_refused";
    /// The admin API refused a request: from a network that is not allowed, or of a credential that does not allow it.
    Warn AdminRefused = "admin_refused";
    /// The database lost what was committed: a backup was restored, or a replica took over that was behind.
    Warn DatabaseWentBack = "database_went_back";
    /// The next signing key was published; it signs later.
    Info SigningKeyPublished = "signing_key_published";
    /// An operator removed a signing key: its tokens are void.
    Warn SigningKeyRemoved = "signing_key_removed";
    /// A mail was handed over; the reason is its kind.
    Info MailSent = "mail_sent";
    /// A mail could not be delivered yet, and is tried again; the reason is its kind.
    Info MailDeferred = "mail_deferred";
    /// A mail was given up; the reason is its kind.
    Warn MailDead = "mail_dead";
    /// No mail can be delivered: the mail server does not answer, refuses the credentials, or cannot encrypt.
    Warn MailStopped = "mail_stopped";
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

    /// Names the session.
    pub fn in_session(self, session: SessionId) -> Record {
        Record::from(self).in_session(session)
    }
}

/// An event with its user, session and reason.
#[derive(Clone, Debug)]
pub struct Record {
    /// The event.
    pub event: Event,
    /// The reason; empty where there is only one.
    pub because: Cow<'static, str>,
    user: Option<UserId>,
    session: Option<SessionId>,
    mode: Option<Mode>,
}

impl From<Event> for Record {
    fn from(event: Event) -> Self {
        Self { event, because: Cow::Borrowed(""), user: None, session: None, mode: None }
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

    /// Writes the line.
    pub(crate) fn log(&self) {
        let (user, session) = (self.user.map(|id| display(id.0)), self.session.map(|id| display(id.0)));
        let because = Some(self.because.as_ref()).filter(|because| !because.is_empty());
        let mode = self.mode.map(Mode::name);
        let event = self.event.name();
        match self.event.level() {
            Level::Info => tracing::info!(event, user, session, mode, because),
            Level::Warn => tracing::warn!(event, user, session, mode, because),
        }
    }
}
