//! How mail leaves.

use std::{
    borrow::Cow,
    fmt,
    net::IpAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use percent_encoding::percent_decode_str;
use url::Url;
use zeroize::Zeroizing;

use super::{
    Origin,
    reader::Reader,
    values::{duration, switch},
};
use crate::email_address::EmailAddress;

/// How mail leaves.
#[derive(Clone, Debug)]
pub struct MailConfig {
    /// Where to.
    pub transport: MailTransport,
    /// The name of the sender: what the mails call the product.
    pub product: String,
    /// The address of the sender.
    pub from: EmailAddress,
    /// Where answers go.
    pub reply_to: Option<EmailAddress>,
    /// The language of mails to those who prefer none.
    pub locale: String,
    /// A folder of texts that replace those that are built in.
    pub templates: Option<PathBuf>,
    /// Whether users hear of sign-ins from devices that their account does not know.
    pub new_device: bool,
    /// The time for one mail, from the connection to the acknowledgement.
    pub timeout: Duration,
}

/// Where mail leaves to.
#[derive(Clone, Debug)]
pub enum MailTransport {
    /// One `.eml` file a mail, in this folder.
    Folder(PathBuf),
    /// A mail server.
    Smtp(SmtpServer),
}

/// A mail server that accepts mail for others.
#[derive(Clone, Debug)]
pub struct SmtpServer {
    /// Its name, which its certificate must have.
    pub host: String,
    pub port: u16,
    pub security: SmtpSecurity,
    pub credentials: Option<SmtpCredentials>,
    /// The certificate authority of the server, in PEM, if the system does not know it.
    pub ca: Option<PathBuf>,
}

/// How the conversation is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// `smtp://`: STARTTLS (RFC 3207), never optional.
    StartTls,
    /// `smtps://`: TLS from the first byte (RFC 8314).
    Implicit,
    /// `smtp+plain://`: not at all, on loopback only.
    Loopback,
}

/// User name and password at the mail server.
#[derive(Clone)]
pub struct SmtpCredentials {
    pub user: String,
    pub password: Zeroizing<String>,
}

impl fmt::Debug for SmtpCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SmtpCredentials(…)")
    }
}

impl MailConfig {
    pub(super) fn read(reader: &mut Reader, data_dir: &Path, public_url: &Origin) -> Option<Self> {
        let about = "Where mail leaves to: smtp://user:password@host:587 (STARTTLS), smtps://host:465, smtp+plain://127.0.0.1:25 \
                     (loopback only), or file: for .eml files in `outbox` below data_dir.";
        let mut transport = reader.one("mail.url", "file:", about, |text| MailTransport::parse(text, data_dir))?;
        reader.secret();
        let about = "The password at the mail server, if mail.url has a user name and no password.";
        let password = reader.optional("mail.password", about, |password| Ok(Zeroizing::new(password.to_owned())));
        reader.secret();
        let about = "The certificate authority of the mail server, as a PEM file, if the system does not know it.";
        let ca = reader.optional("mail.ca_file", about, |path| Ok(PathBuf::from(path)));
        if let MailTransport::Smtp(server) = &mut transport {
            server.ca = ca;
            if let (Some(credentials), Some(password)) = (&mut server.credentials, password) {
                credentials.password = password;
            }
            if server.credentials.as_ref().is_some_and(|credentials| credentials.password.is_empty()) {
                reader.reject("mail.url", "has a user name without a password: add it, or set mail.password");
            }
        }
        let host = public_url.host();
        // RFC 2606: no mail is sent in the name of a domain that does not exist.
        let sender = if address(&format!("no-reply@{host}")).is_ok() && host.contains('.') { host } else { "bifrons.invalid" };
        if matches!(transport, MailTransport::Smtp(_)) && sender != host && reader.is_given("mail.from").is_none() {
            reader.reject("mail.from", "is required with a mail server: Example <no-reply@example.com>");
        }
        let about = "The sender: Example <no-reply@example.com>. The name is what the mails call the product.";
        let (product, from) = reader.one("mail.from", &format!("Bifrons <no-reply@{sender}>"), about, mailbox)?;
        let reply_to = reader.optional("mail.reply_to", "Where answers go: help@example.com.", address);
        let about = "The language of mails to those who prefer none: en, ko, de, or one of mail.templates.";
        let locale = reader.one("mail.locale", "en", about, locale)?;
        let about = "A folder of texts that replace those that are built in: LOCALE/NAME.subject, .txt and .html.";
        let templates = reader.optional("mail.templates", about, |path| Ok(PathBuf::from(path)));
        let about = "The time for one mail, from the connection to the acknowledgement.";
        let timeout = reader.one("mail.timeout", "30s", about, |text| {
            duration(text).and_then(|time| if time.is_zero() { Err("write at least 1s".to_owned()) } else { Ok(time) })
        })?;
        let about = "Whether users get a mail when a device signs in that their account does not know.";
        let new_device = reader.one("mail.new_device", "true", about, switch)?;
        Some(Self { transport, product, from, reply_to, locale, templates, new_device, timeout })
    }
}

