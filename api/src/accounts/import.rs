//! Importing users from other software, with the hashes of their passwords.

use std::{collections::HashSet, sync::Arc};

use entity::{PasswordHash, UnixMillis};
use serde::Deserialize;

use super::{
    new_user::{NewUser, check_name},
    store,
};
use crate::{
    audit::Event,
    db::{Scope, Unavailable},
    email_address::EmailAddress,
    hashing,
    state::AppState,
};

/// One line of a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    email: String,
    password_hash: String,
    name: Option<String>,
}

/// Why a line is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// It is not the JSON object that is wanted.
    #[error(r#"write one JSON object a line: {{"email": …, "password_hash": …}}, and "name" if there is one"#)]
    Json,
    /// `email` is no address.
    #[error("email must be an e-mail address")]
    Email,
    /// `name` breaks its rule.
    #[error("name {}", crate::person_name::RULE)]
    Name,
    /// `password_hash` has a scheme or cost that this service does not verify.
    #[error(
        "password_hash must be one of Argon2, bcrypt, scrypt or PBKDF2 as a PHC or MCF string, of at most 256 MiB and about a second"
    )]
    Hash,
}

/// Reads a line. The error does not repeat it.
pub fn read(line: &str, now: UnixMillis) -> Result<NewUser, LineError> {
    let Line { email, password_hash, name } = serde_json::from_str(line).map_err(|_| LineError::Json)?;
    let address = EmailAddress::parse(&email).map_err(|_| LineError::Email)?;
    check_name(name.as_deref()).map_err(|_| LineError::Name)?;
    if !hashing::is_importable(&password_hash) {
        return Err(LineError::Hash);
    }
    Ok(NewUser::new((address.as_typed(), address.canonical()), name, PasswordHash(password_hash), now))
}

/// Stores the users whose addresses are free, and returns how many. Users who exist are not changed.
pub async fn import(state: &Arc<AppState>, mut users: Vec<NewUser>) -> Result<u64, Unavailable> {
    let mut seen = HashSet::new();
    users.retain(|new| seen.insert(new.user.email_canonical.clone()));
    let taken = store::taken(state.db.connection(), &seen).await?;
    users.retain(|new| !taken.contains(&new.user.email_canonical));
    let count = users.len() as u64;
    if count == 0 {
        return Ok(0);
    }
    let stored = state.write(Scope::Transaction, users, |tx, users| {
        Box::pin(async move {
            store::insert_many(tx, users).await?;
            tx.record(Event::UsersImported);
            Ok(())
        })
    });
    stored.await?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use entity::UnixMillis;

    use super::{LineError, read};

    #[test]
    fn lines() {
        let bcrypt = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
        let line = |email: &str, hash: &str| format!(r#"{{"email": "{email}", "password_hash": "{hash}", "name": "Ada"}}"#);
        let read = |line: &str| read(line, UnixMillis(0)).map(|new| (new.user.email_canonical, new.user.name));
        assert_eq!(read(&line("Ada@Example.com", bcrypt)), Ok(("ada@example.com".to_owned(), Some("Ada".to_owned()))));
        assert_eq!(read("{}"), Err(LineError::Json));
        assert_eq!(read(r#"{"email": "a@example.com", "password_hash": "x", "role": "admin"}"#), Err(LineError::Json), "B-37");
        assert_eq!(read(&line("no address", bcrypt)), Err(LineError::Email));
        for hash in [
            "",
            "plain",
            "5f4dcc3b5aa765d61d8327deb882cf99",
            "$2a$",
            "$scrypt$ln=1,r=1,p=800000$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI",
            "$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHQ$iWh06vD8Fy27wf9npn6FXWiCX4K6pW6Ue1Bnzz07Z8A",
        ] {
            assert_eq!(read(&line("a@example.com", hash)), Err(LineError::Hash), "{hash}");
        }
    }
}
