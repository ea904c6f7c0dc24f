//! The servers that have remedies of their own.

use std::sync::LazyLock;

use serde::Deserialize;

use super::Remedy;

/// A kind of server: how its answers give it away, and what its operator writes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// For scripts and `--server`.
    pub code: String,
    pub name: String,
    /// The versions that the code is for.
    pub versions: String,
    #[serde(default)]
    signs: Signs,
    pub fix: Vec<Fix>,
}

/// What gives a server away.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signs {
    /// Headers by lower-case name, with how their value begins.
    #[serde(default)]
    headers: Vec<(String, String)>,
    /// Names of cookies, without a prefix such as `__Host-`.
    #[serde(default)]
    cookies: Vec<String>,
    /// How names of cookies end that accompany the session's.
    #[serde(default)]
    cookie_ends: Vec<String>,
}

/// What to write for some remedies.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fix {
    #[serde(rename = "for")]
    pub remedies: Vec<String>,
    /// Where it goes, for people.
    pub at: String,
    /// Where it goes, for tests that apply it.
    pub slot: String,
    /// Whether the code changes the `Path` of a cookie, which does nothing to one without it.
    #[serde(default)]
    pub needs_path: bool,
    /// The code, with blanks.
    pub code: String,
}

impl Server {
    /// What to write for a remedy.
    pub fn fix(&self, remedy: Remedy) -> Option<&Fix> {
        self.fix.iter().find(|fix| fix.remedies.iter().any(|code| code == remedy.code()))
    }

    /// Whether the headers of the answers or the names of their cookies point to this server.
    pub fn shows_in(&self, headers: &[(String, String)], cookies: &[&str]) -> bool {
        let header = |(name, value): &(String, String)| headers.iter().any(|(n, v)| n == name && v.starts_with(value.as_str()));
        let cookie = |sign: &String| cookies.iter().any(|name| name.trim_start_matches("__Host-") == sign);
        let end = |end: &String| cookies.iter().any(|name| name.ends_with(end.as_str()));
        self.signs.headers.iter().any(header) || self.signs.cookies.iter().any(cookie) || self.signs.cookie_ends.iter().any(end)
    }
}

/// Every server, in the order of the report.
pub fn servers() -> &'static [Server] {
    static SERVERS: LazyLock<Vec<Server>> = LazyLock::new(|| FILES.iter().filter_map(|file| toml::from_str(file).ok()).collect());
    &SERVERS
}

const FILES: [&str; 9] = [
    include_str!("../../remedies/bifrons.toml"),
    include_str!("../../remedies/express.toml"),
    include_str!("../../remedies/cookie_session.toml"),
    include_str!("../../remedies/fastify.toml"),
    include_str!("../../remedies/hono.toml"),
    include_str!("../../remedies/fastapi.toml"),
    include_str!("../../remedies/django.toml"),
    include_str!("../../remedies/tomcat.toml"),
    include_str!("../../remedies/nginx.toml"),
];

#[cfg(test)]
mod tests {
    use super::{FILES, Remedy, Server, servers};
    use crate::Blanks;

    #[test]
    fn every_file_parses_and_names_remedies_and_blanks_that_exist() {
        for file in FILES {
            toml::from_str::<Server>(file).unwrap();
        }
        for server in servers() {
            for fix in &server.fix {
                for code in &fix.remedies {
                    assert!(Remedy::ALL.iter().any(|remedy| remedy.code() == code), "{}: {code}", server.name);
                }
                assert_eq!(Blanks::unknown_in(&fix.code), None, "{}", server.name);
                assert!(!fix.code.contains('…'), "{} must be complete", server.name);
                assert!(!fix.slot.is_empty(), "{}: the tests apply every fix", server.name);
            }
        }
    }
}
