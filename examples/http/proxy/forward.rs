//! Sends a request on to the origin and its response back, with all that proxies have to leave out.

use axum::{
    body::Body,
    extract::State,
    http::{
        HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Uri,
        header::{self, Entry},
        uri::PathAndQuery,
    },
    response::IntoResponse,
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use std::time::Duration;
use tokio::time::timeout;

/// How long the origin may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// How long the origin may take until the head of its response is there. Its body may take as long as it wants.
const RESPOND: Duration = Duration::from_secs(60);
/// How long a connection to the origin is kept for the next request: for less than origins do. Who sends a request on a connection
/// that is being closed does not know whether it has arrived.
const IDLE: Duration = Duration::from_secs(3);

/// The origin, and the connections to it.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    client: Client<HttpConnector, Body>,
    at: Uri,
}

impl Origin {
    pub(crate) fn new(at: Uri) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT));
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build(connector);
        Self { client, at }
    }

    /// Returns the URL of a request, at the origin.
    fn url_of(&self, requested: &Uri) -> Result<Uri, axum::http::Error> {
        let (scheme, authority) = (self.at.scheme_str().unwrap_or("http"), self.at.authority());
        let path = requested.path_and_query().map_or("/", PathAndQuery::as_str);
        // `OPTIONS *` is about the server, and so about the root of the origin.
        let path = if path == "*" { "/" } else { path };
        let authority = authority.map_or("", |authority| authority.as_str());
        Uri::builder().scheme(scheme).authority(authority).path_and_query(path).build()
    }
}

/// Answers a request by the origin. Bodies are streamed, both of them.
pub(crate) async fn forward(State(origin): State<Origin>, request: Request<Body>) -> Response<Body> {
    let (mut parts, body) = request.into_parts();
    match origin.url_of(&parts.uri) {
        Ok(url) => parts.uri = url,
        Err(_) => return (StatusCode::BAD_REQUEST, "the URL can't be sent on\n").into_response(),
    }
    strip_hop_by_hop(&mut parts.headers);
    // The client writes the origin's own.
    parts.headers.remove(header::HOST);
    parts.headers.append(header::VIA, HeaderValue::from_static("1.1 stampede"));
    match timeout(RESPOND, origin.client.request(Request::from_parts(parts, body))).await {
        Ok(Ok(mut response)) => {
            strip_hop_by_hop(response.headers_mut());
            response.map(Body::new)
        }
        Ok(Err(error)) => {
            eprintln!("proxy: {error}");
            (StatusCode::BAD_GATEWAY, "the origin gives no response\n").into_response()
        }
        Err(_) => (StatusCode::GATEWAY_TIMEOUT, "the origin takes too long\n").into_response(),
    }
}

/// Fields about one connection (RFC 9110 §7.6.1), which a proxy has two of.
const HOP_BY_HOP: [HeaderName; 9] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Removes them, and those that `Connection` lists.
fn strip_hop_by_hop(headers: &mut HeaderMap) {
    if let Entry::Occupied(connection) = headers.entry(header::CONNECTION) {
        let (_, values) = connection.remove_entry_mult();
        let listed: Vec<HeaderValue> = values.collect();
        for name in listed.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')) {
            headers.remove(name.trim());
        }
    }
    for name in &HOP_BY_HOP {
        headers.remove(name);
    }
}
