//! Hands mail to a mail server (RFC 5321). Encryption is never optional, and the whole conversation has one time limit: a server that falls
//! silent holds no worker.

use std::{borrow::Cow, fmt, fs, time::Duration};

use lettre::{
    address::Envelope,
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, Certificate, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
    },
};
use tokio::time::timeout;

use super::{attempt::SendError, message::Outgoing};
use crate::config::{SmtpSecurity, SmtpServer};

/// A step of the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Connect,
    Encrypt,
    SignIn,
    Sender,
    Recipient,
    Message,
    Text,
}

impl Step {
    /// What happens in it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect, greeting and EHLO",
            Self::Encrypt => "STARTTLS",
            Self::SignIn => "AUTH",
            Self::Sender => "MAIL FROM",
            Self::Recipient => "RCPT TO",
            Self::Message => "DATA",
            Self::Text => "end of the message",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Sends one mail. `step` hears of each step before it begins.
pub(super) async fn send(
    server: &SmtpServer,
    limit: Duration,
    mail: Outgoing,
    step: impl Fn(Step) + Send + Sync,
) -> Result<(), SendError> {
    let last = std::sync::Mutex::new(Step::Connect);
    let reached = |next: Step| {
        *last.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = next;
        step(next);
    };
    let sent = timeout(limit, converse(server, limit, mail, reached)).await;
    let at = *last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    match sent {
        Ok(sent) => sent,
        Err(_) if at > Step::Sender => Err(SendError::Deferred(format!("no answer to {at} in time").into())),
        Err(_) => Err(SendError::Stopped(format!("no answer to {at} in time").into())),
    }
}

/// Everything before the first mail: connects, encrypts, signs in.
pub(super) async fn reach(server: &SmtpServer, limit: Duration, from: &str) -> Result<(), SendError> {
    let reached = async {
        let mut connection = open(server, limit, from, &|_| ()).await?;
        connection.quit().await.map_err(|error| SendError::Stopped(said(Step::SignIn, &error))).map(drop)
    };
    timeout(limit, reached).await.unwrap_or_else(|_| Err(SendError::Stopped("no answer in time".into())))
}

/// A connection that takes mail. `from` is the domain of the sender.
async fn open(
    server: &SmtpServer,
    limit: Duration,
    from: &str,
    step: &(impl Fn(Step) + Send + Sync),
) -> Result<AsyncSmtpConnection, SendError> {
    let stopped = |at: Step| move |error: Error| SendError::Stopped(said(at, &error));
    let hello = ClientId::Domain(from.to_owned());
    let tls = tls(server)?;
    step(Step::Connect);
    let implicit = tls.clone().filter(|_| server.security == SmtpSecurity::Implicit);
    let address = (server.host.as_str(), server.port);
    let mut connection =
        AsyncSmtpConnection::connect_tokio1(address, Some(limit), &hello, implicit, None).await.map_err(stopped(Step::Connect))?;
    if let (SmtpSecurity::StartTls, Some(tls)) = (server.security, tls) {
        step(Step::Encrypt);
        if !connection.can_starttls() {
            return Err(SendError::Stopped("the server does not offer STARTTLS, so nothing was sent".into()));
        }
        connection.starttls(tls, &hello).await.map_err(stopped(Step::Encrypt))?;
        // lettre goes on reading what it had buffered before the encryption began: an attacker on the way may have written that.
        match timeout(Duration::ZERO, connection.read_response()).await {
            Err(_) => {}
            Ok(Err(error)) if error.status().is_none() => return Err(stopped(Step::Encrypt)(error)),
            Ok(_) => return Err(SendError::Stopped(format!("{}: {INJECTED}", Step::Encrypt).into())),
        }
    }
    if let Some(credentials) = &server.credentials {
        step(Step::SignIn);
        let credentials = Credentials::new(credentials.user.clone(), credentials.password.to_string());
        connection.auth(DEFAULT_MECHANISMS, &credentials).await.map_err(stopped(Step::SignIn))?;
    }
    Ok(connection)
}

async fn converse(
    server: &SmtpServer,
    limit: Duration,
    mail: Outgoing,
    step: impl Fn(Step) + Send + Sync,
) -> Result<(), SendError> {
    let stopped = |at: Step| move |error: Error| SendError::Stopped(said(at, &error));
    let Outgoing { envelope, bytes, .. } = mail;
    let from = envelope.from().map_or("localhost", |from| from.domain());
    let mut connection = open(server, limit, from, &step).await?;
    step(Step::Sender);
    let parameters = parameters(&connection, &envelope, &bytes)?;
    connection.command(Mail::new(envelope.from().cloned(), parameters)).await.map_err(stopped(Step::Sender))?;
    step(Step::Recipient);
    for to in envelope.to() {
        connection.command(Rcpt::new(to.clone(), vec![])).await.map_err(|error| about_mail(Step::Recipient, &error))?;
    }
    step(Step::Message);
    let ready = connection.command(Data).await.map_err(|error| about_mail(Step::Message, &error))?;
    // One injected answer was read as that of EHLO. Since then, each answer is that of the command before.
    if !ready.has_code(GO_ON) {
        return Err(SendError::Stopped(format!("{}: {INJECTED}", Step::Message).into()));
    }
    step(Step::Text);
    connection.message(&bytes).await.map_err(|error| about_mail(Step::Text, &error))?;
    // The mail is delivered, and what the server says now does not change that.
    let _ = timeout(Duration::from_secs(2), connection.quit()).await;
    Ok(())
}

/// The parameters of `MAIL FROM`. A server that cannot carry the recipient's address will not learn to. If it cannot carry the configured
/// ones, no mail can be sent.
fn parameters(connection: &AsyncSmtpConnection, envelope: &Envelope, bytes: &[u8]) -> Result<Vec<MailParameter>, SendError> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(bytes.len());
    let mut parameters = Vec::new();
    for (is_needed, extension, parameter, name) in [
        // Other text in a head is encoded (RFC 2047): only addresses are in UTF-8 there.
        (!bytes[..head].is_ascii(), Extension::SmtpUtfEight, MailParameter::SmtpUtfEight, "SMTPUTF8"),
        (!bytes.is_ascii(), Extension::EightBitMime, MailParameter::Body(MailBodyParameter::EightBitMime), "8BITMIME"),
    ] {
        if is_needed && !connection.server_info().supports_feature(extension) {
            let lacks = format!("the server does not offer {name}, which");
            return Err(if envelope.to().iter().all(|to| to.user().is_ascii()) {
                SendError::Stopped(format!("{lacks} mail.from or mail.reply_to needs").into())
            } else {
                SendError::Refused(format!("{lacks} this address needs").into())
            });
        }
        if is_needed {
            parameters.push(parameter);
        }
    }
    Ok(parameters)
}

