//! The contract of services: readiness, errors, panics (H7, H8).

use crate::origin::{Origin, get, numbered, read, send, send_all};
use axum::body::Body;
use http::{Request, Response};
use stampede::http::StampedeLayer;
use stampede_tests::{on_both_flavours, soon, until};
use std::{
    future::{Ready, ready},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::task::JoinSet;
use tower::{Layer, Service, ServiceExt, limit::ConcurrencyLimit};

const TTL: Duration = Duration::from_secs(60);

/// Is ready while it is told to be, or fails to be.
#[derive(Clone)]
struct Moody {
    fails: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
}

impl Service<Request<Body>> for Moody {
    type Response = Response<Body>;
    type Error = &'static str;
    type Future = Ready<Result<Response<Body>, &'static str>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
        self.asked.fetch_add(1, SeqCst);
        Poll::Ready(if self.fails.load(SeqCst) { Err("not ready") } else { Ok(()) })
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        ready(Ok(Response::new(Body::from("hello"))))
    }
}

on_both_flavours! {
    // H8
    async fn equal_requests_take_one_permit() {
        let origin = Origin::gated(numbered);
        let layer = StampedeLayer::new(TTL);
        let service = layer.layer(ConcurrencyLimit::new(origin.service(), 1));
        let sent = send_all(&service, (0..50).map(|_| get("/p")));
        until(|| layer.store().stats().coalesced == 49).await;
        origin.open_gate();
        assert!(soon(sent.join_all()).await.iter().all(|read| read.text() == "run 1"));
        assert_eq!((origin.runs(), origin.most_running()), (1, 1));
    }

    // H8: those who are released wait for the permit, and each gets it.
    async fn requests_for_one_alone_share_one_permit_in_turn() {
        let origin = Origin::new(|run, _| crate::origin::response(200, &[("cache-control", "no-store")], format!("run {run}")));
        let service = StampedeLayer::new(TTL).layer(ConcurrencyLimit::new(origin.service(), 1));
        soon(send_all(&service, (0..50).map(|_| get("/p"))).join_all()).await;
        assert_eq!((origin.runs(), origin.most_running()), (50, 1));
    }

    // H8
    async fn an_error_of_readiness_is_the_error_of_the_call() {
        let moody = Moody { fails: Arc::new(AtomicBool::new(true)), asked: Arc::default() };
        let mut service = StampedeLayer::new(TTL).layer(moody.clone());
        std::future::poll_fn(|cx| service.poll_ready(cx)).await.expect("always ready");
        assert_eq!(moody.asked.load(SeqCst), 0);
        assert_eq!(service.call(get("/p")).await.expect_err("an error"), "not ready");
        let posted = crate::origin::request("POST", "/p", &[]);
        assert_eq!(service.call(posted).await.expect_err("an error"), "not ready");
        moody.fails.store(false, SeqCst);
        assert_eq!(read(service.call(get("/p")).await.expect("a response")).await.text(), "hello");
        // A hit asks nobody.
        moody.fails.store(true, SeqCst);
        let asked = moody.asked.load(SeqCst);
        assert_eq!(read(service.call(get("/p")).await.expect("a response")).await.text(), "hello");
        assert_eq!(moody.asked.load(SeqCst), asked);
    }

    // H7
    async fn an_error_is_the_leaders_and_the_others_run_their_own() {
        let (runs, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(tokio::sync::Semaphore::new(0)));
        let inner = {
            let (runs, gate) = (Arc::clone(&runs), Arc::clone(&gate));
            tower::service_fn(move |_: Request<Body>| {
                let (runs, gate) = (Arc::clone(&runs), Arc::clone(&gate));
                async move {
                    let run = runs.fetch_add(1, SeqCst) + 1;
                    gate.acquire().await.expect("open").forget();
                    if run == 1 { Err("the first fails".to_owned()) } else { Ok(Response::new(Body::from("hello"))) }
                }
            })
        };
        let layer = StampedeLayer::new(TTL);
        let service = layer.layer(inner);
        let mut sent = JoinSet::new();
        for _ in 0..20 {
            sent.spawn(service.clone().oneshot(get("/p")));
        }
        until(|| layer.store().stats().coalesced == 19).await;
        gate.add_permits(1);
        until(|| runs.load(SeqCst) == 20).await;
        gate.add_permits(19);
        let all = soon(sent.join_all()).await;
        let failed: Vec<_> = all.iter().filter_map(|result| result.as_ref().err()).collect();
        assert_eq!(failed, ["the first fails"]);
    }

    // H7, X3
    async fn a_panic_reaches_each_caller() {
        let origin = Origin::gated(|run, request| {
            assert!(run > 1, "as the test wants");
            numbered(run, request)
        });
        let layer = StampedeLayer::new(TTL);
        let service = layer.layer(origin.service());
        let mut sent = send_all(&service, (0..10).map(|_| get("/p")));
        until(|| layer.store().stats().coalesced == 9).await;
        origin.open_gate();
        while let Some(result) = soon(sent.join_next()).await {
            assert!(result.expect_err("a panic").is_panic());
        }
        assert_eq!(origin.runs(), 1);
        assert_eq!(send(&service, get("/p")).await.text(), "run 2");
        assert_eq!(layer.store().in_flight(), 0);
    }

    async fn a_panic_of_a_request_for_one_alone_is_a_panic() {
        let origin = Origin::new(|run, _| {
            assert!(run == 1, "as the test wants");
            crate::origin::response(200, &[("cache-control", "no-store")], "hello")
        });
        let service = StampedeLayer::new(TTL).layer(origin.service());
        send(&service, get("/p")).await;
        let failed = send_all(&service, [get("/p")]).join_next().await.expect("a task");
        assert!(failed.expect_err("a panic").is_panic());
    }
}

#[test]
fn without_a_runtime_requests_pass_through() {
    let origin = Origin::new(numbered);
    let service = StampedeLayer::new(TTL).layer(origin.service());
    for run in 1..=2 {
        assert_eq!(pollster::block_on(send(&service, get("/p"))).text(), format!("run {run}"));
    }
}

#[test]
fn futures_and_services_are_what_servers_ask_for() {
    fn is_service<T: Clone + Send + Sync + 'static>(_: &T) {}
    fn is_debug<T: std::fmt::Debug>(_: &T) {}
    fn is_future<T: Send + Unpin + 'static>(_: &T) {}
    let layer = StampedeLayer::new(TTL);
    let mut service =
        layer.layer(tower::service_fn(|_: Request<Body>| ready(Ok::<_, &str>(Response::new(Body::empty())))));
    is_service(&service);
    is_service(&layer);
    is_debug(&layer);
    let future = service.call(get("/p"));
    is_debug(&future);
    is_future(&future);
}
