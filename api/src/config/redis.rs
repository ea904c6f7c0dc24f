//! The Redis connection.

use std::fmt;

use redis::{IntoConnectionInfo as _, RedisConnectionInfo, TlsMode, sentinel::SentinelNodeConnectionInfo};

use super::{
    reader::Reader,
    url_parameters::{self, REDIS},
};

/// The Redis connection.
#[derive(Clone, Debug)]
pub struct RedisConfig {
    pub topology: RedisTopology,
    /// What the names of all keys and channels begin with. Unset: a value derived from the server secret.
    pub prefix: Option<String>,
}

/// One server, Sentinel or a cluster.
#[derive(Clone)]
pub enum RedisTopology {
    /// One server.
    One(String),
    /// Sentinels that know the primary.
    Sentinel {
        /// The sentinels' URLs.
        sentinels: Vec<String>,
        /// The primary's name.
        primary: String,
        /// How to connect to the primary.
        node: RedisNode,
    },
    /// Some nodes of a cluster. The others are discovered.
    Cluster(Vec<String>),
}

/// TLS, credentials and database of a server that Sentinel names.
#[derive(Clone)]
pub struct RedisNode {
    secure: bool,
    username: Option<String>,
    password: Option<String>,
    db: i64,
}

impl RedisNode {
    /// For the Redis library.
    pub fn connection_info(&self) -> SentinelNodeConnectionInfo {
        let mut redis = RedisConnectionInfo::default().set_db(self.db);
        if let Some(username) = &self.username {
            redis = redis.set_username(username);
        }
        if let Some(password) = &self.password {
            redis = redis.set_password(password);
        }
        let node = <&SentinelNodeConnectionInfo>::default().clone().set_redis_connection_info(redis);
        if self.secure { node.set_tls_mode(TlsMode::Secure) } else { node }
    }
}

impl fmt::Debug for RedisTopology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisTopology(…)") // URLs may contain passwords
    }
}

const FORMS: &str = "write redis://HOST:PORT, redis+sentinel://HOST:PORT,HOST:PORT/PRIMARY or redis+cluster://HOST:PORT,HOST:PORT; \
                     rediss… for TLS; USER:PASSWORD@ before the hosts";

impl RedisConfig {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let about = "Redis, for several nodes: shared cache, limits and immediate revocation. redis://…, redis+sentinel://… or redis+cluster://….";
        let config = reader.optional("redis.url", about, Self::parse);
        reader.secret();
        let about = "Prefix of all key and channel names in Redis, for a shared Redis with access rules. Default: `bifrons:` and a random id that the database holds.";
        let prefix = reader.optional("redis.prefix", about, |text| {
            let fits = text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":_-.".contains(&byte));
            if fits { Ok(text.to_owned()) } else { Err("write at most 64 letters, digits and : _ - .".to_owned()) }
        });
        Some(Self { prefix, ..config? })
    }

    /// Reads a URL.
    pub fn parse(written: &str) -> Result<Self, String> {
        let wrong = || FORMS.to_owned();
        let (scheme, rest) = written.split_once("://").ok_or_else(wrong)?;
        let (secure, kind) = match scheme.split_once('+') {
            None => (scheme, "one"),
            Some((scheme, kind)) => (scheme, kind),
        };
        let secure = match secure {
            "redis" => false,
            "rediss" => true,
            _ => return Err(wrong()),
        };
        let (credentials, rest) = rest.rsplit_once('@').map_or(("", rest), |(credentials, rest)| (credentials, rest));
        let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
        url_parameters::check(query.split('#').next().unwrap_or_default(), if kind == "one" { REDIS } else { &[] })?;
        let (hosts, path) = address.split_once('/').unwrap_or((address, ""));
        let scheme = if secure { "rediss" } else { "redis" };
        let at = if credentials.is_empty() { "" } else { "@" };
        let urls = |credentials: &str, at: &str| -> Vec<_> {
            hosts.split(',').filter(|host| !host.is_empty()).map(|host| format!("{scheme}://{credentials}{at}{host}")).collect()
        };
        let valid = |url: &String| url.as_str().into_connection_info().is_ok();
        let topology = match kind {
            "one" if !hosts.contains(',') => RedisTopology::One(written.to_owned()),
            "cluster" if path.is_empty() => RedisTopology::Cluster(urls(credentials, at)),
            "sentinel" => {
                let (primary, db) = path.split_once('/').unwrap_or((path, "0"));
                if primary.is_empty() {
                    return Err(wrong());
                }
                let (username, password) = credentials.split_once(':').unwrap_or(("", credentials));
                let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
                let db = db.parse().map_err(|_| wrong())?;
                let node = RedisNode { secure, username: some(username), password: some(password), db };
                // Sentinels have separate credentials, if any: the servers' credentials are not sent to them.
                RedisTopology::Sentinel { sentinels: urls("", ""), primary: primary.to_owned(), node }
            }
            _ => return Err(wrong()),
        };
        let valid = match &topology {
            RedisTopology::One(url) => valid(url),
            RedisTopology::Cluster(urls) | RedisTopology::Sentinel { sentinels: urls, .. } => {
                !urls.is_empty() && urls.iter().all(valid)
            }
        };
        if valid { Ok(Self { topology, prefix: None }) } else { Err(wrong()) }
    }
}

#[cfg(test)]
mod tests {
    use super::{RedisConfig, RedisTopology};

    fn parse(url: &str) -> RedisTopology {
        RedisConfig::parse(url).unwrap().topology
    }

    #[test]
    fn three_forms() {
        assert!(matches!(parse("redis://:secret@localhost:6379/2"), RedisTopology::One(_)));
        let RedisTopology::Cluster(nodes) = parse("rediss+cluster://ada:secret@a:1,b:2") else { panic!() };
        assert_eq!(nodes, ["rediss://ada:secret@a:1", "rediss://ada:secret@b:2"]);
        let RedisTopology::Sentinel { sentinels, primary, .. } = parse("redis+sentinel://:secret@a:1,b:2/main/1") else { panic!() };
        assert_eq!((sentinels.join(" ").as_str(), primary.as_str()), ("redis://a:1 redis://b:2", "main"));
    }

    #[test]
    fn other_forms_are_refused_without_showing_them() {
        for wrong in [
            "",
            "localhost",
            "http://a",
            "redis://a,b",
            "redis+sentinel://a",
            "redis+x://a",
            "redis+cluster://a/1",
            "redis+cluster://",
        ] {
            let message = RedisConfig::parse(wrong).unwrap_err();
            assert!(message.starts_with("write redis://"), "{wrong}: {message}");
        }
        assert!(!format!("{:?}", RedisConfig::parse("redis://:secret@a").unwrap()).contains("secret"));
    }

    #[test]
    fn an_unknown_parameter_is_refused() {
        assert!(matches!(parse("redis://a/1?protocol=3"), RedisTopology::One(url) if url.ends_with("?protocol=3")));
        for url in [
            "redis://a?protokol=3",
            "rediss://a:1/1?protocol=3&db=2",
            "redis+sentinel://a,b/main?protocol=3",
            "redis+sentinel://a,b/main/1?db=2",
            "redis+cluster://a,b?protocol=3",
        ] {
            let message = RedisConfig::parse(url).unwrap_err();
            assert!(message.starts_with("there is no parameter "), "{url}: {message}");
        }
    }
}
