//! What tells requests apart (H2).

use crate::origin::{Origin, get, numbered, request, response, send, send_all};
use http::Request;
use stampede::http::StampedeLayer;
use stampede_tests::{on_both_flavours, soon, until};
use std::time::Duration;
use tower::Layer;

const TTL: Duration = Duration::from_secs(60);

fn seven() -> [Request<axum::body::Body>; 7] {
    let other_host = Request::get("/p").header("host", "b.example").body(axum::body::Body::empty());
    [
        get("/p?a=1"),
        get("/p?a=2"),
        request("POST", "/p", &[]),
        request("HEAD", "/p", &[]),
        get("/p"),
        other_host.expect("a request"),
        get("/P"),
    ]
}

on_both_flavours! {
    // H2
    async fn seven_requests_are_seven_runs() {
        let origin = Origin::new(|run, request| {
            let host = request.headers()["host"].to_str().expect("text");
            let body = format!("{} {host} {} run {run}", request.method(), request.uri());
            response(200, &[], if request.method() == "HEAD" { String::new() } else { body })
        });
        let service = StampedeLayer::new(TTL).layer(origin.service());
        let mut first = Vec::new();
        for request in seven() {
            first.push(send(&service, request).await.text().to_owned());
        }
        assert_eq!(origin.runs(), 7);
        assert!(first[0].starts_with("GET a.example /p?a=1 "));
        assert!(first[1].starts_with("GET a.example /p?a=2 "));
        assert!(first[5].starts_with("GET b.example /p "));
        assert!(first[6].starts_with("GET a.example /P "));
        for (at, request) in seven().into_iter().enumerate() {
            let again = send(&service, request).await;
            // The `POST` in between has made `/p` of its host out of date, so those are other runs.
            if [0, 1, 5, 6].contains(&at) {
                assert_eq!(again.text(), first[at]);
            }
        }
    }

    // H2
    async fn requests_that_differ_are_not_coalesced() {
        let origin = Origin::gated(numbered);
        let service = StampedeLayer::new(TTL).layer(origin.service());
        let sent = send_all(&service, seven());
        until(|| origin.running() == 7).await;
        origin.open_gate();
        soon(sent.join_all()).await;
        assert_eq!(origin.runs(), 7);
    }

    // H2: the body of a response to `HEAD` is empty, and must never answer a `GET`.
    async fn head_never_seeds_get() {
        let origin = Origin::new(|run, request| {
            let body = if request.method() == "HEAD" { String::new() } else { format!("run {run}") };
            response(200, &[("content-length", "5")], body)
        });
        let service = StampedeLayer::new(TTL).layer(origin.service());
        let head = send(&service, request("HEAD", "/p", &[])).await;
        assert_eq!((head.text(), head.header("content-length")), ("", Some("5")));
        assert_eq!(send(&service, get("/p")).await.text(), "run 2");
        let head = send(&service, request("HEAD", "/p", &[])).await;
        assert_eq!((head.is_hit(), head.text(), head.header("content-length")), (true, "", Some("5")));
    }

    async fn absolute_urls_are_known_by_scheme_and_authority() {
        let origin = Origin::new(numbered);
        let service = StampedeLayer::new(TTL).layer(origin.service());
        for (run, url) in ["http://a.example/p", "https://a.example/p", "http://b.example/p"].into_iter().enumerate() {
            let request = || Request::get(url).body(axum::body::Body::empty()).expect("a request");
            assert_eq!(send(&service, request()).await.text(), format!("run {}", run + 1));
            assert!(send(&service, request()).await.is_hit());
        }
    }

    async fn a_key_function_replaces_the_url() {
        let origin = Origin::new(numbered);
        let service = StampedeLayer::new(TTL).key(|parts| parts.uri.path().to_owned()).layer(origin.service());
        assert_eq!(send(&service, get("/p?a=1")).await.text(), "run 1");
        assert_eq!(send(&service, get("/p?a=2")).await.text(), "run 1");
        assert_eq!(send(&service, get("/q")).await.text(), "run 2");
        // The method stays.
        assert_eq!(send(&service, request("HEAD", "/p", &[])).await.cache(), "stampede; fwd=uri-miss; stored");
    }

    async fn a_key_function_may_let_requests_pass() {
        let origin = Origin::new(numbered);
        let keyed = |parts: &http::request::Parts| parts.uri.query().map(ToOwned::to_owned);
        let service = StampedeLayer::new(TTL).key(keyed).layer(origin.service());
        for run in 1..=2 {
            let read = send(&service, get("/p")).await;
            assert_eq!((read.text(), read.cache()), (&*format!("run {run}"), "stampede; fwd=bypass"));
        }
        assert_eq!(send(&service, get("/p?q")).await.text(), "run 3");
        assert!(send(&service, get("/other?q")).await.is_hit());
    }

    // H6
    async fn key_headers_tell_requests_apart() {
        let origin = Origin::gated(numbered);
        let layer = StampedeLayer::new(TTL).key_header(http::header::ACCEPT_LANGUAGE);
        let service = layer.layer(origin.service());
        let of = |lang: &str| request("GET", "/p", &[("accept-language", lang)]);
        let sent = send_all(&service, [of("en"), of("en"), of("de"), of("de"), get("/p")]);
        until(|| origin.running() == 3 && layer.store().in_flight() == 3).await;
        origin.open_gate();
        soon(sent.join_all()).await;
        assert_eq!(origin.runs(), 3);
        for request in [of("en"), of("de"), get("/p")] {
            assert!(send(&service, request).await.is_hit());
        }
        send(&service, request("POST", "/p", &[("accept-language", "fr")])).await;
        for request in [of("en"), of("de"), get("/p")] {
            assert!(!send(&service, request).await.is_hit(), "an unsafe request is about all variants");
        }
    }
}
