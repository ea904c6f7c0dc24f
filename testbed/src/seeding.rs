//! Users with ready credentials. The service's own code makes their rows, without the mails and the steps of a sign-up.

use std::{
    fs,
    path::Path,
    sync::{Arc, atomic::Ordering},
};

use bifrons::{
    accounts::{NewUser as NewRow, import},
    authentication::{self, ChoosePasswordError, Proof},
    config::{self, CookiePolicy},
    db::Unavailable,
    email_address::EmailAddress,
    person_name,
    requester::Requester,
    secret::{DeviceToken, Password, RecoveryCode, TotpSecret},
    sessions::{self, Delivery, Established, OpenError, Opening},
};
use entity::{Method, Methods, UserId, recovery_code, token_grant::RefreshIn, totp, user::Status};
use poem_openapi::{
    Enum, Object,
    types::{Example, ParseFromJSON},
};
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
    /// A value breaks a rule of the service.
    Invalid(&'static str, String),
    /// Another user has the address.
    Taken(String),
    /// A disabled user cannot be signed in.
    Disabled,
    /// The service itself failed.
    Failed(String),
}

impl std::fmt::Display for SeedError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Invalid(field, rule) => write!(f, "{field} {rule}"),
            Self::Taken(email) => write!(f, "a user has the address {email} already"),
            Self::Disabled => f.write_str("a user who is disabled cannot be signed in: leave out disabled or sign_in"),
            Self::Failed(error) => f.write_str(error),
        }
    }
}

impl From<Unavailable> for SeedError {
    fn from(error: Unavailable) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Reads a seed file.
pub(crate) fn read(path: &Path) -> Result<Vec<NewUser>, String> {
    let say = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = fs::read_to_string(path).map_err(|error| say(&error))?;
    let mut seed: Value = serde_json::from_str(&text).map_err(|error| say(&error))?;
    let form = r#"write {"users": […]}, each as createUser of the control takes it"#;
    let users = seed.as_object_mut().filter(|members| members.len() == 1).and_then(|members| members.remove("users"));
    let users = users.ok_or_else(|| say(&form))?;
    Vec::parse_from_json(Some(users)).map_err(|error| say(&error.into_message()))
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
        let address = EmailAddress::parse(&email).map_err(|rule| SeedError::Invalid("email", rule.detail().to_owned()))?;
        let mut new = self.row(testbed, &address, &password).await?;
        let count = if self.factors.is_empty() { 0 } else { RECOVERY_CODES };
        let codes: Vec<_> = std::iter::repeat_with(RecoveryCode::generate).take(count).collect();
        new.user.second_factor = !self.factors.is_empty();
        let user = new.user.clone();
        if import::import(state, vec![new]).await? == 0 {
            return Err(SeedError::Taken(email));
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

    async fn row(&self, testbed: &Testbed, address: &EmailAddress, password: &str) -> Result<NewRow, SeedError> {
        let state = &testbed.state;
        if self.name.as_deref().is_some_and(|name| !person_name::is_valid(name)) {
            return Err(SeedError::Invalid("name", "must have 1 to 100 characters, and something visible".to_owned()));
        }
        let is_no_name = |name: &String| name.is_empty() || name.contains(char::is_whitespace);
        if self.roles.iter().any(is_no_name) {
            return Err(SeedError::Invalid("roles", "must be names without spaces".to_owned()));
        }
        self.locale.as_deref().map(config::locale).transpose().map_err(|rule| SeedError::Invalid("locale", rule))?;
        if self.app_metadata.as_ref().is_some_and(|metadata| !metadata.is_object()) {
            return Err(SeedError::Invalid("app_metadata", "must be an object".to_owned()));
        }
        let requester = Requester::default();
        let hash =
            authentication::choose_password(state, Password::new(password.to_owned()), address.canonical(), &requester).await;
        let hash = hash.map_err(|error| match error {
            ChoosePasswordError::Invalid(rule) => SeedError::Invalid("password", rule.detail().clone()),
            other => SeedError::Failed(other.to_string()),
        })?;
        let mut new = NewRow::new((address.as_typed(), address.canonical()), self.name.clone(), hash, state.clock.now());
        new.user.email_verified = self.verified.unwrap_or(true);
        new.user.locale.clone_from(&self.locale);
        new.user.app_metadata = self.app_metadata.as_ref().map(Value::to_string);
        new.user.roles = self.roles.join(" ").parse().map_err(|_| SeedError::Invalid("roles", "are not valid".to_owned()))?;
        if self.disabled {
            new.user.status = Status::Disabled;
        }
        Ok(new)
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
