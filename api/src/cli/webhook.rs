//! `bifrons webhook`: endpoints to which events are delivered.

use std::{sync::Arc, time::Duration};

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use entity::{
    AuditEventId, WebhookId,
    webhook::Model,
    webhook_delivery::{self, Status},
};
use serde_json::json;
use uuid::Uuid;

use super::{
    failure::Failure,
    id,
    nodes::{beside_nodes, check_nodes_can_read},
    print::{counted, print, print_none},
};
use crate::{
    accounts::Field,
    authorization::Operator,
    config::{self, Config},
    http::rows,
    mail::written,
    state::AppState,
    webhooks::{self, NewWebhook, WebhookChange, WebhookInstruction},
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the webhooks, oldest first
    List(Output),
    /// Create a webhook and print the secret that signs its deliveries, once
    Create {
        /// Where the receiver listens
        #[arg(value_name = "URL")]
        url: String,
        /// A note
        #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
        description: Option<String>,
        /// Only these events, separated by commas
        #[arg(long, value_name = "EVENTS", value_delimiter = ',', value_parser = event)]
        events: Vec<String>,
        /// Deliver nothing yet
        #[arg(long)]
        disabled: bool,
        #[command(flatten)]
        output: Output,
    },
    /// Show a webhook
    Show(Target),
    /// Change a webhook
    #[command(group(ArgGroup::new("what").required(true).multiple(true).args(["url", "description", "events", "all_events", "enable", "disable"])))]
    Update {
        #[command(flatten)]
        target: Target,
        /// Where the receiver listens
        #[arg(long, value_name = "URL")]
        url: Option<String>,
        /// A note; an empty one removes it
        #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
        description: Option<String>,
        /// Only these events, separated by commas
        #[arg(long, value_name = "EVENTS", value_delimiter = ',', value_parser = event)]
        events: Vec<String>,
        /// All events
        #[arg(long, conflicts_with = "events")]
        all_events: bool,
        /// Deliver events
        #[arg(long)]
        enable: bool,
        /// Deliver nothing; what is queued waits
        #[arg(long, conflicts_with = "enable")]
        disable: bool,
    },
    /// Delete a webhook with all its deliveries
    Delete(Target),
    /// Make a new secret and print it, once
    Rotate {
        #[command(flatten)]
        target: Target,
        /// How long deliveries have the signatures of both secrets: 0s to 7d
        #[arg(long, value_name = "TIME", default_value = "1d", value_parser = overlap)]
        overlap: Duration,
    },
    /// Deliver the event `webhook_tested`; `deliveries` shows what became of it
    Test(Target),
    /// List the deliveries of a webhook, newest first
    Deliveries {
        #[command(flatten)]
        target: Target,
        /// Only those that wait, were delivered, or were given up
        #[arg(long)]
        status: Option<Wanted>,
        /// At most so many
        #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=100_000))]
        limit: u64,
    },
    /// Deliver events again
    #[command(group(ArgGroup::new("which").required(true).args(["event", "all_dead"])))]
    Replay {
        #[command(flatten)]
        target: Target,
        /// The id of an event, as `deliveries` shows it
        #[arg(value_name = "EVENT", value_parser = id::parse)]
        event: Option<Uuid>,
        /// All that were given up
        #[arg(long)]
        all_dead: bool,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Wanted {
    Waiting,
    Delivered,
    Dead,
}

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Output {
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Target {
    /// The id of a webhook, as `list` shows it
    #[arg(value_name = "ID", value_parser = id::parse)]
    id: Uuid,
    #[command(flatten)]
    output: Output,
}

impl Target {
    fn instruct(self) -> WebhookInstruction {
        WebhookInstruction { by: Operator::CommandLine, webhook: WebhookId(self.id), versions: None }
    }
}

fn event(written: &str) -> Result<String, String> {
    let known = || webhooks::events().collect::<Vec<_>>().join(", ");
    let is_known = webhooks::events().any(|event| event == written);
    if is_known { Ok(written.to_owned()) } else { Err(format!("webhooks deliver {}", known())) }
}

const MAX_OVERLAP: Duration = Duration::from_secs(7 * 24 * 3600);

fn overlap(written: &str) -> Result<Duration, String> {
    config::duration(written).ok().filter(|overlap| *overlap <= MAX_OVERLAP).ok_or_else(|| "write 0s to 7d".to_owned())
}

pub(super) fn run(command: &Command, config: &Config) -> Result<(), Failure> {
    beside_nodes(config, async |state| match command {
        Command::List(output) => list(state, *output).await,
        Command::Create { url, description, events, disabled, output } => {
            let (url, description, events) = (url.clone(), description.clone(), events.clone());
            create(state, NewWebhook { url, description, events, enabled: !disabled }, *output).await
        }
        Command::Show(target) => {
            let webhook = webhooks::find_webhook(state, WebhookId(target.id)).await.map_err(Failure::new)?;
            show(&webhook, target.output)
        }
        Command::Update { target, url, description, events, all_events, enable, disable } => {
            let description = match description.as_deref() {
                None => Field::Keep,
                Some("") => Field::Remove,
                Some(text) => Field::Set(text.to_owned()),
            };
            let events = (*all_events || !events.is_empty()).then(|| events.clone());
            let enabled = (*enable || *disable).then_some(*enable);
            update(state, *target, WebhookChange { url: url.clone(), description, events, enabled }).await
        }
        Command::Delete(target) => {
            webhooks::delete_webhook(state, target.instruct()).await.map_err(Failure::new)?;
            done(*target, "delete", "is deleted")
        }
        Command::Rotate { target, overlap } => rotate(state, *target, *overlap).await,
        Command::Test(target) => {
            webhooks::test_webhook(state, target.instruct()).await.map_err(Failure::new)?;
            done(*target, "test", "is tested: a running node delivers the event")
        }
        Command::Deliveries { target, status, limit } => deliveries(state, *target, *status, *limit).await,
        Command::Replay { target, event, .. } => {
            let count = webhooks::replay(state, target.instruct(), event.map(AuditEventId)).await.map_err(Failure::new)?;
            let json = target.output.json;
            print(&if json { format!("{}\n", json!({ "replayed": count })) } else { format!("replayed: {count}\n") })
        }
    })
}

async fn list(state: &Arc<AppState>, output: Output) -> Result<(), Failure> {
    let found = webhooks::list_webhooks(state).await.map_err(Failure::new)?;
    if found.is_empty() && !output.json {
        print_none("there is no webhook");
    }
    for webhook in found {
        show(&webhook, output)?;
    }
    Ok(())
}

async fn create(state: &Arc<AppState>, new: NewWebhook, output: Output) -> Result<(), Failure> {
    check_nodes_can_read(state, "no webhook was created", "the secret").await?;
    let (webhook, secret) = webhooks::create_webhook(state, Operator::CommandLine, new).await.map_err(Failure::new)?;
    with_secret(&webhook, &secret.reveal(), output)
}

async fn update(state: &Arc<AppState>, target: Target, change: WebhookChange) -> Result<(), Failure> {
    show(&webhooks::update_webhook(state, target.instruct(), change).await.map_err(Failure::new)?, target.output)
}

async fn rotate(state: &Arc<AppState>, target: Target, overlap: Duration) -> Result<(), Failure> {
    check_nodes_can_read(state, "the secret was not replaced", "the secret").await?;
    let rotated = webhooks::rotate_secret(state, target.instruct(), overlap).await;
    let (webhook, secret) = rotated.map_err(Failure::new)?;
    with_secret(&webhook, &secret.reveal(), target.output)
}

fn with_secret(webhook: &Model, secret: &str, Output { json }: Output) -> Result<(), Failure> {
    if json {
        let mut printed = rows::webhook(webhook.clone());
        printed["secret"] = secret.into();
        return print(&format!("{printed}\n"));
    }
    print(&format!("{}\n{secret}\n", webhook.id.0))
}

fn show(webhook: &Model, Output { json }: Output) -> Result<(), Failure> {
    if json {
        return print(&format!("{}\n", rows::webhook(webhook.clone())));
    }
    let state = if webhook.enabled { "enabled" } else { "disabled" };
    let events = if webhook.events.is_empty() { "all events" } else { &webhook.events };
    let note = webhook.description.as_deref().map(|text| format!("  {text:?}")).unwrap_or_default();
    print(&format!("{}  {}  {state}  {events}{note}\n", webhook.id.0, webhook.url))
}

fn done(target: Target, action: &str, what: &str) -> Result<(), Failure> {
    let Target { id, output: Output { json } } = target;
    print(&if json { format!("{}\n", json!({ "id": id, "action": action })) } else { format!("{id} {what}\n") })
}

async fn deliveries(state: &Arc<AppState>, target: Target, status: Option<Wanted>, limit: u64) -> Result<(), Failure> {
    let status = status.map(|status| match status {
        Wanted::Waiting => Status::Waiting,
        Wanted::Delivered => Status::Delivered,
        Wanted::Dead => Status::Dead,
    });
    let found = webhooks::list_deliveries(state, WebhookId(target.id), status, None, limit).await;
    let (found, json) = (found.map_err(Failure::new)?, target.output.json);
    if found.is_empty() && !json {
        print_none("there is no such delivery");
    }
    for delivery in found {
        print(&if json { format!("{}\n", rows::delivery(delivery)) } else { line(&delivery) })?;
    }
    Ok(())
}

fn line(delivery: &webhook_delivery::Model) -> String {
    let ended = delivery.ended_at.map_or_else(|| format!("next attempt {}", written(delivery.next_attempt_at)), written);
    let failure = delivery.failure.as_deref().map(|failure| format!("; {failure}")).unwrap_or_default();
    let (id, event, status) = (delivery.audit_event_id.0, &delivery.event, name(delivery.status));
    format!("{id}  {event}  {status}  {ended}  {}{failure}\n", counted(delivery.attempts, "attempt"))
}

fn name(status: Status) -> &'static str {
    match status {
        Status::Waiting => "waiting",
        Status::Delivered => "delivered",
        Status::Dead => "dead",
    }
}
