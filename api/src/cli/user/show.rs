//! `bifrons user show`, `sessions` and `factors`.

use std::sync::Arc;

use serde_json::json;

use super::target::UserArguments;
use crate::{
    accounts::{self, FactorsOfUser},
    cli::{
        failure::Failure,
        print::{counted, print},
        sessions,
    },
    clock::rfc_3339,
    http::rows,
    mail::written,
    state::AppState,
};

pub(super) async fn show(state: &Arc<AppState>, arguments: &UserArguments) -> Result<(), Failure> {
    let user = arguments.find(state).await?;
    let printed = rows::user(&user);
    if arguments.json {
        return print(&format!("{printed}\n"));
    }
    let members = printed.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    let lines: Vec<_> =
        members.map(|(name, value)| format!("{name}: {}\n", value.as_str().map_or(value.to_string(), str::to_owned))).collect();
    print(&lines.concat())
}

pub(super) async fn sessions(state: &Arc<AppState>, arguments: &UserArguments) -> Result<(), Failure> {
    sessions::list(state, arguments.find(state).await?.id, arguments.json).await
}

pub(super) async fn factors(state: &Arc<AppState>, arguments: &UserArguments) -> Result<(), Failure> {
    let user = arguments.find(state).await?;
    let FactorsOfUser { summary, passkeys } = accounts::factors_of(state, user.id).await.map_err(Failure::new)?;
    if arguments.json {
        let passkeys: Vec<_> = passkeys
            .iter()
            .map(|passkey| json!({ "id": passkey.id.0, "name": passkey.name, "created_at": rfc_3339(passkey.created_at) }))
            .collect();
        let printed = json!({
            "id": user.id.0,
            "totp_added_at": summary.totp_added_at.map(rfc_3339),
            "recovery_codes": summary.recovery_codes,
            "passkeys": passkeys,
        });
        return print(&format!("{printed}\n"));
    }
    let mut lines = Vec::new();
    lines.extend(summary.totp_added_at.map(|at| format!("authenticator app, added {}\n", written(at))));
    lines.extend(passkeys.iter().map(|passkey| format!("passkey {:?}, added {}\n", passkey.name, written(passkey.created_at))));
    if summary.recovery_codes > 0 {
        lines.push(format!("{}\n", counted(summary.recovery_codes, "recovery code")));
    }
    if lines.is_empty() {
        lines.push(format!("{} has no second factor\n", arguments.written()));
    }
    print(&lines.concat())
}
