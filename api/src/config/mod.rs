//! Configuration: one TOML file, overridden key by key by the environment. One section per file. All errors are reported together, each
//! with its key and the remedy.

mod connections;
mod cookie_policy;
mod cors;
mod database;
mod dev_origin;
mod limits;
mod log;
mod passwords;
mod reader;
mod redis;
mod registration;
mod sessions;
mod tls;
mod tokens;
mod values;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

pub use self::redis::{RedisConfig, RedisNode, RedisTopology};
pub use connections::ConnectionsConfig;
pub use cookie_policy::CookiePolicy;
pub use cors::CorsConfig;
pub use database::DatabaseConfig;
pub use dev_origin::DevOrigin;
pub use doctor::Origin;
pub use limits::{LimitsConfig, Rate};
pub use log::{LogConfig, LogFormat, LogLevel};
pub use passwords::{BreachedConfig, HashingCost, OnFailure, PasswordsConfig};
pub use reader::{File, InvalidSetting, Setting, Source, variable};
pub use registration::RegistrationConfig;
pub use sessions::{Lifetime, SessionsConfig};
pub use tls::TlsConfig;
pub use tokens::{TokensConfig, Verification};
pub use values::duration;

use reader::Reader;

/// The whole configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address of the API.
    pub listen: SocketAddr,
    /// The address of the metrics endpoint, if enabled.
    pub admin_listen: Option<SocketAddr>,
    /// The API's origin as browsers see it.
    pub public_url: Origin,
    /// Frontends that may call the API with credentials.
    pub origins: Vec<Origin>,
    /// Frontends on developers' machines, in token mode only.
    pub dev_origins: Vec<DevOrigin>,
    /// Request headers that frontends may send.
    pub cors: CorsConfig,
    /// The folder of the embedded database, the keys and the outbox.
    pub data_dir: PathBuf,
    pub database: DatabaseConfig,
    pub redis: Option<RedisConfig>,
    /// Derived from `public_url`, `origins` and `cookie.domain`.
    pub cookies: CookiePolicy,
    pub sessions: SessionsConfig,
    pub tokens: TokensConfig,
    pub passwords: PasswordsConfig,
    pub registration: RegistrationConfig,
    /// Rate limits; `None` disables them.
    pub limits: Option<LimitsConfig>,
    pub connections: ConnectionsConfig,
    /// How long the service keeps serving after SIGTERM, so that load balancers can remove it.
    pub drain_delay: Duration,
    pub log: LogConfig,
    /// Networks whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// Certificate and key, if `listen` serves HTTPS.
    pub tls: Option<TlsConfig>,
    pub docs: bool,
}

/// The result of reading a configuration.
#[derive(Debug)]
pub struct Reading {
    /// Every key and its value, for `bifrons config check` and `config keys`.
    pub settings: Vec<Setting>,
    /// The configuration, or all its errors.
    pub config: Result<Config, Vec<InvalidSetting>>,
}

impl Config {
    /// Whether an `Origin` header names the API itself or a listed frontend. Those may use cookies.
    pub fn is_listed(&self, origin: &[u8]) -> bool {
        self.origins.iter().chain([&self.public_url]).any(|listed| listed.as_str().as_bytes() == origin)
    }

    /// Whether an `Origin` header names a developer's frontend. A listed origin stays listed even if a pattern matches it.
    pub fn is_dev_origin(&self, origin: &[u8]) -> bool {
        let matches = |origin: &str| self.dev_origins.iter().any(|dev| dev.matches(origin));
        !self.is_listed(origin) && std::str::from_utf8(origin).is_ok_and(matches)
    }

    /// Takes the address that `listen` was bound to. Where it asks for port 0, the system has chosen one, and `public_url` names it.
    pub fn bound_to(&mut self, listen: SocketAddr) {
        self.listen = listen;
        let chosen = self.public_url.as_str().strip_suffix(":0").map(|host| Origin::parse(&format!("{host}:{}", listen.port())));
        if let Some(Ok(public_url)) = chosen {
            self.public_url = public_url;
        }
    }

