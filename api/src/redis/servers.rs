//! Connects to Redis: one server, a primary found through Sentinel, or a cluster.

use std::time::Duration;

use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, FromRedisValue, RedisError, RedisResult,
    aio::{MultiplexedConnection, PubSubStream},
    cluster::ClusterClient,
    cluster_async::ClusterConnection,
    sentinel::{SentinelClient, SentinelServerType},
};
use tokio::time::timeout;

use crate::{
    config::{RedisConfig, RedisNode, RedisTopology},
    random,
};

/// The timeout of a command.
pub(super) const COMMAND_TIMEOUT: Duration = Duration::from_millis(250);

/// The timeout of connecting, all round trips together: finding the primary although some sentinels do not answer, TLS, AUTH.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The servers that the configuration names.
pub(super) enum Servers {
    One(Client),
    Sentinel { sentinels: Vec<String>, primary: String, node: RedisNode },
    Cluster(Box<ClusterClient>, Vec<Client>),
}

/// An open connection.
pub(super) enum Link {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Servers {
    pub(super) fn new(config: &RedisConfig) -> RedisResult<Self> {
        Ok(match &config.topology {
            RedisTopology::One(url) => Self::One(Client::open(url.as_str())?),
            RedisTopology::Sentinel { sentinels, primary, node } => {
                let (sentinels, primary, node) = (sentinels.clone(), primary.clone(), node.clone());
                sentinel(&sentinels, &primary, &node)?; // A wrong URL is reported at start.
                Self::Sentinel { sentinels, primary, node }
            }
            RedisTopology::Cluster(urls) => {
                let client = ClusterClient::builder(urls.iter().map(String::as_str)).response_timeout(COMMAND_TIMEOUT);
                let nodes = urls.iter().map(|url| Client::open(url.as_str())).collect::<RedisResult<_>>()?;
                let client = client.connection_timeout(COMMAND_TIMEOUT * 2).retries(2).build()?;
                Self::Cluster(Box::new(client), nodes)
            }
        })
    }

    pub(super) async fn connect(&self) -> RedisResult<Link> {
        let link = match self {
            Self::Cluster(client, _) => Link::Cluster(client.get_async_connection().await?),
            Self::One(_) | Self::Sentinel { .. } => {
                let config = AsyncConnectionConfig::new()
                    .set_response_timeout(Some(COMMAND_TIMEOUT))
                    .set_connection_timeout(Some(CONNECT_TIMEOUT));
                Link::One(self.node().await?.get_multiplexed_async_connection_with_config(&config).await?)
            }
        };
        match link.ask::<()>(&redis::cmd("PING")).await {
            // A server that cannot save to disk refuses even PING.
            Err(error) if !is_refusal(&error) => Err(error),
            _ => Ok(link),
        }
    }

    pub(super) async fn subscribe(&self, channel: &[u8]) -> RedisResult<PubSubStream> {
        let mut subscription = self.node().await?.get_async_pubsub().await?;
        subscription.subscribe(channel).await?;
        Ok(subscription.into_on_message())
    }

    /// The server to connect to: the only one, the primary, or a random cluster node: a cluster forwards messages to all its nodes.
    async fn node(&self) -> RedisResult<Client> {
        match self {
            Self::One(client) => Ok(client.clone()),
            // A new client each time: a shared one would make callers wait for each other, and reuse connections that failed before.
            Self::Sentinel { sentinels, primary, node } => sentinel(sentinels, primary, node)?.async_get_client().await,
            Self::Cluster(_, nodes) => {
                let [random] = random::bytes();
                let node = nodes.get(usize::from(random) % nodes.len().max(1)).cloned();
                node.ok_or_else(|| (ErrorKind::InvalidClientConfig, "no node given").into())
            }
        }
    }

    /// Warns when a full Redis refuses new entries instead of evicting old ones: all entries are copies. Asks one server on a separate
    /// connection: a cluster connection would ask all of them.
    pub(super) async fn check_eviction_policy(&self) {
        let asking = async {
            let mut server = self.node().await?.get_multiplexed_async_connection().await?;
            redis::cmd("INFO").arg("memory").query_async::<String>(&mut server).await
        };
        let Ok(Ok(memory)) = timeout(CONNECT_TIMEOUT, asking).await else { return };
        let field =
            |name: &str| memory.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap_or_default().trim();
        if field("maxmemory") != "0" && field("maxmemory_policy") == "noeviction" {
            tracing::warn!(
                "Redis refuses new entries when it is full; set maxmemory-policy to volatile-ttl or allkeys-lru: all entries are copies"
            );
        }
    }
}

impl Link {
    pub(super) async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        match self {
            Self::One(connection) => command.query_async(&mut connection.clone()).await,
            Self::Cluster(connection) => command.query_async(&mut connection.clone()).await,
        }
    }
}

/// Whether the server refused the command (it is full, cannot save, lacks replicas), or replied with an unexpected type. The connection
/// remains usable.
pub(super) fn is_refusal(error: &RedisError) -> bool {
    matches!(error.code(), Some("OOM" | "MISCONF" | "NOREPLICAS" | "NOPERM" | "WRONGTYPE"))
        || error.kind() == ErrorKind::UnexpectedReturnType
}

/// A client that finds the primary.
fn sentinel(sentinels: &[String], primary: &str, node: &RedisNode) -> RedisResult<SentinelClient> {
    let sentinels = sentinels.iter().map(String::as_str).collect();
    SentinelClient::build(sentinels, primary, Some(node.connection_info()), SentinelServerType::Master)
}
