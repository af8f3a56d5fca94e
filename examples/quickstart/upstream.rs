//! The slow service: a real HTTP/1.1 server on loopback that counts the requests it gets.

use crate::api::{Currency, Rate};
use hyper::{Request, Response, StatusCode, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{rt::TokioIo, server::graceful::GracefulShutdown};
use std::{
    convert::Infallible,
    error::Error,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    net::TcpListener,
    sync::oneshot,
    task::{JoinHandle, JoinSet},
};

/// A running server.
pub(crate) struct Upstream {
    address: SocketAddr,
    requests: Arc<AtomicU64>,
    stop: oneshot::Sender<()>,
    server: JoinHandle<Result<(), Box<dyn Error + Send + Sync>>>,
}

impl Upstream {
    /// Listens on a free port of the loopback interface, and answers every request after `latency`.
    pub(crate) async fn start(latency: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let requests = Arc::new(AtomicU64::new(0));
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(serve(listener, latency, Arc::clone(&requests), stopped));
        Ok(Self { address, requests, stop, server })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The number of requests that have reached the server.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Relaxed)
    }

    /// Lets the requests in the air end, closes all connections, and returns the first thing that went wrong.
    pub(crate) async fn stop(self) -> Result<(), Box<dyn Error + Send + Sync>> {
        // A server that ended early has an error to tell, and it is told below.
        let _ = self.stop.send(());
        self.server.await?.map_err(|error| format!("the upstream failed: {error}").into())
    }
}

/// The rate that the service gives for a currency, so that callers can tell whether they got the one of theirs.
pub(crate) fn rate(from: Currency) -> Rate {
    Rate(1.0 + f64::from(from.0) / 1_000.0)
}

async fn serve(
    listener: TcpListener,
    latency: Duration,
    requests: Arc<AtomicU64>,
    mut stopped: oneshot::Receiver<()>,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = tokio::select! {
            accepted = listener.accept() => accepted?,
            _ = &mut stopped => break,
        };
        let requests = Arc::clone(&requests);
        let service = service_fn(move |request| {
            requests.fetch_add(1, Relaxed);
            answer(request, latency)
        });
        connections
            .spawn(graceful.watch(http1::Builder::new().serve_connection(TokioIo::new(stream), service)));
    }
    graceful.shutdown().await;
    while let Some(connection) = connections.join_next().await {
        connection??;
    }
    Ok(())
}

/// Answers `/rates/<from>/<to>` with a rate.
async fn answer(request: Request<Incoming>, latency: Duration) -> Result<Response<String>, Infallible> {
    tokio::time::sleep(latency).await;
    let mut path = request.uri().path().split('/').skip(1);
    let from = path.next().filter(|&root| root == "rates").and_then(|_| path.next()?.parse().ok());
    let mut response = Response::new(String::new());
    match from {
        Some(from) => *response.body_mut() = rate(from).0.to_string(),
        None => *response.status_mut() = StatusCode::NOT_FOUND,
    }
    Ok(response)
}
