//! `bifrons user sign-out`, `disable`, `enable`, `delete`, `send-reset`, `reset-factors` and `set-password`.

use std::{io, sync::Arc};

use serde_json::json;
use zeroize::Zeroizing;

use super::target::UserArguments;
use crate::{
    accounts::{self, AdminAction, OperatorError, SetPasswordError},
    cli::{failure::Failure, nodes::check_mail_can_be_read, print::print, sessions::sessions_ended},
    secret::Password,
    state::AppState,
};

pub(super) async fn apply(state: &Arc<AppState>, action: AdminAction, arguments: &UserArguments) -> Result<(), Failure> {
    let (user, instruction) = arguments.instruct(state).await?;
    let ended = accounts::apply(state, instruction, action).await.map_err(|error| arguments.failure(&error))?;
    let written = arguments.written();
    if arguments.json {
        let action = match action {
            AdminAction::SignOut => "sign_out",
            AdminAction::Disable => "disable",
            AdminAction::Enable => "enable",
        };
        return print(&format!("{}\n", json!({ "email": user.email, "action": action, "sessions_ended": ended })));
    }
    let sessions = sessions_ended(ended);
    print(&match action {
        AdminAction::SignOut => format!("{written} is signed out: {sessions}\n"),
        AdminAction::Disable => format!("{written} is disabled: {sessions}\n"),
        AdminAction::Enable => format!("{written} can sign in again\n"),
    })
}

pub(super) async fn delete(state: &Arc<AppState>, arguments: &UserArguments) -> Result<(), Failure> {
    let (user, instruction) = arguments.instruct(state).await?;
    check_mail_can_be_read(state, "the user was not deleted").await?;
    accounts::delete_user(state, instruction).await.map_err(|error| arguments.failure(&error))?;
    if arguments.json {
        return print(&format!("{}\n", json!({ "id": user.id.0, "email": user.email, "action": "delete" })));
    }
    print(&format!("{} is deleted; a mail tells the user\n", arguments.written()))
}

pub(super) async fn send_reset(state: &Arc<AppState>, arguments: &UserArguments) -> Result<(), Failure> {
    let (user, instruction) = arguments.instruct(state).await?;
    accounts::send_password_reset(state, instruction).await.map_err(|error| arguments.failure(&error))?;
    if arguments.json {
        return print(&format!("{}\n", json!({ "email": user.email, "action": "send_reset" })));
    }
    print(&format!("a mail to {} is on its way\n", user.email))
}

pub(super) async fn reset_factors(state: &Arc<AppState>, arguments: &UserArguments) -> Result<(), Failure> {
    let (user, instruction) = arguments.instruct(state).await?;
    check_mail_can_be_read(state, "the second factors were not removed").await?;
    let had_any = accounts::reset_second_factors(state, instruction).await.map_err(|error| arguments.failure(&error))?;
    if arguments.json {
        let printed = json!({ "email": user.email, "action": "reset_factors", "had_any": had_any });
        return print(&format!("{printed}\n"));
    }
    let done = if had_any { "signs in with the password alone; a mail tells the user" } else { "has no second factor" };
    print(&format!("{} {done}\n", arguments.written()))
}

pub(super) async fn set_password(state: &Arc<AppState>, arguments: &UserArguments) -> Result<(), Failure> {
    let (user, instruction) = arguments.instruct(state).await?;
    check_mail_can_be_read(state, "the password was not set").await?;
    let mut typed = Zeroizing::new(String::new());
    io::stdin().read_line(&mut typed).map_err(Failure::new)?;
    let password = Password::new(typed.trim_end_matches(['\r', '\n']).to_owned());
    let set = accounts::set_password(state, instruction, password).await;
    let ended = set.map_err(|error| match error {
        SetPasswordError::Operator(error @ OperatorError::NotFound) => arguments.failure(&error),
        error => Failure::Failed(format!("the password was not set: {error}")),
    })?;
    if arguments.json {
        let printed = json!({ "email": user.email, "action": "set_password", "sessions_ended": ended });
        return print(&format!("{printed}\n"));
    }
    print(&format!("{} has a new password: {}\n", arguments.written(), sessions_ended(ended)))
}
