//! Many rounds of requests, invalidations and clients that leave, at the same time.

use crate::origin::{Origin, OriginService, get, request, response, send, send_all};
use axum::body::Body;
use futures::{StreamExt, stream};
use http::{HeaderName, Request};
use stampede::http::{StampedeLayer, StampedeService};
use stampede_tests::{on_both_flavours, soon, until};
use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::task::JoinSet;
use tower::{Layer, ServiceExt};

const TTL: Duration = Duration::from_secs(60);

fn of(lang: u64) -> Request<Body> {
    request(
        "GET",
        "/p",
        &[("accept-language", ["en", "de", "fr"][usize::try_from(lang % 3).expect("small")])],
    )
}

/// Whoever asks after a change was made gets a response that was made after it (I1), whatever others do meanwhile.
async fn nothing_old_is_served_after_a_change(
    layer: StampedeLayer,
    headers: &'static [(&'static str, &'static str)],
) {
    let version = Arc::new(AtomicU64::new(0));
    let of_origin = Arc::clone(&version);
    let origin = Origin::new(move |run, request| {
        if request.method() == "POST" {
            return response(200, &[], (of_origin.fetch_add(1, SeqCst) + 1).to_string());
        }
        // Now and then a response that can't be shared, so that others run alone.
        let alone = [("cache-control", "no-store")];
        let headers = if run % 7 == 0 { &alone[..] } else { headers };
        response(200, headers, of_origin.load(SeqCst).to_string())
    });
    let service = layer.layer(origin.service());
    let over = Arc::new(AtomicBool::new(false));
    let mut readers = JoinSet::new();
    for reader in 0..6_u64 {
        let (service, over) = (service.clone(), Arc::clone(&over));
        readers.spawn(async move {
            let mut at = reader;
            while !over.load(SeqCst) {
                at += 1;
                let call = service.clone().oneshot(of(at));
                if at % 5 == 0 {
                    let call = tokio::spawn(call);
                    tokio::task::yield_now().await;
                    call.abort();
                } else {
                    drop(call.await);
                }
                tokio::task::yield_now().await;
            }
        });
    }
    for round in 0..300 {
        let changed: u64 = send(&service, request("POST", "/p", &[])).await.text().parse().expect("a number");
        let seen: u64 = send(&service, of(round)).await.text().parse().expect("a number");
        assert!(seen >= changed, "round {round}: {seen} after {changed}");
    }
    over.store(true, SeqCst);
    soon(readers.join_all()).await;
    until(|| layer.store().in_flight() == 0 && origin.running() == 0).await;
    let hits = async || {
        send(&service, of(0)).await;
        send(&service, of(0)).await.is_hit()
    };
    assert!(hits().await || hits().await || hits().await, "it still works");
}

on_both_flavours! {
    async fn one_response() {
        nothing_old_is_served_after_a_change(StampedeLayer::new(TTL), &[]).await;
    }

    async fn variants() {
        nothing_old_is_served_after_a_change(StampedeLayer::new(TTL), &[("vary", "accept-language")]).await;
    }

    async fn key_headers() {
        let layer = StampedeLayer::new(TTL).key_header(HeaderName::from_static("accept-language"));
        nothing_old_is_served_after_a_change(layer, &[]).await;
    }

    async fn as_the_responses_say() {
        let headers = &[("cache-control", "max-age=60"), ("etag", "\"1\""), ("vary", "accept-language")];
        nothing_old_is_served_after_a_change(StampedeLayer::rfc9111(), headers).await;
    }

    // C3, X1: no wake-up is lost between the leader, its body and those who wait.
    async fn bursts_of_a_service_that_answers_at_once() {
        let origin = Origin::new(|run, _| response(200, &[("cache-control", "max-age=60")], run.to_string()));
        for layer in [StampedeLayer::new(TTL), StampedeLayer::rfc9111()] {
            let service = layer.layer(origin.service());
            for round in 0..200 {
                let runs = origin.runs();
                let all = send_all(&service, (0..32).map(|_| get(&format!("/{round}"))));
                let all = soon(all.join_all()).await;
                assert!(all.iter().all(|read| read.text() == all[0].text()), "round {round}");
                assert_eq!(origin.runs(), runs + 1, "round {round}");
            }
        }
    }

    // The same while its bodies come in pieces and some clients go. Who waits in vain, be it for as long as bodies are waited for,
    // runs its own request in the end.
    async fn bursts_of_a_service_that_streams() {
        let origin = Origin::new(|run, request| {
            let chunks = stream::iter(["body ".to_owned(), format!("{run:04}")]).then(async |chunk| {
                tokio::task::yield_now().await;
                Ok::<_, Infallible>(chunk)
            });
            let mut headers = vec![("cache-control", "max-age=60")];
            if request.uri().path().ends_with("announced") {
                headers.push(("content-length", "9"));
            }
            response(200, &headers, Body::from_stream(chunks))
        });
        for layer in [StampedeLayer::new(TTL), StampedeLayer::rfc9111()] {
            let service = layer.layer(origin.service());
            for round in 0..200 {
                let url = format!("/{round}{}", if round % 2 == 0 { "" } else { "announced" });
                let runs = origin.runs();
                let client = async move |number: usize, service: StampedeService<OriginService>, request| {
                    tokio::select! {
                        biased;
                        read = send(&service, request) => Some(read),
                        () = tokio::task::yield_now(), if number.is_multiple_of(4) => None,
                    }
                };
                let all: JoinSet<_> = (0..32).map(|number| client(number, service.clone(), get(&url))).collect();
                let text = format!("body {:04}", runs + 1);
                assert!(soon(all.join_all()).await.iter().flatten().all(|read| read.text() == text), "round {round}");
                assert_eq!(origin.runs(), runs + 1, "round {round}");
            }
        }
    }

    async fn without_a_ttl() {
        nothing_old_is_served_after_a_change_without_a_ttl().await;
    }
}

/// The same where nothing is stored: what is shared was asked for before, so only the sums are of interest.
async fn nothing_old_is_served_after_a_change_without_a_ttl() {
    let origin = Origin::new(|run, _| response(200, &[("vary", "accept-language")], run.to_string()));
    let layer = StampedeLayer::new(Duration::ZERO);
    let service = layer.layer(origin.service());
    let mut clients = JoinSet::new();
    for client in 0..6_u64 {
        let service = service.clone();
        clients.spawn(async move {
            for at in 0..100 {
                assert!(!send(&service, of(client + at)).await.is_hit());
            }
        });
    }
    soon(clients.join_all()).await;
    until(|| layer.store().in_flight() == 0).await;
    assert_eq!(layer.store().stats().entries, 0);
}
