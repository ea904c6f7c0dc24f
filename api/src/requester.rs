//! Where a request came from.

use std::net::IpAddr;

use crate::{network::ClientNetwork, secret::DeviceToken};

/// Where a request came from.
#[derive(Clone, Debug, Default)]
pub struct Requester {
    /// The address, read past the trusted proxies.
    pub ip: Option<IpAddr>,
    /// The approximate place, as a trusted proxy names it.
    pub place: Option<String>,
    /// The `User-Agent`, cut to 256 characters.
    pub user_agent: Option<String>,
    /// The languages that the reader prefers: `Accept-Language`, cut to 256 characters.
    pub accept_language: Option<String>,
    /// The device tokens that came with the request. More than one: an attacker may have planted the others, so none of them counts more.
    pub devices: Vec<DeviceToken>,
}

impl Requester {
    /// The device as mails name it; `None` if the request does not say.
    pub fn device_name(&self) -> Option<String> {
        device_name(self.user_agent.as_deref()?)
    }

    /// The same with a device token that was given beside those of the headers. Text that is none is ignored.
    #[must_use]
    pub fn on_device(mut self, given: Option<&str>) -> Self {
        self.devices.splice(0..0, given.and_then(DeviceToken::parse));
        self
    }

    /// The network that limits count the request for.
    pub fn network(&self) -> ClientNetwork {
        self.ip.into()
    }
}

/// The browser and the system, or the program, as mails name them; `None` if a `User-Agent` does not say. Only letters and digits: a mail
/// program makes links of names that look like one.
pub fn device_name(agent: &str) -> Option<String> {
    const BROWSERS: [(&str, &str); 5] =
        [("Firefox/", "Firefox"), ("Edg/", "Edge"), ("OPR/", "Opera"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];
    const SYSTEMS: [(&str, &str); 7] = [
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let named = |list: &[(&str, &'static str)]| list.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    if let Some(browser) = named(&BROWSERS) {
        return Some(named(&SYSTEMS).map_or(browser.to_owned(), |system| format!("{browser} on {system}")));
    }
    let program: String = agent.chars().take_while(|c| c.is_alphanumeric() || *c == '-' || *c == '_').take(40).collect();
    (!program.is_empty()).then_some(program)
}

#[cfg(test)]
mod tests {
    use super::Requester;

    #[test]
    fn devices_have_short_names() {
        for (agent, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", Some("Firefox on Linux")),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36 Edg/156.0",
                Some("Edge on Windows"),
            ),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1", Some("Safari on iPhone")),
            ("Mozilla/5.0 (Linux; Android 16) Chrome/156.0.0.0 Mobile Safari/537.36", Some("Chrome on Android")),
            ("curl/8.5.0", Some("curl")),
            ("https://evil.example", Some("https")),
            ("evil.example", Some("evil")),
            ("\r\nBcc: x", None),
            ("", None),
        ] {
            let requester = Requester { user_agent: Some(agent.to_owned()), ..Requester::default() };
            assert_eq!(requester.device_name().as_deref(), name, "{agent:?}");
        }
    }
}
