//! `bifrons mail`: what the operator does with mail.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::{ArgGroup, Args, Subcommand};
use entity::{MailId, UnixMillis, outgoing_mail};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    failure::Failure,
    id, log,
    nodes::beside_nodes,
    print::{counted, print},
    runtime::block_on,
};
use crate::{
    administration::{MailError, discard_mail, list_mail, retry_mail},
    authorization::Operator,
    clock::{Clock, rfc_3339},
    config::{Config, MailTransport},
    email_address::EmailAddress,
    mail::{Letter, MailFilter, Templates, written},
    state::AppState,
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Send a test mail, and show each step of the conversation with the mail server. Without a server, write it as a file
    Test {
        /// E-mail address
        #[arg(value_name = "EMAIL", allow_hyphen_values = true)]
        email: String,
    },
    /// List the mails that wait or were given up
    Queue {
        /// Only those that were given up
        #[arg(long)]
        dead: bool,
        #[command(flatten)]
        output: Output,
    },
    /// Deliver mails again that were given up
    #[command(group(ArgGroup::new("which").required(true).args(["id", "all"])))]
    Retry {
        /// The id of a mail, as `queue` shows it
        #[arg(value_name = "ID", value_parser = id::parse)]
        id: Option<Uuid>,
        /// All that were given up
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        output: Output,
    },
    /// Remove mails without delivering them
    #[command(group(ArgGroup::new("which").required(true).args(["id", "all_dead"])))]
    Discard {
        /// The id of a mail, as `queue` shows it
        #[arg(value_name = "ID", value_parser = id::parse)]
        id: Option<Uuid>,
        /// All that were given up
        #[arg(long)]
        all_dead: bool,
        #[command(flatten)]
        output: Output,
    },
    /// Write every mail in every language, with sample values, as files to look at
    Preview {
        /// The folder, which is created
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
        /// Write the built-in templates instead, as files to change
        #[arg(long)]
        templates: bool,
    },
}

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Output {
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: &Command, config: &Config) -> Result<(), Failure> {
    match command {
        Command::Test { email } => test(config, email),
        Command::Preview { folder, templates: true } => templates(folder),
        Command::Preview { folder, .. } => preview(config, folder),
        Command::Queue { dead, output } => beside_nodes(config, async |state| queue(state, *dead, *output).await),
        Command::Retry { id, output, .. } => beside_nodes(config, async |state| {
            let id = id.map(MailId);
            changed("retried", retry_mail(state, Operator::CommandLine, id).await, id, *output)
        }),
        Command::Discard { id, output, .. } => beside_nodes(config, async |state| {
            let id = id.map(MailId);
            changed("discarded", discard_mail(state, Operator::CommandLine, id).await, id, *output)
        }),
    }
}

fn test(config: &Config, email: &str) -> Result<(), Failure> {
    let _log = log::start_for_command(config.log)?;
    let address = EmailAddress::parse(email).map_err(|rule| Failure::Failed(format!("the address {}", rule.detail())))?;
    let to = match &config.mail.transport {
        MailTransport::Folder(folder) => format!("a file in {}: mail.url names no mail server", folder.display()),
        MailTransport::Smtp(server) => format!("{}:{}", server.host, server.port),
    };
    print(&format!("to {to}\n"))?;
    block_on(async {
        let state = Arc::new(AppState::open_existing(config.clone(), Clock::System).await.map_err(Failure::new)?);
        let now = state.clock.now();
        let letter = Letter::Test { time: written(now) };
        let mail = state.outbox.seal(&letter, address.as_typed(), state.outbox.locale(None, None), now);
        let sent = state.outbox.send(&mail, |step| drop(print(&format!("… {step}\n")))).await;
        state.db.clone().close().await.map_err(Failure::new)?;
        sent.map_err(|error| Failure::Failed(format!("the mail was not sent: {error}; look at mail.url")))
    })?;
    print("sent\n")
}

fn templates(folder: &Path) -> Result<(), Failure> {
    let mut count = 0;
    for (name, text) in Templates::sources() {
        write(&folder.join(name), &text)?;
        count += 1;
    }
    print(&format!(
        "{count} files are in {}: keep those that you change, and name the folder in mail.templates\n",
        folder.display()
    ))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let cannot = |error: std::io::Error| Failure::Failed(format!("cannot write {}: {error}", path.display()));
    fs::create_dir_all(path.parent().unwrap_or(path)).map_err(cannot)?;
    fs::write(path, text).map_err(cannot)
}

fn preview(config: &Config, folder: &Path) -> Result<(), Failure> {
    let templates = Templates::load(config.mail.templates.as_deref()).map_err(Failure::new)?;
    let previews = templates.preview(&config.mail.product).map_err(Failure::new)?;
    let count = previews.len();
    for (name, text) in previews {
        for (part, content) in [("subject", text.subject), ("txt", text.txt), ("html", text.html)] {
            write(&folder.join(format!("{name}.{part}")), &content)?;
        }
    }
    print(&format!("{count} mails are in {}: open the .html files in a browser\n", folder.display()))
}

/// So many rows are read at once.
const PAGE: u64 = 500;

async fn queue(state: &AppState, only_dead: bool, Output { json }: Output) -> Result<(), Failure> {
    let filter = MailFilter { dead: only_dead.then_some(true), ..MailFilter::default() };
    let mut after = None;
    let mut is_empty = true;
    loop {
        let page = list_mail(state, filter, after, PAGE).await.map_err(Failure::new)?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        is_empty = false;
        let now = Clock::System.now();
        for mail in &page {
            print(&if json { format!("{}\n", row(mail)) } else { line(mail, now) })?;
        }
    }
    if is_empty && !json { print("the outbox is empty\n") } else { Ok(()) }
}

fn row(mail: &outgoing_mail::Model) -> Value {
    json!({
        "id": mail.id.0,
        "kind": mail.kind,
        "recipient": mail.recipient,
        "created_at": rfc_3339(mail.created_at),
        "attempts": mail.attempts,
        "next_attempt_at": mail.dead_at.is_none().then(|| rfc_3339(mail.next_attempt_at)),
        "failure": mail.failure,
        "dead_at": mail.dead_at.map(rfc_3339),
    })
}

fn line(mail: &outgoing_mail::Model, now: UnixMillis) -> String {
    let state = match mail.dead_at {
        Some(_) => "given up".to_owned(),
        // A node that died does not send any more, and its claim ends.
        None if mail.claimed_until > now => "on its way".to_owned(),
        None => format!("next attempt {}", written(mail.next_attempt_at)),
    };
    let failure = mail.failure.as_deref().map(|failure| format!("; {failure}")).unwrap_or_default();
    let attempts = counted(mail.attempts, "attempt");
    format!("{}  {}  to {}  {attempts}, {state}{failure}\n", mail.id.0, mail.kind, mail.recipient)
}

fn changed(what: &str, done: Result<u64, MailError>, id: Option<MailId>, Output { json }: Output) -> Result<(), Failure> {
    let count = done.map_err(|error| match (error, id) {
        (MailError::NotFound, Some(id)) => {
            Failure::Failed(format!("no mail to be {what} has the id {}; see `bifrons mail queue`", id.0))
        }
        (error, _) => Failure::new(error),
    })?;
    print(&if json { format!("{}\n", json!({ what: count })) } else { format!("{what}: {count}\n") })
}
