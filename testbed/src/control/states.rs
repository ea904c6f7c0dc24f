//! The provider states of Pact: what a contract says was before a request.

use std::sync::Arc;

use bifrons::http::rules::{self, OtherMembers};
use entity::SessionId;
use poem_openapi::{
    Enum, Object, OpenApi,
    payload::Json,
    types::{Example, ParseFromJSON},
};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    ControlByUrl, State, Tag,
    body::OpenBody,
    dependencies::{Database, Dependencies, set_database},
    faults::{FaultBody, plant},
    problem::Refused,
    sessions::{ExpireSessionRequest, What},
};
use crate::{
    expiry,
    seeding::{NewUser, Seeded},
    testbed::Testbed,
};

/// What the contract says was before the request.
#[derive(Clone, Copy)]
enum Before {
    Nothing,
    User,
    SignedIn,
    BadSession,
    Fault,
    ReadOnly,
    Away,
    Slow,
}

/// The states and their names.
const STATES: [(&str, Before); 8] = [
    ("nothing happened", Before::Nothing),
    ("a user exists", Before::User),
    ("a user is signed in", Before::SignedIn),
    ("a session went bad", Before::BadSession),
    ("an operation meets a fault", Before::Fault),
    ("the database is read-only", Before::ReadOnly),
    ("the database is away", Before::Away),
    ("the database is slow", Before::Slow),
];

/// What Pact asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
enum Action {
    /// Before the request of the contract.
    Setup,
    /// After it: the testbed is reset.
    Teardown,
}

/// A provider state, as the verifiers of Pact send it.
#[derive(Object)]
#[oai(example)]
struct ProviderState {
    /// The name of a state. `possible` of a refusal lists all.
    state: String,
    /// `setup` if it is left out.
    action: Option<Action>,
    /// What the contract says about the state. Of a user, and of a session: what `createUser` takes. Of a session that went bad also `what`, as
    /// `expireSession` takes it; `revoked` if it is left out. Of a fault: what `addFault` takes.
    params: Option<Value>,
}

impl Example for ProviderState {
    fn example() -> Self {
        let params = serde_json::json!({ "email": "ada@example.com" });
        Self { state: "a user is signed in".to_owned(), action: Some(Action::Setup), params: Some(params) }
    }
}

/// The values that a contract can use in its requests, by the expression `${name}`.
#[derive(Default, Object)]
#[oai(skip_serializing_if_is_none)]
struct StateValues {
    user_id: Option<Uuid>,
    email: Option<String>,
    password: Option<String>,
    session_id: Option<Uuid>,
    /// The value of a `Cookie` header, in mode `cookie`.
    cookie: Option<String>,
    /// The value of an `Authorization` header, in mode `token`.
    authorization: Option<String>,
    /// In mode `token`.
    refresh_token: Option<String>,
}

impl From<Seeded> for StateValues {
    fn from(seeded: Seeded) -> Self {
        let Seeded { id, email, password, credentials, .. } = seeded;
        let session_id = credentials.as_ref().map(|credentials| credentials.session_id);
        let (cookie, tokens) = credentials.map(|credentials| (credentials.cookie, credentials.tokens)).unwrap_or_default();
        let authorization = tokens.as_ref().map(|tokens| format!("Bearer {}", tokens.access_token));
        Self {
            user_id: Some(id),
            email: Some(email),
            password: Some(password),
            session_id,
            cookie,
            authorization,
            refresh_token: tokens.map(|tokens| tokens.refresh_token),
        }
    }
}

pub(super) struct StatesApi;

#[OpenApi(prefix_path = "/states", tag = "Tag::States")]
impl StatesApi {
    /// Change the provider state
    ///
    /// The handler for provider states that a verifier of Pact calls. Verifiers take no header for it: write the token into the URL, as the password
    /// of the user `testbed`.
    #[oai(path = "/", method = "post", operation_id = "setProviderState")]
    async fn change(
        &self,
        testbed: State<'_>,
        _control: ControlByUrl,
        body: OpenBody<ProviderState>,
    ) -> Result<Json<StateValues>, Refused> {
        let ProviderState { state, action, params } = body.0;
        let found = STATES.iter().find(|(name, _)| *name == state);
        let Some((_, before)) = found else {
            return Err(Refused::none_of("state must be one of those that are possible", &STATES.map(|(name, _)| name)));
        };
        if action == Some(Action::Teardown) {
            testbed.reset().await?;
            return Ok(Json(StateValues::default()));
        }
        let params = match params {
            Some(Value::Object(params)) => params,
            None | Some(Value::Null) => Map::new(),
            Some(_) => return Err(Refused::invalid("params must be an object")),
        };
        Ok(Json(set_up(&testbed, *before, params).await?))
    }
}

async fn set_up(testbed: &Arc<Testbed>, before: Before, mut params: Map<String, Value>) -> Result<StateValues, Refused> {
    match before {
        Before::Nothing => {
            testbed.reset().await?;
        }
        Before::User => return Ok(testbed.gate.pass(read::<NewUser>(params)?.create(testbed)).await?.into()),
        Before::SignedIn => return sign_in(testbed, params).await,
        Before::BadSession => {
            let what = params.remove("what").map(|what| read::<ExpireSessionRequest>(Map::from_iter([("what".to_owned(), what)])));
            let what = what.transpose()?.map_or(What::Revoked, |request| request.what);
            let values = sign_in(testbed, params).await?;
            if let Some(session) = values.session_id {
                testbed.gate.pass(expiry::expire(testbed, SessionId(session), what)).await?;
            }
            return Ok(values);
        }
        Before::Fault => {
            plant(testbed, read::<FaultBody>(params)?)?;
        }
        Before::ReadOnly => set_database(testbed, Database::ReadOnly, None).await,
        Before::Away => set_database(testbed, Database::Away, None).await,
        Before::Slow => {
            params.insert("database".to_owned(), "slow".into());
            set_database(testbed, Database::Slow, read::<Dependencies>(params)?.delay_ms).await;
        }
    }
    Ok(StateValues::default())
}

async fn sign_in(testbed: &Arc<Testbed>, params: Map<String, Value>) -> Result<StateValues, Refused> {
    Ok(testbed.gate.pass(read::<NewUser>(params)?.signed_in().create(testbed)).await?.into())
}

fn read<T: ParseFromJSON + 'static>(params: Map<String, Value>) -> Result<T, Refused> {
    rules::read(Value::Object(params), OtherMembers::Refused).map_err(|broken| Refused::invalid(broken.join("; ")))
}
