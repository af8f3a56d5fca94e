//! Validators: 304 to clients, and asking the service whether a response is still good (H6).

use crate::origin::{Origin, get, request, response, send, send_all};
use stampede::http::StampedeLayer;
use stampede_tests::{soon, until};
use std::time::Duration;
use tower::Layer;

const TTL: Duration = Duration::from_secs(60);
const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

on_both_flavours! {
    // H6
    async fn a_client_that_has_the_response_is_told_so() {
        let origin = Origin::new(|_, _| response(200, &[("etag", "\"1\""), ("last-modified", DATE)], "hello"));
        let service = StampedeLayer::new(TTL).layer(origin.service());
        for (name, value, has_it) in [
            ("if-none-match", "\"1\"", true),
            ("if-none-match", "W/\"1\"", true),
            ("if-none-match", "\"0\", \"1\"", true),
            ("if-none-match", "*", true),
            ("if-none-match", "\"2\"", false),
            ("if-modified-since", DATE, true),
            ("if-modified-since", "Sun, 06 Nov 1994 08:49:36 GMT", false),
        ] {
            let read = send(&service, request("GET", "/p", &[(name, value)])).await;
            let expected = if has_it { (304, "") } else { (200, "hello") };
            assert_eq!((read.status.as_u16(), read.text()), expected, "{name}: {value}");
            assert_eq!(read.header("etag"), Some("\"1\""));
            assert_eq!(read.header("content-length"), None);
        }
        assert_eq!(origin.runs(), 1);
        assert_eq!(origin.seen(1).get("if-none-match"), None, "the service gives a whole response for all");
    }

    async fn who_waits_and_has_the_response_is_told_so() {
        let origin = Origin::gated(|_, _| response(200, &[("etag", "\"1\"")], "hello"));
        let layer = StampedeLayer::new(TTL);
        let service = layer.layer(origin.service());
        let has_it = || request("GET", "/p", &[("if-none-match", "\"1\"")]);
        let sent = send_all(&service, [has_it(), has_it(), get("/p")]);
        until(|| layer.store().stats().coalesced == 2).await;
        origin.open_gate();
        let mut statuses: Vec<_> = soon(sent.join_all()).await.iter().map(|read| read.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 304, 304]);
        assert_eq!(origin.runs(), 1);
    }

    async fn conditions_that_only_the_service_can_judge_pass_through() {
        let origin = Origin::new(|_, _| response(200, &[("etag", "\"1\"")], "hello"));
        let service = StampedeLayer::new(TTL).layer(origin.service());
        send(&service, get("/p")).await;
        for name in ["if-match", "if-unmodified-since"] {
            let read = send(&service, request("GET", "/p", &[(name, "\"1\"")])).await;
            assert_eq!(read.cache(), "stampede; fwd=bypass", "{name}");
        }
    }

    async fn a_stale_response_is_validated() {
        let origin = Origin::new(|run, request| {
            match (run, request.headers().get("if-none-match")) {
                (1, None) => response(200, &[("etag", "\"1\""), ("cache-control", "max-age=0"), ("x-run", "1")], "hello"),
                (_, Some(tag)) if tag == "\"1\"" => {
                    response(304, &[("etag", "\"1\""), ("cache-control", "max-age=60"), ("x-run", "2")], "")
                }
                _ => response(500, &[], "not asked as it should be"),
            }
        });
        let service = StampedeLayer::rfc9111().layer(origin.service());
        assert_eq!(send(&service, get("/p")).await.text(), "hello");
        let validated = send(&service, get("/p")).await;
        assert_eq!((validated.status.as_u16(), validated.text()), (200, "hello"));
        assert_eq!(validated.header("x-run"), Some("2"));
        assert_eq!(validated.cache(), "stampede; fwd=stale; stored");
        let hit = send(&service, get("/p")).await;
        assert_eq!((hit.is_hit(), hit.text(), hit.header("x-run")), (true, "hello", Some("2")));
        assert_eq!(origin.runs(), 2);
    }

    // H3: nobody waits for a response that has to be validated for each.
    async fn what_must_be_validated_each_time_is_validated_at_once() {
        let origin = Origin::gated(|_, request| {
            let headers = [("etag", "\"1\""), ("cache-control", "no-cache")];
            if request.headers().contains_key("if-none-match") {
                response(304, &headers, "")
            } else {
                response(200, &headers, "hello")
            }
        });
        let service = StampedeLayer::rfc9111().layer(origin.service());
        origin.let_one_through();
        send(&service, get("/p")).await;
        let sent = send_all(&service, (0..20).map(|_| get("/p")));
        until(|| origin.running() == 20).await;
        origin.open_gate();
        for read in soon(sent.join_all()).await {
            assert_eq!((read.status.as_u16(), read.text()), (200, "hello"));
        }
        assert_eq!(origin.seen(21).get("if-none-match").expect("a condition"), "\"1\"");
    }

    async fn a_confirmation_of_another_response_confirms_nothing() {
        let origin = Origin::new(|run, _| match run {
            1 => response(200, &[("etag", "\"1\""), ("last-modified", DATE), ("cache-control", "max-age=0")], "hello"),
            2 => response(304, &[("etag", "\"2\"")], ""),
            _ => response(200, &[("etag", "\"3\"")], "new"),
        });
        let service = StampedeLayer::rfc9111().layer(origin.service());
        send(&service, get("/p")).await;
        send(&service, get("/p")).await;
        assert_eq!(send(&service, get("/p")).await.text(), "new");
        assert_eq!(origin.seen(3).get("if-none-match"), None);
    }

    async fn only_a_stored_response_may_answer_only_if_cached() {
        let origin = Origin::new(|_, _| response(200, &[("cache-control", "max-age=60")], "hello"));
        let service = StampedeLayer::rfc9111().layer(origin.service());
        let only = || request("GET", "/p", &[("cache-control", "only-if-cached")]);
        assert_eq!(send(&service, only()).await.status.as_u16(), 504);
        assert_eq!(origin.runs(), 0);
        send(&service, get("/p")).await;
        assert_eq!(send(&service, only()).await.text(), "hello");
    }

    async fn a_request_may_ask_for_a_new_response() {
        let origin = Origin::new(|run, _| response(200, &[("cache-control", "max-age=60")], format!("run {run}")));
        let service = StampedeLayer::rfc9111().layer(origin.service());
        send(&service, get("/p")).await;
        let fresh = send(&service, request("GET", "/p", &[("cache-control", "no-cache")])).await;
        assert_eq!((fresh.text(), fresh.cache()), ("run 2", "stampede; fwd=request; stored"));
        assert_eq!(send(&service, get("/p")).await.text(), "run 2");
        // A fixed ttl is not the client's to shorten.
        let service = StampedeLayer::new(TTL).layer(origin.service());
        send(&service, get("/p")).await;
        assert!(send(&service, request("GET", "/p", &[("cache-control", "no-cache")])).await.is_hit());
    }

    async fn requests_for_a_new_response_share_one() {
        let origin = Origin::gated(|run, _| response(200, &[("cache-control", "max-age=60")], format!("run {run}")));
        let layer = StampedeLayer::rfc9111();
        let service = layer.layer(origin.service());
        origin.let_one_through();
        send(&service, get("/p")).await;
        let reload = || request("GET", "/p", &[("cache-control", "no-cache")]);
        let sent = send_all(&service, (0..20).map(|_| reload()));
        until(|| layer.store().stats().coalesced == 19).await;
        assert_eq!(send(&service, get("/p")).await.text(), "run 1", "others are served meanwhile");
        origin.open_gate();
        assert!(soon(sent.join_all()).await.iter().all(|read| read.text() == "run 2"));
        assert_eq!(origin.runs(), 2);
    }

    async fn a_request_may_ask_not_to_be_stored() {
        let origin = Origin::new(|run, _| response(200, &[("cache-control", "max-age=60")], format!("run {run}")));
        let layer = StampedeLayer::rfc9111();
        let service = layer.layer(origin.service());
        send(&service, request("GET", "/p", &[("cache-control", "no-store")])).await;
        assert_eq!(layer.store().stats().entries, 0);
    }
}
