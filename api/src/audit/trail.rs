//! Records events: in the log, in the metrics and in the audit trail.

use std::{collections::HashSet, env, sync::Arc, time::Duration};

use entity::{
    AuditEventId, UserId,
    audit_event::{ActorKind, Model},
};
use tokio::{sync::Notify, time::sleep};

use super::{
    catalogue::{Event, Trace},
    gathered::Gathered,
    reads::Reads,
    record::Record,
    store,
};
use crate::{
    clock::Clock,
    db::{Db, Transaction, Unavailable},
    metrics::Metrics,
    random,
    request_context::{self, Actor},
    sync::{Mutex, lock},
};

/// How long refusals gather before they are stored.
const GATHER_FOR: Duration = Duration::from_secs(1);

/// How long a node waits after the database failed.
const PAUSE: Duration = Duration::from_secs(10);

/// The maximum length of a stored reason and of a stored actor's id, in characters.
const MAX_TEXT: usize = 64;

/// The maximum length of a stored detail, in characters.
const MAX_DETAIL: usize = 256;

/// What [`Trail::store`] did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stored {
    has_deliveries: bool,
}

/// Logs and counts events, and stores the rows of the audit trail.
#[derive(Debug)]
pub struct Trail {
    /// Counters, gauges and histograms.
    pub metrics: Arc<Metrics>,
    clock: Clock,
    /// The actor of events that no request causes.
    actor: Actor,
    gathered: Mutex<Gathered>,
    reads: Mutex<Reads>,
    waiting: Notify,
    /// Wakes who delivers events to webhooks.
    pub(crate) deliveries: Notify,
}

impl Trail {
    /// The trail of a node.
    pub fn of_node(metrics: Arc<Metrics>, clock: Clock) -> Self {
        Self {
            metrics,
            clock,
            actor: Actor::SYSTEM,
            gathered: Mutex::default(),
            reads: Mutex::default(),
            waiting: Notify::new(),
            deliveries: Notify::new(),
        }
    }

