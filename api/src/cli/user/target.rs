//! The user whom a command names.

use std::sync::Arc;

use clap::Args;
use entity::user;
use uuid::Uuid;

use crate::{
    accounts::{self, Instruction, OperatorError},
    authorization::Operator,
    cli::failure::Failure,
    state::AppState,
};

#[derive(Debug, Args)]
pub(in crate::cli) struct UserArguments {
    /// E-mail address or id
    #[arg(value_name = "USER", allow_hyphen_values = true)]
    user: String,
    /// Print the result as JSON
    #[arg(long)]
    pub(super) json: bool,
}

impl UserArguments {
    /// As the operator wrote it.
    pub(super) fn written(&self) -> &str {
        &self.user
    }

    pub(super) async fn find(&self, state: &Arc<AppState>) -> Result<user::Model, Failure> {
        find(state, &self.user).await
    }

    /// The user, and an instruction about them.
    pub(super) async fn instruct(&self, state: &Arc<AppState>) -> Result<(user::Model, Instruction), Failure> {
        let user = self.find(state).await?;
        let instruction = Instruction { by: Operator::CommandLine, user: user.id, versions: None };
        Ok((user, instruction))
    }

    /// Why an instruction about the user failed.
    pub(super) fn failure(&self, error: &OperatorError) -> Failure {
        match error {
            OperatorError::NotFound => not_found(&self.user),
            OperatorError::Store(error) => Failure::new(error),
            error => Failure::Failed(format!("{}: {error}", self.user)),
        }
    }
}

/// The user with this address or id.
pub(in crate::cli) async fn find(state: &Arc<AppState>, written: &str) -> Result<user::Model, Failure> {
    accounts::find_user(state, written).await.map_err(Failure::new)?.ok_or_else(|| not_found(written))
}

fn not_found(written: &str) -> Failure {
    let what = if Uuid::try_parse(written).is_ok() { "id" } else { "address" };
    Failure::Failed(format!("no user has the {what} {written}"))
}
