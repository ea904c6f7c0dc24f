//! Configuration: one TOML file, overridden key by key by the environment. One section per file. All errors are reported together, each
//! with its key and the remedy.

mod accounts;
mod admin;
mod audit;
mod callers;
mod claims;
mod connections;
mod cookie_policy;
mod cors;
mod database;
mod dev_origin;
mod limits;
mod live;
mod log;
mod mail;
mod native_origin;
mod pages;
mod passkeys;
mod passwords;
mod proxy;
mod reader;
mod redis;
mod registration;
mod sessions;
mod site_origin;
mod tls;
mod tokens;
pub(crate) mod url_parameters;
mod values;
mod webhooks;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

pub use self::redis::{RedisConfig, RedisNode, RedisTopology};
pub use accounts::AccountsConfig;
pub use admin::AdminConfig;
pub use audit::AuditConfig;
pub use callers::CallersConfig;
pub use claims::{Claim, ClaimSource};
pub use connections::ConnectionsConfig;
pub use cookie_policy::CookiePolicy;
pub use cors::CorsConfig;
pub use database::{DatabaseConfig, Isolation};
pub use dev_origin::DevOrigin;
pub use doctor::Origin;
pub use limits::{LimitsConfig, Rate};
pub use live::Live;
pub use log::{LogConfig, LogFormat, LogLevel};
pub use mail::{LOCALE_RULE, MailConfig, MailTransport, SmtpCredentials, SmtpSecurity, SmtpServer, locale};
pub use pages::PagesConfig;
pub use passkeys::PasskeysConfig;
pub use passwords::{BreachedConfig, HashingCost, OnFailure, PasswordsConfig};
pub use proxy::ProxyConfig;
pub use reader::{File, InvalidSetting, Setting, Source, variable};
pub use registration::RegistrationConfig;
pub use sessions::{Lifetime, SessionsConfig};
pub use tls::TlsConfig;
pub use tokens::{DEFAULT_AUDIENCE, TokensConfig, Verification};
pub use values::duration;
pub use webhooks::WebhooksConfig;

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
    /// From where the service is called, and its cookies.
    pub callers: Live<CallersConfig>,
    /// The folder of the embedded database, the keys and the outbox.
    pub data_dir: PathBuf,
    pub database: DatabaseConfig,
    pub redis: Option<RedisConfig>,
    pub sessions: SessionsConfig,
    pub tokens: TokensConfig,
    pub passwords: PasswordsConfig,
    pub registration: RegistrationConfig,
    pub accounts: AccountsConfig,
    pub admin: AdminConfig,
    /// The audit trail.
    pub audit: AuditConfig,
    pub mail: MailConfig,
    pub webhooks: WebhooksConfig,
    pub pages: PagesConfig,
    pub passkeys: PasskeysConfig,
    /// Rate limits; `None` disables them.
    pub limits: Option<LimitsConfig>,
    pub connections: ConnectionsConfig,
    /// How long the service keeps serving after SIGTERM, so that load balancers can remove it.
    pub drain_delay: Duration,
    pub log: LogConfig,
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
        let (listen, admin_listen) = listeners(reader)?;
        let tls = TlsConfig::read(reader);
        let public_url = public_url(reader, listen, tls.is_some())?;
        let callers = CallersConfig::read(reader, &public_url);
        let passkeys = PasskeysConfig::read(reader, &public_url, &callers.origins);
        let data_dir = reader.one("data_dir", "./data", "Folder of the embedded database, the keys and the outbox.", |text| {
            if text.is_empty() { Err("write a folder".to_owned()) } else { Ok(PathBuf::from(text)) }
        })?;
        let database = DatabaseConfig::read(reader, &data_dir)?;
        let tokens = TokensConfig::read(reader);
        if tokens.audiences.iter().any(|audience| audience == public_url.as_str()) {
            // The other service could use such a token at this API.
            reader.reject("tokens.audiences", "must not list public_url: tokens for this API come from signIn");
        }
        let mail = MailConfig::read(reader, &data_dir, &public_url)?;
        Some(Self {
            listen,
            admin_listen,
            callers: Live::new(callers),
            public_url,
            data_dir,
            database,
            redis: RedisConfig::read(reader),
            sessions: SessionsConfig::read(reader),
            tokens,
            registration: RegistrationConfig::read(reader),
            accounts: AccountsConfig::read(reader)?,
            admin: AdminConfig::read(reader),
            audit: AuditConfig::read(reader)?,
            mail,
            webhooks: WebhooksConfig::read(reader)?,
            pages: PagesConfig::read(reader),
            passkeys,
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
            tls,
            docs: reader.one("docs.enabled", "true", "Whether the API explorer is served at /docs.", values::switch)?,
        })
    }
}

/// The addresses of the API and of the metrics endpoint.
fn listeners(reader: &mut Reader) -> Option<(SocketAddr, Option<SocketAddr>)> {
    let listen = reader.one("listen", "127.0.0.1:3000", "Address and port of the API.", values::address)?;
    let about = "Address and port of `/metrics` for Prometheus, served without authentication: 127.0.0.1:3001.";
    let admin_listen = reader.optional("admin_listen", about, values::address);
    if admin_listen.is_some_and(|admin| overlap(listen, admin)) {
        reader.reject("admin_listen", format!("must not be the address of listen, {listen}: write another port"));
    }
    Some((listen, admin_listen))
}

fn public_url(reader: &mut Reader, listen: SocketAddr, https: bool) -> Option<Origin> {
    let is_given = reader.is_given("public_url").is_some_and(|values| values > 0);
    let local = format!("{}://localhost:{}", if https { "https" } else { "http" }, listen.port());
    let about = "The API's origin as browsers see it. Default: derived from `listen` and `tls.cert`.";
    let public_url = reader.one("public_url", &local, about, site_origin::site);
    if !listen.ip().is_loopback() && !is_given {
        let message =
            "is required when listen accepts connections from other machines: write the API's origin as browsers see it, https://…";
        reader.reject("public_url", message);
    }
    public_url
}

/// Whether two sockets cannot be bound at the same time.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let every_address = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() != 0 && one.port() == other.port() && (every_address || one.ip() == other.ip())
}

#[cfg(test)]
mod tests;
