//! The client of the rates service: keep-alive connections, never more than a fixed number at once.

use http_body_util::{BodyExt as _, Empty};
use hyper::{
    Request, StatusCode,
    body::Bytes,
    client::conn::http1::{self, SendRequest},
    header,
};
use hyper_util::rt::TokioIo;
use std::{
    error::Error,
    fmt, io,
    net::SocketAddr,
    num::ParseIntError,
    str::FromStr,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};
use tokio::{net::TcpStream, sync::Semaphore};

/// A currency by its number in ISO 4217, as 840 for the US dollar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Currency(pub(crate) u32);

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}", self.0)
    }
}

impl FromStr for Currency {
    type Err = ParseIntError;

    fn from_str(number: &str) -> Result<Self, ParseIntError> {
        number.parse().map(Self)
    }
}

/// What one unit of a currency costs in another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rate(pub(crate) f64);

impl FromStr for Rate {
    type Err = ApiError;

    fn from_str(body: &str) -> Result<Self, ApiError> {
        body.parse().map(Self).map_err(|_| ApiError::NoRate(body.to_owned()))
    }
}

/// Why the service gave no rate. `Clone`, so that all the calls that share a request can share its failure.
#[derive(Clone, Debug)]
pub(crate) enum ApiError {
    Connect(Arc<io::Error>),
    Http(Arc<hyper::Error>),
    Status(StatusCode),
    NoRate(String),
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) => write!(f, "can't connect to the upstream: {error}"),
            Self::Http(error) => match error.source() {
                Some(cause) => write!(f, "the request failed: {error}: {cause}"),
                None => write!(f, "the request failed: {error}"),
            },
            Self::Status(status) => write!(f, "the upstream answered {status}"),
            Self::NoRate(body) => write!(f, "the upstream answered {body:?}, which is no rate"),
        }
    }
}

impl Error for ApiError {}

impl From<io::Error> for ApiError {
    fn from(error: io::Error) -> Self {
        Self::Connect(Arc::new(error))
    }
}

impl From<hyper::Error> for ApiError {
    fn from(error: hyper::Error) -> Self {
        Self::Http(Arc::new(error))
    }
}

/// Sets where [`get`] sends its requests, and over how many connections at most.
///
/// Opens them all, one after another, so that the first wave is not the one that pays: hundreds that are opened at once
/// overflow the queue of the listener, and the kernel tries again only a second later.
pub(crate) async fn connect_to(address: SocketAddr, connections: usize) -> Result<(), ApiError> {
    let client = CLIENT.get_or_init(|| Client {
        address,
        permits: Semaphore::new(connections),
        idle: Mutex::new(Vec::with_capacity(connections)),
    });
    for _ in 0..connections {
        let connection = client.connect().await?;
        client.idle().push(connection);
    }
    Ok(())
}

/// Sends a `GET` request and returns the body of the answer.
pub(crate) async fn get(path: &str) -> Result<String, ApiError> {
    let client = CLIENT.get().expect("`connect_to` comes first");
    let _permit = client.permits.acquire().await.expect("the semaphore is never closed");
    let mut connection = client.connection().await?;

    let host = client.address.to_string();
    let request = Request::get(path).header(header::HOST, host).body(Empty::new()).expect("a valid request");
    let response = connection.send_request(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();

    // A connection that the upstream closed after its answer is left to drop.
    if connection.ready().await.is_ok() {
        client.idle().push(connection);
    }
    if status != StatusCode::OK {
        return Err(ApiError::Status(status));
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}

static CLIENT: OnceLock<Client> = OnceLock::new();

struct Client {
    address: SocketAddr,
    /// One permit a connection in use.
    permits: Semaphore,
    idle: Mutex<Vec<SendRequest<Empty<Bytes>>>>,
}

impl Client {
    async fn connection(&self) -> Result<SendRequest<Empty<Bytes>>, ApiError> {
        let idle = self.idle().pop();
        match idle.filter(|connection| !connection.is_closed()) {
            Some(connection) => Ok(connection),
            None => self.connect().await,
        }
    }

    async fn connect(&self) -> Result<SendRequest<Empty<Bytes>>, ApiError> {
        let stream = TcpStream::connect(self.address).await?;
        let (connection, driver) = http1::handshake(TokioIo::new(stream)).await?;
        // Nobody waits for the driver: its errors reach the request that it carries.
        tokio::spawn(driver);
        Ok(connection)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<SendRequest<Empty<Bytes>>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
