//! Where Redis is, and connecting to it: one server, a primary that sentinels know, or a cluster.

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

/// How long a command may take.
pub(super) const COMMAND: Duration = Duration::from_millis(250);

/// How long connecting may take, all its round trips together: finding the primary, though some sentinels are silent, TLS, AUTH.
pub(super) const CONNECT: Duration = Duration::from_secs(5);

/// How to find Redis.
pub(super) enum Servers {
    One(Client),
    Sentinel { sentinels: Vec<String>, primary: String, node: RedisNode },
    Cluster(Box<ClusterClient>, Vec<Client>),
}

/// Connections that answer, or did a moment ago.
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
                sentinel(&sentinels, &primary, &node)?; // Whatever is wrong with them is told at the start.
                Self::Sentinel { sentinels, primary, node }
            }
            RedisTopology::Cluster(urls) => {
                let client = ClusterClient::builder(urls.iter().map(String::as_str)).response_timeout(COMMAND);
                let nodes = urls.iter().map(|url| Client::open(url.as_str())).collect::<RedisResult<_>>()?;
                let client = client.connection_timeout(COMMAND * 2).retries(2).build()?;
                Self::Cluster(Box::new(client), nodes)
            }
        })
    }

    pub(super) async fn connect(&self) -> RedisResult<Link> {
        let link = match self {
            Self::Cluster(client, _) => Link::Cluster(client.get_async_connection().await?),
            Self::One(_) | Self::Sentinel { .. } => {
                let config = AsyncConnectionConfig::new().set_response_timeout(Some(COMMAND)).set_connection_timeout(Some(CONNECT));
                Link::One(self.node().await?.get_multiplexed_async_connection_with_config(&config).await?)
            }
        };
        match link.ask::<()>(&redis::cmd("PING")).await {
            // A server that cannot save refuses even that.
            Err(error) if !is_refusal(&error) => Err(error),
            _ => Ok(link),
        }
    }

    pub(super) async fn subscribe(&self, channel: &str) -> RedisResult<PubSubStream> {
        let mut subscription = self.node().await?.get_async_pubsub().await?;
        subscription.subscribe(channel).await?;
        Ok(subscription.into_on_message())
    }

    /// A server to talk to: the only one, the primary, or any of a cluster, which hears what any other is told.
    async fn node(&self) -> RedisResult<Client> {
        match self {
            Self::One(client) => Ok(client.clone()),
            // Made anew each time: nobody waits until somebody else has found it, or tries connections that broke with the last one.
            Self::Sentinel { sentinels, primary, node } => sentinel(sentinels, primary, node)?.async_get_client().await,
            Self::Cluster(_, nodes) => {
                let [random] = random::bytes();
                let node = nodes.get(usize::from(random) % nodes.len().max(1)).cloned();
                node.ok_or_else(|| (ErrorKind::InvalidClientConfig, "no node given").into())
            }
        }
    }

    /// Says so when Redis would rather refuse than forget: entries are only copies, and making room for new ones is right. One server
    /// is asked, on a connection of its own: a cluster's link would ask them all.
    pub(super) async fn inspect(&self) {
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
}

impl Link {
    pub(super) async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        match self {
            Self::One(connection) => command.query_async(&mut connection.clone()).await,
            Self::Cluster(connection) => command.query_async(&mut connection.clone()).await,
        }
    }
}

/// Whether the server understood, and said no (it is full, cannot save, lacks replicas), or said what we do not understand. The link
/// is as good as before.
pub(super) fn is_refusal(error: &RedisError) -> bool {
    matches!(error.code(), Some("OOM" | "MISCONF" | "NOREPLICAS" | "NOPERM" | "WRONGTYPE"))
        || error.kind() == ErrorKind::UnexpectedReturnType
}

/// Whom to ask where the primary is.
fn sentinel(sentinels: &[String], primary: &str, node: &RedisNode) -> RedisResult<SentinelClient> {
    let sentinels = sentinels.iter().map(String::as_str).collect();
    SentinelClient::build(sentinels, primary, Some(node.connection_info()), SentinelServerType::Master)
}
