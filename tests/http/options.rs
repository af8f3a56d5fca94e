//! The options of a layer.

use crate::origin::{Origin, get, numbered, request, response, send, send_all};
use axum::body::Body;
use http::{Method, Request};
use http_body::Body as _;
use stampede::http::{ResponseBody, ResponseCache, StampedeLayer};
use stampede_tests::{on_both_flavours, soon, until};
use std::time::Duration;
use tower::{Layer, Service};

const TTL: Duration = Duration::from_secs(60);

fn search(body: impl Into<Body>) -> Request<Body> {
    Request::post("/search").header("host", "a.example").body(body.into()).expect("a request")
}

on_both_flavours! {
    async fn other_paths_pass_through() {
        let origin = Origin::new(numbered);
        let service = StampedeLayer::new(TTL).paths(["/about", "/articles/*"]).layer(origin.service());
        for (url, kept) in [("/about", true), ("/about?x", true), ("/articles/1", true), ("/", false), ("/About", false)] {
            send(&service, get(url)).await;
            let read = send(&service, get(url)).await;
            assert_eq!(read.is_hit(), kept, "{url}");
            assert!(kept || read.cache() == "stampede; fwd=bypass");
        }
    }

    async fn methods_can_be_chosen() {
        let origin = Origin::new(numbered);
        let service = StampedeLayer::new(TTL).methods([Method::GET]).layer(origin.service());
        send(&service, request("HEAD", "/p", &[])).await;
        assert_eq!(send(&service, request("HEAD", "/p", &[])).await.cache(), "stampede; fwd=method");
        send(&service, get("/p")).await;
        assert!(send(&service, get("/p")).await.is_hit());
    }

    async fn requests_with_a_body_pass_through() {
        let origin = Origin::new(numbered);
        let service = StampedeLayer::new(TTL).layer(origin.service());
        for run in 1..=2 {
            let request = Request::get("/p").body(Body::from("a body")).expect("a request");
            let read = send(&service, request).await;
            assert_eq!((read.text(), read.cache()), (&*format!("run {run}"), "stampede; fwd=bypass"));
        }
    }

    async fn bodies_of_requests_may_be_part_of_the_key() {
        let origin = Origin::gated(numbered);
        let layer = StampedeLayer::new(TTL).methods([Method::POST]).key_body(16);
        let service = layer.layer(origin.service());
        let sent = send_all(&service, [search("a"), search("a"), search("b"), search("")]);
        until(|| origin.running() == 3 && layer.store().stats().coalesced == 1).await;
        origin.open_gate();
        soon(sent.join_all()).await;
        for body in ["a", "b", ""] {
            assert!(send(&service, search(body)).await.is_hit());
        }
        let typed = Request::post("/search").header("host", "a.example").header("content-type", "text/plain");
        assert!(!send(&service, typed.body("a".into()).expect("a request")).await.is_hit());
        let long = send(&service, search("x".repeat(17))).await;
        assert_eq!(long.cache(), "stampede; fwd=bypass");
        let unknown = Body::from_stream(futures::stream::iter([Ok::<_, String>("a")]));
        assert_eq!(send(&service, search(unknown)).await.cache(), "stampede; fwd=bypass");
    }

    async fn the_service_gets_the_body_that_is_part_of_the_key() {
        let echo = tower::service_fn(async |request: Request<Body>| {
            Ok::<_, std::convert::Infallible>(http::Response::new(request.into_body()))
        });
        let service = StampedeLayer::new(TTL).methods([Method::POST]).key_body(16).layer(echo);
        for _ in 0..2 {
            assert_eq!(send(&service, search("echo")).await.text(), "echo");
        }
        assert!(send(&service, search("echo")).await.is_hit());
    }

    async fn a_body_that_cannot_be_read_is_a_bad_request() {
        struct Broken;
        impl http_body::Body for Broken {
            type Data = bytes::Bytes;
            type Error = String;
            fn poll_frame(
                self: std::pin::Pin<&mut Self>,
                _: &mut std::task::Context<'_>,
            ) -> std::task::Poll<Option<Result<http_body::Frame<bytes::Bytes>, String>>> {
                std::task::Poll::Ready(Some(Err("broken".to_owned())))
            }
            fn size_hint(&self) -> http_body::SizeHint {
                http_body::SizeHint::with_exact(4)
            }
        }
        let origin = Origin::new(numbered);
        let service = StampedeLayer::new(TTL).methods([Method::POST]).key_body(16).layer(origin.service());
        assert_eq!(send(&service, search(Body::new(Broken))).await.status.as_u16(), 400);
        assert_eq!(origin.runs(), 0);
    }

    async fn statuses_have_times_of_their_own() {
        let origin = Origin::new(|run, request| {
            let status = request.uri().path()[1..].parse().expect("a status");
            response(status, &[], format!("run {run}"))
        });
        let kept = async |layer: StampedeLayer, status: u16| {
            let service = layer.layer(origin.service());
            send(&service, get(&format!("/{status}"))).await;
            send(&service, get(&format!("/{status}"))).await.is_hit()
        };
        for (status, by_default) in [(200, true), (404, true), (301, true), (302, false), (403, false), (500, false), (503, false)] {
            assert_eq!(kept(StampedeLayer::new(TTL), status).await, by_default, "{status}");
            assert_eq!(kept(StampedeLayer::new(TTL).ttl_by_status(|_| TTL), status).await, status < 500, "{status}");
            let none = StampedeLayer::new(TTL).ttl_by_status(|_| Duration::ZERO);
            assert!(!kept(none, status).await, "{status}");
            let as_default = StampedeLayer::new(TTL).ttl_by_status(|_| None);
            assert_eq!(kept(as_default, status).await, by_default, "{status}");
        }
    }

    // M1
    async fn capacity_is_in_bytes() {
        let origin = Origin::new(|_, _| response(200, &[], vec![b'x'; 10 << 10]));
        let layer = StampedeLayer::new(TTL).capacity(100 << 10);
        let service = layer.layer(origin.service());
        for at in 0..50 {
            send(&service, get(&format!("/{at}"))).await;
        }
        let stats = layer.store().stats();
        assert!((1..=9).contains(&stats.entries), "{stats:?}");
        let layer = StampedeLayer::new(TTL).capacity(5 << 10);
        let service = layer.layer(origin.service());
        assert_eq!(send(&service, get("/p")).await.text().len(), 10 << 10);
        assert!(!send(&service, get("/p")).await.is_hit(), "it does not fit");
    }

    async fn layers_may_share_a_cache() {
        let origin = Origin::new(numbered);
        let store = ResponseCache::new(1 << 20);
        let one = StampedeLayer::new(TTL).cache(store.clone()).layer(origin.service());
        let other = StampedeLayer::new(TTL).max_body(9).cache(store.clone()).layer(origin.service());
        let apart = StampedeLayer::new(TTL).layer(origin.service());
        send(&one, get("/p")).await;
        assert!(send(&other, get("/p")).await.is_hit());
        assert!(!send(&apart, get("/p")).await.is_hit());
        assert_eq!((store.stats().entries, store.stats().hits), (1, 1));
        assert!(stampede::caches().iter().any(|cache| cache.name() == "stampede::http" && cache.stats().hits == 1));
    }

    async fn services_of_one_layer_share_a_cache_and_options_start_a_new_one() {
        let origin = Origin::new(numbered);
        let layer = StampedeLayer::new(TTL);
        send(&layer.layer(origin.service()), get("/p")).await;
        assert!(send(&layer.clone().layer(origin.service()), get("/p")).await.is_hit());
        assert!(!send(&layer.max_body(7).layer(origin.service()), get("/p")).await.is_hit());
    }

    async fn a_cdn_can_be_told_apart() {
        let origin = Origin::new(|run, _| {
            response(200, &[("cache-control", "no-store"), ("cdn-cache-control", "max-age=60")], format!("run {run}"))
        });
        for (layer, kept) in [(StampedeLayer::rfc9111(), false), (StampedeLayer::rfc9111().cdn_cache_control(), true)] {
            let service = layer.layer(origin.service());
            send(&service, get("/p")).await;
            assert_eq!(send(&service, get("/p")).await.is_hit(), kept);
        }
    }
}

// What is public prints itself: what it is, and nothing of what it holds.
#[tokio::test]
async fn layers_services_and_responses_print_themselves() {
    let layer = StampedeLayer::new(TTL).key(|_| Some("secret".to_owned()));
    let mut service = layer.layer(Origin::new(numbered).service());
    assert!(format!("{layer:?}").contains("mode: Fixed, ttl: Some(60s)"), "{layer:?}");
    assert!(format!("{service:?}").starts_with("StampedeService"), "{service:?}");
    let first = service.call(get("/p"));
    assert_eq!(format!("{first:?}"), r#"ResponseFuture("Waits")"#);
    let body = first.await.expect("a response").into_body();
    assert!(format!("{body:?}").starts_with("ResponseBody("), "{body:?}");
    drop(body);
    until(|| layer.store().stats().entries == 1).await;
    let second = service.call(get("/p"));
    assert_eq!(format!("{second:?}"), r#"ResponseFuture("Ready")"#);
    let body = second.await.expect("a response").into_body();
    assert_eq!(format!("{body:?}"), r#"ResponseBody("Stored")"#);
    assert!(ResponseBody::<Body>::default().is_end_stream());
}