    /// Reads a configuration file, if given, and the environment.
    pub fn read(file: Option<File<'_>>, environment: impl IntoIterator<Item = (String, String)>) -> Reading {
        let mut reader = Reader::new(file, environment);
        let config = Self::sections(&mut reader);
        let (settings, errors) = reader.finish();
        let config = config.filter(|_| errors.is_empty()).ok_or(errors);
        Reading { settings, config }
    }

    fn sections(reader: &mut Reader) -> Option<Self> {
        let public_url_given = reader.is_given("public_url").is_some_and(|values| values > 0);
        let listen: Option<SocketAddr> = reader.one("listen", "127.0.0.1:3000", "Address and port of the API.", values::address);
        let about = "Address and port of `/metrics` for Prometheus, served without authentication: 127.0.0.1:3001.";
        let admin_listen = reader.optional("admin_listen", about, values::address);
        if let (Some(listen), Some(admin)) = (listen, admin_listen)
            && overlap(listen, admin)
        {
            reader.reject("admin_listen", format!("must not be the address of listen, {listen}: write another port"));
        }
        let tls = TlsConfig::read(reader);
        let scheme = if tls.is_some() { "https" } else { "http" };
        let local = format!("{scheme}://localhost:{}", listen.map_or(3000, |listen| listen.port()));
        let public_url = reader.one(
            "public_url",
            &local,
            "The API's origin as browsers see it. Default: derived from `listen` and `tls.cert`.",
            Origin::parse,
        )?;
        if listen.is_some_and(|listen| !listen.ip().is_loopback()) && !public_url_given {
            reader.reject(
                "public_url",
                "is required when listen accepts connections from other machines: write the API's origin as browsers see it, https://…",
            );
        }
        let origins = reader.list(
            "origins",
            "Origins of the frontends, exactly as browsers send them: https://app.example.com.",
            Origin::parse,
        );
        let about = "Frontends on developers' machines, in token mode only: http://localhost:* or an exact origin.";
        let dev_origins = reader.list("dev_origins", about, DevOrigin::parse);
        let cors = CorsConfig::read(reader);
        let data_dir = reader.one("data_dir", "./data", "Folder of the embedded database, the keys and the outbox.", |text| {
            if text.is_empty() { Err("write a folder".to_owned()) } else { Ok(PathBuf::from(text)) }
        })?;
        let database = DatabaseConfig::read(reader, &data_dir)?;
        let tokens = TokensConfig::read(reader);
        if tokens.audiences.iter().any(|audience| audience == public_url.as_str()) {
            // The other service could use such a token at this API.
            reader.reject("tokens.audiences", "must not list public_url: tokens for this API come from signIn");
        }
        Some(Self {
            listen: listen?,
            admin_listen,
            cookies: CookiePolicy::derive(reader, &public_url, &origins),
            public_url,
            origins,
            dev_origins,
            cors,
            data_dir,
            database,
            redis: RedisConfig::read(reader),
            sessions: SessionsConfig::read(reader),
            tokens,
            registration: RegistrationConfig::read(reader),
            passwords: PasswordsConfig::read(reader),
            limits: LimitsConfig::read(reader),
            connections: ConnectionsConfig::read(reader),
            drain_delay: reader.one(
                "drain_delay",
                "0s",
                "How long the service keeps serving after SIGTERM while `/health/ready` says 503, so that load balancers can remove it.",
                duration,
            )?,
            log: LogConfig::read(reader),
            trusted_proxies: reader.list("proxy.trusted", "Networks of proxies whose X-Forwarded-For is trusted: 10.0.0.0/8.", |text| {
                let network = text.parse::<ipnet::IpNet>().or_else(|_| text.parse::<std::net::IpAddr>().map(ipnet::IpNet::from));
                network.map_err(|_| "write a network or an address: 10.0.0.0/8".to_owned())
            }),
            tls,
            docs: reader.one("docs.enabled", "true", "Whether the API explorer is served at /docs.", values::switch)?,
        })
    }
}

/// Whether two sockets cannot be bound at the same time.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let every_address = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() != 0 && one.port() == other.port() && (every_address || one.ip() == other.ip())
}

#[cfg(test)]
mod tests {
    use super::{Config, File, Reading, Source};

