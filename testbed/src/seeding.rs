//! Users with ready credentials. The service's own code makes their rows, without the mails and the steps of a sign-up.

use std::{
    fs,
    path::Path,
    sync::{Arc, atomic::Ordering},
};

use bifrons::{
    accounts::{self, CreateUser, NewUser as NewRow, Violation, import},
    authentication::{self, ChoosePasswordError, Proof},
    config::CookiePolicy,
    db::Unavailable,
    email_address::EmailAddress,
    http::rules::{self, OtherMembers},
    requester::Requester,
    secret::{DeviceToken, Password, RecoveryCode, TotpSecret},
    sessions::{self, Delivery, Established, OpenError, Opening},
};
use entity::{Method, Methods, Roles, UserId, recovery_code, token_grant::RefreshIn, totp, user::Status};
use poem_openapi::{Enum, Object, types::Example};
use sea_orm::{EntityTrait, IntoActiveModel};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    control::{Credentials, TotpSetup},
    testbed::Testbed,
};

/// The password of a user who is created without one.
const PASSWORD: &str = "correct horse battery";

/// How many recovery codes a user with a second factor gets, as in the service.
const RECOVERY_CODES: usize = 10;

/// A second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub(crate) enum Factor {
    /// An authenticator app, and ten recovery codes.
    Totp,
}

/// How a session is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub(crate) enum Mode {
    /// A session cookie.
    Cookie,
    /// An access token and a refresh token.
    Token,
}

/// A user to create. Everything has a default.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub(crate) struct NewUser {
    /// The address; `user-1@example.com` and so on if it is left out.
    email: Option<String>,
    /// The password; `correct horse battery` if it is left out.
    password: Option<String>,
    /// The name.
    name: Option<String>,
    /// The language of mails, as BCP 47 has it.
    locale: Option<String>,
    /// The roles.
    #[oai(default)]
    roles: Vec<String>,
    /// Whether the address is verified; true if it is left out.
    verified: Option<bool>,
    /// The second factors.
    #[oai(default)]
    factors: Vec<Factor>,
    /// Whether an operator disabled the user.
    #[oai(default)]
    disabled: bool,
    /// The metadata that operators write, as a JSON object.
    app_metadata: Option<Value>,
    /// Signs the user in, with all second factors, and answers with the credentials.
    sign_in: Option<Mode>,
    /// Whether the session is remembered.
    #[oai(default)]
    remember: bool,
}

impl Example for NewUser {
    fn example() -> Self {
        Self {
            email: Some("ada@example.com".to_owned()),
            password: Some(PASSWORD.to_owned()),
            name: Some("Ada".to_owned()),
            locale: Some("en".to_owned()),
            roles: vec!["editor".to_owned()],
            verified: Some(true),
            factors: Vec::new(),
            disabled: false,
            app_metadata: None,
            sign_in: Some(Mode::Cookie),
            remember: false,
        }
    }
}

/// A user who was created.
#[derive(Clone, Debug)]
pub(crate) struct Seeded {
    pub(crate) id: Uuid,
    pub(crate) email: String,
    pub(crate) password: String,
    pub(crate) totp: Option<TotpSetup>,
    pub(crate) recovery_codes: Vec<String>,
    pub(crate) credentials: Option<Credentials>,
}

/// Why a user is not created.
#[derive(Debug)]
pub(crate) enum SeedError {
    /// A value breaks a rule of the service: the field, and what it must be.
    Invalid(String),
    /// Another user has the address.
    Taken,
    /// A disabled user cannot be signed in.
    Disabled,
    /// The service itself failed.
    Failed(String),
}

impl std::fmt::Display for SeedError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Invalid(rule) => f.write_str(rule),
            Self::Taken => f.write_str("email must not be that of another user"),
            Self::Disabled => f.write_str("sign_in must be left out if disabled is true"),
            Self::Failed(error) => f.write_str(error),
        }
    }
}

impl From<Violation> for SeedError {
    fn from(violation: Violation) -> Self {
        Self::Invalid(rules::words(violation))
    }
}

impl From<Unavailable> for SeedError {
    fn from(error: Unavailable) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Reads a seed file. An error names each field and its rule.
pub(crate) fn read(path: &Path) -> Result<Vec<NewUser>, String> {
    let say = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let bytes = fs::read(path).map_err(|error| say(&error))?;
    let form = r#"write {"users": […]} without a member twice, each user as createUser of the control takes it"#;
    let seed = rules::parse(&bytes).ok_or_else(|| say(&form))?;
    let members = seed.as_object().filter(|members| members.len() == 1);
    let users = members.and_then(|members| members.get("users")?.as_array()).ok_or_else(|| say(&form))?;
    let read = |(number, user): (usize, &Value)| {
        let read = rules::read(user.clone(), OtherMembers::Refused);
        read.map_err(|broken| say(&format!("users[{number}]: {}", broken.join("; "))))
    };
    users.iter().enumerate().map(read).collect()
}

impl NewUser {
    /// The same user, signed in: in mode `cookie` if the mode is left out.
    pub(crate) fn signed_in(self) -> Self {
        Self { sign_in: self.sign_in.or(Some(Mode::Cookie)), ..self }
    }

