//! Times, under tokio's paused clock (F1 to F4, H4, H6).

use crate::origin::{Origin, get, numbered, response, send, send_all};
use axum::body::Body;
use http::{Request, Response};
use stampede::http::{ResponseBody, StampedeLayer};
use stampede_tests::{just_before, soon, until};
use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::time::{Instant, advance};
use tower::{Layer, Service};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_response_is_fresh_for_the_ttl_from_its_arrival() {
    // F1, H6
    let origin = Origin::new(numbered);
    let service = StampedeLayer::new(5 * SECOND).layer(origin.service());
    send(&service, get("/p")).await;
    advance(2 * SECOND).await;
    let hit = send(&service, get("/p")).await;
    assert_eq!((hit.header("age"), hit.cache()), (Some("2"), "stampede; hit; ttl=3"));
    advance(just_before(3 * SECOND)).await;
    assert_eq!(send(&service, get("/p")).await.text(), "run 1");
    advance(Duration::from_nanos(1)).await;
    assert_eq!(send(&service, get("/p")).await.text(), "run 2");
}

#[tokio::test(start_paused = true)]
async fn a_stale_response_is_served_while_a_new_one_is_asked_for() {
    // F2
    let origin = Origin::gated(numbered);
    let layer = StampedeLayer::new(5 * SECOND).stale_while_revalidate(10 * SECOND);
    let service = layer.layer(origin.service());
    origin.let_one_through();
    send(&service, get("/p")).await;
    advance(7 * SECOND).await;
    let all = soon(send_all(&service, (0..20).map(|_| get("/p"))).join_all()).await;
    assert!(all.iter().all(|read| read.text() == "run 1" && read.cache() == "stampede; hit; ttl=-2"));
    until(|| origin.running() == 1).await;
    assert_eq!(origin.runs(), 2, "one asks for all");
    origin.let_one_through();
    until(|| layer.store().in_flight() == 0).await;
    assert_eq!(send(&service, get("/p")).await.text(), "run 2");
    // Past the window everybody waits.
    advance(15 * SECOND).await;
    let sent = send_all(&service, (0..20).map(|_| get("/p")));
    until(|| origin.runs() == 3).await;
    origin.open_gate();
    assert!(soon(sent.join_all()).await.iter().all(|read| read.text() == "run 3"));
    let stats = layer.store().stats();
    assert_eq!((stats.stale, stats.refreshes), (20, 1));
}

#[tokio::test(start_paused = true)]
async fn a_stale_response_stands_in_for_an_error() {
    // F3, F4, H4
    let origin = Origin::new(
        |run, request| if run == 1 { numbered(run, request) } else { response(503, &[], "down") },
    );
    let service = StampedeLayer::new(5 * SECOND).stale_if_error(60 * SECOND).layer(origin.service());
    send(&service, get("/p")).await;
    advance(6 * SECOND).await;
    let all = soon(send_all(&service, (0..20).map(|_| get("/p"))).join_all()).await;
    assert!(all.iter().all(|read| read.text() == "run 1" && read.cache() == "stampede; hit; ttl=-1"));
    assert_eq!(origin.runs(), 2);
    // The service is left alone for a second, then two.
    for (wait, runs) in
        [(just_before(SECOND), 2), (Duration::from_nanos(1), 3), (just_before(2 * SECOND), 3), (SECOND, 4)]
    {
        advance(wait).await;
        assert_eq!(send(&service, get("/p")).await.text(), "run 1");
        assert_eq!(origin.runs(), runs);
    }
    // The bound holds.
    advance(60 * SECOND).await;
    let read = send(&service, get("/p")).await;
    assert_eq!((read.status.as_u16(), read.text()), (503, "down"));
}