    /// The trail of a command that an operator runs.
    pub fn of_command(metrics: Arc<Metrics>, clock: Clock) -> Self {
        // The name is a hint, not a proof: an operator can set these variables.
        let name = ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|name| env::var(name).ok()).filter(|name| !name.is_empty());
        let actor = Actor { kind: ActorKind::Operator, id: name.map(|name| cut(&name, MAX_TEXT)) };
        Self { actor, ..Self::of_node(metrics, clock) }
    }

    /// Counts and logs an event that belongs to no write, and gathers its row.
    pub fn record(&self, record: impl Into<Record>) {
        let record = record.into();
        self.announce(&record);
        if record.event.trace() != Trace::Log {
            self.gather(self.row(&record));
        }
    }

    /// Whether there was room for a row.
    fn gather(&self, row: Model) -> bool {
        let is_added = lock(&self.gathered).add(row, self.clock.now());
        if is_added {
            self.waiting.notify_one();
        } else {
            self.metrics.audit_dropped.inc();
        }
        is_added
    }

    /// The same for an operator who read the data of a user: once in ten minutes for each operator, user and kind of data.
    pub fn record_read(&self, record: &Record) {
        let row = self.row(record);
        if lock(&self.reads).is_new(&row) {
            self.announce(record);
            if !self.gather(row.clone()) {
                lock(&self.reads).forget(&row);
            }
        }
    }

    /// Counts and logs events that a write has committed, and gathers the rows that [`Trail::store`] left out.
    pub(crate) fn committed(&self, records: Vec<Record>, stored: Stored) {
        if stored.has_deliveries {
            self.deliveries.notify_one();
        }
        for record in records {
            match record.event.trace() {
                Trace::Keep | Trace::Log => self.announce(&record),
                Trace::Gather => self.record(record),
            }
        }
    }

    /// Stores the rows of the events of a transaction, in that transaction, and queues their deliveries to webhooks. Call
    /// [`Trail::committed`] after the commit.
    pub(crate) async fn store(&self, tx: &Transaction, records: &[Record]) -> Result<Stored, Unavailable> {
        let rows = self.rows(records);
        if rows.is_empty() {
            return Ok(Stored::default());
        }
        let kept = records.iter().filter(|record| record.event.trace() == Trace::Keep);
        let tested = kept.map(|record| record.webhook.filter(|_| record.event == Event::WebhookTested));
        let queued = store::queue_deliveries(tx, rows.iter().zip(tested), self.clock.now()).await?;
        store::insert(tx, rows).await?;
        Ok(Stored { has_deliveries: queued > 0 })
    }

    /// Stores the rows of the events of a transaction, and commits it.
    pub(crate) async fn commit(&self, tx: Transaction, records: Vec<Record>) -> Result<(), Unavailable> {
        let stored = self.store(&tx, &records).await?;
        tx.commit().await?;
        self.committed(records, stored);
        Ok(())
    }

    fn rows(&self, records: &[Record]) -> Vec<Model> {
        let kept = records.iter().filter(|record| record.event.trace() == Trace::Keep);
        let mut rows: Vec<_> = kept.map(|record| self.row(record)).collect();
        // The address and the `User-Agent` identify a person, so they are deleted with the user. Those of an operator stay.
        let deleted: HashSet<UserId> =
            rows.iter().filter(|row| row.event == Event::UserDeleted.name()).filter_map(|row| row.user_id).collect();
        let is_own = |row: &Model, user: UserId| {
            row.actor_kind == ActorKind::User && row.actor_id.as_ref().is_none_or(|actor| *actor == user.0.to_string())
        };
        for row in rows.iter_mut().filter(|row| row.user_id.is_some_and(|user| deleted.contains(&user) && is_own(row, user))) {
            (row.ip, row.user_agent) = (None, None);
        }
        rows
    }

    fn announce(&self, record: &Record) {
        self.metrics.count_event(record.event.name(), record.because.clone());
        record.log();
    }

    fn row(&self, record: &Record) -> Model {
        let at = record.at.unwrap_or_else(|| self.clock.now());
        let request = request_context::current();
        let actor = match (&record.actor, &request) {
            (Some(actor), _) => actor.clone(),
            (None, None) => self.actor.clone(),
            (None, Some(request)) => request.actor().unwrap_or_else(|| match (record.event.trace(), record.user) {
                // A change without a session: the user proved who they are with a password, or with a token from a mail.
                (Trace::Keep, Some(user)) => Actor::user(user),
                _ => Actor::UNKNOWN,
            }),
        };
        let request = request.as_deref();
        Model {
            id: AuditEventId(random::uuid_v7(at)),
            at,
            event: record.event.name().to_owned(),
            reason: cut(&record.because, MAX_TEXT),
            actor_kind: actor.kind,
            actor_id: actor.id,
            user_id: record.user,
            session_id: record.session,
            ip: request.and_then(|request| request.ip).map(|ip| ip.to_string()),
            user_agent: request.and_then(|request| request.user_agent.clone()),
            request_id: request.map(|request| request.id),
            detail: record.described().map(|detail| cut(&detail, MAX_DETAIL)),
            times: 1,
        }
    }

    /// Stores gathered rows in a loop. Never returns. If the database accepts no writes, the rows wait, as many as there is room for. No
    /// request waits for them.
    pub async fn store_gathered(&self, db: &Db) {
        loop {
            self.waiting.notified().await;
            sleep(GATHER_FOR).await;
            if let Err(error) = self.flush(db).await {
                tracing::warn!(%error, "refusals were not added to the audit trail; they wait");
                sleep(PAUSE).await;
                self.waiting.notify_one();
            }
        }
    }

    /// Forgets the rows that are gathered, how many there were, and who read what: a testbed that is reset counts its ids anew, and its clock
    /// goes back.
    #[cfg(feature = "testbed")]
    pub fn forget(&self) {
        (*lock(&self.gathered), *lock(&self.reads)) = Default::default();
    }

    /// Stores the rows that are gathered.
    pub async fn flush(&self, db: &Db) -> Result<(), Unavailable> {
        let rows = lock(&self.gathered).take();
        let stored = store::insert_again(db.relaxed_connection(), rows.clone()).await;
        if stored.is_err() {
            let mut gathered = lock(&self.gathered);
            let lost = rows.into_iter().filter(|row| !gathered.put_back(row.clone())).count();
            self.metrics.audit_dropped.inc_by(lost as u64);
        }
        stored
    }
}

impl Default for Trail {
    fn default() -> Self {
        Self::of_node(Arc::default(), Clock::System)
    }
}

fn cut(text: &str, max: usize) -> String {
    text.chars().take(max).collect()
}
