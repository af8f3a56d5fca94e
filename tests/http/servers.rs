//! Inside axum and hyper, over real connections.

use axum::{Router, body::Body, routing};
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use stampede::http::StampedeLayer;
use stampede_tests::{on_both_flavours, soon, until};
use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
};
use tower::Layer;

const TTL: Duration = Duration::from_secs(60);

/// Serves until the test is over.
async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// A whole response over a connection of its own.
async fn fetch(to: SocketAddr, method: &str, path: &str) -> (StatusCode, HeaderMap, Bytes) {
    try_fetch(to, method, path).await.expect("a whole response")
}

async fn try_fetch(
    to: SocketAddr,
    method: &str,
    path: &str,
) -> Result<(StatusCode, HeaderMap, Bytes), hyper::Error> {
    let stream = TcpStream::connect(to).await.expect("a connection");
    let (mut client, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = Request::builder().method(method).uri(path).header("host", "a.example");
    let response = client.send_request(request.body(Empty::<Bytes>::new()).expect("a request")).await?;
    let (parts, body) = response.into_parts();
    Ok((parts.status, parts.headers, body.collect().await?.to_bytes()))
}

/// A gate and the number of those who have reached it.
#[derive(Clone)]
struct Gate(Arc<(Semaphore, AtomicUsize)>);

impl Gate {
    fn new() -> Self {
        Self(Arc::new((Semaphore::new(0), AtomicUsize::new(0))))
    }

    async fn pass(&self) -> usize {
        let number = self.0.1.fetch_add(1, SeqCst) + 1;
        self.0.0.acquire().await.expect("open").forget();
        number
    }

    fn open(&self) {
        self.0.0.add_permits(1_000);
    }

    fn reached(&self) -> usize {
        self.0.1.load(SeqCst)
    }
}

on_both_flavours! {
    async fn it_is_a_layer_of_routers_and_of_routes() {
        let runs = Arc::new(AtomicUsize::new(0));
        let handler = || {
            let runs = Arc::clone(&runs);
            routing::get(async move || format!("run {}", runs.fetch_add(1, SeqCst) + 1)).post(async || "posted")
        };
        let apps = [
            Router::new().route("/p", handler()).layer(StampedeLayer::new(TTL)),
            Router::new().route("/p", handler()).route_layer(StampedeLayer::new(TTL)),
            Router::new().route("/p", handler().layer(StampedeLayer::new(TTL))),
        ];
        for (at, app) in apps.into_iter().enumerate() {
            let address = serve(app).await;
            for _ in 0..3 {
                let (status, _, body) = fetch(address, "GET", "/p").await;
                assert_eq!((status.as_u16(), body), (200, Bytes::from(format!("run {}", 2 * at + 1))));
            }
            // Another method of the route is another service of the same layer.
            assert_eq!(fetch(address, "POST", "/p").await.2, "posted");
            let (_, headers, body) = fetch(address, "GET", "/p").await;
            assert_eq!(headers["cache-status"], "stampede; fwd=uri-miss; stored");
            assert_eq!(body, format!("run {}", 2 * at + 2));
        }
    }

    async fn it_is_a_layer_of_hyper_services() {
        let runs = Arc::new(AtomicUsize::new(0));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let inner = {
            let runs = Arc::clone(&runs);
            tower::service_fn(move |_: Request<hyper::body::Incoming>| {
                let run = runs.fetch_add(1, SeqCst) + 1;
                async move { Ok::<_, Infallible>(http::Response::new(Body::from(format!("run {run}")))) }
            })
        };
        let service = StampedeLayer::new(TTL).layer(inner);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let service = TowerToHyperService::new(service.clone());
                tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        for _ in 0..3 {
            assert_eq!(fetch(address, "GET", "/p").await.2, "run 1");
        }
        assert_eq!(runs.load(SeqCst), 1);
        let (_, headers, body) = fetch(address, "HEAD", "/p").await;
        assert_eq!((headers["content-length"].as_bytes(), body), (&b"5"[..], Bytes::new()));
    }

    // H7: the connection of the client that caused the run goes away.
    async fn a_client_that_disconnects_costs_the_others_nothing() {
        let gate = Gate::new();
        let of_handler = gate.clone();
        let layer = StampedeLayer::new(TTL);
        let route = routing::get(async move || format!("run {}", of_handler.pass().await));
        let address = serve(Router::new().route("/p", route).layer(layer.clone())).await;
        let mut leader = TcpStream::connect(address).await.expect("a connection");
        leader.write_all(b"GET /p HTTP/1.1\r\nhost: a.example\r\n\r\n").await.expect("a request");
        until(|| gate.reached() == 1).await;
        let mut others = JoinSet::new();
        for _ in 0..9 {
            others.spawn(fetch(address, "GET", "/p"));
        }
        soon(async { while layer.store().stats().coalesced < 9 { tokio::task::yield_now().await } }).await;
        drop(leader);
        gate.open();
        for (status, _, body) in soon(others.join_all()).await {
            assert_eq!((status.as_u16(), body), (200, Bytes::from("run 1")));
        }
        assert_eq!(gate.reached(), 1);
    }

    // H5: over the wire nobody takes half a response for a whole one.
    async fn nobody_gets_a_truncated_response() {
        let (gate, origin_runs) = (Gate::new(), Arc::new(AtomicUsize::new(0)));
        let handler = {
            let (gate, runs) = (gate.clone(), Arc::clone(&origin_runs));
            move || {
                let (gate, runs) = (gate.clone(), Arc::clone(&runs));
                async move {
                    let run = runs.fetch_add(1, SeqCst) + 1;
                    gate.pass().await;
                    let rest = if run == 1 { Err("broken") } else { Ok(Bytes::from(vec![b'y'; 1 << 10])) };
                    Body::from_stream(futures::stream::iter([Ok(Bytes::from(vec![b'x'; 1 << 10])), rest]))
                }
            }
        };
        let layer = StampedeLayer::new(TTL);
        let address = serve(Router::new().route("/p", routing::get(handler)).layer(layer.clone())).await;
        let mut clients = JoinSet::new();
        for _ in 0..10 {
            clients.spawn(try_fetch(address, "GET", "/p"));
        }
        soon(async { while layer.store().stats().coalesced < 9 { tokio::task::yield_now().await } }).await;
        gate.open();
        let all = soon(clients.join_all()).await;
        let whole: Vec<_> = all.iter().filter_map(|result| result.as_ref().ok()).collect();
        assert!(whole.iter().all(|(status, _, body)| *status == 200 && body.len() == 2 << 10));
        assert_eq!(whole.len(), 9);
    }

    // Read, then ask again: what has been read to its end is in the cache.
    async fn whoever_has_read_a_response_finds_it_stored() {
        let streamed = || async {
            let chunks = ["a", "b"].map(|chunk| Ok::<_, Infallible>(Bytes::from(chunk)));
            (Body::from_stream(futures::StreamExt::then(futures::stream::iter(chunks), async |chunk| {
                tokio::task::yield_now().await;
                chunk
            })),)
        };
        let announced = async || ([("content-length", "2")], Body::from_stream(futures::StreamExt::then(
            futures::stream::iter(["a", "b"]), async |chunk| {
                tokio::task::yield_now().await;
                Ok::<_, Infallible>(Bytes::from(chunk))
            })));
        let app = Router::new()
            .route("/at-once/{at}", routing::get(async || "ab"))
            .route("/streamed/{at}", routing::get(move || async move { streamed().await.0 }))
            .route("/announced/{at}", routing::get(announced))
            .layer(StampedeLayer::new(TTL));
        let address = serve(app).await;
        for at in 0..100 {
            for kind in ["at-once", "streamed", "announced"] {
                let url = format!("/{kind}/{at}");
                assert_eq!(fetch(address, "GET", &url).await.2, "ab");
                let (_, headers, body) = fetch(address, "GET", &url).await;
                assert_eq!(body, "ab");
                assert!(headers["cache-status"].as_bytes().starts_with(b"stampede; hit"), "{url}: {headers:?}");
            }
        }
    }
}
