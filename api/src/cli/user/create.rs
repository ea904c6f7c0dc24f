//! `bifrons user create`.

use std::sync::Arc;

use clap::Args;
use entity::Roles;
use serde_json::json;

use super::{roles, row};
use crate::{
    accounts::{self, CreateUser, CreateUserError, CreatedUser},
    authorization::Operator,
    cli::{failure::Failure, print::print},
    clock::rfc_3339,
    email_address::EmailAddress,
    mail::{OneTimeLink, written},
    state::AppState,
};

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// E-mail address
    #[arg(long, value_name = "EMAIL", allow_hyphen_values = true)]
    email: String,
    /// The name to show
    #[arg(long, allow_hyphen_values = true)]
    name: Option<String>,
    /// The language of mails: a BCP 47 tag
    #[arg(long)]
    locale: Option<String>,
    /// Roles of the user: editor,admin. `admin` allows the administration
    #[arg(long = "role", visible_alias = "roles", value_name = "ROLES", value_parser = roles::parse)]
    roles: Option<Roles>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(state: &Arc<AppState>, arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { email, name, locale, roles, json } = arguments;
    let address = EmailAddress::parse(email).map_err(|rule| Failure::Failed(format!("--email {}", rule.detail())))?;
    let create =
        CreateUser { email: address, name: name.clone(), locale: locale.clone(), roles: roles.clone().unwrap_or_default() };
    let created = accounts::create_user(state, Operator::CommandLine, create).await;
    let CreatedUser { user, token, expires_at } = created.map_err(|error| match error {
        CreateUserError::EmailTaken => Failure::Failed(format!("another user has the address {email}")),
        error => Failure::new(error),
    })?;
    let page = state.config.pages.reset_password.as_ref();
    let link = OneTimeLink::new(page, &token).link;
    if *json {
        let printed = json!({
            "user": row::row(&user), "token": token.reveal().as_str(), "link": link, "expires_at": rfc_3339(expires_at),
        });
        return print(&format!("{printed}\n"));
    }
    let until = written(expires_at);
    print(&match link {
        Some(link) => format!(
            "{email} was created. Give the user this link: it sets the password, works once, and expires {until}.\n{link}\n"
        ),
        None => format!(
            "{email} was created. Give the user this token: the operation resetPassword takes it with the new password, once, until \
             {until}. With pages.reset_password it is a link.\n{}\n",
            token.reveal().as_str()
        ),
    })
}
