//! Two routes of axum, one of them behind the layer, and a line for each request.
//!
//! ```console
//! cargo run --example http
//! for i in 1 2 3; do curl -si http://127.0.0.1:3000/cached & done; wait
//! curl -si http://127.0.0.1:3000/cached
//! curl -s http://127.0.0.1:3000/
//! ```

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
    routing::get,
};
use stampede::http::{ResponseCache, StampedeLayer};
use std::{env, error::Error, io, net::SocketAddr, time::Duration};
use tokio::{
    net::{TcpListener, TcpSocket},
    signal,
    time::{Instant, sleep},
};

/// Tells what the cache has done so far.
async fn index(State(cache): State<ResponseCache>) -> String {
    let stats = cache.stats();
    format!(
        "try /cached, alone and at once\n{} hits, {} requests that shared another's response, {} runs of the handler\n",
        stats.hits, stats.coalesced, stats.loads
    )
}

/// Takes a second. Not so for those who ask again within the next five, or while it runs.
async fn cached() -> &'static str {
    println!("    the handler of /cached runs ...");
    sleep(Duration::from_secs(1)).await;
    "this took a second, once\n"
}

/// Writes a line about each request, and how its response came about.
async fn log(request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let start = Instant::now();
    let response = next.run(request).await;
    let cache = response.headers().get("cache-status").and_then(|status| status.to_str().ok());
    let took = start.elapsed().as_millis();
    println!("{method} {path} {} {took} ms {}", response.status().as_u16(), cache.unwrap_or("-"));
    response
}

/// Has more connections wait to be accepted than the 128 of `TcpListener::bind`: a burst may be larger.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(4_096)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let layer = StampedeLayer::new(Duration::from_secs(5));
    let cache = layer.store();
    let app = Router::new()
        .route("/cached", get(cached).layer(layer))
        .route("/", get(index))
        .with_state(cache)
        .layer(middleware::from_fn(log));
    let listener = listen(address.parse()?)?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app)
        .with_graceful_shutdown(async {
            let _ = signal::ctrl_c().await;
        })
        .await?;
    Ok(())
}
