//! A tier that is down, hangs, or is full (T3).

use crate::{
    server::{Server, free_port},
    sharing::{cache, call, get, member},
};
use stampede::{Cache, tier::Redis};
use stampede_tests::{End, Probe};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{task::JoinSet, time::sleep};

/// The timeout of a tier whose builder says nothing.
const TIMEOUT: Duration = Duration::from_millis(50);
/// Ten times what it may take, for busy machines.
const PATIENCE: Duration = Duration::from_millis(500);

async fn a_hundred_callers(cache: &Cache<u64, u64, String>, probe: &Arc<Probe>) -> Duration {
    let start = Instant::now();
    let mut calls = JoinSet::new();
    for _ in 0..100 {
        let (cache, probe) = (cache.clone(), Arc::clone(probe));
        calls.spawn(async move { get(&cache, 7, &probe).await });
    }
    assert!(calls.join_all().await.into_iter().all(|result| result == Ok(1)));
    start.elapsed()
}

// T3: nobody gets an error, and the load is one.
#[tokio::test]
async fn a_tier_that_was_never_there_costs_one_timeout() {
    let tier = Redis::connect(format!("redis://127.0.0.1:{}/", free_port())).expect("a URL");
    let (cache, probe) = (cache(tier), Probe::open(End::Value));
    let took = a_hundred_callers(&cache, &probe).await;
    assert!(took < PATIENCE, "{took:?}");
    assert_eq!(probe.started(), 1);
    let stats = cache.stats();
    assert_eq!((stats.loads, stats.tier.bypassed), (1, 1), "{stats:?}");
}

// T3: the same for one that takes connections, and says nothing; and not once for each key.
#[tokio::test]
async fn a_tier_that_hangs_from_the_start_costs_one_timeout() {
    let server = Server::start();
    server.freeze();
    let (cache, probe) = (cache(Redis::connect(server.url()).expect("a URL")), Probe::open(End::Value));
    let took = a_hundred_callers(&cache, &probe).await;
    assert!((TIMEOUT..PATIENCE).contains(&took), "{took:?}");
    assert_eq!(probe.started(), 1);
    let start = Instant::now();
    for id in 100..200 {
        assert!(get(&cache, id, &probe).await.is_ok());
    }
    assert!(start.elapsed() < 20 * TIMEOUT, "{:?} for 100 keys", start.elapsed());
    server.thaw();
}

// T3: frozen in the middle, then back.
#[tokio::test]
async fn a_tier_that_freezes_is_left_alone_until_it_is_back() {
    let server = Server::start();
    let (cache, probe) = (cache(Redis::connect(server.url()).expect("a URL")), Probe::open(End::Value));
    let mut ids = 0..;
    let mut next = || ids.next().expect("there is no end");
    // On a busy machine the first commands may take too long.
    while cache.stats().tier.published == 0 {
        assert!(get(&cache, next(), &probe).await.is_ok());
    }
    server.freeze();
    let frozen = Instant::now();
    while frozen.elapsed() < Duration::from_secs(2) {
        let start = Instant::now();
        assert!(get(&cache, next(), &probe).await.is_ok());
        assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
        sleep(Duration::from_millis(1)).await;
    }
    let errors = cache.stats().tier.errors;
    assert!(errors < 10, "{errors} commands were sent to a server that does not answer");
    server.thaw();
    let (back, published) = (Instant::now(), cache.stats().tier.published);
    while cache.stats().tier.published == published {
        assert!(back.elapsed() < Duration::from_secs(2), "the server is not used again");
        assert!(get(&cache, next(), &probe).await.is_ok());
        sleep(Duration::from_millis(5)).await;
    }
}

// T3: nobody waits for the message of a server that is dead, however seldom he would look by himself.
#[tokio::test]
async fn who_waits_for_another_process_goes_on_when_the_tier_dies() {
    let mut server = Server::start();
    let build = |number: u64| {
        let timeout = Duration::from_millis(1_000 + number);
        let tier = Redis::builder(server.url()).timeout(timeout).lease(Duration::from_secs(60));
        cache(tier.poll(Duration::from_secs(60)).patience(Duration::from_secs(60)).build().expect("a URL"))
    };
    let (one, two) = (build(1), build(2));
    let gated = Probe::new(End::Value);
    let leader = call(&one, 7, &gated);
    stampede_tests::until(|| gated.started() == 1).await;
    let waiter = call(&two, 7, &Probe::open(End::Value));
    stampede_tests::until(|| two.stats().tier.waits == 1).await;
    // Until messages are heard one looks often; after that they are waited for.
    sleep(Duration::from_millis(500)).await;
    server.kill();
    let start = Instant::now();
    assert_eq!(waiter.await.expect("it does not panic"), Ok(1));
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    gated.open_gate();
    assert_eq!(leader.await.expect("it does not panic"), Ok(1));
}

// T3: what a frozen server has received it does when it wakes up, and then it has to be nothing.
#[tokio::test]
async fn commands_that_come_late_do_nothing() {
    let server = Server::start();
    // One that a busy machine keeps while the server is well.
    let timeout = Duration::from_millis(400);
    let cache = cache(Redis::builder(server.url()).timeout(timeout).build().expect("a URL"));
    let (open, gated) = (Probe::open(End::Value), Probe::new(End::Value));
    while cache.stats().tier.published == 0 {
        assert!(get(&cache, 1, &open).await.is_ok());
        cache.invalidate(&1);
        sleep(timeout).await;
    }
    server.command(&["FLUSHALL"]);
    // One load has its lease; its value comes too late.
    let load = call(&cache, 2, &gated);
    stampede_tests::until(|| gated.started() == 1).await;
    assert_eq!(cache.stats().tier.bypassed, 0, "the machine is too busy for this test");
    server.freeze();
    gated.open_gate();
    assert_eq!(load.await.expect("it does not panic"), Ok(1));
    // Another one asks for a lease.
    assert!(get(&cache, 3, &open).await.is_ok());
    sleep(6 * timeout).await;
    server.thaw();
    sleep(2 * timeout).await;
    assert_eq!(server.values(), Vec::<String>::new());
    let leases = server.keys().into_iter().filter(|key| key.ends_with(":lease"));
    assert_eq!(leases.filter(|key| key.contains("%03")).count(), 0, "nobody holds this lease");
    server.assert_leases_end();
}

// T3: full.
#[tokio::test]
async fn a_tier_that_is_full_refuses_and_nobody_minds() {
    let server = Server::with(&["--maxmemory-policy", "noeviction"]);
    let (one, two) = (cache(member(&server.url(), 1)), cache(member(&server.url(), 2)));
    let probe = Probe::open(End::Value);
    assert_eq!(get(&one, 1, &probe).await, Ok(1));
    assert_eq!(get(&two, 1, &probe).await, Ok(1));
    server.command(&["CONFIG", "SET", "maxmemory", "1"]);
    assert_eq!(get(&one, 2, &probe).await, Ok(2));
    assert_eq!(get(&two, 2, &probe).await, Ok(3), "it was not kept");
    assert_eq!(one.stats().tier.bypassed, 1);
    server.command(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!(get(&one, 3, &probe).await, Ok(4));
    assert_eq!(get(&two, 3, &probe).await, Ok(4));
}
