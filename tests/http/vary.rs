//! Responses that depend on request headers (H2).

use crate::origin::{Origin, get, request, response, send, send_all};
use axum::body::Body;
use http::{Request, Response};
use stampede::http::StampedeLayer;
use stampede_tests::{on_both_flavours, soon, until};
use std::time::Duration;
use tower::Layer;

const TTL: Duration = Duration::from_secs(60);

/// In the language that is asked for.
fn translated(run: usize, request: &Request<Body>) -> Response<Body> {
    let lang = request.headers().get("accept-language").map_or("none", |lang| lang.to_str().expect("text"));
    response(200, &[("vary", "Accept-Language")], format!("{lang} {run}"))
}

fn of(lang: &str) -> Request<Body> {
    request("GET", "/p", &[("accept-language", lang)])
}

on_both_flavours! {
    async fn variants_are_stored_side_by_side() {
        let origin = Origin::new(translated);
        let service = StampedeLayer::new(TTL).layer(origin.service());
        assert_eq!(send(&service, of("en")).await.text(), "en 1");
        assert_eq!(send(&service, of("de")).await.text(), "de 2");
        assert_eq!(send(&service, get("/p")).await.text(), "none 3");
        for (request, text) in [(of("en"), "en 1"), (of("de"), "de 2"), (get("/p"), "none 3")] {
            let read = send(&service, request).await;
            assert_eq!((read.text(), read.is_hit()), (text, true));
        }
        assert_eq!(origin.runs(), 3);
    }

    // Whoever waits before it is known what the response depends on gets only what is for it.
    async fn who_waits_for_another_variant_gets_its_own() {
        let origin = Origin::gated(translated);
        let layer = StampedeLayer::new(TTL);
        let service = layer.layer(origin.service());
        let langs = (0..40).map(|at| if at % 2 == 0 { "en" } else { "de" });
        let sent = send_all(&service, langs.map(of));
        until(|| layer.store().stats().coalesced == 39).await;
        origin.let_one_through();
        until(|| origin.runs() == 2).await;
        origin.open_gate();
        let all = soon(sent.join_all()).await;
        let texts = |lang: &str| all.iter().filter(|read| read.text().starts_with(lang)).count();
        assert_eq!((texts("en"), texts("de")), (20, 20));
        assert_eq!(origin.runs(), 2, "each variant has one run");
    }

    // C5: they meet although nothing is stored.
    async fn variants_are_coalesced_without_a_ttl() {
        let origin = Origin::gated(translated);
        let layer = StampedeLayer::new(Duration::ZERO);
        let service = layer.layer(origin.service());
        let langs = (0..40).map(|at| if at % 2 == 0 { "en" } else { "de" });
        let sent = send_all(&service, langs.map(of));
        until(|| layer.store().stats().coalesced == 39).await;
        origin.let_one_through();
        until(|| origin.runs() == 2 && layer.store().stats().coalesced >= 39 + 19).await;
        origin.open_gate();
        let all = soon(sent.join_all()).await;
        let texts = |lang: &str| all.iter().filter(|read| read.text().starts_with(lang)).count();
        assert_eq!((texts("en"), texts("de"), origin.runs()), (20, 20, 2));
        assert_eq!(layer.store().stats().entries, 0);
    }

    async fn equal_variants_may_be_written_differently() {
        let origin = Origin::new(translated);
        let service = StampedeLayer::new(TTL).layer(origin.service());
        send(&service, of("en, de")).await;
        assert!(send(&service, of("en,de")).await.is_hit());
    }

    async fn what_a_response_depends_on_may_change() {
        let origin = Origin::new(|run, _| {
            let vary = if run == 1 { "Accept-Language" } else { "X-Theme" };
            response(200, &[("vary", vary)], format!("run {run}"))
        });
        let service = StampedeLayer::new(TTL).layer(origin.service());
        let themed = |lang: &str, theme: &str| request("GET", "/p", &[("accept-language", lang), ("x-theme", theme)]);
        assert_eq!(send(&service, themed("en", "dark")).await.text(), "run 1");
        assert_eq!(send(&service, themed("de", "dark")).await.text(), "run 2");
        assert!(send(&service, themed("de", "dark")).await.is_hit());
        assert_eq!(send(&service, themed("de", "light")).await.text(), "run 3");
    }

    // H2
    async fn a_response_that_depends_on_everything_is_never_reused() {
        let origin = Origin::new(|run, _| response(200, &[("vary", "*")], format!("run {run}")));
        for layer in [StampedeLayer::new(TTL), StampedeLayer::rfc9111().default_ttl(TTL)] {
            let service = layer.layer(origin.service());
            let runs = origin.runs();
            for _ in 0..3 {
                assert!(!send(&service, get("/p")).await.is_hit());
            }
            assert_eq!(origin.runs(), runs + 3);
        }
    }
}

#[tokio::test]
async fn variants_without_number_stay_within_the_capacity() {
    // M1: 10,000 values of a header that responses depend on.
    let origin = Origin::new(translated);
    let layer = StampedeLayer::new(TTL).capacity(1 << 20);
    let service = layer.layer(origin.service());
    for at in 0..10_000 {
        send(&service, of(&format!("x-{at}"))).await;
    }
    let stats = layer.store().stats();
    assert!(stats.entries * 160 <= 1 << 20, "{stats:?}");
    assert!(stats.evictions > 0, "{stats:?}");
    assert_eq!(send(&service, of("x-0")).await.text().split(' ').next(), Some("x-0"));
}
