//! Redis: a link that is there or not. Nobody waits for one that is not.
//!
//! One task keeps the link: it connects, waits until a command fails, and connects anew after a pause that grows and varies. While
//! there is no link, commands fail at once, so a Redis that hangs costs the requests of one timeout and no more. A link on which
//! anything went wrong is never used again, so no late answer can be taken for the answer to something else.

mod pauses;
mod servers;

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::StreamExt;
use redis::{Cmd, FromRedisValue, RedisError, RedisResult};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout},
};

use self::{
    pauses::Pauses,
    servers::{COMMAND, CONNECT, Link, Servers, is_refusal},
};
use crate::config::RedisConfig;

/// A link that held for so long was a good one: the pauses start anew.
const STEADY: Duration = Duration::from_secs(10);

/// How long a subscription may be silent before it counts as lost: something is said every second.
const SILENCE: Duration = Duration::from_secs(3);

/// How often Redis is asked what it does when it is full.
const INSPECT_EVERY: Duration = Duration::from_secs(3600);

/// What everything that uses Redis shares.
#[derive(Clone)]
pub struct Redis(Arc<Inner>);

struct Inner {
    servers: Servers,
    link: Mutex<Option<Arc<Link>>>,
    broken: Notify,
    commands: AtomicU64,
}

/// What comes of a subscription.
#[derive(Clone, Copy, Debug)]
pub enum Heard<'a> {
    /// It stands: all that is said from now on is heard.
    Begin,
    /// Something was said.
    Message(&'a [u8]),
    /// It is lost.
    End,
}

/// Redis does not do it, now.
#[derive(Debug, thiserror::Error)]
pub enum NotNow {
    /// There is no link.
    #[error("Redis cannot be reached")]
    NoLink,
    /// It took too long.
    #[error("Redis does not answer")]
    TooSlow,
    /// It refuses.
    #[error("Redis does not do it: {0}")]
    Refused(#[from] RedisError),
}

impl Redis {
    /// Knows where Redis is; [`Redis::keep_linked`] connects.
    pub fn new(config: &RedisConfig) -> RedisResult<Self> {
        let servers = Servers::new(config)?;
        let (link, broken, commands) = (Mutex::new(None), Notify::new(), AtomicU64::new(0));
        Ok(Self(Arc::new(Inner { servers, link, broken, commands })))
    }

    /// Whether there is a link.
    pub fn is_linked(&self) -> bool {
        self.link().is_some()
    }

    /// How many commands were sent.
    pub fn commands(&self) -> u64 {
        self.0.commands.load(Ordering::Relaxed)
    }

    /// Sends a command, if there is a link.
    pub async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, NotNow> {
        let link = self.link().ok_or(NotNow::NoLink)?;
        self.0.commands.fetch_add(1, Ordering::Relaxed);
        let answered = match timeout(COMMAND, link.ask(command)).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) if is_refusal(&error) => return Err(NotNow::Refused(error)),
            Ok(Err(error)) => NotNow::Refused(error),
            Err(_) => NotNow::TooSlow,
        };
        self.unlink(&link);
        Err(answered)
    }

    /// Connects, and connects again whenever the link breaks. Never ends.
    pub async fn keep_linked(&self) {
        let (mut pauses, mut told) = (Pauses::new(), false);
        loop {
            match timeout(CONNECT, self.0.servers.connect())
                .await
                .map_or(Err(NotNow::TooSlow), |linked| linked.map_err(NotNow::from))
            {
                Ok(link) => {
                    let since = Instant::now();
                    *self.slot() = Some(Arc::new(link));
                    tracing::info!("Redis is linked");
                    self.until_broken().await;
                    tracing::warn!("Redis is lost; going on without it");
                    if since.elapsed() > STEADY {
                        pauses = Pauses::new();
                    }
                    told = false;
                }
                // Once is enough: it may be away for long.
                Err(error) if told => tracing::debug!(%error, "cannot connect to Redis"),
                Err(error) => {
                    tracing::warn!(%error, "cannot connect to Redis; going on without it, and trying again");
                    told = true;
                }
            }
            sleep(pauses.next()).await;
        }
    }

    /// Gives every message of a channel to `hear`, and subscribes again whenever the subscription is lost. Never ends.
    pub async fn listen(&self, channel: &str, hear: impl Fn(Heard<'_>)) {
        let mut pauses = Pauses::new();
        loop {
            if let Ok(Ok(mut messages)) = timeout(CONNECT, self.0.servers.subscribe(channel)).await {
                let since = Instant::now();
                hear(Heard::Begin);
                while let Ok(Some(message)) = timeout(SILENCE, messages.next()).await {
                    hear(Heard::Message(message.get_payload_bytes()));
                }
                hear(Heard::End);
                if since.elapsed() > STEADY {
                    pauses = Pauses::new();
                }
            }
            sleep(pauses.next()).await;
        }
    }

    async fn until_broken(&self) {
        let inspecting = async {
            loop {
                self.0.servers.inspect().await;
                sleep(INSPECT_EVERY).await;
            }
        };
        tokio::select! {
            () = self.0.broken.notified() => {}
            () = inspecting => {}
        }
    }

    fn link(&self) -> Option<Arc<Link>> {
        self.slot().clone()
    }

    fn unlink(&self, link: &Arc<Link>) {
        let mut slot = self.slot();
        if slot.as_ref().is_some_and(|current| Arc::ptr_eq(current, link)) {
            *slot = None;
            self.0.broken.notify_one();
        }
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<Arc<Link>>> {
        self.0.link.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("linked", &self.is_linked()).finish_non_exhaustive()
    }
}
