//! `bifrons user roles`.

use std::{collections::BTreeSet, sync::Arc};

use clap::Args;
use entity::Roles;
use serde_json::json;

use super::target::UserArguments;
use crate::{
    accounts::{self, Instruction, UserChange},
    cli::{
        failure::Failure,
        print::{print, print_none},
    },
    state::AppState,
};

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    user: UserArguments,
    /// Replace all roles by these: editor,admin. An empty list removes all
    #[arg(long, value_name = "ROLES", conflicts_with_all = ["add", "remove"], value_parser = parse)]
    set: Option<Roles>,
    /// Give the user a role
    #[arg(long, value_name = "ROLE", value_parser = parse_one)]
    add: Vec<String>,
    /// Also if the address of the user is not verified: you know who signed up with it
    #[arg(long)]
    unverified: bool,
    /// Take a role away
    #[arg(long, value_name = "ROLE", value_parser = parse_one)]
    remove: Vec<String>,
}

/// Roles as an argument, separated by commas.
pub(super) fn parse(written: &str) -> Result<Roles, String> {
    let names = written.split(',').map(str::trim).filter(|name| !name.is_empty());
    Roles::new(names).map_err(|error| error.to_string())
}

/// One role as an argument.
pub(super) fn parse_one(written: &str) -> Result<String, String> {
    Roles::new([written]).map(|_| written.to_owned()).map_err(|error| error.to_string())
}

pub(super) async fn run(state: &Arc<AppState>, arguments: &Arguments) -> Result<(), Failure> {
    let (mut user, instruction) = arguments.user.instruct(state).await?;
    if arguments.set.is_some() || !arguments.add.is_empty() || !arguments.remove.is_empty() {
        let roles = if let Some(roles) = &arguments.set {
            roles.clone()
        } else {
            let kept: BTreeSet<_> = user.roles.names().map(str::to_owned).chain(arguments.add.iter().cloned()).collect();
            Roles::new(kept.into_iter().filter(|name| !arguments.remove.contains(name))).map_err(Failure::new)?
        };
        // Another operator may have changed the roles since this command read them.
        let instruction = Instruction { versions: Some(vec![user.version]), ..instruction };
        let change = UserChange { roles: Some(roles), knows_user: arguments.unverified, ..UserChange::default() };
        let updated = accounts::update_user(state, instruction, change).await;
        user = updated.map_err(|error| arguments.user.failure(&error))?;
    }
    if arguments.user.json {
        let roles: Vec<_> = user.roles.names().collect();
        return print(&format!("{}\n", json!({ "id": user.id.0, "email": user.email, "roles": roles })));
    }
    if user.roles == Roles::default() {
        print_none(&format!("{} has no role", arguments.user.written()));
    }
    print(&user.roles.names().flat_map(|name| [name, "\n"]).collect::<String>())
}
