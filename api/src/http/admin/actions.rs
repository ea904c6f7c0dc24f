//! Disabling, enabling and signing out users, sending them a reset, removing their second factors.

use entity::UserId;
use poem_openapi::{OpenApi, param::Path};

use super::{
    model::SessionsEnded,
    problems::{Instructed, Leaving, OfActive},
    tag::AdminTag,
};
use crate::{
    accounts::{self, AdminAction, Instruction},
    authorization::Operator,
    http::{
        request::{
            State,
            admin::{Admin, SessionsWrite, UsersWrite},
            parameter_types::Id,
        },
        response::{
            problem::ErrorResponse,
            reply::{Accepted, NoContent, Reply},
        },
    },
};

fn instruct(by: Operator, Path(Id(id)): Path<Id>) -> Instruction {
    Instruction { by, user: UserId(id), versions: None }
}

pub(in crate::http) struct AdminActionsApi;

#[OpenApi(prefix_path = "/v1/admin/users", tag = "AdminTag::Users")]
impl AdminActionsApi {
    /// Disable a user
    ///
    /// Ends all sessions of the user and refuses further sign-ins. It takes effect immediately.
    #[oai(path = "/:id/disable", method = "post", operation_id = "disableUser")]
    async fn disable(
        &self,
        state: State<'_>,
        operator: Admin<UsersWrite>,
        /// The user's id.
        id: Path<Id>,
    ) -> Result<Reply<200, SessionsEnded>, ErrorResponse<Leaving>> {
        Ok(Reply(accounts::apply(&state, instruct(operator.0, id), AdminAction::Disable).await.map_err(Leaving)?.into()))
    }

    /// Enable a user
    ///
    /// A disabled user can sign in again.
    #[oai(path = "/:id/enable", method = "post", operation_id = "enableUser")]
    async fn enable(
        &self,
        state: State<'_>,
        operator: Admin<UsersWrite>,
        /// The user's id.
        id: Path<Id>,
    ) -> Result<NoContent, ErrorResponse<Instructed>> {
        accounts::apply(&state, instruct(operator.0, id), AdminAction::Enable).await.map_err(Instructed)?;
        Ok(NoContent)
    }

    /// Sign a user out
    ///
    /// Ends all sessions of the user, who can sign in again.
    #[oai(path = "/:id/sign-out", method = "post", operation_id = "signOutUser")]
    async fn sign_out(
        &self,
        state: State<'_>,
        operator: Admin<SessionsWrite>,
        /// The user's id.
        id: Path<Id>,
    ) -> Result<Reply<200, SessionsEnded>, ErrorResponse<Instructed>> {
        Ok(Reply(accounts::apply(&state, instruct(operator.0, id), AdminAction::SignOut).await.map_err(Instructed)?.into()))
    }

    /// Send a user a new password
    ///
    /// Sends the mail with which the user chooses a new password.
    #[oai(path = "/:id/send-reset", method = "post", operation_id = "sendUserReset")]
    async fn send_reset(
        &self,
        state: State<'_>,
        operator: Admin<UsersWrite>,
        /// The user's id.
        id: Path<Id>,
    ) -> Result<Accepted, ErrorResponse<OfActive>> {
        accounts::send_password_reset(&state, instruct(operator.0, id)).await.map_err(OfActive)?;
        Ok(Accepted)
    }

    /// Remove the second factors of a user
    ///
    /// For a user who lost them: make sure of who asks. Afterwards the password alone signs in. A mail tells the user.
    #[oai(path = "/:id/reset-factors", method = "post", operation_id = "resetUserFactors")]
    async fn reset_factors(
        &self,
        state: State<'_>,
        operator: Admin<UsersWrite>,
        /// The user's id.
        id: Path<Id>,
    ) -> Result<NoContent, ErrorResponse<Instructed>> {
        accounts::reset_second_factors(&state, instruct(operator.0, id)).await.map_err(Instructed)?;
        Ok(NoContent)
    }
}