    fn read(file: &str, environment: &[(&str, &str)]) -> Reading {
        Config::read(
            Some(File { name: "bifrons.toml", text: file }),
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        )
    }

    #[test]
    fn the_defaults_are_a_valid_configuration() {
        let Reading { settings, config } = Config::read(None, []);
        assert_eq!(config.unwrap().public_url.as_str(), "http://localhost:3000");
        assert!(settings.iter().all(|setting| setting.source == Source::Default));
    }

    #[test]
    fn a_port_that_the_system_chooses_is_part_of_the_public_url() {
        let bound = |environment: &[(&str, &str)]| {
            let mut config = read("", environment).config.unwrap();
            config.bound_to("127.0.0.1:4321".parse().unwrap());
            assert_eq!(config.listen.port(), 4321);
            config.public_url.as_str().to_owned()
        };
        let listen = ("BIFRONS_LISTEN", "127.0.0.1:0");
        assert_eq!(bound(&[listen]), "http://localhost:4321");
        assert_eq!(bound(&[listen, ("BIFRONS_PUBLIC_URL", "https://api.example.com")]), "https://api.example.com");
        assert_eq!(bound(&[("BIFRONS_PUBLIC_URL", "http://localhost:3000")]), "http://localhost:3000");
    }

    #[test]
    fn allowed_headers_are_names() {
        let allowed =
            |text: &str| read("", &[("BIFRONS_CORS__ALLOWED_HEADERS", text)]).config.map(|config| config.cors.allowed_headers);
        assert_eq!(allowed("Sentry-Trace, x-requested-with").unwrap(), ["sentry-trace", "x-requested-with"]);
        for wrong in ["*", "x-*", "a b", "a:b", "a\r\nb", "\u{e9}"] {
            assert_eq!(allowed(wrong).unwrap_err()[0].key, "BIFRONS_CORS__ALLOWED_HEADERS", "{wrong}");
        }
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let file = "listen = \"127.0.0.1:4000\"\norigins = [\"http://localhost:1\"]\n[sessions]\nidle = \"2h\"\n";
        let config =
            read(file, &[("BIFRONS_ORIGINS", "http://localhost:5173, http://localhost:5174"), ("BIFRONS_SESSIONS__IDLE", "30m")])
                .config;
        let config = config.unwrap();
        assert_eq!(config.listen.port(), 4000);
        assert_eq!(config.public_url.as_str(), "http://localhost:4000", "follows listen");
        assert_eq!(config.origins.len(), 2);
        assert_eq!(config.sessions.short.idle.as_secs(), 1800);
    }

    #[test]
    fn all_errors_are_reported_together_with_the_key_as_written() {
        let file = "public_url = \"api.example.com\"\nsesions.idle = \"1h\"\n[passwords]\nmemory_kib = 1024\n[tokens]\nsecrets = [\"short\"]\n";
        let config =
            read(file, &[("BIFRONS_LISTEN", "3000"), ("BIFRONS_SESSIONS__IDEL", "1h"), ("BIFRONS_SESSIONS__ABSOLUTE", "forever")])
                .config;
        let errors: Vec<_> = config.unwrap_err().iter().map(ToString::to_string).collect();
        for (key, advice) in [
            ("BIFRONS_LISTEN", "127.0.0.1:3000"),
            ("public_url", "scheme://host"),
            ("BIFRONS_SESSIONS__ABSOLUTE", "24h"),
            ("BIFRONS_SESSIONS__IDEL", "did you mean BIFRONS_SESSIONS__IDLE?"),
            ("sesions.idle", "did you mean sessions.idle?"),
            ("passwords.memory_kib", "from 19456"),
            ("tokens.secrets", "32 random bytes"),
        ] {
            assert!(errors.iter().any(|one| one.starts_with(key) && one.contains(advice)), "{key}: {errors:#?}");
        }
        assert_eq!(errors.len(), 7, "{errors:#?}");
    }

    #[test]
    fn a_syntax_error_names_the_line_and_shows_no_content() {
        let config = read("listen = \"127.0.0.1:3000\"\nsecrets = hunter2secret\n", &[]).config;
        let shown = format!("{:?}", config.unwrap_err());
        assert!(shown.contains("bifrons.toml") && shown.contains("line 2"), "{shown}");
        assert!(!shown.contains("hunter2secret"), "{shown}");
    }

