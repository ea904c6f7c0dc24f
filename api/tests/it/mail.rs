//! Mail leaves: through a real mail server, and through servers that fail in every way that RFC 5321 leaves open.

use std::{cell::RefCell, collections::BTreeSet, fs, time::Duration};

use bifrons::{audit::Event, config::MailConfig, email_address::EmailAddress};
use entity::outgoing_mail;
use futures_util::future::join_all;
use sea_orm::EntityTrait;
use serde_json::json;

use crate::support::{
    Actor, App, EMAIL, PASSWORD,
    redis::until,
    smtp::{Exim, SmtpServer},
};

/// A service whose mail leaves this way.
pub async fn app(mail: MailConfig) -> App {
    App::configured(|config| {
        config.mail = mail;
        config.mail.timeout = Duration::from_secs(2);
    })
    .await
}

pub async fn sign_up(app: &App, email: &str) {
    app.client().sign_up(email, PASSWORD).await.expect(201);
}

pub async fn forgot(client: &Actor, email: &str) {
    client.post("/v1/password/forgot", json!({ "email": email })).await.expect(202);
}

async fn outbox(app: &App) -> Vec<outgoing_mail::Model> {
    outgoing_mail::Entity::find().all(app.state.db.connection()).await.unwrap()
}

/// The only mail of the outbox.
pub async fn only(app: &App) -> outgoing_mail::Model {
    let mut mails = outbox(app).await;
    assert_eq!(mails.len(), 1);
    mails.remove(0)
}

/// Waits until a mail was attempted in vain, and is not being attempted again: attempts, failure, and whether it is dead.
pub async fn until_attempted(app: &App) -> (i32, String, bool) {
    let attempted = RefCell::default();
    until(async || {
        let mails = outbox(app).await;
        let over = mails.into_iter().find(|mail| mail.claimed_until.0 == 0 && mail.failure.is_some());
        attempted.replace(over);
        attempted.borrow().is_some()
    })
    .await;
    let mail = attempted.into_inner().unwrap();
    (mail.attempts, mail.failure.unwrap(), mail.dead_at.is_some())
}

#[tokio::test]
async fn a_real_mail_server_delivers_with_encryption_and_a_password() {
    let exim = Exim::start().await;
    let app = app(exim.mail()).await;
    for email in [EMAIL, "Grace.Hopper+x@example.com"] {
        sign_up(&app, email).await;
        forgot(&app.client(), email).await;
    }
    let mails = exim.until_received(2).await;
    assert_eq!(mails.iter().map(|mail| mail.to.as_str()).collect::<BTreeSet<_>>(), ["Grace.Hopper+x@example.com", EMAIL].into());
    for mail in &mails {
        assert!(mail.raw.contains("\nFrom: Example <no-reply@example.com>"), "{}", mail.raw);
        assert!(mail.raw.contains("\nAuto-Submitted: auto-generated"), "RFC 3834: {}", mail.raw);
        assert!(mail.raw.contains("\nMIME-Version: 1.0") && mail.raw.contains("multipart/alternative"), "{}", mail.raw);
        assert!(mail.id.ends_with("@example.com"), "{}", mail.id);
        assert!(mail.html.contains(&mail.token()), "both forms say the same");
        assert!(mail.raw.contains("with esmtpsa"), "encrypted and authenticated: {}", mail.raw);
    }
    app.client()
        .post("/v1/password/reset", json!({"token": mails[0].token(), "new_password": "another horse entirely"}))
        .await
        .expect(204);
    until(async || app.count("SELECT count(*) FROM outgoing_mail").await == 0).await;
    assert_eq!(app.state.metrics.events(Event::MailSent, "reset_password"), 2);
}

#[tokio::test]
async fn every_encryption_that_the_url_names_is_used() {
    for mode in ["ok", "implicit-tls", "plain"] {
        let server = SmtpServer::start(mode);
        let app = app(server.mail()).await;
        sign_up(&app, EMAIL).await;
        forgot(&app.client(), EMAIL).await;
        server.until_received(1).await;
    }
}