impl MailTransport {
    fn parse(text: &str, data_dir: &Path) -> Result<Self, String> {
        if let Some(folder) = text.strip_prefix("file:") {
            if folder.contains(['?', '#']) {
                return Err("a file URL has no parameters: write ? as %3F and # as %23".to_owned());
            }
            let folder = match folder.strip_prefix("//") {
                Some(folder) if !folder.is_empty() && !folder.starts_with('/') => {
                    return Err("a file URL names no host: write file:/var/mail".to_owned());
                }
                Some(folder) => folder,
                None => folder,
            };
            let folder = percent_decode_str(folder).decode_utf8().map_err(|_| "must be UTF-8".to_owned())?;
            return Ok(Self::Folder(if folder.is_empty() { data_dir.join("outbox") } else { PathBuf::from(&*folder) }));
        }
        let wrong = || "write smtp://user:password@host:587, smtps://host:465, smtp+plain://127.0.0.1:25 or file:".to_owned();
        let url = Url::parse(text).map_err(|_| wrong())?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let (security, port) = match url.scheme() {
            "smtp" => (SmtpSecurity::StartTls, 587),
            "smtps" => (SmtpSecurity::Implicit, 465),
            "smtp+plain" => (SmtpSecurity::Loopback, 25),
            _ => return Err(wrong()),
        };
        let is_loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        if security == SmtpSecurity::Loopback && !is_loopback {
            return Err("smtp+plain is for loopback only: everyone on the way can read links and passwords".to_owned());
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err("must end after the port: it has no path and no parameters".to_owned());
        }
        let decoded = |text: &str| percent_decode_str(text).decode_utf8().map(Cow::into_owned).map_err(|_| wrong());
        let credentials = match url.username() {
            "" => None,
            user => Some(SmtpCredentials {
                user: decoded(user)?,
                password: Zeroizing::new(decoded(url.password().unwrap_or_default())?),
            }),
        };
        Ok(Self::Smtp(SmtpServer { host, port: url.port().unwrap_or(port), security, credentials, ca: None }))
    }
}

fn address(text: &str) -> Result<EmailAddress, String> {
    EmailAddress::parse(text).map_err(|rule| rule.detail().to_owned())
}

/// `Name <address>`, or the address alone.
/// The most characters of the name: authenticator apps show it, and the QR code that they read has room for so many.
const MAX_PRODUCT: usize = 64;

fn mailbox(text: &str) -> Result<(String, EmailAddress), String> {
    let (name, written) = match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
        Some((name, written)) => (name.trim().trim_matches('"'), written),
        None => ("", text),
    };
    if name.chars().any(char::is_control) {
        return Err("must be one line".to_owned());
    }
    if name.chars().count() > MAX_PRODUCT {
        return Err(format!("the name may have {MAX_PRODUCT} characters"));
    }
    let from = address(written)?;
    let domain = from.canonical().rsplit_once('@').map_or("", |(_, domain)| domain);
    Ok((if name.is_empty() { domain.to_owned() } else { name.to_owned() }, from))
}

/// What a language tag must be.
pub const LOCALE_RULE: &str = "must be a BCP 47 language tag of at most 35 characters: en, ko or de-AT";

/// A BCP 47 tag of letters, digits and hyphens.
pub fn locale(text: &str) -> Result<String, String> {
    let is_tag = text.len() <= 35
        && text.split('-').all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    if is_tag { Ok(text.to_owned()) } else { Err("write a language tag: en, ko or de".to_owned()) }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{MailTransport, SmtpSecurity, SmtpServer, locale, mailbox};

    fn server(url: &str) -> Result<SmtpServer, String> {
        match MailTransport::parse(url, Path::new("data"))? {
            MailTransport::Smtp(server) => Ok(server),
            MailTransport::Folder(folder) => Err(folder.display().to_string()),
        }
    }

    #[test]
    fn transports() {
        for (url, host, port, security) in [
            ("smtp://mail.example.com", "mail.example.com", 587, SmtpSecurity::StartTls),
            ("smtps://mail.example.com", "mail.example.com", 465, SmtpSecurity::Implicit),
            ("smtps://[::1]:4650/", "::1", 4650, SmtpSecurity::Implicit),
            ("smtp+plain://127.0.0.1:2525", "127.0.0.1", 2525, SmtpSecurity::Loopback),
            ("smtp+plain://localhost", "localhost", 25, SmtpSecurity::Loopback),
        ] {
            let server = server(url).unwrap();
            assert_eq!((server.host.as_str(), server.port, server.security), (host, port, security));
        }
        let with = server("smtp://ada%40example.com:p%3Aw%40@mail.example.com").unwrap().credentials.unwrap();
        assert_eq!((with.user.as_str(), with.password.as_str()), ("ada@example.com", "p:w@"));
        assert_eq!(format!("{with:?}"), "SmtpCredentials(…)");
        for wrong in
            ["", "mail.example.com", "http://mail.example.com", "smtp+plain://mail.example.com", "smtp://h/path", "smtp://"]
        {
            assert!(server(wrong).is_err(), "{wrong}");
        }
        assert_eq!(server("file:").unwrap_err(), "data/outbox");
        assert_eq!(server("file:///var/my%20mail").unwrap_err(), "/var/my mail");
        assert_eq!(server("file:mail").unwrap_err(), "mail");
        assert!(server("file://var/mail").unwrap_err().contains("names no host"));
    }

    #[test]
    fn senders() {
        let (name, from) = mailbox("Example Shop <no-reply@example.com>").unwrap();
        assert_eq!((name.as_str(), from.as_typed()), ("Example Shop", "no-reply@example.com"));
        assert_eq!(mailbox("no-reply@example.com").unwrap().0, "example.com");
        for wrong in ["Example", "Example <>", "Ex\nample <a@example.com>", "<a@example.com> b"] {
            assert!(mailbox(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn languages() {
        assert!(locale("en").is_ok() && locale("zh-Hant-TW").is_ok());
        for wrong in ["", "en_US", "../en", "abcdefghi", "en-"] {
            assert!(locale(wrong).is_err(), "{wrong}");
        }
    }
}
