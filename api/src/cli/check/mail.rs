//! The mail server: everything but a mail.

use super::finding::Finding;
use crate::{
    config::{Config, MailTransport},
    mail,
};

pub(super) async fn check(config: &Config) -> Finding {
    let to = match &config.mail.transport {
        MailTransport::Folder(folder) => {
            let detail = format!("mail becomes files in {}: no user receives any", folder.display());
            return Finding::warning("mail", detail, "name a mail server in mail.url, as in smtp://user:password@mail.example.com");
        }
        MailTransport::Smtp(server) => format!("{}:{}", server.host, server.port),
    };
    match mail::reach(&config.mail).await {
        Ok(()) => Finding::ok("mail", format!("{to} lets this machine in; `bifrons mail test ADDRESS` sends a mail")),
        Err(error) => Finding::failed("mail", format!("{to}: {error}"), "check mail.url, the firewall and the credentials"),
    }
}
