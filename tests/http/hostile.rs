//! Hostile input has a defined outcome: large headers, many URLs, slow and broken clients. Variants without number are in
//! `vary`, slow and endless responses in `bodies`.

use crate::origin::{Origin, get, numbered, request, response, send, send_all};
use axum::body::Body;
use bytes::Bytes;
use http::{Method, Request};
use http_body::{Frame, SizeHint};
use stampede::http::StampedeLayer;
use stampede_tests::{on_both_flavours, soon, until};
use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tower::{Layer, ServiceExt};

const TTL: Duration = Duration::from_secs(60);

/// A body of eight bytes that never comes, or breaks at once.
struct Announced {
    breaks: bool,
}

impl http_body::Body for Announced {
    type Data = Bytes;
    type Error = String;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, String>>> {
        if self.breaks { Poll::Ready(Some(Err("the client is gone".to_owned()))) } else { Poll::Pending }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(8)
    }
}

fn post(body: impl Into<Body>) -> Request<Body> {
    Request::post("/search").header("host", "a.example").body(body.into()).expect("a request")
}

on_both_flavours! {
    // C1, M4: a client that sends its request slowly waits for itself alone.
    async fn a_request_whose_body_does_not_come_keeps_nobody_waiting() {
        let origin = Origin::new(numbered);
        let layer = StampedeLayer::new(TTL).methods([Method::POST]).key_body(16);
        let service = layer.layer(origin.service());
        let slow = Announced { breaks: false };
        let slow = send_all(&service, [post(Body::new(slow))]);
        let others = send_all(&service, (0..10).map(|_| post("a search")));
        assert!(soon(others.join_all()).await.iter().all(|read| read.text() == "run 1"));
        assert_eq!((layer.store().in_flight(), origin.runs(), slow.len()), (0, 1, 1));
        drop(slow);
    }

    // H5: nothing is made of half a request.
    async fn a_request_whose_body_breaks_does_not_reach_the_service() {
        let origin = Origin::new(numbered);
        let layer = StampedeLayer::new(TTL).methods([Method::POST]).key_body(16);
        let service = layer.layer(origin.service());
        for _ in 0..2 {
            let broken = Announced { breaks: true };
            let read = soon(send(&service, post(Body::new(broken)))).await;
            assert_eq!((read.status.as_u16(), origin.runs()), (400, 0));
        }
        assert_eq!((layer.store().in_flight(), layer.store().stats().entries), (0, 0));
    }

    // H7: whose request runs the service, and does not read what comes.
    async fn a_client_that_does_not_read_keeps_nobody_waiting() {
        const CHUNK: usize = 64 << 10;
        let origin = Origin::gated(|_, _| {
            let chunks = (0..10).map(|_| Ok::<_, String>(vec![b'x'; CHUNK]));
            response(200, &[], Body::from_stream(futures::stream::iter(chunks)))
        });
        let layer = StampedeLayer::new(TTL);
        let service = layer.layer(origin.service());
        let idle = tokio::spawn(service.clone().oneshot(get("/p")));
        until(|| origin.running() == 1).await;
        let others = send_all(&service, (0..10).map(|_| get("/p")));
        until(|| layer.store().stats().coalesced == 10).await;
        origin.open_gate();
        let idle = soon(idle).await.expect("no panic").expect("a response");
        assert!(soon(others.join_all()).await.iter().all(|read| read.text().len() == 10 * CHUNK));
        assert_eq!(origin.runs(), 1);
        drop(idle);
    }

    // H2: a `Vary` of 4,000 names, and requests that have them all.
    async fn a_response_may_depend_on_thousands_of_headers() {
        let names: Vec<_> = (0..4_000).map(|number| format!("x-{number}")).collect();
        let vary = names.join(", ");
        let origin = Origin::new(move |run, _| response(200, &[("vary", &*vary)], format!("run {run}")));
        let service = StampedeLayer::new(TTL).layer(origin.service());
        let full: Vec<_> = names.iter().map(|name| (&**name, "1")).collect();
        for (headers, run) in [(&[][..], 1), (&full[..], 2), (&full[1..], 3), (&[], 1), (&full, 2)] {
            let read = soon(send(&service, request("GET", "/p", headers))).await;
            assert_eq!(read.text(), format!("run {run}"));
        }
    }

    async fn large_headers_count() {
        // M1: 64 KiB of headers are weighed as such.
        let long = "x".repeat(64 << 10);
        let header = long.clone();
        let origin = Origin::new(move |_, _| response(200, &[("x-long", &*header)], "hello"));
        let layer = StampedeLayer::new(TTL).capacity(1 << 20);
        let service = layer.layer(origin.service());
        for at in 0..50 {
            send(&service, get(&format!("/{at}"))).await;
        }
        let stats = layer.store().stats();
        assert!((1..16).contains(&stats.entries), "{stats:?}");
        let hit = send(&service, get("/49")).await;
        assert_eq!(hit.header("x-long").map(str::len), Some(64 << 10));
        // Of a request they pass, and are no part of the key.
        assert!(send(&service, request("GET", "/49", &[("x-long", &long)])).await.text() == "hello");
        assert_eq!(origin.runs(), 50);
    }

    async fn large_variants_count() {
        let origin = Origin::new(|run, _| response(200, &[("vary", "x-long")], format!("run {run}")));
        let layer = StampedeLayer::new(TTL).capacity(1 << 20);
        let service = layer.layer(origin.service());
        for at in 0..50 {
            let long = format!("{at}{}", "x".repeat(64 << 10));
            send(&service, request("GET", "/p", &[("x-long", &long)])).await;
        }
        assert!(layer.store().stats().entries < 17, "{:?}", layer.store().stats());
    }

    async fn urls_without_number_stay_within_the_capacity() {
        let origin = Origin::new(numbered);
        let layer = StampedeLayer::new(TTL).capacity(256 << 10);
        let service = layer.layer(origin.service());
        for at in 0..2_000 {
            send(&service, get(&format!("/{at}?{}", "x".repeat(100)))).await;
        }
        assert!(layer.store().stats().entries * 260 <= 256 << 10, "{:?}", layer.store().stats());
    }

    async fn odd_requests_are_answered() {
        let origin = Origin::new(numbered);
        let layer = StampedeLayer::rfc9111().default_ttl(TTL);
        let service = layer.layer(origin.service());
        for headers in [
            &[("range", "bytes=5-1")][..],
            &[("range", "bytes=0-18446744073709551616")],
            &[("range", "bytes=-")],
            &[("cache-control", "max-age=18446744073709551616, max-stale=-1, min-fresh=\"")],
            &[("cache-control", ",,,=,=;")],
            &[("if-none-match", "\"")],
            &[("if-modified-since", "yesterday")],
            &[("connection", "cache-control, host")],
        ] {
            for _ in 0..2 {
                let read = soon(send(&service, request("GET", "/p", headers))).await;
                assert!(read.status.is_success(), "{headers:?}: {}", read.status);
            }
        }
    }

    async fn odd_responses_reach_their_client() {
        for headers in [
            &[("cache-control", "max-age=99999999999999999999999")][..],
            &[("cache-control", "max-age=\u{e9}")],
            &[("vary", ",,,")],
            &[("vary", "not a name\u{e9}")],
            &[("age", "-1")],
            &[("expires", "0")],
            &[("content-length", "5"), ("content-length", "5")],
            &[("connection", "x, , close")],
            &[("cache-status", "other; hit")],
        ] {
            let origin = Origin::new(move |_, _| {
                let mut response = response(200, &[], "hello");
                for (name, value) in headers {
                    let value = http::HeaderValue::from_bytes(value.as_bytes()).expect("a value");
                    response.headers_mut().append(*name, value);
                }
                response
            });
            for layer in [StampedeLayer::rfc9111(), StampedeLayer::new(TTL)] {
                let service = layer.layer(origin.service());
                let all = soon(send_all(&service, (0..3).map(|_| get("/p"))).join_all()).await;
                assert!(all.iter().all(|read| read.text() == "hello"), "{headers:?}");
                assert_eq!(send(&service, get("/p")).await.text(), "hello");
            }
        }
    }
}
