//! Prints rows, for programs or for people.

use std::collections::HashMap;

use entity::{
    UserId,
    audit_event::{ActorKind, Model},
};

use crate::{accounts, cli::failure::Failure, clock::rfc_3339, db::Db, http::rows, requester::device_name};

/// The form of the output.
pub(super) enum Output {
    /// For programs.
    JsonLines,
    /// For people.
    Table(Table),
}

/// The addresses of the users whom rows name: an operator knows addresses, not ids.
pub(super) struct Table(HashMap<UserId, String>);

impl Table {
    pub(super) async fn read(db: &Db, page: &[Model]) -> Result<Self, Failure> {
        let users = page.iter().flat_map(|row| [row.user_id, acting_user(row)]).flatten().collect();
        Ok(Self(accounts::store::addresses(db.connection(), users).await.map_err(Failure::new)?))
    }

    fn name(&self, user: UserId) -> String {
        self.0.get(&user).filter(|email| !email.is_empty()).cloned().unwrap_or_else(|| user.0.to_string())
    }

    /// The actor; empty if it is the user of the row, or unknown.
    fn actor(&self, row: &Model) -> String {
        match (row.actor_kind, &row.actor_id) {
            (ActorKind::User, None) => String::new(),
            (ActorKind::User, Some(_)) if acting_user(row) == row.user_id => String::new(),
            (ActorKind::User, Some(id)) => format!("  by {}", acting_user(row).map_or_else(|| id.clone(), |user| self.name(user))),
            (kind, Some(id)) => format!("  by {} {id}", kind.name()),
            (kind, None) => format!("  by {}", kind.name()),
        }
    }

    fn line(&self, row: &Model) -> String {
        let Model { at, event, reason, ip, user_agent, session_id, request_id, detail, times, .. } = row;
        let part = |name: &str, value: Option<String>| value.map(|value| format!("  {name}{value}")).unwrap_or_default();
        let reason = part("", Some(reason.clone()).filter(|reason| !reason.is_empty()));
        let times = part("\u{d7}", (*times > 1).then(|| times.to_string()));
        let user = part("", row.user_id.map(|user| self.name(user)));
        let device = user_agent.as_deref().and_then(device_name).map(|device| format!(" ({device})")).unwrap_or_default();
        let from = part("from ", ip.clone().map(|ip| ip + &device));
        let session = part("session ", session_id.map(|id| id.0.to_string()));
        let request = part("request ", request_id.map(|id| id.to_string()));
        let detail = part("", detail.clone());
        format!("{}  {event}{reason}{times}{user}{detail}{}{from}{session}{request}\n", rfc_3339(*at), self.actor(row))
    }
}

impl Output {
    pub(super) fn line(&self, row: &Model) -> String {
        match self {
            Self::JsonLines => format!("{}\n", rows::audit_event(row.clone())),
            Self::Table(table) => table.line(row),
        }
    }
}

fn acting_user(row: &Model) -> Option<UserId> {
    row.actor_id.as_deref().filter(|_| row.actor_kind == ActorKind::User).and_then(|id| id.parse().ok()).map(UserId)
}