#[tokio::test(start_paused = true)]
async fn a_stale_response_stands_in_for_an_error_of_the_service_itself() {
    // F3, H7
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let inner = tower::service_fn(move |_: Request<Body>| {
        let run = counted.fetch_add(1, SeqCst) + 1;
        async move { if run == 1 { Ok(response(200, &[], "hello")) } else { Err("down") } }
    });
    let service = StampedeLayer::new(5 * SECOND).stale_if_error(60 * SECOND).layer(inner);
    send(&service, get("/p")).await;
    advance(6 * SECOND).await;
    let all = send_all(&service, (0..20).map(|_| get("/p"))).join_all().await;
    assert!(all.iter().all(|read| read.text() == "hello"));
    assert_eq!(runs.load(SeqCst), 2);
    advance(60 * SECOND).await;
    assert_eq!(tower::ServiceExt::oneshot(service, get("/p")).await.expect_err("an error"), "down");
}

#[tokio::test(start_paused = true)]
async fn a_stale_response_is_validated_once_for_all() {
    // C1
    let origin = Origin::gated(|_, request| {
        let headers = [("etag", "\"1\""), ("cache-control", "max-age=5")];
        let asks = request.headers().contains_key("if-none-match");
        if asks { response(304, &headers, "") } else { response(200, &headers, "hello") }
    });
    let layer = StampedeLayer::rfc9111();
    let service = layer.layer(origin.service());
    origin.let_one_through();
    send(&service, get("/p")).await;
    advance(6 * SECOND).await;
    let sent = send_all(&service, (0..20).map(|_| get("/p")));
    until(|| layer.store().stats().coalesced == 19).await;
    origin.open_gate();
    for read in soon(sent.join_all()).await {
        assert_eq!((read.status.as_u16(), read.text()), (200, "hello"));
    }
    assert_eq!(origin.runs(), 2);
    assert!(send(&service, get("/p")).await.is_hit());
}

#[tokio::test(start_paused = true)]
async fn the_windows_may_come_from_the_response() {
    // RFC 5861
    let origin = Origin::new(|run, _| {
        let directives = "max-age=5, stale-while-revalidate=5, stale-if-error=60";
        match run {
            3 => response(500, &[], "down"),
            _ => response(200, &[("cache-control", directives)], format!("run {run}")),
        }
    });
    let layer = StampedeLayer::rfc9111();
    let service = layer.layer(origin.service());
    send(&service, get("/p")).await;
    advance(6 * SECOND).await;
    assert_eq!(send(&service, get("/p")).await.text(), "run 1");
    until(|| origin.runs() == 2 && layer.store().in_flight() == 0).await;
    assert_eq!(send(&service, get("/p")).await.text(), "run 2");
    advance(11 * SECOND).await;
    assert_eq!(send(&service, get("/p")).await.text(), "run 2", "in place of an error");
    assert_eq!(origin.runs(), 3);
    advance(60 * SECOND).await;
    assert_eq!(send(&service, get("/p")).await.text(), "run 4");
}

#[tokio::test(start_paused = true)]
async fn age_counts_from_what_others_have_said() {
    // RFC 9111, section 4.2.3
    let origin =
        Origin::new(|_, _| response(200, &[("cache-control", "max-age=60"), ("age", "30")], "hello"));
    let service = StampedeLayer::rfc9111().layer(origin.service());
    send(&service, get("/p")).await;
    advance(10 * SECOND).await;
    let hit = send(&service, get("/p")).await;
    assert_eq!((hit.header("age"), hit.cache()), (Some("40"), "stampede; hit; ttl=20"));
    advance(20 * SECOND).await;
    assert!(!send(&service, get("/p")).await.is_hit());
}

#[tokio::test(start_paused = true)]
async fn a_response_without_times_has_those_of_the_layer() {
    let origin = Origin::new(numbered);
    let silent = StampedeLayer::rfc9111().layer(origin.service());
    send(&silent, get("/p")).await;
    assert!(!send(&silent, get("/p")).await.is_hit());
    let service = StampedeLayer::rfc9111().default_ttl(5 * SECOND).layer(origin.service());
    send(&service, get("/p")).await;
    assert!(send(&service, get("/p")).await.is_hit());
    advance(5 * SECOND).await;
    assert!(!send(&service, get("/p")).await.is_hit());
}

