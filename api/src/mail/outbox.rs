//! Delivers what the outbox holds, together with all other nodes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use entity::{MailId, UnixMillis, outgoing_mail, user};
use serde_json::Value;
use tokio::{
    sync::Notify,
    task::{JoinError, JoinSet},
    time::{sleep, timeout},
};

use super::{
    attempt::SendError,
    delays::{DELAYS, give_up_after},
    file,
    letter::Letter,
    message, smtp,
    smtp::Step,
    store,
    template_error::TemplateError,
    templates::{Addressing, Templates},
};
use crate::{
    audit::{Event, Trail},
    clock::Clock,
    config::{MailConfig, MailTransport},
    db::{Db, Unavailable},
    delays::jittered,
    random,
    request_context::carried,
    secret::ServerSecrets,
};

/// So many mails are on their way at once: a slow recipient does not hold the others.
const AT_ONCE: usize = 8;

/// How often a node looks for mail that another process stored.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How much longer than one attempt a claim lasts.
const CLAIM_MARGIN: Duration = Duration::from_secs(60);

/// How long a node that stops waits for mail that is on its way.
const DRAIN_WITHIN: Duration = Duration::from_secs(10);

/// How long a node waits after the mail server failed. It doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// What mail leaves by.
#[derive(Debug)]
pub struct Outbox {
    config: MailConfig,
    templates: Templates,
    secrets: ServerSecrets,
    clock: Clock,
    trail: Arc<Trail>,
    filled: Notify,
    /// Set when the service stops: no mail is claimed any more.
    stopping: AtomicBool,
    stop: Notify,
    drained: Notify,
}

impl Outbox {
    /// Reads and checks the templates.
    pub fn new(config: MailConfig, secrets: ServerSecrets, clock: Clock, trail: Arc<Trail>) -> Result<Self, TemplateError> {
        let templates = Templates::load(config.templates.as_deref())?;
        Ok(Self {
            config,
            templates,
            secrets,
            clock,
            trail,
            filled: Notify::new(),
            stopping: AtomicBool::new(false),
            stop: Notify::new(),
            drained: Notify::new(),
        })
    }

    /// The texts.
    pub fn templates(&self) -> &Templates {
        &self.templates
    }

    /// The language of a mail: that of the user, else one that the request accepts, else `mail.locale`.
    pub fn locale<'a>(&'a self, user: Option<&'a str>, accept_language: Option<&str>) -> &'a str {
        user.or_else(|| self.templates.accepted(accept_language?)).unwrap_or(&self.config.locale)
    }

    /// Addresses and seals a mail, to be stored by [`crate::state::Tx::mail`].
    pub(crate) fn seal(&self, letter: &Letter, recipient: &str, locale: &str, now: UnixMillis) -> outgoing_mail::Model {
        let id = MailId(random::uuid_v7(now));
        // A letter is a closed list of texts and numbers: writing it cannot fail.
        let values = serde_json::to_value(letter).unwrap_or_default();
        let content = self.secrets.seal(PURPOSE, id.0.as_bytes(), values.to_string().as_bytes()).unwrap_or_default();
        outgoing_mail::Model {
            id,
            user_id: None,
            kind: values["kind"].as_str().unwrap_or_default().to_owned(),
            locale: locale.to_owned(),
            recipient: recipient.to_owned(),
            content,
            created_at: now,
            attempts: 0,
            next_attempt_at: now,
            claimed_until: UnixMillis(0),
            failure: None,
            dead_at: None,
        }
    }

    /// The same to the address of a user, in their language.
    pub(crate) fn seal_for(&self, user: &user::Model, letter: &Letter, now: UnixMillis) -> outgoing_mail::Model {
        let mail = self.seal(letter, &user.email, self.locale(user.locale.as_deref(), None), now);
        outgoing_mail::Model { user_id: Some(user.id), ..mail }
    }

    /// Wakes `deliver` after a transaction stored a mail.
    pub(crate) fn notify(&self) {
        self.filled.notify_one();
    }

