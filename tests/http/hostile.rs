//! Hostile input has a defined outcome: large headers, many URLs, slow clients.

use crate::origin::{Origin, get, numbered, request, response, send, send_all};
use stampede::http::StampedeLayer;
use stampede_tests::{on_both_flavours, soon};
use std::time::Duration;
use tower::Layer;

const TTL: Duration = Duration::from_secs(60);

on_both_flavours! {
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
