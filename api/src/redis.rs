//! Redis: a link that is there or not. Nobody waits for one that is not.
//!
//! One task keeps the link: it connects, waits until a command fails, and connects anew after a pause that grows and varies. While
//! there is no link, commands fail at once, so a Redis that hangs costs the requests of one timeout and no more. A link on which
//! anything went wrong is never used again, so no late answer can be taken for the answer to something else.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::StreamExt;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, FromRedisValue, RedisError, RedisResult,
    aio::MultiplexedConnection,
    cluster::ClusterClient,
    cluster_async::ClusterConnection,
    sentinel::{SentinelClient, SentinelServerType},
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout},
};

use crate::{
    config::{RedisConfig, RedisNode, RedisTopology},
    random,
};

/// How long a command may take.
const COMMAND: Duration = Duration::from_millis(250);

/// How long connecting may take, all its round trips together: finding the primary, though some sentinels are silent, TLS, AUTH.
const CONNECT: Duration = Duration::from_secs(5);

/// The pause before connecting again: from the first to the second, doubled each time.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

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

/// How to find Redis.
enum Servers {
    One(Client),
    Sentinel { sentinels: Vec<String>, primary: String, node: RedisNode },
    Cluster(ClusterClient, Vec<Client>),
}

/// Connections that answer, or did a moment ago.
enum Link {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
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
        let servers = match &config.topology {
            RedisTopology::One(url) => Servers::One(Client::open(url.as_str())?),
            RedisTopology::Sentinel { sentinels, primary, node } => {
                let (sentinels, primary, node) = (sentinels.clone(), primary.clone(), node.clone());
                sentinel(&sentinels, &primary, &node)?; // Whatever is wrong with them is told at the start.
                Servers::Sentinel { sentinels, primary, node }
            }
            RedisTopology::Cluster(urls) => {
                let client = ClusterClient::builder(urls.iter().map(String::as_str)).response_timeout(COMMAND);
                let nodes = urls.iter().map(|url| Client::open(url.as_str())).collect::<RedisResult<_>>()?;
                Servers::Cluster(client.connection_timeout(COMMAND * 2).retries(2).build()?, nodes)
            }
        };
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
            match timeout(CONNECT, self.connect()).await.unwrap_or(Err(NotNow::TooSlow)) {
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
            if let Ok(Ok(mut messages)) = timeout(CONNECT, self.subscribe(channel)).await {
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

    async fn connect(&self) -> Result<Link, NotNow> {
        let link = match &self.0.servers {
            Servers::Cluster(client, _) => Link::Cluster(client.get_async_connection().await?),
            Servers::One(_) | Servers::Sentinel { .. } => {
                let config = AsyncConnectionConfig::new().set_response_timeout(Some(COMMAND)).set_connection_timeout(Some(CONNECT));
                Link::One(self.node().await?.get_multiplexed_async_connection_with_config(&config).await?)
            }
        };
        match link.ask::<()>(&redis::cmd("PING")).await {
            // A server that cannot save refuses even that.
            Err(error) if !is_refusal(&error) => Err(error.into()),
            _ => Ok(link),
        }
    }

    async fn subscribe(&self, channel: &str) -> RedisResult<redis::aio::PubSubStream> {
        let mut subscription = self.node().await?.get_async_pubsub().await?;
        subscription.subscribe(channel).await?;
        Ok(subscription.into_on_message())
    }

    /// A server to talk to: the only one, the primary, or any of a cluster, which hears what any other is told.
    async fn node(&self) -> RedisResult<Client> {
        match &self.0.servers {
            Servers::One(client) => Ok(client.clone()),
            // Made anew each time: nobody waits until somebody else has found it, or tries connections that broke with the last one.
            Servers::Sentinel { sentinels, primary, node } => sentinel(sentinels, primary, node)?.async_get_client().await,
            Servers::Cluster(_, nodes) => {
                let [random] = random::bytes();
                let node = nodes.get(usize::from(random) % nodes.len().max(1)).cloned();
                node.ok_or_else(|| (ErrorKind::InvalidClientConfig, "no node given").into())
            }
        }
    }

    async fn until_broken(&self) {
        loop {
            self.inspect().await;
            tokio::select! {
                () = self.0.broken.notified() => return,
                () = sleep(INSPECT_EVERY) => {}
            }
        }
    }

    /// Says so when Redis would rather refuse than forget: entries are only copies, and making room for new ones is right. One server
    /// is asked, on a connection of its own: a cluster's link would ask them all.
    async fn inspect(&self) {
        let asking = async {
            let mut server = self.node().await?.get_multiplexed_async_connection().await?;
            redis::cmd("INFO").arg("memory").query_async::<String>(&mut server).await
        };
        let Ok(Ok(memory)) = timeout(CONNECT, asking).await else { return };
        let field =
            |name: &str| memory.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap_or_default().trim();
        if field("maxmemory") != "0" && field("maxmemory_policy") == "noeviction" {
            tracing::warn!(
                "Redis refuses new entries when it is full; set maxmemory-policy to volatile-ttl or allkeys-lru: nothing there is the only copy"
            );
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

impl Link {
    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        match self {
            Self::One(connection) => command.query_async(&mut connection.clone()).await,
            Self::Cluster(connection) => command.query_async(&mut connection.clone()).await,
        }
    }
}

/// Whether the server understood, and said no (it is full, cannot save, lacks replicas), or said what we do not understand. The link
/// is as good as before.
fn is_refusal(error: &RedisError) -> bool {
    matches!(error.code(), Some("OOM" | "MISCONF" | "NOREPLICAS" | "NOPERM" | "WRONGTYPE"))
        || error.kind() == ErrorKind::UnexpectedReturnType
}

/// Whom to ask where the primary is.
fn sentinel(sentinels: &[String], primary: &str, node: &RedisNode) -> RedisResult<SentinelClient> {
    let sentinels = sentinels.iter().map(String::as_str).collect();
    SentinelClient::build(sentinels, primary.to_owned(), Some(node.connection_info()), SentinelServerType::Master)
}

/// Pauses that double, each anywhere between a half and the whole, so that nodes do not come back all at once.
struct Pauses(Duration);

impl Pauses {
    fn new() -> Self {
        Self(PAUSES.0)
    }

    fn next(&mut self) -> Duration {
        let [random] = random::bytes();
        let pause = self.0.mul_f64(0.5 + f64::from(random) / 512.0);
        self.0 = (self.0 * 2).min(PAUSES.1);
        pause
    }
}
