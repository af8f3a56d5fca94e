//! What the proxy sends on, and what it sends back, down to the bytes.

use super::app;
use std::{net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Notify, mpsc},
};

/// An origin that gives these responses, one a connection, and says what it was asked.
async fn origin(responses: &'static [&'static str]) -> (SocketAddr, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let (asked, requests) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for response in responses {
            let (mut connection, _) = listener.accept().await.unwrap();
            asked.send(request(&mut connection).await).unwrap();
            connection.write_all(response.as_bytes()).await.unwrap();
        }
    });
    (at, requests)
}

/// Reads a request whose body, if it has one, is `body`.
async fn request(connection: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut buffer = [0; 1_024];
    loop {
        let read = connection.read(&mut buffer).await.unwrap();
        text.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        let lower = text.to_ascii_lowercase();
        let is_whole = if lower.contains("content-length: 4") { text.ends_with("body") } else { true };
        if read == 0 || text.contains("\r\n\r\n") && is_whole {
            return text;
        }
    }
}

async fn proxy(origin: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let app = app(format!("http://{origin}").parse().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    at
}

/// Sends a request and returns the response, as it comes until the proxy closes the connection.
async fn ask(proxy: SocketAddr, request: &str) -> String {
    let mut connection = TcpStream::connect(proxy).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    connection.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test]
async fn requests_and_responses_are_forwarded_without_what_is_for_one_hop() {
    let (at, mut requests) = origin(&["HTTP/1.1 418 Teapot\r\ncontent-length: 4\r\nkeep-alive: 5\r\n\
        connection: close, x-hop\r\nx-hop: 1\r\nx-kept: 2\r\n\r\nbody"])
    .await;
    let proxy = proxy(at).await;
    let response = ask(
        proxy,
        "PROPFIND /a?b HTTP/1.1\r\nhost: front\r\nte: trailers\r\nx-hop: 1\r\nx-kept: 2\r\n\
        connection: close, x-hop\r\ncontent-length: 4\r\n\r\nbody",
    )
    .await;
    let request = requests.recv().await.unwrap();
    assert!(
        request.starts_with("PROPFIND /a?b HTTP/1.1\r\n") && request.ends_with("\r\n\r\nbody"),
        "{request}"
    );
    assert!(request.contains(&format!("host: {at}\r\n")) && request.contains("x-kept: 2\r\n"), "{request}");
    assert!(!request.contains("x-hop") && !request.contains("te:"), "{request}");
    assert!(response.starts_with("HTTP/1.1 418") && response.contains("x-kept: 2\r\n"), "{response}");
    assert!(!response.contains("x-hop") && !response.contains("keep-alive"), "{response}");
}

#[tokio::test]
async fn what_may_be_cached_is_asked_for_once() {
    let (at, mut requests) =
        origin(&["HTTP/1.1 200 OK\r\ncache-control: max-age=60\r\ncontent-length: 4\r\n\r\nbody"]).await;
    let proxy = proxy(at).await;
    let request = "GET / HTTP/1.1\r\nhost: front\r\nconnection: close\r\n\r\n";
    for status in ["fwd=uri-miss; stored", "hit; ttl="] {
        let response = ask(proxy, request).await;
        assert!(response.ends_with("\r\n\r\nbody"), "{response}");
        assert!(response.contains(&format!("cache-status: stampede; {status}")), "{response}");
    }
    requests.recv().await.unwrap();
    assert!(requests.recv().await.is_none());
}

#[tokio::test]
async fn an_origin_that_breaks_is_a_bad_gateway() {
    let request = "GET / HTTP/1.1\r\nhost: front\r\nconnection: close\r\n\r\n";
    for responses in [&[][..], &["", ""], &["nonsense\r\n\r\n"]] {
        let (at, _requests) = origin(responses).await;
        let response = ask(proxy(at).await, request).await;
        assert!(response.starts_with("HTTP/1.1 502 "), "{responses:?}: {response}");
    }
}

#[tokio::test]
async fn a_body_that_ends_short_ends_short() {
    let (at, _requests) =
        origin(&["HTTP/1.1 200 OK\r\ncache-control: max-age=60\r\ncontent-length: 9\r\n\r\nbody"]).await;
    let response = ask(proxy(at).await, "GET / HTTP/1.1\r\nhost: front\r\nconnection: close\r\n\r\n").await;
    assert!(response.contains("content-length: 9\r\n") && response.ends_with("\r\n\r\nbody"), "{response}");
}

#[tokio::test]
async fn bodies_are_streamed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let first_came = Arc::new(Notify::new());
    let gate = Arc::clone(&first_came);
    tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        request(&mut connection).await;
        let head = "HTTP/1.1 200 OK\r\ncache-control: max-age=60\r\ncontent-length: 11\r\n\r\nfirst ";
        connection.write_all(head.as_bytes()).await.unwrap();
        gate.notified().await;
        connection.write_all(b"later").await.unwrap();
    });
    let mut client = TcpStream::connect(proxy(at).await).await.unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nhost: front\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut text = Vec::new();
    while !text.ends_with(b"first ") {
        assert_ne!(client.read_buf(&mut text).await.unwrap(), 0);
    }
    first_came.notify_one();
    client.read_to_end(&mut text).await.unwrap();
    assert!(text.ends_with(b"first later"));
}
