//! Bringing users along from other software, with the hashes of the passwords they have.

use std::collections::HashSet;

use entity::{PasswordHash, UnixMillis, user};
use serde::Deserialize;

use super::{check_name, register::new_user, store};
use crate::{
    db::{Db, Unavailable},
    email_address::EmailAddress,
    hashing,
};

/// One line of a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    email: String,
    password_hash: String,
    name: Option<String>,
}

/// Why a line is nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Not the JSON that is wanted.
    #[error(r#"write one JSON object a line: {{"email": …, "password_hash": …}}, and "name" if there is one"#)]
    Json,
    /// No address.
    #[error("email must be an e-mail address")]
    Email,
    /// A name that nobody may have.
    #[error("name must have something to read, and no control characters")]
    Name,
    /// A hash that nobody here can verify.
    #[error(
        "password_hash must be one of Argon2, bcrypt, scrypt or PBKDF2 as a PHC or MCF string, of no more than 256 MiB and about a second"
    )]
    Hash,
}

/// Reads a line. What is wrong with it is told without showing it.
pub fn read(line: &str, now: UnixMillis) -> Result<user::Model, LineError> {
    let Line { email, password_hash, name } = serde_json::from_str(line).map_err(|_| LineError::Json)?;
    let address = EmailAddress::parse(&email).map_err(|_| LineError::Email)?;
    name.as_deref().map_or(Ok(()), check_name).map_err(|_| LineError::Name)?;
    if !hashing::can_verify(&password_hash) {
        return Err(LineError::Hash);
    }
    Ok(new_user((address.as_typed(), address.canonical()), name, PasswordHash(password_hash), now))
}

/// Stores users whose addresses nobody has; returns how many those are. Nobody who is there already is changed.
pub async fn import(db: &Db, mut users: Vec<user::Model>) -> Result<u64, Unavailable> {
    let mut seen = HashSet::new();
    users.retain(|user| seen.insert(user.email_canonical.clone()));
    let taken = store::taken(db.connection(), &seen).await?;
    users.retain(|user| !taken.contains(&user.email_canonical));
    let count = users.len() as u64;
    store::insert_many(db.connection(), users).await?;
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
        let read = |line: &str| read(line, UnixMillis(0)).map(|user| (user.email_canonical, user.name));
        assert_eq!(read(&line("Ada@Example.com", bcrypt)), Ok(("ada@example.com".to_owned(), Some("Ada".to_owned()))));
        assert_eq!(read("{}"), Err(LineError::Json));
        assert_eq!(read(r#"{"email": "a@example.com", "password_hash": "x", "role": "admin"}"#), Err(LineError::Json), "B-37");
        assert_eq!(read(&line("nobody", bcrypt)), Err(LineError::Email));
        for hash in [
            "",
            "plain",
            "5f4dcc3b5aa765d61d8327deb882cf99",
            "$2a$",
            "$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHQ$iWh06vD8Fy27wf9npn6FXWiCX4K6pW6Ue1Bnzz07Z8A",
        ] {
            assert_eq!(read(&line("a@example.com", hash)), Err(LineError::Hash), "{hash}");
        }
    }
}
