//! The connection to Redis.
//!
//! One task keeps the connection: it connects, waits until a command fails, and reconnects with backoff. While there is no connection,
//! commands fail immediately, so a Redis that hangs delays only the requests of one timeout. After any failure the connection is
//! replaced: a late reply is never taken for the reply to another command.

mod backoff;
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
    backoff::Backoff,
    servers::{COMMAND_TIMEOUT, CONNECT_TIMEOUT, Link, Servers, is_refusal},
};
use crate::config::RedisConfig;

/// A connection that lasted this long was stable: the backoff starts again at its first delay.
const STABLE_AFTER: Duration = Duration::from_secs(10);

/// A subscription without a message for this long is considered lost: every node publishes once a second.
const SUBSCRIPTION_TIMEOUT: Duration = Duration::from_secs(3);

/// How often the eviction policy is checked.
const CHECK_EVERY: Duration = Duration::from_secs(3600);

/// The connection, shared by all its users.
#[derive(Clone)]
pub struct Redis(Arc<Inner>);

struct Inner {
    servers: Servers,
    prefix: String,
    link: Mutex<Option<Arc<Link>>>,
    broken: Notify,
    commands: AtomicU64,
}

/// An event of a subscription.
#[derive(Clone, Copy, Debug)]
pub enum SubscriptionEvent<'a> {
    /// The subscription is active: from now on no message is missed.
    Started,
    /// A message arrived.
    Message(&'a [u8]),
    /// The subscription is lost.
    Lost,
}

/// A command failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// There is no connection.
    #[error("not connected to Redis")]
    NotConnected,
    /// There was no reply in time.
    #[error("Redis does not answer")]
    Timeout,
    /// Redis or the network reported an error.
    #[error("Redis failed: {0}")]
    Failed(#[from] RedisError),
}

impl Redis {
    /// Does not connect yet: [`Redis::keep_linked`] does. `deployment` keeps deployments on one Redis apart, unless a prefix is configured.
    pub fn new(config: &RedisConfig, deployment: &str) -> RedisResult<Self> {
        let servers = Servers::new(config)?;
        let prefix = config.prefix.clone().unwrap_or_else(|| format!("bifrons:{deployment}"));
        let (link, broken, commands) = (Mutex::new(None), Notify::new(), AtomicU64::new(0));
        Ok(Self(Arc::new(Inner { servers, prefix, link, broken, commands })))
    }

    /// The name of a key or a channel of this deployment.
    pub fn name(&self, kind: &str, id: &[u8]) -> Vec<u8> {
        [self.0.prefix.as_bytes(), b":", kind.as_bytes(), b":", id].concat()
    }

    /// Whether there is a connection.
    pub fn is_linked(&self) -> bool {
        self.link().is_some()
    }

    /// The number of commands sent.
    pub fn commands(&self) -> u64 {
        self.0.commands.load(Ordering::Relaxed)
    }

    /// Sends a command, if there is a connection.
    pub async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, CommandError> {
        let link = self.link().ok_or(CommandError::NotConnected)?;
        self.0.commands.fetch_add(1, Ordering::Relaxed);
        let error = match timeout(COMMAND_TIMEOUT, link.ask(command)).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) if is_refusal(&error) => return Err(CommandError::Failed(error)),
            Ok(Err(error)) => CommandError::Failed(error),
            Err(_) => CommandError::Timeout,
        };
        self.unlink(&link);
        Err(error)
    }

    /// Connects once, and sends a command.
    pub async fn reach(&self) -> Result<(), CommandError> {
        timeout(CONNECT_TIMEOUT, self.0.servers.connect())
            .await
            .map_err(|_| CommandError::Timeout)?
            .map(drop)
            .map_err(CommandError::from)
    }

    /// Connects, and reconnects after every failure. Never returns.
    pub async fn keep_linked(&self) {
        let (mut backoff, mut warned) = (Backoff::new(), false);
        loop {
            match timeout(CONNECT_TIMEOUT, self.0.servers.connect())
                .await
                .map_or(Err(CommandError::Timeout), |linked| linked.map_err(CommandError::from))
            {
                Ok(link) => {
                    let since = Instant::now();
                    *self.slot() = Some(Arc::new(link));
                    tracing::info!("connected to Redis");
                    self.until_disconnected().await;
                    tracing::warn!("lost the connection to Redis; continuing without it");
                    if since.elapsed() > STABLE_AFTER {
                        backoff = Backoff::new();
                    }
                    warned = false;
                }
                // Warn once: an outage may be long.
                Err(error) if warned => tracing::debug!(%error, "cannot connect to Redis"),
                Err(error) => {
                    tracing::warn!(%error, "cannot connect to Redis (redis.url); continuing without it, and retrying");
                    warned = true;
                }
            }
            sleep(backoff.next()).await;
        }
    }

    /// Passes every message of a channel to `handle`, and subscribes again after every failure. Never returns.
    pub async fn listen(&self, channel: &[u8], handle: impl Fn(SubscriptionEvent<'_>)) {
        let mut backoff = Backoff::new();
        loop {
            if let Ok(Ok(mut messages)) = timeout(CONNECT_TIMEOUT, self.0.servers.subscribe(channel)).await {
                let since = Instant::now();
                handle(SubscriptionEvent::Started);
                while let Ok(Some(message)) = timeout(SUBSCRIPTION_TIMEOUT, messages.next()).await {
                    handle(SubscriptionEvent::Message(message.get_payload_bytes()));
                }
                handle(SubscriptionEvent::Lost);
                if since.elapsed() > STABLE_AFTER {
                    backoff = Backoff::new();
                }
            }
            sleep(backoff.next()).await;
        }
    }

    async fn until_disconnected(&self) {
        let checking = async {
            loop {
                self.0.servers.check_eviction_policy().await;
                sleep(CHECK_EVERY).await;
            }
        };
        tokio::select! {
            () = self.0.broken.notified() => {}
            () = checking => {}
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