    /// Stops claiming mail, and waits for what is on its way: a mail whose answer is lost is sent twice.
    pub async fn drain(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.stop.notify_one();
        let _ = timeout(DRAIN_WITHIN, self.drained.notified()).await;
    }

    /// Delivers all stored mail, and waits for more. Does not return.
    pub async fn deliver(self: &Arc<Self>, db: &Db) {
        let mut sending = JoinSet::new();
        let mut pause = Duration::ZERO;
        loop {
            if self.stopping.load(Ordering::Relaxed) {
                while sending.join_next().await.is_some() {}
                self.drained.notify_one();
                return std::future::pending().await;
            }
            // While nothing can be delivered, one mail finds out whether that has changed.
            let at_once = if pause.is_zero() { AT_ONCE } else { 1 };
            let claimed = self.claim_due(db, at_once.saturating_sub(sending.len()), &mut sending).await;
            let sent = if let Err(error) = claimed {
                Some(Err(error.to_string()))
            } else {
                tokio::select! {
                    Some(sent) = sending.join_next() => sent.inspect_err(panicked).ok(),
                    () = self.filled.notified() => None,
                    () = self.stop.notified() => None,
                    () = sleep(LOOK_EVERY) => None,
                }
            };
            match sent {
                Some(Err(why)) => {
                    pause = (pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
                    self.trail.metrics.mail_stopped.set(1);
                    tracing::error!(%why, again_in = ?pause, "no mail can be delivered; it waits in the outbox");
                    self.trail.record(Event::MailStopped);
                    let _ = timeout(jittered(pause), self.stop.notified()).await;
                    // What was on its way at the same time met the same.
                    while sending.try_join_next().is_some() {}
                }
                Some(Ok(())) if !pause.is_zero() => {
                    tracing::info!("mail is delivered again");
                    self.trail.metrics.mail_stopped.set(0);
                    pause = Duration::ZERO;
                }
                _ => {}
            }
        }
    }

    /// Claims mails that are due, and begins to send them.
    async fn claim_due(
        self: &Arc<Self>,
        db: &Db,
        at_most: usize,
        sending: &mut JoinSet<Result<(), String>>,
    ) -> Result<(), Unavailable> {
        if at_most == 0 {
            return Ok(());
        }
        let now = self.clock.now();
        // Longer than any claim, and than any delay.
        let never = now.plus(2 * DELAYS.longest.max(self.config.timeout + CLAIM_MARGIN));
        for mail in store::due(db.connection(), now, never, at_most as u64).await? {
            let until = now.plus(self.config.timeout + CLAIM_MARGIN);
            if let Some(claimed) = store::claim(db.connection(), &mail, until).await? {
                let (outbox, db) = (Arc::clone(self), db.clone());
                sending.spawn(carried(async move { outbox.deliver_one(&db, claimed).await }));
            }
        }
        Ok(())
    }

    /// Attempts one mail, and writes down what came of it. Fails if nothing can be delivered now.
    async fn deliver_one(&self, db: &Db, claimed: outgoing_mail::Model) -> Result<(), String> {
        let sent = self.send(&claimed, |_| ()).await;
        let now = self.clock.now();
        let kind = claimed.kind.clone();
        let (noted, stopped) = match sent {
            Ok(()) => {
                let removed = store::remove(db.connection(), claimed.id).await.map(drop);
                self.trail.record(Event::MailSent.because(kind));
                (removed, None)
            }
            Err(SendError::Refused(why)) => (self.bury(db, &claimed, now, &why).await, None),
            Err(SendError::Deferred(why)) if now.since(claimed.created_at) >= give_up_after(&claimed.kind) => {
                (self.bury(db, &claimed, now, &why).await, None)
            }
            Err(SendError::Deferred(why)) => {
                self.trail.record(Event::MailDeferred.because(kind));
                let next = now.plus(DELAYS.after(claimed.attempts));
                (store::release(db.connection(), &claimed, next, &why, true).await, None)
            }
            Err(SendError::Stopped(why)) => {
                (store::release(db.connection(), &claimed, now, &why, false).await, Some(why.into_owned()))
            }
        };
        // Without the note the claim ends by itself, and the mail is sent again with the same Message-ID.
        noted.map_err(|error: Unavailable| error.to_string())?;
        stopped.map_or(Ok(()), Err)
    }

    async fn bury(&self, db: &Db, claimed: &outgoing_mail::Model, now: UnixMillis, why: &str) -> Result<(), Unavailable> {
        tracing::warn!(mail = %claimed.id.0, kind = claimed.kind, why, "a mail was given up; see `bifrons mail queue`");
        self.trail.record(Event::MailDead.because(claimed.kind.clone()));
        store::bury(db.connection(), claimed, now, why).await
    }

    /// Sends one mail. `step` hears of each step of the conversation.
    pub(crate) async fn send(&self, mail: &outgoing_mail::Model, step: impl Fn(Step) + Send + Sync) -> Result<(), SendError> {
        // Another node may have the secret, and a newer version the text: during a rolling upgrade both run.
        let no_secret = || SendError::Deferred("sealed under a secret that this node does not have".into());
        let values = self.open(mail).ok_or_else(no_secret)?;
        let addressing = Addressing { product: &self.config.product, address: &mail.recipient };
        let text = self.templates.render(&mail.kind, &values, &mail.locale, addressing);
        let text = text.map_err(|error| SendError::Deferred(error.to_string().into()))?;
        let outgoing = message::write(&self.config, mail, text);
        let outgoing = outgoing.ok_or_else(|| SendError::Refused("not an address of mail".into()))?;
        match &self.config.transport {
            MailTransport::Folder(folder) => file::send(folder, outgoing).await,
            MailTransport::Smtp(server) => smtp::send(server, self.config.timeout, outgoing, step).await,
        }
    }

    fn open(&self, mail: &outgoing_mail::Model) -> Option<Value> {
        match mail.content.split_first() {
            // Stored by a migration, which knows no secret.
            Some((0, text)) if mail.kind == "plain" => serde_json::from_slice(text).ok(),
            _ => serde_json::from_slice(&self.secrets.unseal(PURPOSE, mail.id.0.as_bytes(), &mail.content)?).ok(),
        }
    }

    /// Seals all mail under the newest secret. Returns how many mails were not, and how many cannot be opened.
    pub(crate) async fn reseal(&self, db: &Db) -> Result<(u64, u64), Unavailable> {
        let (mut after, mut resealed, mut unreadable) = (None, 0, 0);
        loop {
            let page = store::list(db.connection(), store::MailFilter::default(), after, 500).await?;
            let Some(last) = page.last() else { return Ok((resealed, unreadable)) };
            after = Some(last.id);
            for mail in page.iter().filter(|mail| !self.secrets.is_sealed_by_newest(&mail.content)) {
                let id = mail.id.0.as_bytes();
                match self.secrets.unseal(PURPOSE, id, &mail.content).and_then(|content| self.secrets.seal(PURPOSE, id, &content)) {
                    Some(content) => resealed += u64::from(store::reseal(db.connection(), mail, content).await?),
                    // What a migration stored is not sealed.
                    None => unreadable += u64::from(self.open(mail).is_none()),
                }
            }
        }
    }

    /// Sets the gauges of the outbox.
    pub async fn measure(&self, db: &Db) {
        if let Ok(store::Contents { waiting, oldest, dead }) = store::contents(db.connection()).await {
            let age = oldest.map_or(0, |oldest| self.clock.now().since(oldest).as_secs());
            self.trail.metrics.mail_waiting.inner().store(waiting.cast_signed(), Ordering::Relaxed);
            self.trail.metrics.mail_oldest_age.inner().store(age.cast_signed(), Ordering::Relaxed);
            self.trail.metrics.mail_dead.inner().store(dead.cast_signed(), Ordering::Relaxed);
        }
    }
}

/// A fault of this service, met by one mail. The others go on, and this one is tried again after its claim.
fn panicked(error: &JoinError) {
    tracing::error!(%error, "sending a mail failed");
}

/// What the content of a mail is sealed for.
const PURPOSE: &str = "mail";
