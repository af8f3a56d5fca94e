//! Loads that wait for each other (X5).

use stampede::{Cache, stampede};
use stampede_tests::{on_both_flavours, soon, unique, until};
use std::{sync::Arc, time::Duration};
use tokio::sync::Barrier;

#[stampede(name = "own_key")]
async fn own_key(n: u64) -> u64 {
    own_key(n).await
}

#[stampede(name = "own_key_driven", detach = false)]
async fn own_key_driven(n: u64) -> u64 {
    Box::pin(own_key_driven(n)).await
}

#[stampede(name = "f")]
async fn f(n: u64) -> u64 {
    g(n + 1, "x").await
}

#[stampede(name = "g")]
async fn g(n: u64, to: &str) -> u64 {
    tokio::task::yield_now().await;
    f(n - 1).await + to.len() as u64
}

/// The message of the panic that a call ends in.
async fn message(call: impl Future<Output = u64> + Send + 'static) -> String {
    let payload = soon(tokio::spawn(call)).await.expect_err("it panics").into_panic();
    payload.downcast_ref::<String>().expect("a message").clone()
}

on_both_flavours! {
    // X5
    async fn a_load_that_awaits_its_own_key_panics_with_the_chain() {
        let id = unique();
        let message = message(own_key(id)).await;
        let chain = format!("own_key({id}) → own_key({id})");
        assert_eq!(message, format!("loads that wait for each other can never end: {chain}"));
    }

    // X5
    async fn a_driven_load_that_awaits_its_own_key_panics_as_well() {
        let id = unique();
        let message = message(own_key_driven(id)).await;
        let chain = format!("own_key_driven({id}) → own_key_driven({id})");
        assert_eq!(message, format!("loads that wait for each other can never end: {chain}"));
    }

    // X5
    async fn a_circle_through_another_function_names_all_of_it() {
        let id = unique();
        let message = message(f(id)).await;
        let (f_call, g_call) = (format!("f({id})"), format!("g({}, \"x\")", id + 1));
        assert!(message.contains(&format!("{g_call} → {f_call} → {g_call}")), "{message}");
        until(|| f::cache().in_flight() == 0 && g::cache().in_flight() == 0).await;
    }
}

#[stampede(name = "crossing", skip(meet))]
async fn crossing(mine: u64, other: u64, meet: Arc<Barrier>) -> u64 {
    meet.wait().await;
    crossing(other, mine, meet).await
}

#[stampede(name = "crossing_driven", detach = false, skip(meet))]
async fn crossing_driven(mine: u64, other: u64, meet: Arc<Barrier>) -> u64 {
    meet.wait().await;
    Box::pin(crossing_driven(other, mine, meet)).await
}

on_both_flavours! {
    // X5: two calls that start apart and close the circle together.
    async fn two_loads_that_await_each_other_do_not_hang() {
        for _ in 0..100 {
            let meet = Arc::new(Barrier::new(2));
            let (a, b) = (unique(), unique());
            let one = tokio::spawn(crossing(a, b, Arc::clone(&meet)));
            let other = tokio::spawn(crossing(b, a, meet));
            assert!(soon(one).await.is_err());
            assert!(soon(other).await.is_err());
        }
        until(|| crossing::cache().in_flight() == 0).await;
    }

    // X5
    async fn two_driven_loads_that_await_each_other_do_not_hang() {
        for _ in 0..100 {
            let meet = Arc::new(Barrier::new(2));
            let (a, b) = (unique(), unique());
            let one = tokio::spawn(crossing_driven(a, b, Arc::clone(&meet)));
            let other = tokio::spawn(crossing_driven(b, a, meet));
            assert!(soon(one).await.is_err());
            assert!(soon(other).await.is_err());
        }
    }
}

#[stampede(ttl = "forever")]
async fn fib(n: u64) -> u64 {
    if n < 2 { n } else { fib(n - 1).await + fib(n - 2).await }
}

#[stampede(ttl = "forever", detach = false)]
async fn fib_driven(n: u64) -> u64 {
    if n < 2 { n } else { Box::pin(fib_driven(n - 1)).await + Box::pin(fib_driven(n - 2)).await }
}

#[tokio::test]
async fn different_keys_nest_freely() {
    // X5: each number's body runs once.
    assert_eq!(fib(20).await, 6_765);
    assert_eq!(fib::stats().loads, 21);
    assert_eq!(fib_driven(20).await, 6_765);
    assert_eq!(fib_driven::stats().loads, 21);
}

#[tokio::test]
async fn a_wait_that_is_over_is_no_part_of_a_circle() {
    // X5: f(1) gave up waiting for g; that g waits for f(1) later is no circle.
    let cache: Cache<&'static str, u8> = Cache::builder().ttl(Duration::from_secs(60)).build();
    let (inner, outer) = (cache.clone(), cache.clone());
    let a = cache.get("a", move || async move {
        let waits = async {
            inner
                .clone()
                .get("b", move || async move {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    // By now "a" waits for nothing.
                    inner.get("a", || async { 0 }).await + 1
                })
                .await
        };
        assert!(tokio::time::timeout(Duration::from_millis(1), waits).await.is_err());
        tokio::time::sleep(Duration::from_millis(60)).await;
        1
    });
    assert_eq!(soon(a).await, 1);
    assert_eq!(soon(outer.get("b", || async { unreachable!("it is in flight or stored") })).await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_that_a_load_gave_away_is_no_part_of_a_circle() {
    // X5: f(1) leaves its call of f(2) to a task; that f(2) then waits for f(1) is no circle.
    let cache: Cache<u8, u8> = Cache::builder().name("f").print_keys().build();
    let given_away = Arc::new(tokio::sync::Notify::new());
    let load_of_one = {
        let (cache, given_away) = (cache.clone(), Arc::clone(&given_away));
        move || async move {
            let load_of_two = {
                let (cache, given_away) = (cache.clone(), Arc::clone(&given_away));
                move || async move {
                    given_away.notified().await;
                    cache.get(1, || async { 9 }).await
                }
            };
            let mut two = Box::pin(async move { cache.get(2, load_of_two).await });
            assert!(futures::poll!(&mut two).is_pending());
            let two = tokio::spawn(two);
            // The task has the call when it is polled there.
            tokio::time::sleep(Duration::from_millis(50)).await;
            given_away.notify_one();
            tokio::time::sleep(Duration::from_millis(50)).await;
            assert!(!two.is_finished(), "it waits for this load");
            1
        }
    };
    assert_eq!(soon(cache.get(1, load_of_one)).await, 1);
    until(|| cache.in_flight() == 0).await;
    assert_eq!(cache.stats().loads_panicked, 0);
}
