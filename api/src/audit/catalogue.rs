//! The catalogue of security events: a closed list. `docs/observability.md` has it.

/// Whether an event becomes a row of the audit trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trace {
    /// A row in the transaction of what happened.
    Keep,
    /// A row in the background: for refusals. A client can cause any number of them, so those that are alike share a row, and their number
    /// is bounded.
    Gather,
    /// No row, because of the number of them. The log and the metrics have them.
    Log,
}

enum Level {
    Info,
    Warn,
}

macro_rules! events {
    ($($(#[doc = $about:literal])+ $level:ident $trace:ident $event:ident = $name:literal;)+) => {
        /// A security event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Event { $($(#[doc = $about])+ $event,)+ }

        impl Event {
            /// The whole catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$event),+];

            /// The name in logs, metrics and the audit trail.
            pub fn name(self) -> &'static str {
                match self { $(Self::$event => $name,)+ }
            }

            /// What it means, in one sentence.
            pub fn about(self) -> &'static str {
                match self { $(Self::$event => concat!($($about),+).trim_ascii(),)+ }
            }

            /// Whether it becomes a row of the audit trail.
            pub fn trace(self) -> Trace {
                match self { $(Self::$event => Trace::$trace,)+ }
            }

            /// Whether an operator should look at it.
            pub fn is_warning(self) -> bool {
                match self { $(Self::$event => matches!(Level::$level, Level::Warn),)+ }
            }
        }
    };
}

