//! The passkeys of the current user.

use entity::{PasskeyId, UnixMillis, passkey};
use poem::http::HeaderMap;
use poem_openapi::{Object, OpenApi, param::Path, types::Example};
use serde::Serialize;
use uuid::Uuid;

use super::{
    model::{Session, SignedIn, Tokens, User, instant},
    passkey_options::{PasskeyCreationOptions, base64url},
    passkey_sign_in::example_passkey,
    session::{StoreError, signed_in},
    tag::Tag,
};
use crate::{
    accounts::{self, NewPasskeyRequest, RegisterPasskeyError, RemovePasskeyError, RenamePasskeyError},
    authentication::{self, VerifyPasskeyError},
    http::{
        request::{
            State,
            body::Body,
            credentials::{ActiveSession, FreshSession},
            json_object::JsonObject,
            parameter_types::Id,
            text_field::NameField,
        },
        response::{
            problem::{ErrorResponse, problems},
            reply::{NoContent, Reply, WithCookies},
            timestamp::Timestamp,
        },
    },
    requester::Requester,
};

/// A passkey of a user.
#[derive(Object, Serialize)]
#[oai(skip_serializing_if_is_none, example)]
pub(super) struct Passkey {
    id: Uuid,
    /// The id that the authenticator gave it, in base64url: for `PublicKeyCredential.signalAllAcceptedCredentials()`.
    credential_id: String,
    /// What the user calls it.
    name: String,
    /// The program or device that keeps it, as it claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    /// Whether it may be copied to other devices of the user.
    backup_eligible: bool,
    /// Whether it was copied when it was last used.
    backed_up: bool,
    created_at: Timestamp,
    /// When it last signed the user in.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<Timestamp>,
}

impl From<&passkey::Model> for Passkey {
    fn from(row: &passkey::Model) -> Self {
        Self {
            id: row.id.0,
            credential_id: base64url(&row.credential_id),
            name: row.name.clone(),
            provider: authentication::passkey_provider(row.aaguid).map(str::to_owned),
            backup_eligible: row.backup_eligible,
            backed_up: row.backed_up,
            created_at: instant(row.created_at),
            last_used_at: row.last_used_at.map(instant),
        }
    }
}

impl Example for Passkey {
    fn example() -> Self {
        Self {
            id: Uuid::from_u128(0x019b_7a3d_3c5e_7a90_8b21_4f6d_92e0_5c37),
            credential_id: "-R85HbTJsv3g6nAYnLo_tj9Xm6YSKzOtlP8-wzAIS-Q".to_owned(),
            name: "My phone".to_owned(),
            provider: Some("Google Password Manager".to_owned()),
            backup_eligible: true,
            backed_up: true,
            created_at: User::example_time(),
            last_used_at: Some(instant(UnixMillis(1_767_258_000_000))),
        }
    }
}

/// Passkeys, oldest first.
#[derive(Object, Serialize)]
#[oai(example)]
struct PasskeyList {
    items: Vec<Passkey>,
}

impl Example for PasskeyList {
    fn example() -> Self {
        Self { items: vec![Passkey::example()] }
    }
}

/// A new passkey.
#[derive(Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
struct RegisterPasskeyRequest {
    /// What `navigator.credentials.create()` resolved to: its `toJSON()`.
    passkey: JsonObject,
    /// What the user calls it. By default the name of the program that keeps it.
    name: Option<NameField>,
}

impl Example for RegisterPasskeyRequest {
    fn example() -> Self {
        Self { passkey: example_passkey(), name: Some(NameField("My phone".to_owned())) }
    }
}

/// Another name for a passkey.
#[derive(Object)]
#[oai(deny_unknown_fields, example)]
struct RenamePasskeyRequest {
    /// What the user calls it.
    name: NameField,
}

impl Example for RenamePasskeyRequest {
    fn example() -> Self {
        Self { name: NameField("My phone".to_owned()) }
    }
}

/// A passkey that counts from now on.
#[derive(Object, Serialize)]
#[oai(skip_serializing_if_is_none, example)]
struct PasskeyRegistered {
    passkey: Passkey,
    /// If it is the first second factor of the user: to write down, each is good for one sign-in. They are shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes: Option<Vec<String>>,
    /// The session, in which the passkey is proved.
    session: Session,
    /// Mode `token`: its new tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens: Option<Tokens>,
}

impl Example for PasskeyRegistered {
    fn example() -> Self {
        let SignedIn { session, tokens, .. } = SignedIn::example();
        let recovery_codes = Some(vec!["GEZD-GNBV-GY3T-QOJQ-GEZD-GNBV".to_owned()]);
        Self { passkey: Passkey::example(), recovery_codes, session, tokens }
    }
}