#[tokio::test(start_paused = true)]
async fn expired_responses_and_what_leads_to_them_are_released() {
    // M2
    let origin = Origin::new(|run, _| response(200, &[("vary", "accept-language")], format!("run {run}")));
    let layer = StampedeLayer::new(5 * SECOND);
    let service = layer.layer(origin.service());
    send(&service, get("/p")).await;
    assert_eq!(layer.store().stats().entries, 2);
    advance(120 * SECOND).await;
    assert_eq!(layer.store().stats().entries, 0);
}

#[tokio::test(start_paused = true)]
async fn what_leads_to_a_variant_lives_as_long_as_the_variant() {
    let origin = Origin::new(|run, _| {
        response(200, &[("vary", "accept-language"), ("cache-control", "max-age=100")], format!("run {run}"))
    });
    let service = StampedeLayer::rfc9111().layer(origin.service());
    let of = |lang: &str| crate::origin::request("GET", "/p", &[("accept-language", lang)]);
    send(&service, of("en")).await;
    advance(150 * SECOND).await;
    send(&service, of("de")).await;
    advance(90 * SECOND).await;
    assert!(send(&service, of("de")).await.is_hit());
}

#[tokio::test(start_paused = true)]
async fn that_a_response_is_for_one_alone_is_remembered_for_a_while() {
    // H3
    let origin =
        Origin::gated(|run, _| response(200, &[("cache-control", "no-store")], format!("run {run}")));
    let layer = StampedeLayer::new(5 * SECOND);
    let service = layer.layer(origin.service());
    origin.let_one_through();
    send(&service, get("/p")).await;
    advance(121 * SECOND).await;
    let sent = send_all(&service, (0..5).map(|_| get("/p")));
    until(|| layer.store().stats().coalesced == 4).await;
    assert_eq!(origin.running(), 1);
    origin.open_gate();
    soon(sent.join_all()).await;
}

/// How long 200 requests at once take, of a service that takes 300 ms, and how often it ran.
async fn burst<S>(service: &S, runs: impl Fn() -> usize) -> (u128, usize)
where
    S: Service<Request<Body>, Response = Response<ResponseBody<Body>>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static,
{
    let (start, before) = (Instant::now(), runs());
    let all = send_all(service, (0..200).map(|_| get("/p"))).join_all().await;
    assert!(all.iter().all(|read| read.body.is_ok()));
    (start.elapsed().as_millis(), runs() - before)
}

#[tokio::test(start_paused = true)]
async fn a_burst_takes_as_long_as_one_request_or_two() {
    // H3, H4: nobody waits in line. The tick of tokio's timer is a millisecond.
    for (status, headers, first, later) in [
        (200, &[][..], (300, 1), (0, 0)),
        (500, &[], (300, 1), (300, 1)),
        (200, &[("cache-control", "no-store")], (600, 200), (300, 200)),
    ] {
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&runs);
        let slow = tower::service_fn(move |_: Request<Body>| {
            counted.fetch_add(1, SeqCst);
            async move {
                tokio::time::sleep(Duration::from_millis(300)).await;
                Ok::<_, Infallible>(response(status, headers, "hello"))
            }
        });
        let service = StampedeLayer::new(600 * SECOND).layer(slow);
        // What can't be shared is known by its head: the first burst waits for one. It is remembered, so that the next ones don't.
        for (pause, expected) in [(0, first), (0, later), (110, later)] {
            advance(pause * SECOND).await;
            let (took, ran) = burst(&service, || runs.load(SeqCst)).await;
            assert!(
                took.abs_diff(expected.0) <= 3,
                "{status} {headers:?}: {took} ms instead of {}",
                expected.0
            );
            assert_eq!(ran, expected.1, "{status} {headers:?}");
        }
    }
}