/// A mail server that is away, silent, or that must not be trusted stops the queue, and no mail is lost or counted as tried.
#[tokio::test]
async fn what_the_server_does_to_all_mail_stops_the_queue() {
    let cases = [
        ("silent-after-greeting", "no answer to connect"),
        ("silent-after-ehlo", "no answer to STARTTLS"),
        ("silent-after-starttls", "no answer to STARTTLS"),
        ("silent-after-auth", "no answer to MAIL FROM"),
        ("wrong-password", "AUTH: 535"),
        ("no-starttls", "does not offer STARTTLS"),
        ("wants-auth", "RCPT TO: 530"),
        ("injects-all", "STARTTLS: an answer that belongs to no command"),
        ("injects-one", ": an answer that belongs to no command"),
    ];
    join_all(cases.map(async |(mode, says)| {
        let mut server = SmtpServer::start(mode);
        let app = app(server.mail()).await;
        sign_up(&app, EMAIL).await;
        forgot(&app.client(), EMAIL).await;
        let (attempts, failure, is_dead) = until_attempted(&app).await;
        assert!(failure.contains(says), "{mode}: {failure}");
        assert_eq!((attempts, is_dead), (0, false), "{mode}");
        until(async || app.state.metrics.mail_stopped.get() == 1).await;
        assert!(app.state.metrics.events(Event::MailStopped, "") > 0);
        assert!(server.mails().is_empty());
        // The other users notice nothing.
        app.client().sign_in(EMAIL, PASSWORD).await.expect(200);
        server.become_mode("ok");
        server.until_received(1).await;
        until(async || app.state.metrics.mail_stopped.get() == 0).await;
    }))
    .await;
}

#[tokio::test]
async fn a_server_that_is_away_or_has_another_certificate_gets_nothing() {
    let mut server = SmtpServer::start("ok");
    let (mail, folder) = (server.mail(), server.folder().to_owned());
    server.stop();
    let app = app(mail).await;
    sign_up(&app, EMAIL).await;
    forgot(&app.client(), EMAIL).await;
    let (_, failure, _) = until_attempted(&app).await;
    assert!(failure.starts_with("connect"), "{failure}");
    for name in ["cert.pem", "key.pem"] {
        fs::rename(folder.join(name), folder.join(format!("right-{name}"))).unwrap();
    }
    fs::copy(folder.join("other.pem"), folder.join("cert.pem")).unwrap();
    fs::copy(folder.join("other.key"), folder.join("key.pem")).unwrap();
    server.become_mode("ok");
    until(async || only(&app).await.failure.is_some_and(|failure| failure.contains("STARTTLS"))).await;
    let (attempts, failure, _) = until_attempted(&app).await;
    assert!(failure.contains("ertificate") && attempts == 0, "{failure}");
    for name in ["cert.pem", "key.pem"] {
        fs::rename(folder.join(format!("right-{name}")), folder.join(name)).unwrap();
    }
    server.become_mode("ok");
    server.until_received(1).await;
}

#[tokio::test]
async fn what_the_server_does_to_one_mail_concerns_that_mail() {
    let cases = [
        ("busy", "RCPT TO: 450", false),
        ("greylist", "RCPT TO: 421", false),
        ("refuse", "RCPT TO: 550", true),
        ("refuse-message", "end of the message: 554", true),
        ("silent-after-mail", "no answer to RCPT TO", false),
        ("silent-after-rcpt", "no answer to DATA", false),
        ("silent-after-data", "no answer to end of the message", false),
    ];
    join_all(cases.map(async |(mode, says, dies)| {
        let server = SmtpServer::start(mode);
        let app = app(server.mail()).await;
        sign_up(&app, EMAIL).await;
        forgot(&app.client(), EMAIL).await;
        let (attempts, failure, is_dead) = until_attempted(&app).await;
        assert!(failure.contains(says), "{mode}: {failure}");
        assert_eq!((attempts, is_dead), (1, dies), "{mode}");
        let event = if dies { Event::MailDead } else { Event::MailDeferred };
        assert_eq!(app.state.metrics.events(event, "reset_password"), 1, "{mode}");
        // On a busy machine the first connection may time out: that stops delivery until an answer to this mail shows that it works.
        until(async || app.state.metrics.mail_stopped.get() == 0).await;
    }))
    .await;
}