/// A failure after the server accepted the sender is about this mail alone, unless the server wants another authentication.
fn about_mail(at: Step, error: &Error) -> SendError {
    let said = said(at, error);
    match error.status().map(u16::from) {
        Some(code) if WANTS_AUTHENTICATION.contains(&code) => SendError::Stopped(said),
        _ if error.is_permanent() => SendError::Refused(said),
        _ => SendError::Deferred(said),
    }
}

/// The one answer with which a message may begin (RFC 5321 section 4.3.2).
const GO_ON: u16 = 354;

/// RFC 3207 section 6: what came before the encryption counts for nothing.
const INJECTED: &str = "an answer that belongs to no command; someone on the way may write answers";

/// RFC 4954 section 6. Some servers say so at the recipient only.
const WANTS_AUTHENTICATION: [u16; 4] = [530, 534, 535, 538];

/// The step and the code. The server's text is left out: it may quote the address.
fn said(at: Step, error: &Error) -> Cow<'static, str> {
    match error.status() {
        Some(code) => format!("{at}: {code}").into(),
        None if error.is_tls() => format!("{at}: the encryption failed: {}", cause(error)).into(),
        None => format!("{at}: {}", cause(error)).into(),
    }
}

/// The innermost cause: that is what the operator can change.
fn cause(error: &Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string().chars().filter(|c| !c.is_control()).take(120).collect()
}

fn tls(server: &SmtpServer) -> Result<Option<TlsParameters>, SendError> {
    if server.security == SmtpSecurity::Loopback {
        return Ok(None);
    }
    let mut parameters = TlsParameters::builder(server.host.clone());
    if let Some(path) = &server.ca {
        let pem = fs::read(path).map_err(|error| SendError::Stopped(format!("mail.ca_file: {error}").into()))?;
        let certificate =
            Certificate::from_pem(&pem).map_err(|_| SendError::Stopped("mail.ca_file is no PEM certificate".into()))?;
        parameters = parameters.add_root_certificate(certificate);
    }
    parameters.build().map(Some).map_err(|error| SendError::Stopped(format!("no encryption: {}", cause(&error)).into()))
}
