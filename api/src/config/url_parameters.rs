//! Parameters in URLs of databases and of Redis. The drivers ignore those that they do not know: a misspelt one that demands TLS would
//! demand nothing.

use std::collections::HashSet;

use url::form_urlencoded;

/// A parameter that a driver knows, under each of its names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter {
    pub(crate) names: &'static [&'static str],
    /// All its values, in lower case; none: any value.
    pub(crate) values: &'static [&'static str],
}

const fn any(names: &'static [&'static str]) -> Parameter {
    Parameter { names, values: &[] }
}

/// `sqlite:`. The driver knows other modes too, but the service writes, and into a file.
pub(crate) const SQLITE: &[Parameter] = &[
    Parameter { names: &["mode"], values: &["rw", "rwc"] },
    Parameter { names: &["cache"], values: &["private", "shared"] },
    Parameter { names: &["immutable"], values: &["true", "1", "false", "0"] },
    any(&["vfs"]),
];

/// `postgres://`. After these come the settings of the server: `options[NAME]`.
pub(crate) const POSTGRES: &[Parameter] = &[
    Parameter { names: &["sslmode", "ssl-mode"], values: &["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] },
    any(&["sslrootcert", "ssl-root-cert", "ssl-ca"]),
    any(&["sslcert", "ssl-cert"]),
    any(&["sslkey", "ssl-key"]),
    any(&["statement-cache-capacity"]),
    any(&["host"]),
    any(&["hostaddr"]),
    any(&["port"]),
    any(&["dbname"]),
    any(&["user"]),
    any(&["password"]),
    any(&["application_name"]),
    any(&["options"]),
    any(&["options[NAME]"]),
];

/// `mysql://`. The driver knows the character set and the time zone too, but the service sets them itself.
pub(crate) const MYSQL: &[Parameter] = &[
    Parameter { names: &["sslmode", "ssl-mode"], values: &["disabled", "preferred", "required", "verify_ca", "verify_identity"] },
    any(&["sslca", "ssl-ca"]),
    any(&["sslcert", "ssl-cert"]),
    any(&["sslkey", "ssl-key"]),
    any(&["collation"]),
    any(&["statement-cache-capacity"]),
    any(&["socket"]),
];

/// `redis://`. Sentinel and a cluster have none.
pub(super) const REDIS: &[Parameter] = &[Parameter { names: &["protocol"], values: &["2", "resp2", "3", "resp3"] }];

/// Refuses parameters that are not known, that have another value than the known ones, or that are given twice. A message has no value, and
/// no name that may be a part of one: a password may stand there.
pub(super) fn check(query: &str, known: &[Parameter]) -> Result<(), String> {
    let mut given = HashSet::new();
    for written in query.split('&').filter(|written| !written.is_empty()) {
        let Some((name, value)) = form_urlencoded::parse(written.as_bytes()).next().filter(|_| written.contains('=')) else {
            return Err("has a parameter without a value: write NAME=VALUE, and & in a value as %26".to_owned());
        };
        let Some(parameter) = known.iter().find(|parameter| parameter.names.iter().any(|known| is(known, &name))) else {
            // What follows a password may be the rest of it, if its & or ? is not encoded.
            let may_be_secret = query.contains('@') || query.contains("password");
            return Err(unknown(Some(name.as_ref()).filter(|_| !may_be_secret), known));
        };
        // What a driver does with two values is not written anywhere.
        if !given.insert(if name.starts_with("options[") { name.as_ref() } else { parameter.names[0] }.to_owned()) {
            return Err(format!("has the parameter {} twice", parameter.names.join(" or ")));
        }
        if !parameter.values.is_empty() && !parameter.values.contains(&value.to_ascii_lowercase().as_str()) {
            return Err(format!("the parameter {} has another value than {}", parameter.names[0], parameter.values.join(", ")));
        }
    }
    Ok(())
}

fn is(known: &str, name: &str) -> bool {
    match known.strip_suffix("[NAME]") {
        Some(family) => {
            name.strip_prefix(family).is_some_and(|rest| rest.len() > 2 && rest.starts_with('[') && rest.ends_with(']'))
        }
        None => known == name,
    }
}

fn unknown(name: Option<&str>, known: &[Parameter]) -> String {
    let is_name =
        |name: &str| name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.[]".contains(&byte));
    let shown = match name.filter(|name| is_name(name)) {
        Some(name) => format!("there is no parameter {name}"),
        None => "a parameter has an unknown name".to_owned(),
    };
    let names: Vec<_> = known.iter().flat_map(|parameter| parameter.names).copied().collect();
    let these = if names.is_empty() { "there are none in this URL".to_owned() } else { format!("there are {}", names.join(", ")) };
    format!("{shown}; {these}")
}

#[cfg(test)]
mod tests {
    use super::{MYSQL, POSTGRES, REDIS, SQLITE, check};

    #[test]
    fn known_parameters_are_taken_and_others_named() {
        for (query, known) in [
            ("", SQLITE),
            ("mode=rwc&cache=private", SQLITE),
            ("sslmode=VERIFY-FULL&ssl-ca=%2Fca.pem&options[search_path]=auth&options[a]=b&", POSTGRES),
            ("ssl-mode=VERIFY_IDENTITY&socket=/run/mysqld.sock", MYSQL),
            ("protocol=resp3", REDIS),
        ] {
            assert_eq!(check(query, known), Ok(()), "{query}");
        }
        for (query, known, sentence) in [
            ("sslmod=require", POSTGRES, "there is no parameter sslmod; there are sslmode, ssl-mode, sslrootcert"),
            ("options[]=x", POSTGRES, "there is no parameter options[]; there are"),
            ("ssl_mode=REQUIRED", MYSQL, "there is no parameter ssl_mode; there are sslmode, ssl-mode"),
            ("charset=latin1", MYSQL, "there is no parameter charset"),
            ("foreign_keys=off", SQLITE, "there is no parameter foreign_keys; there are mode, cache, immutable, vfs"),
            ("protocol=3", &[], "there is no parameter protocol; there are none in this URL"),
            ("sslmode=require&ssl-mode=disable", POSTGRES, "has the parameter sslmode or ssl-mode twice"),
            ("options[a]=1&options[a]=2", POSTGRES, "twice"),
            ("protocol=4", REDIS, "the parameter protocol has another value than 2, resp2, 3, resp3"),
        ] {
            let message = check(query, known).unwrap_err();
            assert!(message.starts_with(sentence) || message.ends_with(sentence), "{query}: {message}");
        }
    }

    #[test]
    fn a_message_shows_no_part_of_a_value() {
        for query in [
            "passwort=hunter2",
            "sslmode=hunter2",
            "password=a&hunter2",
            "password=a&hunter2=b",
            "hunter2=b@localhost:6379",
            "hunter2",
            "%00hunter2=1",
            "hunter2%20x=1",
        ] {
            let message = check(query, POSTGRES).unwrap_err();
            assert!(!message.contains("hunter2"), "{query}: {message}");
        }
    }
}