/// The server has the mail and says nothing. It is sent again, and every mail program shows the two as one.
#[tokio::test]
async fn a_mail_whose_answer_is_lost_is_repeated_with_the_same_id() {
    for mode in ["cut-after-dot", "silent-after-dot"] {
        let mut server = SmtpServer::start(mode);
        let app = app(server.mail()).await;
        sign_up(&app, EMAIL).await;
        forgot(&app.client(), EMAIL).await;
        let (attempts, _, is_dead) = until_attempted(&app).await;
        assert_eq!((attempts, is_dead), (1, false), "{mode}");
        server.become_mode("ok");
        app.advance(Duration::from_secs(90)).await;
        let mails = server.until_received(2).await;
        assert_eq!((&mails[0].id, &mails[0].text), (&mails[1].id, &mails[1].text), "{mode}");
        until(async || app.count("SELECT count(*) FROM outgoing_mail").await == 0).await;
    }
}

/// RFC 6531: a server that cannot carry the address will not learn to.
#[tokio::test]
async fn an_address_in_utf8_needs_a_server_that_knows_them() {
    for (mode, arrives) in [("ok", true), ("no-smtputf8", false)] {
        let server = SmtpServer::start(mode);
        let app = app(server.mail()).await;
        sign_up(&app, "ren\u{e9}@example.com").await;
        forgot(&app.client(), "ren\u{e9}@example.com").await;
        if arrives {
            assert_eq!(server.until_received(1).await[0].to, "ren\u{e9}@example.com");
        } else {
            let (_, failure, is_dead) = until_attempted(&app).await;
            assert!(is_dead && failure.contains("SMTPUTF8"), "{failure}");
        }
        sign_up(&app, "ada@b\u{fc}cher.example").await;
        forgot(&app.client(), "ada@b\u{fc}cher.example").await;
        until(async || server.mails().iter().any(|mail| mail.to == "ada@xn--bcher-kva.example")).await;
    }
}

/// If the configured addresses need what the server lacks, no mail leaves until one of them changes.
#[tokio::test]
async fn a_sender_in_utf8_needs_a_server_that_knows_them() {
    let mut server = SmtpServer::start("no-smtputf8");
    for change in
        [|mail: &mut MailConfig, address| mail.from = address, |mail: &mut MailConfig, address| mail.reply_to = Some(address)]
    {
        server.become_mode("no-smtputf8");
        let mut mail = server.mail();
        change(&mut mail, EmailAddress::parse("ren\u{e9}@example.com").unwrap());
        let app = app(mail).await;
        sign_up(&app, EMAIL).await;
        forgot(&app.client(), EMAIL).await;
        let (attempts, failure, is_dead) = until_attempted(&app).await;
        assert!(attempts == 0 && !is_dead && failure.contains("SMTPUTF8, which mail.from or mail.reply_to"), "{failure}");
        let before = server.mails().len();
        server.become_mode("ok");
        server.until_received(before + 1).await;
    }
}

/// The database does not contain what the mail says.
/// A node without the text or the secret sends no nonsense. The mail waits for a node that has them.
/// What was sealed can no longer be opened, and the second time again.
/// No value that a user or an operator gives can begin a header of its own.
#[tokio::test]
async fn nothing_can_be_injected_into_the_head_of_a_mail() {
    let server = SmtpServer::start("ok");
    for (key, value) in [
        ("BIFRONS_MAIL__FROM", "Ex\r\nBcc: x@example.com <a@example.com>"),
        ("BIFRONS_MAIL__FROM", "Example <a@example.com\r\nBcc: x@example.com>"),
        ("BIFRONS_MAIL__REPLY_TO", "a@example.com\nBcc: x@example.com"),
    ] {
        let environment = [(key.to_owned(), value.to_owned())];
        assert!(bifrons::config::Config::read(None, environment).config.is_err(), "{value:?}");
    }
    let app = app(server.mail()).await;
    for email in ["a\r\nBcc: x@example.com", "a@example.com\r\nBcc:x@example.com", "\"a\nb\"@example.com", "a@example.com>\r\nDATA"]
    {
        let answer = app.client().post("/v1/password/forgot", json!({ "email": email })).await;
        assert!([202, 422].contains(&answer.status), "{email:?}");
        app.client().sign_up(email, PASSWORD).await.expect(422);
    }
    sign_up(&app, EMAIL).await;
    forgot(&app.client().with("accept-language", "ko,en;q=0.9"), EMAIL).await;
    let mails = server.until_received(1).await;
    assert!(mails.iter().all(|mail| mail.to == EMAIL && !mail.raw.contains("Bcc")));
}
