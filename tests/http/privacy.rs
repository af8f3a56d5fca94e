//! What is for one client reaches no other, stored or coalesced (H3, H6).

use crate::origin::{Origin, get, request, response, send, send_all};
use axum::body::Body;
use http::{Request, Response};
use stampede::http::StampedeLayer;
use stampede_tests::{on_both_flavours, soon, until};
use std::{sync::Arc, time::Duration};
use tower::Layer;

const TTL: Duration = Duration::from_secs(60);

/// Says who asks.
fn greeting(_: usize, request: &Request<Body>) -> Response<Body> {
    let of =
        |name: &str| request.headers().get(name).map_or("", |value| value.to_str().expect("text")).to_owned();
    response(
        200,
        &[("cache-control", "max-age=60")],
        format!("hello {}{}", of("authorization"), of("cookie")),
    )
}

fn by(name: &str, who: &str) -> Request<Body> {
    request("GET", "/me", &[(name, who)])
}

on_both_flavours! {
    // H3
    async fn users_never_get_each_others_responses() {
        for layer in [StampedeLayer::new(TTL), StampedeLayer::rfc9111()] {
            for name in ["authorization", "cookie"] {
                let origin = Origin::gated(greeting);
                let service = layer.clone().max_body(1 << 20).layer(origin.service());
                let users = ["ann", "bob", "ann", "bob", ""];
                let sent = users.map(|who| if who.is_empty() { get("/me") } else { by(name, who) });
                let sent = send_all(&service, sent);
                until(|| origin.running() == 5).await;
                origin.open_gate();
                let mut all: Vec<_> = soon(sent.join_all()).await.iter().map(|read| read.text().to_owned()).collect();
                all.sort_unstable();
                assert_eq!(all, ["hello ", "hello ann", "hello ann", "hello bob", "hello bob"]);
                for who in ["ann", "bob", "eve"] {
                    assert_ne!(send(&service, get("/me")).await.text(), format!("hello {who}"));
                }
            }
        }
    }

    // H3: one after the other.
    async fn a_users_response_is_not_stored() {
        for name in ["authorization", "cookie", "proxy-authorization"] {
            let origin = Origin::new(greeting);
            let layer = StampedeLayer::new(TTL);
            let service = layer.layer(origin.service());
            for _ in 0..2 {
                let read = send(&service, by(name, "ann")).await;
                assert_eq!(read.cache(), "stampede; fwd=bypass");
            }
            assert_eq!((origin.runs(), layer.store().stats().entries), (2, 0));
        }
    }

    // H3
    async fn a_cookie_that_is_set_never_reaches_a_second_client() {
        for layer in [StampedeLayer::new(TTL), StampedeLayer::rfc9111()] {
            let origin = Origin::gated(|run, _| {
                let cookie = format!("session={run}");
                response(200, &[("set-cookie", &cookie), ("cache-control", "public, max-age=60")], "hello")
            });
            let service = layer.layer(origin.service());
            let sent = send_all(&service, (0..20).map(|_| get("/p")));
            until(|| layer.store().stats().coalesced == 19).await;
            origin.open_gate();
            let mut all = soon(sent.join_all()).await;
            all.push(send(&service, get("/p")).await);
            let mut cookies: Vec<_> = all.iter().map(|read| read.header("set-cookie").expect("a cookie").to_owned()).collect();
            cookies.sort_unstable();
            cookies.dedup();
            assert_eq!(cookies.len(), 21);
        }
    }

    // H3: with the header in the key each user has a cache.
    async fn users_may_have_caches_of_their_own() {
        let by_function = StampedeLayer::new(TTL).key(|parts| {
            let of = |name| parts.headers.get(name).map(|value| value.as_bytes().to_vec());
            Some([of("authorization"), of("cookie")].into_iter().flatten().collect::<Vec<_>>().concat())
        });
        let by_header = StampedeLayer::new(TTL).key_header(http::header::AUTHORIZATION).key_header(http::header::COOKIE);
        for layer in [by_function, by_header] {
            for name in ["authorization", "cookie"] {
                let origin = Origin::gated(greeting);
                let service = layer.clone().max_body(1 << 20).layer(origin.service());
                let sent = send_all(&service, ["ann", "bob", "ann", "bob"].map(|who| by(name, who)));
                until(|| origin.running() == 2).await;
                origin.open_gate();
                soon(sent.join_all()).await;
                for who in ["ann", "bob"] {
                    let read = send(&service, by(name, who)).await;
                    assert_eq!((read.text(), read.is_hit()), (&*format!("hello {who}"), true));
                }
                assert_eq!(send(&service, by(name, "eve")).await.text(), "hello eve");
                assert_eq!(origin.runs(), 3);
            }
        }
    }

    // H3: a key that does not depend on the header is no key by it.
    async fn a_key_function_that_leaves_the_user_out_does_not_share() {
        let origin = Origin::new(greeting);
        let service = StampedeLayer::new(TTL).key(|parts| parts.uri.path().to_owned()).layer(origin.service());
        for who in ["ann", "bob"] {
            let read = send(&service, by("cookie", who)).await;
            assert_eq!((read.text(), read.cache()), (&*format!("hello {who}"), "stampede; fwd=bypass"));
        }
    }

    // RFC 9111, section 3.5
    async fn a_response_to_an_authorized_request_may_say_that_it_is_for_all() {
        for (directives, shared) in [
            ("public, max-age=60", true),
            ("s-maxage=60", true),
            ("must-revalidate, max-age=60", true),
            ("max-age=60", false),
        ] {
            let origin = Origin::new(move |run, _| response(200, &[("cache-control", directives)], format!("run {run}")));
            let layer = StampedeLayer::rfc9111();
            let service = layer.layer(origin.service());
            send(&service, by("authorization", "ann")).await;
            assert_eq!(layer.store().stats().entries, u64::from(shared), "{directives}");
            let second = send(&service, by("authorization", "bob")).await;
            assert_eq!(second.is_hit(), shared, "{directives}");
            // The same of one that was stored for nobody in particular.
            send(&service, get("/p")).await;
            let third = send(&service, request("GET", "/p", &[("authorization", "bob")])).await;
            assert_eq!(third.is_hit(), shared, "{directives}");
            assert!(send(&service, get("/p")).await.is_hit());
        }
    }

    // H6
    async fn what_is_about_one_response_is_not_said_again() {
        let origin = Origin::gated(|_, _| {
            let personal = [("x-ratelimit-remaining", "9"), ("ratelimit", "a;r=9"), ("connection", "x-hop"), ("x-hop", "1")];
            response(200, &[&personal[..], &[("x-kept", "yes")]].concat(), "hello")
        });
        let layer = StampedeLayer::new(TTL);
        let service = layer.layer(origin.service());
        let sent = send_all(&service, [get("/p"), get("/p")]);
        until(|| layer.store().stats().coalesced == 1).await;
        origin.open_gate();
        let mut all = soon(sent.join_all()).await;
        all.push(send(&service, get("/p")).await);
        for read in all.iter().filter(|read| !read.cache().contains("stored")) {
            for name in ["x-ratelimit-remaining", "ratelimit", "x-hop", "connection"] {
                assert_eq!(read.header(name), None, "{}: {name}", read.cache());
            }
            assert_eq!(read.header("x-kept"), Some("yes"));
        }
        assert_eq!(all.iter().filter(|read| read.header("ratelimit").is_some()).count(), 1);
    }

    // H6
    async fn what_one_origin_may_read_is_not_given_to_another() {
        let origin = Origin::new(|run, request| {
            let allowed = request.headers().get("origin").map_or("none", |origin| origin.to_str().expect("text"));
            response(200, &[("access-control-allow-origin", allowed)], format!("run {run}"))
        });
        let service = StampedeLayer::new(TTL).layer(origin.service());
        let of = |origin: &str| request("GET", "/p", &[("origin", origin)]);
        for site in ["https://a.example", "https://b.example", "https://a.example"] {
            let read = send(&service, of(site)).await;
            assert_eq!(read.header("access-control-allow-origin"), Some(site));
        }
        assert_eq!(origin.runs(), 2);
    }

    async fn what_every_origin_may_read_is_one_response() {
        let origin = Origin::new(|run, _| response(200, &[("access-control-allow-origin", "*")], format!("run {run}")));
        let service = StampedeLayer::new(TTL).layer(origin.service());
        let of = |origin: &str| request("GET", "/p", &[("origin", origin)]);
        send(&service, of("https://a.example")).await;
        let read = send(&service, of("https://b.example")).await;
        assert_eq!((read.is_hit(), read.header("access-control-allow-origin")), (true, Some("*")));
    }
}

#[tokio::test]
async fn a_panicking_key_function_harms_its_request_only() {
    // C4
    let origin = Origin::new(greeting);
    let service = StampedeLayer::new(TTL)
        .key(|parts| {
            assert_ne!(parts.uri.path(), "/panic", "as the test wants");
            parts.uri.path().to_owned()
        })
        .layer(Arc::clone(&origin).service());
    let failed = send_all(&service, [get("/panic")]).join_next().await.expect("a task");
    assert!(failed.expect_err("a panic").is_panic());
    assert_eq!(send(&service, get("/me")).await.text(), "hello ");
}
