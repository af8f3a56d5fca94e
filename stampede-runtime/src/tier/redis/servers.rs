//! Where the servers are, and how they are reached: one, a cluster, or one that sentinels name.

use super::super::TierError;
use redis::{
    AsyncConnectionConfig, Client, ClientTlsConfig, Cmd, ConnectionAddr, ConnectionInfo, IntoConnectionInfo,
    Pipeline, RedisFuture, RedisResult, TlsCertificates, TlsMode, Value,
    aio::{ConnectionLike, MultiplexedConnection},
    cluster::ClusterClient,
    cluster_async::ClusterConnection,
    sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType},
};
use std::{fmt, time::Duration};
use tokio::sync::Mutex;

/// The servers as they are named.
#[derive(Clone, Debug)]
pub(super) enum Addresses {
    Single(String),
    Cluster(Vec<String>),
    Sentinel { sentinels: Vec<String>, master: String, server: Option<String> },
}

/// What encrypted connections are made with, in PEM; without any of it the servers' certificates are those of an authority that
/// the system trusts.
#[derive(Clone, Debug, Default)]
pub(super) struct Certificates {
    /// Who has signed the servers' certificates.
    pub(super) authority: Option<Vec<u8>>,
    /// The certificate that is shown to them, and its key.
    pub(super) client: Option<(Vec<u8>, Vec<u8>)>,
}

/// The servers, ready to be connected to.
pub(super) enum Servers {
    Single(Client),
    /// The cluster, and its nodes one by one: to any of them one can subscribe.
    Cluster(ClusterClient, Vec<Client>),
    /// Who is asked for the master, and its name.
    Sentinel(Mutex<SentinelClient>, String),
}

/// A connection for commands. Clones share it.
#[derive(Clone)]
pub(super) enum Connection {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Servers {
    pub(super) fn new(addresses: &Addresses, certificates: &Certificates) -> Result<Self, TierError> {
        let certificates = certificates.as_taken();
        if addresses.are_encrypted() {
            if rustls::crypto::CryptoProvider::get_default().is_none() {
                // Another thread may have been faster.
                let _ = rustls::crypto::ring::default_provider().install_default();
            }
        } else if certificates.is_some() {
            return Err(TierError::configuration("certificates are for URLs that begin with `rediss:`"));
        }
        let servers = match addresses {
            Addresses::Single(url) => client(url, certificates.as_ref()).map(Self::Single),
            Addresses::Cluster(nodes) => cluster(nodes, certificates),
            Addresses::Sentinel { sentinels, master, server } => {
                sentinel(sentinels, master, server.as_deref(), certificates)
            }
        };
        servers.map_err(TierError::configuration)
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
            Self::Sentinel(sentinel, _) => {
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
            Self::Sentinel(sentinel, _) => sentinel.lock().await.async_get_client().await,
        }
    }

    /// How long an attempt to connect may take: longer where it takes several round trips, and arithmetic.
    pub(super) fn patience(&self) -> Duration {
        let is_plain =
            |client: &Client| !matches!(client.get_connection_info().addr(), ConnectionAddr::TcpTls { .. });
        Duration::from_secs(match self {
            Self::Single(client) if is_plain(client) => 1,
            Self::Single(_) | Self::Cluster(..) | Self::Sentinel(..) => 3,
        })
    }

    /// Whether all keys are on one server, with one clock.
    pub(super) fn are_one(&self) -> bool {
        !matches!(self, Self::Cluster(..))
    }
}

fn client(url: &str, certificates: Option<&TlsCertificates>) -> RedisResult<Client> {
    let info = url.into_connection_info()?;
    match certificates {
        Some(certificates) if matches!(info.addr(), ConnectionAddr::TcpTls { .. }) => {
            Client::build_with_tls(info, certificates.clone())
        }
        _ => Client::open(info),
    }
}

fn cluster(nodes: &[String], certificates: Option<TlsCertificates>) -> RedisResult<Servers> {
    let clients = nodes.iter().map(|node| client(node, certificates.as_ref())).collect::<RedisResult<_>>()?;
    let urls = nodes.iter().map(String::as_str);
    let mut cluster = ClusterClient::builder(urls).retries(1);
    if let Some(certificates) = certificates {
        cluster = cluster.certs(certificates);
    }
    // It fails on an empty list.
    Ok(Servers::Cluster(cluster.build()?, clients))
}

fn sentinel(
    sentinels: &[String],
    master: &str,
    server: Option<&str>,
    certificates: Option<TlsCertificates>,
) -> RedisResult<Servers> {
    let infos = sentinels
        .iter()
        .map(|url| client(url, certificates.as_ref()).map(|client| client.get_connection_info().clone()))
        .collect::<RedisResult<Vec<ConnectionInfo>>>()?;
    let addresses = infos.iter().map(|info| info.addr().clone());
    let mut builder = SentinelClientBuilder::new(addresses, master, SentinelServerType::Master)?;
    // One user for all of them.
    if let Some(settings) = infos.first().map(ConnectionInfo::redis_settings) {
        if let Some(user) = settings.username() {
            builder = builder.set_client_to_sentinel_username(user);
        }
        if let Some(password) = settings.password() {
            builder = builder.set_client_to_sentinel_password(password);
        }
    }
    // How the servers are reached that sentinels name: all of the URL but its host.
    if let Some(info) = server.map(IntoConnectionInfo::into_connection_info).transpose()? {
        let settings = info.redis_settings();
        builder =
            builder.set_client_to_redis_db(settings.db()).set_client_to_redis_protocol(settings.protocol());
        if let Some(user) = settings.username() {
            builder = builder.set_client_to_redis_username(user);
        }
        if let Some(password) = settings.password() {
            builder = builder.set_client_to_redis_password(password);
        }
        if let ConnectionAddr::TcpTls { insecure, .. } = info.addr() {
            let mode = if *insecure { TlsMode::Insecure } else { TlsMode::Secure };
            builder = builder.set_client_to_redis_tls_mode(mode);
            if let Some(certificates) = certificates {
                builder = builder.set_client_to_redis_certificates(certificates);
            }
        }
    }
    Ok(Servers::Sentinel(Mutex::new(builder.build()?), master.to_owned()))
}

impl Certificates {
    /// As the connections take them; None if there are none.
    fn as_taken(&self) -> Option<TlsCertificates> {
        let Self { authority, client } = self.clone();
        (authority.is_some() || client.is_some()).then(|| TlsCertificates {
            client_tls: client.map(|(client_cert, client_key)| ClientTlsConfig { client_cert, client_key }),
            root_cert: authority,
        })
    }
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

/// Their addresses, without users and passwords.
impl fmt::Display for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = |client: &Client| client.get_connection_info().addr().to_string();
        match self {
            Self::Single(client) => f.write_str(&address(client)),
            Self::Cluster(_, nodes) => f.write_str(&nodes.iter().map(address).collect::<Vec<_>>().join(",")),
            Self::Sentinel(_, master) => write!(f, "sentinel:{master}"),
        }
    }
}

impl fmt::Debug for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Servers({self})")
    }
}
