//! `bifrons user list`.

use std::{
    io::{self, Write},
    sync::Arc,
};

use clap::{Args, ValueEnum};
use entity::{UserId, user};
use uuid::Uuid;

use super::{roles, row};
use crate::{
    accounts::{self, UserFilter},
    cli::{
        failure::Failure,
        id,
        print::{print, print_none},
    },
    http::rows,
    state::AppState,
};

/// How many users one query reads.
const PAGE: u64 = 500;

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// Only users whose address begins so
    #[arg(long, value_name = "BEGINNING", allow_hyphen_values = true)]
    email: Option<String>,
    /// Only users whose name contains this
    #[arg(long, value_name = "PART", allow_hyphen_values = true)]
    name: Option<String>,
    /// Only users who may sign in, or who may not
    #[arg(long, value_enum)]
    status: Option<Status>,
    /// Only users with this role
    #[arg(long, value_name = "ROLE", value_parser = roles::parse_one)]
    role: Option<String>,
    /// Only users without a second factor
    #[arg(long)]
    without_second_factor: bool,
    /// Only users who signed up before the user with this id
    #[arg(long, value_name = "ID", value_parser = id::parse)]
    after: Option<Uuid>,
    /// At most so many users
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Status {
    Active,
    Disabled,
}

pub(super) async fn run(state: &Arc<AppState>, arguments: &Arguments) -> Result<(), Failure> {
    let filter = UserFilter {
        email_beginning: arguments.email.clone(),
        name_part: arguments.name.clone(),
        status: arguments.status.map(|status| match status {
            Status::Active => user::Status::Active,
            Status::Disabled => user::Status::Disabled,
        }),
        role: arguments.role.clone(),
        second_factor: arguments.without_second_factor.then_some(false),
    };
    let (mut after, mut left) = (arguments.after.map(UserId), arguments.limit.unwrap_or(u64::MAX));
    while left > 0 {
        let limit = PAGE.min(left);
        let users = accounts::list_users(state, &filter, after, limit).await.map_err(Failure::new)?;
        let lines = users.iter().map(|user| if arguments.json { format!("{}\n", rows::user(user)) } else { row::line(user) });
        print(&lines.collect::<String>())?;
        if users.is_empty() && after == arguments.after.map(UserId) && !arguments.json {
            print_none("there is no such user");
        }
        let count = u64::try_from(users.len()).unwrap_or(limit);
        let Some(last) = users.last().filter(|_| count == limit) else { return Ok(()) };
        (after, left) = (Some(last.id), left - limit);
    }
    if let Some(UserId(last)) = after.filter(|_| !arguments.json) {
        let _ = writeln!(io::stderr(), "… there may be more: --after {last}");
    }
    Ok(())
}
