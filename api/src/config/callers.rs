//! From where the service is called: frontends and proxies, and the cookies that follow from them.

use super::{CookiePolicy, CorsConfig, DevOrigin, Origin, ProxyConfig, native_origin, reader::Reader, site_origin};

/// From where the service is called. A running service takes over new values.
#[derive(Clone, Debug)]
pub struct CallersConfig {
    /// Frontends that may call the API with credentials.
    pub origins: Vec<Origin>,
    /// Frontends on developers' machines and native apps, in token mode only.
    pub dev_origins: Vec<DevOrigin>,
    /// Request headers that frontends may send.
    pub cors: CorsConfig,
    pub proxy: ProxyConfig,
    /// Derived from `public_url`, `origins` and `cookie.domain`.
    pub cookies: CookiePolicy,
}

impl CallersConfig {
    /// The keys whose values a running service takes over.
    pub const KEYS: [&str; 6] =
        ["origins", "dev_origins", "native_origins", "cors.allowed_headers", "proxy.trusted", "proxy.place_headers"];

    pub(super) fn read(reader: &mut Reader, public_url: &Origin) -> Self {
        let about = "Origins of the frontends, exactly as browsers send them: https://app.example.com.";
        let origins = reader.list("origins", about, site_origin::frontend);
        let about = "Frontends on developers' machines, in token mode only: http://localhost:* or an exact origin.";
        let mut dev_origins = reader.list("dev_origins", about, DevOrigin::parse);
        let about = "Origins of native apps and browser extensions, in token mode only: capacitor://localhost.";
        dev_origins.extend(reader.list("native_origins", about, native_origin::parse));
        Self {
            dev_origins,
            cors: CorsConfig::read(reader),
            cookies: CookiePolicy::derive(reader, public_url, &origins),
            proxy: ProxyConfig::read(reader),
            origins,
        }
    }

    /// Whether an `Origin` header names the API itself or a listed frontend. Those may use cookies.
    pub fn is_listed(&self, public_url: &Origin, origin: &[u8]) -> bool {
        self.origins.iter().chain([public_url]).any(|listed| listed.as_str().as_bytes() == origin)
    }

    /// Whether an `Origin` header names a developer's frontend. A listed origin stays listed even if a pattern matches it.
    pub fn is_dev_origin(&self, public_url: &Origin, origin: &[u8]) -> bool {
        let matches = |origin: &str| self.dev_origins.iter().any(|dev| dev.matches(origin));
        !self.is_listed(public_url, origin) && std::str::from_utf8(origin).is_ok_and(matches)
    }
}
