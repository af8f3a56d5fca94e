//! Loads that panic (X3).

use crate::settings::in_all_settings;
use stampede::{Cache, stampede};
use stampede_tests::{End, Payload, Probe, assert_sums, soon, unique, until};
use std::{
    any::Any,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::task::JoinSet;

/// The panics of calls: how many had the original payload, and the messages of the others.
async fn panics(mut calls: JoinSet<Result<u64, String>>) -> (usize, Vec<String>) {
    let (mut payloads, mut messages) = (0, Vec::new());
    while let Some(joined) = soon(calls.join_next()).await {
        let payload: Box<dyn Any + Send> = joined.expect_err("the load panics").into_panic();
        if payload.is::<Payload>() {
            payloads += 1;
        } else {
            messages.push(payload.downcast_ref::<String>().expect("a message").clone());
        }
    }
    (payloads, messages)
}

in_all_settings! {
    // X3: one payload, a message for the others, nothing stored, and the next call loads.
    async fn a_panic_reaches_every_caller_once() {
        let (id, probe) = (unique(), Probe::new(End::Panic));
        let joined = Arc::new(AtomicUsize::new(0));
        let mut calls = JoinSet::new();
        for _ in 0..10 {
            let (probe, joined) = (Arc::clone(&probe), Arc::clone(&joined));
            calls.spawn(async move {
                let mut waiting = std::pin::pin!(call(id, &probe));
                assert!(futures::poll!(&mut waiting).is_pending());
                joined.fetch_add(1, SeqCst);
                waiting.await
            });
        }
        until(|| joined.load(SeqCst) == 10).await;
        probe.open_gate();
        let (payloads, messages) = panics(calls).await;
        assert_eq!((payloads, messages.len()), (1, 9));
        for message in messages {
            assert!(message.contains(call::cache().name()), "{message}");
            assert!(message.contains("panicked: a payload that is no string"), "{message}");
        }
        assert_eq!(probe.started(), 1, "no retry");
        assert_eq!(call::peek(&id), None);
        let healed = Probe::open(End::Value);
        assert_eq!(soon(call(id, &healed)).await, Ok(1));
    }
}

/// A function that panics before its first await.
#[stampede(ttl = "60s")]
async fn impatient(id: u64) -> u64 {
    assert!(id == 0, "impatient {id}");
    id
}

/// The same, driven by its callers.
#[stampede(ttl = "60s", detach = false)]
async fn impatient_driven(id: u64) -> u64 {
    assert!(id == 0, "impatient {id}");
    id
}

#[tokio::test]
async fn a_panic_before_the_first_await_ends_the_flight() {
    // X3, M4
    for id in 1..4 {
        let message = tokio::spawn(impatient(id)).await.expect_err("it panics").into_panic();
        assert_eq!(message.downcast_ref::<String>(), Some(&format!("impatient {id}")));
        let message = tokio::spawn(impatient_driven(id)).await.expect_err("it panics").into_panic();
        assert_eq!(message.downcast_ref::<String>(), Some(&format!("impatient {id}")));
    }
    for (stats, in_flight) in [
        (impatient::stats(), impatient::cache().in_flight()),
        (impatient_driven::stats(), impatient_driven::cache().in_flight()),
    ] {
        assert_sums(&stats, 3);
        assert_eq!((stats.loads_panicked, in_flight, stats.entries), (3, 0, 0));
    }
}

#[tokio::test]
async fn a_panic_in_the_closure_of_a_raw_load_is_a_panic_of_the_load() {
    // X3: what makes the future is a part of the load.
    let cache: Cache<u8, u8> = Cache::builder().name("closures").ttl(Duration::from_secs(60)).build();
    let call = |cache: Cache<u8, u8>| async move {
        cache.get(1, || if cache_is_hot() { std::future::ready(1) } else { panic!("cold") }).await
    };
    let (one, other) = tokio::join!(tokio::spawn(call(cache.clone())), tokio::spawn(call(cache.clone())));
    let mut messages: Vec<String> = [one, other].map(message_of).into();
    messages.sort();
    assert_eq!(messages, ["closures: the load that this call waited for panicked: cold", "cold"]);
    assert_eq!((cache.stats().loads_panicked, cache.in_flight()), (1, 0));
}

fn cache_is_hot() -> bool {
    std::env::var_os("STAMPEDE_TESTS_HOT").is_some()
}

fn message_of(joined: Result<u8, tokio::task::JoinError>) -> String {
    let payload = joined.expect_err("it panics").into_panic();
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).expect("a message")
}
