//! The user argument of a command.

use std::sync::Arc;

use clap::Args;
use entity::user;

use crate::{
    accounts::{Instruction, OperatorError},
    authorization::Operator,
    cli::{
        failure::Failure,
        find_user::{find, not_found},
    },
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
    /// The argument as the operator wrote it.
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
            error @ OperatorError::Unverified => {
                Failure::Failed(format!("{}: {error}; if you know the user, add --unverified", self.user))
            }
            OperatorError::Store(error) => Failure::new(error),
            error => Failure::Failed(format!("{}: {error}", self.user)),
        }
    }
}