problems!(RegisterPasskeyError {
    // A passkey that is new is never an unknown one.
    RegisterPasskeyError::Passkey(VerifyPasskeyError::Store(error)) => Unavailable.log(&error),
    RegisterPasskeyError::Passkey(_) => InvalidPasskey,
    RegisterPasskeyError::Exists => PasskeyExists,
    RegisterPasskeyError::TooMany => TooManyPasskeys,
    RegisterPasskeyError::Ended => InvalidSession,
    RegisterPasskeyError::Store(error) => Unavailable.log(&error),
    RegisterPasskeyError::Signing(error) => InternalError.log(&error),
});

problems!(RemovePasskeyError {
    RemovePasskeyError::Unknown => NotFound,
    RemovePasskeyError::LastOne => LastSignInMethod,
    RemovePasskeyError::Ended => InvalidSession,
    RemovePasskeyError::Store(error) => Unavailable.log(&error),
});

problems!(RenamePasskeyError {
    RenamePasskeyError::Unknown => NotFound,
    RenamePasskeyError::Ended => InvalidSession,
    RenamePasskeyError::Store(error) => Unavailable.log(&error),
});

pub(in crate::http) struct PasskeysApi;

#[OpenApi(prefix_path = "/v1/me", tag = "Tag::Me")]
impl PasskeysApi {
    /// List the passkeys
    ///
    /// Answers with the passkeys of the current user, oldest first.
    #[oai(path = "/passkeys", method = "get", operation_id = "listPasskeys")]
    async fn list(&self, state: State<'_>, principal: ActiveSession) -> Result<Reply<200, PasskeyList>, ErrorResponse<StoreError>> {
        let passkeys = accounts::passkeys(&state, &principal.0).await.map_err(StoreError)?;
        Ok(Reply(PasskeyList { items: passkeys.iter().map(Passkey::from).collect() }))
    }

    /// Start adding a passkey
    ///
    /// Answers with what `navigator.credentials.create()` needs. The passkey counts once `registerPasskey` has verified it, in this session.
    #[oai(path = "/passkey/options", method = "post", operation_id = "startPasskeyRegistration")]
    async fn start(
        &self,
        state: State<'_>,
        principal: FreshSession,
    ) -> Result<Reply<200, PasskeyCreationOptions>, ErrorResponse<StoreError>> {
        Ok(Reply(authentication::passkey_options(&state, &principal.0).await.map_err(StoreError)?.into()))
    }

    /// Add a passkey
    ///
    /// Verifies a new passkey. It signs in by itself; from now on a sign-in with the password needs a second factor. The answer has the
    /// session with its new secret, in which the passkey is proved, and recovery codes if the user had no second factor. A mail tells the user.
    #[oai(path = "/passkeys", method = "post", operation_id = "registerPasskey")]
    async fn register(
        &self,
        state: State<'_>,
        principal: FreshSession,
        requester: Requester,
        headers: &HeaderMap,
        body: Body<RegisterPasskeyRequest>,
    ) -> Result<WithCookies<Reply<201, PasskeyRegistered>>, ErrorResponse<RegisterPasskeyError>> {
        let Body(RegisterPasskeyRequest { passkey, name }) = body;
        let request = NewPasskeyRequest { credential: passkey.0, name: name.map(|NameField(name)| name) };
        let registered = accounts::register_passkey(&state, principal.0, request, &requester).await?;
        let codes = registered.codes.map(|codes| codes.iter().map(|code| code.reveal().to_string()).collect());
        let WithCookies(Reply(SignedIn { session, tokens, .. }), cookies) = signed_in(headers, &state, registered.renewed);
        let passkey = Passkey::from(&registered.passkey);
        Ok(WithCookies(Reply(PasskeyRegistered { passkey, recovery_codes: codes, session, tokens }), cookies))
    }

    /// Rename a passkey
    ///
    /// Gives a passkey another name in the list. The name is for the user alone.
    #[oai(path = "/passkeys/:id", method = "patch", operation_id = "renamePasskey")]
    async fn rename(
        &self,
        state: State<'_>,
        principal: ActiveSession,
        /// The passkey's id.
        id: Path<Id>,
        body: Body<RenamePasskeyRequest>,
    ) -> Result<NoContent, ErrorResponse<RenamePasskeyError>> {
        accounts::rename_passkey(&state, &principal.0, PasskeyId(id.0.0), body.0.name.0).await?;
        Ok(NoContent)
    }

    /// Remove a passkey
    ///
    /// If it was the last second factor, the recovery codes go with it, and a sign-in needs the password alone. The last way to sign in cannot be
    /// removed. A mail tells the user.
    #[oai(path = "/passkeys/:id", method = "delete", operation_id = "removePasskey")]
    async fn remove(
        &self,
        state: State<'_>,
        principal: FreshSession,
        requester: Requester,
        /// The passkey's id.
        id: Path<Id>,
    ) -> Result<NoContent, ErrorResponse<RemovePasskeyError>> {
        accounts::remove_passkey(&state, &principal.0, PasskeyId(id.0.0), &requester).await?;
        Ok(NoContent)
    }
}