    #[test]
    fn secrets_are_never_shown() {
        let secret = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let Reading { settings, config } = read("", &[("BIFRONS_TOKENS__SECRETS", secret)]);
        assert!(!format!("{settings:?} {config:?}").contains(secret));
    }

    #[test]
    fn insecure_settings_are_refused() {
        for (name, value, key) in [
            ("BIFRONS_LISTEN", "0.0.0.0:3000", "public_url"),
            ("BIFRONS_LISTEN", "[::]:3000", "public_url"),
            ("BIFRONS_TOKENS__SECRETS", "", "tokens.secrets"),
            ("BIFRONS_TOKENS__SECRETS", " , ", "tokens.secrets"),
            ("BIFRONS_CONFIRMATION_PAGE", "http://app.example.com/confirm", "BIFRONS_CONFIRMATION_PAGE"),
            ("BIFRONS_CONFIRMATION_PAGE", "https://ada:hunter2@app.example.com/", "BIFRONS_CONFIRMATION_PAGE"),
            ("BIFRONS_PASSWORDS__BREACHED_URL", "http://breached.example.com/", "BIFRONS_PASSWORDS__BREACHED_URL"),
        ] {
            let errors = read("", &[(name, value)]).config.unwrap_err();
            assert_eq!(errors.iter().map(|error| error.key.as_str()).collect::<Vec<_>>(), [key], "{name}={value}");
        }
        let open = read("", &[("BIFRONS_LISTEN", "0.0.0.0:3000"), ("BIFRONS_PUBLIC_URL", "https://auth.example.com")]);
        assert!(open.config.is_ok());
    }

    #[test]
    fn an_empty_value_is_unset_for_every_key() {
        let Reading { settings, .. } = Config::read(None, []);
        for setting in settings.iter().filter(|setting| setting.key != "tokens.secrets") {
            let Reading { settings, config } = read("", &[(&super::variable(setting.key), " ")]);
            assert!(config.is_ok(), "{}: {:?}", setting.key, config.err());
            let same = settings.iter().find(|one| one.key == setting.key).unwrap();
            assert_eq!((&same.value, same.source), (&setting.value, Source::Default), "{}", setting.key);
        }
        assert!(read("public_url = \"\"\norigins = [\"\"]\n[redis]\nurl = \"\"\n", &[]).config.is_ok());
        let open = read("", &[("BIFRONS_LISTEN", "0.0.0.0:3000"), ("BIFRONS_PUBLIC_URL", "")]).config.unwrap_err();
        assert_eq!(open[0].key, "public_url");
    }

    #[test]
    fn metrics_need_another_address_than_the_api() {
        for (listen, admin) in
            [("127.0.0.1:3000", "127.0.0.1:3000"), ("127.0.0.1:3000", "0.0.0.0:3000"), ("[::]:3000", "127.0.0.1:3000")]
        {
            let environment =
                [("BIFRONS_LISTEN", listen), ("BIFRONS_ADMIN_LISTEN", admin), ("BIFRONS_PUBLIC_URL", "https://a.example.com")];
            let errors = read("", &environment).config.unwrap_err();
            assert_eq!(errors.len(), 1, "{errors:?}");
            assert_eq!(errors[0].key, "admin_listen", "{listen} {admin}");
        }
        for (listen, admin) in
            [("127.0.0.1:3000", "127.0.0.1:3001"), ("127.0.0.1:0", "127.0.0.1:0"), ("127.0.0.1:3000", "127.0.0.2:3000")]
        {
            assert!(read("", &[("BIFRONS_LISTEN", listen), ("BIFRONS_ADMIN_LISTEN", admin)]).config.is_ok(), "{listen} {admin}");
        }
    }

    #[test]
    fn variables_that_kubernetes_adds_are_ignored() {
        let config =
            read("", &[("BIFRONS_SERVICE_HOST", "10.0.0.1"), ("BIFRONS_PORT", "tcp://10.0.0.1:80"), ("BIFRONS_PORT_80_TCP", "x")])
                .config;
        assert!(config.is_ok());
    }
}
