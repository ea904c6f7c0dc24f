//! The database connection.

use std::{fmt, path::Path};

use url::Url;

use super::{
    reader::Reader,
    url_parameters::{self, MYSQL, POSTGRES, SQLITE},
    values::{number, switch},
};

/// The database, and how many connections this node opens.
#[derive(Clone)]
pub struct DatabaseConfig {
    /// `sqlite:FILE`, `postgres://…` or `mysql://…`. May contain a password.
    pub url: String,
    pub connections: u32,
    /// Whether the URL leads to a pooler that assigns a server connection per transaction.
    pub transaction_pooling: bool,
    /// The isolation level of transactions on PostgreSQL.
    pub isolation: Isolation,
}

/// An isolation level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolation {
    /// Each statement sees what was committed before it.
    #[default]
    ReadCommitted,
    /// All statements of a transaction see the same.
    RepeatableRead,
    /// As if one transaction ran after another.
    Serializable,
}

impl Isolation {
    /// Parses `read-committed`, `repeatable-read` or `serializable`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "read-committed" => Some(Self::ReadCommitted),
            "repeatable-read" => Some(Self::RepeatableRead),
            "serializable" => Some(Self::Serializable),
            _ => None,
        }
    }

    /// The level in SQL.
    pub fn sql(self) -> &'static str {
        match self {
            Self::ReadCommitted => "READ COMMITTED",
            Self::RepeatableRead => "REPEATABLE READ",
            Self::Serializable => "SERIALIZABLE",
        }
    }
}

impl DatabaseConfig {
    pub(super) fn read(reader: &mut Reader, data_dir: &Path) -> Option<Self> {
        let file = data_dir.join("bifrons.db").display().to_string();
        let embedded = format!("sqlite:{}", file.replace('%', "%25").replace('?', "%3F"));
        let about = "The database: sqlite:FILE, postgres://… or mysql://…. Default: SQLite in the data folder.";
        let url = reader.one("database.url", &embedded, about, parse);
        let is_server = url.as_ref().is_some_and(|url| is_server(url));
        if is_server {
            reader.secret();
        }
        // SQLite allows one writer at a time, and each connection has its own thread and cache.
        let (most, about) = (
            if is_server { "10" } else { "4" },
            "Maximum number of database connections per node. With a database server the default is 10.",
        );
        let least = if is_server { 2 } else { 3 };
        let connections = reader.one("database.connections", most, about, |text| number(text, least..=1000));
        let about = "Whether `database.url` leads to a pooler in transaction mode, such as PgBouncer with `pool_mode = transaction`. PostgreSQL only.";
        let transaction_pooling = reader.one("database.transaction_pooling", "false", about, switch);
        let about = "Isolation level of transactions: read-committed, repeatable-read or serializable. PostgreSQL only.";
        let isolation = reader.one("database.isolation", "read-committed", about, |text| {
            Isolation::parse(text).ok_or_else(|| "write read-committed, repeatable-read or serializable".to_owned())
        });
        let is_set = [
            ("database.transaction_pooling", transaction_pooling == Some(true)),
            ("database.isolation", isolation.is_some_and(|level| level != Isolation::ReadCommitted)),
        ];
        if !url.as_ref().is_some_and(|url| url.starts_with("postgres")) {
            for (key, _) in is_set.into_iter().filter(|(_, is_set)| *is_set) {
                reader.reject(key, "is for PostgreSQL only; leave it out");
            }
        }
        Some(Self { url: url?, connections: connections?, transaction_pooling: transaction_pooling?, isolation: isolation? })
    }

    /// Whether it is a database server, not a SQLite file.
    pub fn is_server(&self) -> bool {
        is_server(&self.url)
    }

    /// Server and database without user name and password.
    pub fn shown(&self) -> String {
        match Url::parse(&self.url) {
            Ok(url) if url.has_host() => {
                let port = url.port().map_or(String::new(), |port| format!(":{port}"));
                format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
            }
            _ => self.url.clone(),
        }
    }
}

fn is_server(url: &str) -> bool {
    !url.starts_with("sqlite:")
}