events! {
    /// A user signed up.
    Info Keep Registered = "registered";
    /// A user signed up, and has yet to confirm the address.
    Info Keep RegistrationBegun = "registration_begun";
    /// A sign-up was refused: a user has the address.
    Info Gather RegistrationRefused = "registration_refused";
    /// An address was not confirmed: the token is not valid, or the address was taken in the meantime.
    Info Gather ConfirmationRefused = "confirmation_refused";
    /// A user signed in: a session was opened.
    Info Keep SignedIn = "signed_in";
    /// A sign-in was refused.
    Info Gather SignInRefused = "sign_in_refused";
    /// A password was right, and a code is demanded.
    Info Keep SecondFactorDemanded = "second_factor_demanded";
    /// A code of a second factor was refused, or a challenge that waits for one: it is void, was used, or has expired.
    Warn Gather SecondFactorRefused = "second_factor_refused";
    /// Wrong codes of an authenticator app were typed in a row, after the right password: the user gets a mail.
    Warn Keep SecondFactorGuessed = "second_factor_guessed";
    /// A user signed in with a recovery code.
    Warn Keep RecoveryCodeUsed = "recovery_code_used";
    /// An answer of a passkey was refused: it does not verify, was used, or breaks a rule.
    Warn Gather PasskeyRefused = "passkey_refused";
    /// The authenticator of a passkey counted less than before, so there is a copy of it: the sign-in was refused.
    Warn Gather PasskeyCopied = "passkey_copied";
    /// A user renamed a passkey.
    Info Keep PasskeyRenamed = "passkey_renamed";
    /// A user added a second factor.
    Info Keep SecondFactorAdded = "second_factor_added";
    /// A user removed a second factor, or took back an account that a thief had added one to.
    Info Keep SecondFactorRemoved = "second_factor_removed";
    /// An operator imported users.
    Info Keep UsersImported = "users_imported";
    /// An operator removed the second factors of a user.
    Warn Keep SecondFactorsReset = "second_factors_reset";
    /// A user made new recovery codes; the former ones are void.
    Info Keep RecoveryCodesReplaced = "recovery_codes_replaced";
    /// A user authenticated again: the session is fresh and has a new secret.
    Info Keep Reauthenticated = "reauthenticated";
    /// A re-authentication was refused: wrong password, or the session had ended.
    Info Gather ReauthenticationRefused = "reauthentication_refused";
    /// An operation demanded that the user authenticates again.
    Info Gather StepUpDemanded = "step_up_demanded";
    /// A user changed the password; their other sessions ended.
    Info Keep PasswordChanged = "password_changed";
    /// A password change was refused.
    Info Gather PasswordChangeRefused = "password_change_refused";
    /// A new password was asked for. Whether the address has an account is looked up later.
    Info Gather PasswordResetRequested = "password_reset_requested";
    /// An operator had a user sent the mail to choose a new password with.
    Info Keep PasswordResetOrdered = "password_reset_ordered";
    /// A user was sent a token to choose a new password with.
    Info Keep PasswordResetSent = "password_reset_sent";
    /// A user chose a new password with a token from a mail; all their sessions ended.
    Info Keep PasswordReset = "password_reset";
    /// An operator set the password of a user; all their sessions ended.
    Info Keep PasswordSet = "password_set";
    /// A token for a new password was refused: it proves nothing, was used, or the account changed since.
    Info Gather PasswordResetRefused = "password_reset_refused";
    /// A user asked to confirm an address: the one they have, or another one.
    Info Keep EmailConfirmationSent = "email_confirmation_sent";
    /// The reader of an address confirmed it.
    Info Keep EmailConfirmed = "email_confirmed";
    /// A change of the address was undone from the old mailbox; all sessions ended.
    Warn Keep EmailUndone = "email_undone";
    /// A token for undoing a change of the address was refused.
    Info Gather EmailUndoRefused = "email_undo_refused";
    /// A user did not do what a mail reported; all sessions ended.
    Warn Keep NotMe = "not_me";
    /// A token of a security mail was refused.
    Info Gather NotMeRefused = "not_me_refused";
    /// A password's hash was replaced by one with today's parameters.
    Info Keep PasswordRehashed = "password_rehashed";
    /// A limit was reached: the request was refused with 429.
    Warn Gather AttemptLimited = "attempt_limited";
    /// All password workers are busy and their queue is full: the request was refused with 503.
    Warn Log Overloaded = "overloaded";
    /// A session was ended before it expired.
    Info Keep SessionEnded = "session_ended";
    /// A session expired: it was not used for its idle time, or reached its absolute one.
    Info Keep SessionExpired = "session_expired";
    /// A user ended all their other sessions.
    Info Keep OtherSessionsEnded = "other_sessions_ended";
    /// A refresh token was traded for its successor.
    Info Log Refreshed = "refreshed";
    /// A refresh token was presented again within the grace: it got the same successor.
    Info Log RefreshRepeated = "refresh_repeated";
    /// A refresh token was used twice, so there is a copy of it: the session was ended.
    Warn Keep RefreshReused = "refresh_reused";
    /// A refresh token was refused: it proves nothing, or its session has ended.
    Info Gather RefreshRefused = "refresh_refused";
    /// A cookie or an access token was refused: it proves nothing, has expired, or its session has ended.
    Info Gather CredentialRefused = "credential_refused";
    /// An access token for another service was issued.
    Info Log AccessTokenMinted = "access_token_minted";
    /// A state-changing request came from an origin that is not allowed.
    Warn Gather OriginRefused = "origin_refused";
    /// A preflight came from an origin that is not allowed.
    Info Log PreflightRefused = "preflight_refused";
    /// A user deleted their account.
    Info Keep UserDeleted = "user_deleted";
    /// A user asked for their account to be deleted after the grace.
    Info Keep DeletionScheduled = "deletion_scheduled";
    /// A user signed in before the deletion, and keeps the account.
    Info Keep DeletionCancelled = "deletion_cancelled";
    /// A user exported what is stored about them.
    Info Keep Exported = "exported";
    /// An operator ended all sessions of a user.
    Info Keep UserSignedOut = "user_signed_out";
    /// An operator disabled a user: all their sessions ended.
    Info Keep UserDisabled = "user_disabled";
    /// An operator enabled a user.
    Info Keep UserEnabled = "user_enabled";
    /// An operator created a user.
    Info Keep UserCreated = "user_created";
    /// A user was sent an invitation, for the first time or again.
    Info Keep UserInvited = "user_invited";
    /// A user chose the first password with an invitation, from a mail or from the hand of an operator.
    Info Keep InvitationAccepted = "invitation_accepted";
    /// An operator changed the profile of a user.
    Info Keep UserChanged = "user_changed";
    /// An operator changed the roles of a user.
    Warn Keep RolesChanged = "roles_changed";
    /// An operator read the data of a user in the admin API; recorded once in ten minutes for each kind of data.
    Info Gather UserRead = "user_read";
    /// An operator exported what is stored about a user.
    Info Keep UserExported = "user_exported";
    /// An operator made an admin key.
    Warn Keep AdminKeyCreated = "admin_key_created";
    /// An operator revoked an admin key.
    Info Keep AdminKeyRevoked = "admin_key_revoked";
    /// An admin key was used; recorded once a minute.
    Info Keep AdminKeyUsed = "admin_key_used";
    /// An operator created a webhook. The detail in the row is its id, as of all events of webhooks.
    Warn Keep WebhookCreated = "webhook_created";
    /// An operator changed a webhook.
    Warn Keep WebhookChanged = "webhook_changed";
    /// An operator deleted a webhook, with all its deliveries.
    Info Keep WebhookDeleted = "webhook_deleted";
    /// An operator made a new secret for a webhook.
    Info Keep WebhookSecretRotated = "webhook_secret_rotated";
    /// An operator tested a webhook: this event is delivered to it.
    Info Keep WebhookTested = "webhook_tested";
    /// An operator had events delivered to a webhook again.
    Info Keep WebhookReplayed = "webhook_replayed";
    /// A delivery to a webhook was given up.
    Warn Gather WebhookDead = "webhook_dead";
    /// An admin key was refused: it is unknown, has expired or was revoked.
    Warn Gather AdminKeyRefused = "admin_key_refused";
    /// The admin API refused a request: from a network that is not allowed, or of a credential that does not allow it.
    Warn Gather AdminRefused = "admin_refused";
    /// The database lost what was committed: a backup was restored, or a replica took over that was behind.
    Warn Gather DatabaseWentBack = "database_went_back";
    /// The next signing key was published; it signs later.
    Info Keep SigningKeyPublished = "signing_key_published";
    /// An operator removed a signing key: its tokens are void.
    Warn Keep SigningKeyRemoved = "signing_key_removed";
    /// An operator sealed secrets again, under the newest server secret.
    Info Keep SecretsResealed = "secrets_resealed";
    /// An operator made the nodes forget the secret, the public URL and the signing keys that they share.
    Warn Keep DeploymentReset = "deployment_reset";
    /// A node started with another configuration than the last one that started.
    Info Keep ConfigurationChanged = "configuration_changed";
    /// An operator had mails that were given up delivered again.
    Info Keep MailRetried = "mail_retried";
    /// An operator removed mails without delivering them.
    Info Keep MailDiscarded = "mail_discarded";
    /// A mail was handed over; the reason is its kind.
    Info Log MailSent = "mail_sent";
    /// A mail could not be delivered yet, and is tried again; the reason is its kind.
    Info Log MailDeferred = "mail_deferred";
    /// A mail was given up; the reason is its kind.
    Warn Gather MailDead = "mail_dead";
    /// No mail can be delivered: the mail server does not answer, refuses the credentials, or cannot encrypt.
    Warn Gather MailStopped = "mail_stopped";
}

impl Event {
    /// The event with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|event| event.name() == name)
    }
}

impl From<Event> for &'static str {
    fn from(event: Event) -> Self {
        event.name()
    }
}
