//! A mail as it travels: RFC 5322, with the text in both forms (RFC 2046 section 5.1.4).

use std::{
    borrow::Cow,
    time::{Duration, UNIX_EPOCH},
};

use entity::outgoing_mail;
use idna::AsciiDenyList;
use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};

use super::templates::Text;
use crate::config::MailConfig;

/// A mail that is ready to be sent.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) id: String,
    pub(super) envelope: Envelope,
    pub(super) bytes: Vec<u8>,
}

/// Writes a mail; `None` if its address is none that a mail server accepts. Every attempt writes the same `Message-ID` and the same date.
pub(super) fn write(config: &MailConfig, mail: &outgoing_mail::Model, text: Text) -> Option<Outgoing> {
    let from = address(config.from.as_typed())?;
    let to = address(&mail.recipient)?;
    let date = UNIX_EPOCH + Duration::from_millis(u64::try_from(mail.created_at.0).ok()?);
    let mut message = Message::builder()
        .message_id(Some(format!("<{}@{}>", mail.id.0, from.domain())))
        .date(date)
        .from(Mailbox::new(Some(config.product.clone()), from.clone()))
        .to(Mailbox::new(None, to.clone()))
        .subject(text.subject);
    if let Some(reply_to) = &config.reply_to {
        message = message.reply_to(Mailbox::new(None, address(reply_to.as_typed())?));
    }
    let mut message = message.multipart(MultiPart::alternative_plain_html(text.txt, text.html)).ok()?;
    // RFC 3834: no holiday notice answers it.
    let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
    message.headers_mut().insert_raw(HeaderValue::new(automatic, "auto-generated".to_owned()));
    let envelope = Envelope::new(Some(from), vec![to]).ok()?;
    Some(Outgoing { id: mail.id.0.to_string(), envelope, bytes: message.formatted() })
}

/// With A-labels: a server that knows no addresses in UTF-8 still knows the domain.
pub(super) fn address(typed: &str) -> Option<Address> {
    let (local, domain) = typed.rsplit_once('@')?;
    let domain = if domain.is_ascii() {
        Cow::Borrowed(domain)
    } else {
        idna::domain_to_ascii_cow(domain.as_bytes(), AsciiDenyList::URL).ok()?
    };
    Address::new(local, domain).ok()
}