fn parse(text: &str) -> Result<String, String> {
    let wrong = || "write sqlite:FILE, postgres://USER:PASSWORD@HOST/DATABASE or mysql://USER:PASSWORD@HOST/DATABASE".to_owned();
    if let Some(file) = text.strip_prefix("sqlite:") {
        let is_memory = file.contains(":memory:") || file.contains("mode=memory");
        if is_memory {
            return Err("write sqlite:FILE: an in-memory database is lost at a restart".to_owned());
        }
        url_parameters::check(file.split_once('?').map_or("", |(_, query)| query), SQLITE)?;
        return Ok(text.to_owned());
    }
    let url = Url::parse(text).map_err(|_| wrong())?;
    let known = matches!(url.scheme(), "postgres" | "postgresql" | "mysql" | "mariadb");
    let database = url.path().trim_start_matches('/');
    let complete = known && url.has_host() && !database.is_empty();
    // A `/`, `?` or `#` in a password ends the host early: the rest of the password and the `@` are then in a later part.
    let after_host =
        text.split_once("://").and_then(|(_, rest)| rest.find(['/', '?', '#']).map(|end| &rest[end..])).unwrap_or_default();
    if database.contains('/') || after_host.contains('@') || url.fragment().is_some() {
        return Err("write / as %2F, ? as %3F, # as %23 and @ as %40 in the user name, password and database name".to_owned());
    }
    if !complete {
        return Err(wrong());
    }
    let parameters = if url.scheme().starts_with("postgres") { POSTGRES } else { MYSQL };
    url_parameters::check(url.query().unwrap_or_default(), parameters)?;
    // The driver has one scheme for both.
    Ok(text.replacen("mariadb://", "mysql://", 1))
}

impl fmt::Debug for DatabaseConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseConfig({})", self.shown())
    }
}

#[cfg(test)]
mod tests {
    use super::{DatabaseConfig, Isolation, parse};

    #[test]
    fn the_shown_url_contains_no_password() {
        let url = parse("postgres://ada:secret@db.example.com:5433/bifrons").unwrap();
        let config = DatabaseConfig { url, connections: 2, transaction_pooling: false, isolation: Isolation::default() };
        assert_eq!(config.shown(), "postgres://db.example.com:5433/bifrons");
        assert!(!format!("{config:?}").contains("secret"));
    }

    #[test]
    fn a_password_with_reserved_characters_is_refused_and_not_shown() {
        for url in [
            "postgres://u:p w@rd/1@host/db",
            "postgres://u:12/hunter2@host/db",
            "postgres://u:12?hunter2@host/db",
            "postgres://u:12#hunter2@host/db",
            "postgres://u:hunter2/34@host/db",
            "mysql://u/hunter2:p@host/db",
            "mysql://u:pass@host/db?password=hunter2@x",
        ] {
            let message = parse(url).unwrap_err();
            assert!(!message.contains("hunter2") && !message.contains("rd/1"), "{url}: {message}");
        }
        assert!(parse("postgres://u:p%20w%40rd%2F1@host/db?sslmode=require").is_ok());
    }

    #[test]
    fn an_unknown_parameter_is_refused() {
        for url in [
            "sqlite:x.db?sslmod=require",
            "postgres://h/d?sslmod=require",
            "postgresql://h/d?sslmode=require&sslmod=x",
            "mysql://h/d?sslmod=require",
            "mariadb://h/d?sslmod=require",
        ] {
            assert!(parse(url).unwrap_err().starts_with("there is no parameter sslmod; there are "), "{url}");
        }
        assert!(parse("postgres://h/d?password=hunter2#x").unwrap_err().contains("# as %23"));
        assert!(parse("sqlite:a%3Fb.db?mode=rwc").is_ok());
    }

    #[test]
    fn three_engines_are_supported() {
        for good in ["sqlite:x.db", "postgres://h/d", "postgresql://u@h/d", "mysql://u:p@h/d"] {
            assert_eq!(parse(good).unwrap(), good);
        }
        assert_eq!(parse("mariadb://h/d").unwrap(), "mysql://h/d");
        for memory in ["sqlite::memory:", "sqlite://:memory:", "sqlite:x?mode=memory"] {
            assert!(parse(memory).unwrap_err().contains("sqlite:FILE"), "{memory}");
        }
        for bad in ["", "x.db", "postgres://", "postgres://h", "postgres://h/", "mssql://h/d", "http://h/d"] {
            assert!(parse(bad).unwrap_err().starts_with("write sqlite:FILE"), "{bad}");
        }
    }
}
