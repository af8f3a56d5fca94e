//! One run of the service for requests that overlap, and none in line behind another (H3, H4, H7).

use crate::origin::{Origin, get, numbered, request, response, send, send_all};
use stampede::http::StampedeLayer;
use stampede_tests::{soon, until};
use std::time::Duration;
use tower::Layer;

const TTL: Duration = Duration::from_secs(60);

on_both_flavours! {
    async fn equal_requests_share_one_run() {
        let origin = Origin::gated(numbered);
        let layer = StampedeLayer::new(TTL);
        let service = layer.layer(origin.service());
        let sent = send_all(&service, (0..200).map(|_| get("/p")));
        until(|| layer.store().stats().coalesced == 199).await;
        origin.open_gate();
        let all = soon(sent.join_all()).await;
        assert!(all.iter().all(|read| read.status == 200 && read.text() == "run 1"));
        assert_eq!(origin.runs(), 1);
        let said = |status: &str| all.iter().filter(|read| read.cache() == status).count();
        assert_eq!(said("stampede; fwd=uri-miss; stored"), 1);
        assert_eq!(said("stampede; fwd=uri-miss; collapsed"), 199);
        let hit = send(&service, get("/p")).await;
        assert_eq!((hit.text(), hit.is_hit()), ("run 1", true));
        assert_eq!(origin.runs(), 1);
    }

    // H3
    async fn what_cannot_be_shared_makes_nobody_wait_in_line() {
        for headers in [
            [("cache-control", "no-store")],
            [("cache-control", "private")],
            [("set-cookie", "session=1")],
            [("vary", "*")],
        ] {
            let origin = Origin::gated(move |run, _| response(200, &headers, format!("run {run}")));
            let layer = StampedeLayer::new(TTL);
            let service = layer.layer(origin.service());
            let sent = send_all(&service, (0..50).map(|_| get("/p")));
            until(|| layer.store().stats().coalesced == 49).await;
            assert_eq!(origin.running(), 1, "it may turn out to be for all");
            origin.let_one_through();
            until(|| origin.running() == 49).await;
            origin.open_gate();
            let mut bodies: Vec<_> = soon(sent.join_all()).await.iter().map(|read| read.text().to_owned()).collect();
            bodies.sort_unstable();
            bodies.dedup();
            assert_eq!(bodies.len(), 50, "{headers:?}: each has a response of its own");
        }
    }

    // H3: the next ones do not wait for one that will not be for them.
    async fn who_comes_after_a_response_for_one_alone_does_not_wait() {
        let origin = Origin::gated(|run, _| response(200, &[("cache-control", "no-store")], format!("run {run}")));
        let service = StampedeLayer::new(TTL).layer(origin.service());
        origin.let_one_through();
        send(&service, get("/p")).await;
        let sent = send_all(&service, (0..50).map(|_| get("/p")));
        until(|| origin.running() == 50).await;
        origin.open_gate();
        soon(sent.join_all()).await;
        assert_eq!(origin.runs(), 51);
    }

    async fn a_response_that_can_be_shared_again_is_stored_at_once() {
        let origin = Origin::new(|run, _| {
            let headers = if run == 1 { &[("cache-control", "no-store")][..] } else { &[] };
            response(200, headers, format!("run {run}"))
        });
        let service = StampedeLayer::new(TTL).layer(origin.service());
        assert_eq!(send(&service, get("/p")).await.text(), "run 1");
        assert_eq!(send(&service, get("/p")).await.text(), "run 2");
        until(|| origin.running() == 0).await;
        let third = send(&service, get("/p")).await;
        assert_eq!((third.text(), third.is_hit()), ("run 2", true));
    }

    // H4
    async fn an_error_of_the_server_is_shared_and_not_stored() {
        let origin = Origin::gated(|run, _| response(503, &[], format!("run {run}")));
        let layer = StampedeLayer::new(TTL);
        let service = layer.layer(origin.service());
        let sent = send_all(&service, (0..200).map(|_| get("/p")));
        until(|| layer.store().stats().coalesced == 199).await;
        origin.open_gate();
        let all = soon(sent.join_all()).await;
        assert!(all.iter().all(|read| read.status == 503 && read.text() == "run 1"));
        assert_eq!((origin.runs(), layer.store().stats().entries), (1, 0));
        assert_eq!(send(&service, get("/p")).await.text(), "run 2");
    }

    // C5
    async fn without_a_ttl_requests_that_overlap_share_a_run() {
        let origin = Origin::gated(numbered);
        let layer = StampedeLayer::new(Duration::ZERO);
        let service = layer.layer(origin.service());
        let sent = send_all(&service, (0..50).map(|_| get("/p")));
        until(|| layer.store().stats().coalesced == 49).await;
        origin.open_gate();
        assert!(soon(sent.join_all()).await.iter().all(|read| read.text() == "run 1"));
        assert_eq!(layer.store().stats().entries, 0);
        assert_eq!(send(&service, get("/p")).await.text(), "run 2");
    }

    // H1
    async fn other_methods_pass_through() {
        let origin = Origin::gated(numbered);
        let service = StampedeLayer::new(TTL).layer(origin.service());
        let sent = send_all(&service, ["POST", "PUT", "DELETE", "OPTIONS", "BREW"].map(|method| request(method, "/p", &[])));
        until(|| origin.running() == 5).await;
        origin.open_gate();
        for read in soon(sent.join_all()).await {
            assert_eq!(read.cache(), "stampede; fwd=method");
        }
        assert_eq!(origin.runs(), 5);
    }

    // H7
    async fn a_leader_that_goes_away_costs_the_others_nothing() {
        let origin = Origin::gated(numbered);
        let layer = StampedeLayer::new(TTL);
        let service = layer.layer(origin.service());
        let leader = send_all(&service, [get("/p")]);
        until(|| origin.running() == 1).await;
        let others = send_all(&service, (0..9).map(|_| get("/p")));
        until(|| layer.store().stats().coalesced == 9).await;
        drop(leader);
        tokio::task::yield_now().await;
        origin.open_gate();
        let others = soon(others.join_all()).await;
        assert!(others.iter().all(|read| read.status == 200 && read.text() == "run 1"));
        assert_eq!(origin.runs(), 1);
    }

    // X1
    async fn a_response_that_everybody_has_left_is_stored() {
        let origin = Origin::gated(numbered);
        let layer = StampedeLayer::new(TTL);
        let service = layer.layer(origin.service());
        let sent = send_all(&service, (0..9).map(|_| get("/p")));
        until(|| layer.store().stats().coalesced == 8).await;
        drop(sent);
        origin.open_gate();
        until(|| layer.store().stats().entries == 1 && layer.store().in_flight() == 0).await;
        assert!(send(&service, get("/p")).await.is_hit());
        assert_eq!(origin.runs(), 1);
    }
}