    /// Stores the user, and signs them in if that is asked for.
    pub(crate) async fn create(self, testbed: &Arc<Testbed>) -> Result<Seeded, SeedError> {
        if self.disabled && self.sign_in.is_some() {
            return Err(SeedError::Disabled);
        }
        let state = &testbed.state;
        let number = testbed.users.fetch_add(1, Ordering::SeqCst) + 1;
        let email = self.email.clone().unwrap_or_else(|| format!("user-{number}@example.com"));
        let password = self.password.clone().unwrap_or_else(|| PASSWORD.to_owned());
        let address = EmailAddress::parse(&email).map_err(|rule| SeedError::Invalid(format!("email {}", rule.detail())))?;
        let mut new = self.row(testbed, address, &password).await?;
        let count = if self.factors.is_empty() { 0 } else { RECOVERY_CODES };
        let codes: Vec<_> = std::iter::repeat_with(RecoveryCode::generate).take(count).collect();
        new.user.second_factor = !self.factors.is_empty();
        let user = new.user.clone();
        if import::import(state, vec![new]).await? == 0 {
            return Err(SeedError::Taken);
        }
        let totp = if self.factors.is_empty() { None } else { Some(add_factors(testbed, user.id, &email, &codes).await?) };
        let credentials = match self.sign_in {
            None => None,
            Some(mode) => {
                let mut methods = Methods::only(Method::Password);
                if user.second_factor {
                    methods = methods.with(Method::OneTimeCode).with(Method::MultiFactor);
                }
                let proof = Proof::new(user.clone(), methods, state.clock.now());
                let (established, device) = sign_in(testbed, &proof, mode, self.remember).await?;
                Some(Credentials::new(testbed, &established, &device, self.remember))
            }
        };
        let recovery_codes = codes.iter().map(|code| code.reveal().to_string()).collect();
        Ok(Seeded { id: user.id.0, email, password, totp, recovery_codes, credentials })
    }

    async fn row(&self, testbed: &Testbed, email: EmailAddress, password: &str) -> Result<NewRow, SeedError> {
        let (state, canonical) = (&testbed.state, email.canonical().to_owned());
        let roles =
            Roles::new(self.roles.iter().cloned()).map_err(|rule| SeedError::Invalid(format!("roles break a rule: {rule}")))?;
        let app_metadata = match &self.app_metadata {
            None | Some(Value::Null) => None,
            Some(Value::Object(members)) => Some(members),
            Some(_) => return Err(SeedError::Invalid("app_metadata must be an object".to_owned())),
        };
        let password = Password::new(password.to_owned());
        let hash = authentication::choose_password(state, password, &canonical, &Requester::default()).await;
        let password = hash.map_err(|error| match error {
            ChoosePasswordError::Invalid(rule) => Violation::Password(rule).into(),
            other => SeedError::Failed(other.to_string()),
        })?;
        // Last, because it takes an id: a user who is refused takes none.
        let create = CreateUser { email, name: self.name.clone(), locale: self.locale.clone(), roles };
        let mut user = accounts::prepared(create, app_metadata, state.clock.now())?;
        user.email_verified = self.verified.unwrap_or(true);
        if self.disabled {
            user.status = Status::Disabled;
        }
        Ok(NewRow { user, password })
    }
}

async fn add_factors(testbed: &Testbed, user: UserId, email: &str, codes: &[RecoveryCode]) -> Result<TotpSetup, SeedError> {
    let (state, secret) = (&testbed.state, TotpSecret::generate());
    let sealed = authentication::seal_totp(&state.secrets, user, &secret);
    let sealed = sealed.ok_or_else(|| SeedError::Failed("cannot seal".to_owned()))?;
    let now = state.clock.now();
    let row = totp::Model { user_id: user, secret: sealed, last_step: 0, created_at: now, confirmed_at: Some(now) };
    let db = state.db.connection();
    totp::Entity::insert(row.into_active_model()).exec_without_returning(db).await.map_err(Unavailable::from)?;
    let rows = codes.iter().map(|code| recovery_code::Model { user_id: user, code_hash: code.hash(user) }.into_active_model());
    recovery_code::Entity::insert_many(rows).exec_without_returning(db).await.map_err(Unavailable::from)?;
    Ok(TotpSetup { secret: secret.reveal().to_string(), uri: secret.uri(&state.config.mail.product, email).to_string() })
}

/// Opens a session from a device that the account knows, so that the service sends no mail about a new device.
async fn sign_in(testbed: &Testbed, proof: &Proof, mode: Mode, remember: bool) -> Result<(Established, DeviceToken), SeedError> {
    let state = &testbed.state;
    let device = state.limits.trust_device(&[], &proof.user, proof.at);
    let requester = Requester { devices: vec![device.clone()], ..Requester::default() };
    let delivery = match mode {
        Mode::Cookie => Delivery::Cookie,
        Mode::Token => Delivery::Tokens(RefreshIn::Body),
    };
    let opening = Opening { delivery, remember, requester, replaces: Vec::new() };
    let opened = sessions::open(state, proof, opening).await;
    let established = opened.map_err(|error: OpenError| SeedError::Failed(error.to_string()))?;
    Ok((established, device))
}

/// The cookies of this testbed.
pub(crate) fn cookie_policy(testbed: &Testbed) -> CookiePolicy {
    testbed.state.config.callers.get().cookies.clone()
}
