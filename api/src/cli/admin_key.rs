//! `bifrons admin-key`: credentials of programs for the admin API.

use std::{sync::Arc, time::Duration};

use clap::Subcommand;
use entity::{AdminKeyId, Scope, Scopes, admin_key::Model};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    failure::Failure,
    id,
    nodes::beside_nodes,
    print::{print, print_none},
};
use crate::{authorization, clock::rfc_3339, config, config::Config, mail::written, state::AppState};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a key and print it, once
    #[command(after_help = "A program sends it as `Authorization: Bearer bfa_…` to /v1/admin.")]
    Create {
        /// What the key is for
        #[arg(long, allow_hyphen_values = true)]
        name: String,
        /// What it may do: users:read, users:write, sessions:write, audit:read, webhooks:read, webhooks:write
        #[arg(long, value_name = "SCOPES", value_parser = scopes)]
        scopes: Scopes,
        /// How long it works: 90d
        #[arg(long, value_name = "TIME", value_parser = config::duration)]
        expires: Duration,
        /// Print the result as JSON
        #[arg(long)]
        json: bool,
    },
    /// List the keys, oldest first
    List {
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Revoke a key; the nodes refuse it at once
    Revoke {
        /// The id of a key, as `list` shows it
        #[arg(value_name = "ID", value_parser = id::parse)]
        id: Uuid,
        /// Print the result as JSON
        #[arg(long)]
        json: bool,
    },
}

fn scopes(written: &str) -> Result<Scopes, String> {
    let known = Scope::ALL.map(Scope::name).join(", ");
    let scope = |name: &str| Scope::named(name.trim()).ok_or_else(|| format!("the scopes are {known}"));
    written.split(',').map(scope).collect()
}

pub(super) fn run(command: &Command, config: &Config) -> Result<(), Failure> {
    beside_nodes(config, async |state| match command {
        Command::Create { name, scopes, expires, json } => create(state, name, scopes, *expires, *json).await,
        Command::List { json } => list(state, *json).await,
        Command::Revoke { id, json } => revoke(state, AdminKeyId(*id), *json).await,
    })
}

async fn create(state: &Arc<AppState>, name: &str, scopes: &Scopes, expires: Duration, json: bool) -> Result<(), Failure> {
    let expires_at = state.clock.now().plus(expires);
    let created = authorization::create_admin_key(state, name, scopes.clone(), expires_at).await;
    let (key, stored) = created.map_err(Failure::new)?;
    if json {
        let mut printed = row(&stored);
        printed["key"] = key.reveal().as_str().into();
        return print(&format!("{printed}\n"));
    }
    print(&format!("{}\n", key.reveal().as_str()))
}

async fn list(state: &Arc<AppState>, json: bool) -> Result<(), Failure> {
    let keys = authorization::list_admin_keys(state).await.map_err(Failure::new)?;
    if keys.is_empty() && !json {
        print_none("there is no admin key");
    }
    for key in keys {
        let line = || {
            let used = key.last_used_at.map_or("never used".to_owned(), |at| format!("last used {}", written(at)));
            let end = match key.revoked_at {
                Some(at) => format!("revoked {}", written(at)),
                None => format!("expires {}", written(key.expires_at)),
            };
            format!("{}  {:?}  {}  {end}  {used}\n", key.id.0, key.name, key.scopes)
        };
        print(&if json { format!("{}\n", row(&key)) } else { line() })?;
    }
    Ok(())
}

fn row(key: &Model) -> Value {
    json!({
        "id": key.id.0,
        "name": key.name,
        "scopes": key.scopes.names().collect::<Vec<_>>(),
        "created_at": rfc_3339(key.created_at),
        "expires_at": rfc_3339(key.expires_at),
        "last_used_at": key.last_used_at.map(rfc_3339),
        "revoked_at": key.revoked_at.map(rfc_3339),
    })
}

async fn revoke(state: &Arc<AppState>, id: AdminKeyId, json: bool) -> Result<(), Failure> {
    if !authorization::revoke_admin_key(state, id).await.map_err(Failure::new)? {
        return Err(Failure::Failed(format!("there is no key {} that is not revoked", id.0)));
    }
    print(&if json { format!("{}\n", json!({ "id": id.0, "action": "revoke" })) } else { format!("{} is revoked\n", id.0) })
}
