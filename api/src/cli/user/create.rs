//! `bifrons user create` and `bifrons user invite`.

use std::sync::Arc;

use clap::Args;
use entity::Roles;
use serde_json::json;

use super::{roles, target::UserArguments};
use crate::{
    accounts::{self, CreateUser, CreateUserError, CreatedUser, InvitedUser},
    authorization::Operator,
    cli::{failure::Failure, nodes::check_mail_can_be_read, print::print},
    clock::rfc_3339,
    email_address::EmailAddress,
    http::rows,
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

impl Arguments {
    fn create(&self) -> Result<CreateUser, Failure> {
        let address = EmailAddress::parse(&self.email).map_err(|rule| Failure::Failed(format!("--email {}", rule.detail())))?;
        let (name, locale, roles) = (self.name.clone(), self.locale.clone(), self.roles.clone().unwrap_or_default());
        Ok(CreateUser { email: address, name, locale, roles })
    }

    fn failure(&self, error: CreateUserError) -> Failure {
        match error {
            CreateUserError::EmailTaken => Failure::Failed(format!("another user has the address {}", self.email)),
            CreateUserError::Invalid(rule) => Failure::Failed(format!("no user was created: {rule}")),
            error @ CreateUserError::Operator(_) => Failure::new(error),
        }
    }
}

pub(super) async fn create(state: &Arc<AppState>, arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { email, json, .. } = arguments;
    let created = accounts::create_user(state, Operator::CommandLine, arguments.create()?).await;
    let CreatedUser { user, token, expires_at } = created.map_err(|error| arguments.failure(error))?;
    let page = state.config.pages.reset_password.as_ref();
    let link = OneTimeLink::new(page, &token).link;
    if *json {
        let printed = json!({
            "user": rows::user(&user), "token": token.reveal().as_str(), "link": link, "expires_at": rfc_3339(expires_at),
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

pub(super) async fn invite(state: &Arc<AppState>, arguments: &Arguments) -> Result<(), Failure> {
    check_mail_can_be_read(state, "the user was not invited").await?;
    let invited = accounts::invite_user(state, Operator::CommandLine, arguments.create()?).await;
    print_invited(&invited.map_err(|error| arguments.failure(error))?, arguments.json)
}

pub(super) async fn resend(state: &Arc<AppState>, arguments: &UserArguments) -> Result<(), Failure> {
    let (_, instruction) = arguments.instruct(state).await?;
    check_mail_can_be_read(state, "the invitation was not sent").await?;
    let sent = accounts::resend_invitation(state, instruction).await;
    print_invited(&sent.map_err(|error| arguments.failure(&error))?, arguments.json)
}

fn print_invited(InvitedUser { user, expires_at }: &InvitedUser, json: bool) -> Result<(), Failure> {
    if json {
        return print(&format!("{}\n", json!({ "user": rows::user(user), "expires_at": rfc_3339(*expires_at) })));
    }
    print(&format!("an invitation to {} is on its way; it expires {}\n", user.email, written(*expires_at)))
}
