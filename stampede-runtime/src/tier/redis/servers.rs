//! Where the servers are, and how they are reached: one, a cluster, or one that sentinels name.

use super::super::TierError;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, IntoConnectionInfo, Pipeline, RedisFuture,
    RedisResult, Value,
    aio::{ConnectionLike, MultiplexedConnection},
    cluster::ClusterClient,
    cluster_async::ClusterConnection,
    sentinel::{SentinelClient, SentinelNodeConnectionInfo, SentinelServerType},
};
use std::fmt;
use tokio::sync::Mutex;

/// The servers as they are named.
#[derive(Clone, Debug)]
pub(super) enum Addresses {
    Single(String),
    Cluster(Vec<String>),
    Sentinel { sentinels: Vec<String>, master: String, server: Option<String> },
}

/// The servers, ready to be connected to.
pub(super) enum Servers {
    Single(Client),
    /// The cluster, and its nodes one by one: to any of them one can subscribe.
    Cluster(ClusterClient, Vec<Client>),
    Sentinel(Mutex<SentinelClient>),
}

/// A connection for commands. Clones share it.
#[derive(Clone)]
pub(super) enum Connection {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Servers {
    pub(super) fn new(addresses: &Addresses) -> Result<Self, TierError> {
        let servers = match addresses {
            Addresses::Single(url) => Client::open(url.as_str()).map(Self::Single),
            Addresses::Cluster(nodes) => cluster(nodes),
            Addresses::Sentinel { sentinels, master, server } => {
                sentinel(sentinels, master, server.as_deref())
            }
        };
        let servers = servers.map_err(TierError::configuration)?;
        if addresses.are_encrypted() && rustls::crypto::CryptoProvider::get_default().is_none() {
            // Another thread may have been faster.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        Ok(servers)
    }

    /// Connects. Who asks sets a limit to the time.
    pub(super) async fn connect(&self) -> RedisResult<Connection> {
        // Commands have a limit of ours.
        let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        match self {
            Self::Single(client) => {
                client.get_multiplexed_async_connection_with_config(&config).await.map(Connection::Single)
            }
            Self::Cluster(cluster, _) => cluster.get_async_connection().await.map(Connection::Cluster),
            Self::Sentinel(sentinel) => {
                let client = sentinel.lock().await.async_get_client().await?;
                client.get_multiplexed_async_connection_with_config(&config).await.map(Connection::Single)
            }
        }
    }

    /// A server to subscribe to: in a cluster another one with each attempt.
    pub(super) async fn subscribable(&self, attempt: usize) -> RedisResult<Client> {
        match self {
            Self::Single(client) => Ok(client.clone()),
            Self::Cluster(_, nodes) => Ok(nodes[attempt % nodes.len()].clone()),
            Self::Sentinel(sentinel) => sentinel.lock().await.async_get_client().await,
        }
    }

    /// Whether all keys are on one server, with one clock.
    pub(super) fn are_one(&self) -> bool {
        !matches!(self, Self::Cluster(..))
    }
}

fn cluster(nodes: &[String]) -> RedisResult<Servers> {
    let clients = nodes.iter().map(|node| Client::open(node.as_str())).collect::<RedisResult<_>>()?;
    let urls = nodes.iter().map(String::as_str);
    // It fails on an empty list.
    let cluster = ClusterClient::builder(urls).retries(1).build()?;
    Ok(Servers::Cluster(cluster, clients))
}

fn sentinel(sentinels: &[String], master: &str, server: Option<&str>) -> RedisResult<Servers> {
    let node = match server {
        None => None,
        Some(url) => {
            // How the servers are reached that sentinels name: all of the URL but its host.
            let info = url.into_connection_info()?;
            let mut node = SentinelNodeConnectionInfo::default()
                .set_redis_connection_info(info.redis_settings().clone());
            if let ConnectionAddr::TcpTls { insecure, .. } = info.addr() {
                let mode = if *insecure { redis::TlsMode::Insecure } else { redis::TlsMode::Secure };
                node = node.set_tls_mode(mode);
            }
            Some(node)
        }
    };
    let urls = sentinels.iter().map(String::as_str).collect();
    SentinelClient::build(urls, master, node, SentinelServerType::Master)
        .map(|client| Servers::Sentinel(Mutex::new(client)))
}

impl Addresses {
    fn are_encrypted(&self) -> bool {
        let mut urls: Vec<&String> = match self {
            Self::Single(url) => vec![url],
            Self::Cluster(nodes) => nodes.iter().collect(),
            Self::Sentinel { sentinels, server, .. } => sentinels.iter().chain(server).collect(),
        };
        urls.retain(|url| url.starts_with("rediss:") || url.starts_with("valkeys:"));
        !urls.is_empty()
    }
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Single(connection) => connection.req_packed_command(cmd),
            Self::Cluster(connection) => connection.req_packed_command(cmd),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        cmd: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Single(connection) => connection.req_packed_commands(cmd, offset, count),
            Self::Cluster(connection) => connection.req_packed_commands(cmd, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Single(connection) => connection.get_db(),
            Self::Cluster(connection) => connection.get_db(),
        }
    }
}

impl fmt::Debug for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Single(_) => "Single",
            Self::Cluster(..) => "Cluster",
            Self::Sentinel(_) => "Sentinel",
        })
    }
}
