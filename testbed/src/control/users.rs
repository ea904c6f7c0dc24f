//! Users with ready credentials, and the codes of their authenticator apps.

use bifrons::{authentication, db::Unavailable, secret::TotpStep};
use entity::{UserId, totp};
use poem_openapi::{ApiResponse, Object, OpenApi, param::Path, payload::Json};
use sea_orm::EntityTrait;
use uuid::Uuid;

use super::{Control, Credentials, State, Tag, TotpSetup, body::Body, problem::Refused};
use crate::seeding::{NewUser, Seeded};

/// A user who was created.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct User {
    /// The id, counted since the last reset.
    id: Uuid,
    email: String,
    password: String,
    /// The authenticator app, if the user has one.
    totp: Option<TotpSetup>,
    /// The recovery codes, if the user has a second factor.
    recovery_codes: Vec<String>,
    /// The credentials, if the user was signed in.
    credentials: Option<Credentials>,
}

impl From<Seeded> for User {
    fn from(seeded: Seeded) -> Self {
        let Seeded { id, email, password, totp, recovery_codes, credentials } = seeded;
        Self { id, email, password, totp, recovery_codes, credentials }
    }
}

#[derive(ApiResponse)]
enum Created {
    /// The user.
    #[oai(status = 201)]
    User(Json<User>),
}

/// The users of the seed file.
#[derive(Object)]
struct Users {
    users: Vec<User>,
}

/// A code that the service takes now.
#[derive(Object)]
struct TotpCode {
    code: String,
}

pub(super) struct UsersApi;

#[OpenApi]
impl UsersApi {
    /// Reset the testbed
    ///
    /// Removes all users, sessions, mails, faults and log lines, sets the clock back to the start, and creates the users of the seed file again.
    /// Ids are counted anew. Credentials from before are void.
    #[oai(path = "/reset", method = "post", operation_id = "reset", tag = "Tag::Testbed")]
    async fn reset(&self, testbed: State<'_>, _control: Control) -> Result<Json<Users>, Refused> {
        let seeded = testbed.reset().await?;
        Ok(Json(Users { users: seeded.into_iter().map(User::from).collect() }))
    }

    /// Create a user
    ///
    /// Stores a user without a request of the service, and signs them in if that is asked for. No mail is sent.
    #[oai(path = "/users", method = "post", operation_id = "createUser", tag = "Tag::Users")]
    async fn create(&self, testbed: State<'_>, _control: Control, body: Body<NewUser>) -> Result<Created, Refused> {
        Ok(Created::User(Json(testbed.gate.pass(body.0.create(&testbed)).await?.into())))
    }

    /// Get a code of the authenticator app
    ///
    /// The code that the service takes from the user now. If the current one was used, it is the next one, which the service takes too; if that was
    /// used as well, the clock must move on.
    #[oai(path = "/users/:id/totp", method = "get", operation_id = "getTotpCode", tag = "Tag::Users")]
    async fn totp(
        &self,
        testbed: State<'_>,
        _control: Control,
        /// The user.
        id: Path<Uuid>,
    ) -> Result<Json<TotpCode>, Refused> {
        let state = &testbed.state;
        let found = totp::Entity::find_by_id(UserId(id.0)).one(state.db.connection()).await;
        let found = found.map_err(|error| Refused::failed(Unavailable::from(error)))?;
        let row = found.ok_or_else(|| Refused::not_found("the user has no authenticator app"))?;
        let secret = authentication::open_totp(&state.secrets, &row).ok_or_else(|| Refused::failed("cannot open the secret"))?;
        let TotpStep(current) = TotpStep::at(state.clock.now());
        let step = current.max(row.last_step + 1);
        if step > current + 1 {
            return Err(Refused::conflict("both codes that the service takes now were used: advance the clock by 30 seconds"));
        }
        Ok(Json(TotpCode { code: secret.code(TotpStep(step)).to_string() }))
    }
}
