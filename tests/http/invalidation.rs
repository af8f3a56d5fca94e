//! What takes responses out of the cache (H1, I1).

use crate::origin::{Origin, get, numbered, request, response, send, send_all};
use axum::body::Body;
use http::Request;
use stampede::http::StampedeLayer;
use stampede_tests::{on_both_flavours, soon, until};
use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::sync::Semaphore;
use tower::{Layer, service_fn};

const TTL: Duration = Duration::from_secs(60);

on_both_flavours! {
    // H1
    async fn an_unsafe_request_that_went_well_invalidates_its_url() {
        let origin = Origin::new(|run, request| {
            let status = if request.uri().path() == "/refused" { 403 } else { 200 };
            let status = if request.method() == "GET" { 200 } else { status };
            response(status, &[], format!("run {run}"))
        });
        let service = StampedeLayer::new(TTL).layer(origin.service());
        for method in ["POST", "PUT", "DELETE", "PATCH", "BREW"] {
            for url in ["/p?a=1", "/other", "/refused"] {
                send(&service, get(url)).await;
                assert!(send(&service, get(url)).await.is_hit());
            }
            send(&service, request(method, "/p?a=1", &[])).await;
            send(&service, request(method, "/refused", &[])).await;
            assert!(!send(&service, get("/p?a=1")).await.is_hit(), "{method}");
            assert!(send(&service, get("/other")).await.is_hit());
            assert!(send(&service, get("/refused")).await.is_hit());
        }
        send(&service, request("OPTIONS", "/other", &[])).await;
        assert!(send(&service, get("/other")).await.is_hit(), "a safe one changes nothing");
    }

    async fn other_urls_that_it_names_are_invalidated_too() {
        let origin = Origin::new(|run, request| {
            let headers: &[_] = if request.method() == "POST" {
                &[("location", "/new"), ("content-location", "http://a.example/list?all")]
            } else {
                &[]
            };
            response(200, headers, format!("run {run}"))
        });
        let service = StampedeLayer::new(TTL).layer(origin.service());
        for url in ["/new", "/list?all", "/list"] {
            send(&service, get(url)).await;
        }
        send(&service, request("POST", "/p", &[])).await;
        assert!(!send(&service, get("/new")).await.is_hit());
        assert!(!send(&service, get("/list?all")).await.is_hit());
        assert!(send(&service, get("/list")).await.is_hit());
    }

    async fn all_variants_are_invalidated() {
        let origin = Origin::new(|run, _| response(200, &[("vary", "accept-language")], format!("run {run}")));
        let service = StampedeLayer::new(TTL).layer(origin.service());
        let of = |lang: &str| request("GET", "/p", &[("accept-language", lang)]);
        for lang in ["en", "de"] {
            send(&service, of(lang)).await;
        }
        send(&service, request("POST", "/p", &[])).await;
        for lang in ["en", "de"] {
            assert!(!send(&service, of(lang)).await.is_hit());
        }
    }

    async fn a_key_function_is_asked_what_to_invalidate() {
        let origin = Origin::new(numbered);
        let service = StampedeLayer::new(TTL).key(|parts| parts.uri.path().to_owned()).layer(origin.service());
        send(&service, get("/p?a=1")).await;
        send(&service, request("DELETE", "/p?b=2", &[])).await;
        assert!(!send(&service, get("/p?c=3")).await.is_hit());
    }

    async fn the_cache_can_be_told() {
        let origin = Origin::new(numbered);
        let layer = StampedeLayer::new(TTL);
        let service = layer.layer(origin.service());
        for url in ["/p", "/q"] {
            send(&service, get(url)).await;
        }
        let store = layer.store();
        assert!(!store.invalidate(&"http://b.example/p".parse().expect("a URL")));
        assert!(store.invalidate(&"http://a.example/p".parse().expect("a URL")));
        assert!(!send(&service, get("/p")).await.is_hit());
        assert!(send(&service, get("/q")).await.is_hit());
        store.clear();
        assert_eq!(store.stats().entries, 0);
        assert!(!send(&service, get("/q")).await.is_hit());

        let layer = StampedeLayer::new(TTL).key(|_| "one");
        let service = layer.layer(origin.service());
        send(&service, get("/p")).await;
        assert!(layer.store().invalidate_key("one"));
        assert!(!send(&service, get("/p")).await.is_hit());
    }

    // I1: what was asked for before an invalidation is not stored after it.
    async fn a_response_in_flight_is_cut_off() {
        for vary in [&[][..], &[("vary", "accept-language")][..]] {
            let origin = Origin::gated(move |run, _| response(200, vary, format!("run {run}")));
            let layer = StampedeLayer::new(TTL);
            let service = layer.layer(origin.service());
            let sent = send_all(&service, [get("/p"), get("/p")]);
            until(|| layer.store().stats().coalesced == 1).await;
            layer.store().invalidate(&"http://a.example/p".parse().expect("a URL"));
            origin.open_gate();
            soon(sent.join_all()).await;
            let next = send(&service, get("/p")).await;
            assert_eq!(next.text(), "run 2", "{}", next.cache());
        }
    }

    // I1: the same for a request that was no flight.
    async fn a_response_that_was_asked_for_alone_is_cut_off() {
        let origin = Origin::gated(|run, _| {
            let headers: &[_] = if run == 1 { &[("cache-control", "no-store")] } else { &[] };
            response(200, headers, format!("run {run}"))
        });
        let layer = StampedeLayer::new(TTL);
        let service = layer.layer(origin.service());
        origin.let_one_through();
        send(&service, get("/p")).await;
        let sent = send_all(&service, [get("/p")]);
        until(|| origin.running() == 1).await;
        layer.store().clear();
        origin.open_gate();
        soon(sent.join_all()).await;
        assert!(!send(&service, get("/p")).await.is_hit());
    }

    // What is changed elsewhere keeps nothing out, be there ever so much of it.
    async fn changes_of_other_urls_are_nothing_to_a_response_in_flight() {
        for (layer, said, asked) in [
            // Stored under the key of its variant.
            (StampedeLayer::new(TTL), ("vary", "accept-language"), ("accept-language", "en")),
            // Asked for alone.
            (StampedeLayer::rfc9111(), ("cache-control", "public, max-age=60"), ("authorization", "ann")),
        ] {
            let (gate, reached) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
            let of_service = (Arc::clone(&gate), Arc::clone(&reached));
            let service = layer.layer(service_fn(move |request: Request<Body>| {
                let (gate, reached) = of_service.clone();
                async move {
                    if request.method() == "GET" {
                        reached.fetch_add(1, SeqCst);
                        gate.acquire().await.expect("the gate is never closed").forget();
                    }
                    Ok::<_, Infallible>(response(200, &[said], "hello"))
                }
            }));
            let asks = || request("GET", "/p", &[asked]);
            let sent = send_all(&service, [asks()]);
            until(|| reached.load(SeqCst) == 1).await;
            for at in 0..2_000 {
                send(&service, request("POST", &format!("/{at}"), &[])).await;
            }
            gate.add_permits(2);
            soon(sent.join_all()).await;
            assert!(soon(send(&service, asks())).await.is_hit(), "{said:?}");
        }
    }
}
