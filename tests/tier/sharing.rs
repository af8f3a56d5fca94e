//! Values that one process has loaded are served by all (T1, T4, T5, T6, T7).

use crate::server::Server;
use stampede::{
    Cache, Served,
    tier::{Redis, Tier},
};
use stampede_tests::{End, Probe, soon, until};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};
use tokio::{task::JoinHandle, time::sleep};

const MINUTE: Duration = Duration::from_secs(60);

/// The tier of a process of its own, as far as that can be had in one: handles of other timeouts have connections of their own.
pub(crate) fn member(url: &str, number: u64) -> Redis {
    Redis::builder(url).timeout(Duration::from_millis(1_000 + number)).build().expect("a URL")
}

pub(crate) fn cache(tier: impl Tier) -> Cache<u64, u64, String> {
    Cache::builder().name("numbers").ttl(MINUTE).tier(tier).build()
}

pub(crate) async fn get(cache: &Cache<u64, u64, String>, id: u64, probe: &Arc<Probe>) -> Result<u64, String> {
    get_with_info(cache, id, probe).await.0
}

/// A call that goes on by itself.
pub(crate) fn call(
    cache: &Cache<u64, u64, String>,
    id: u64,
    probe: &Arc<Probe>,
) -> JoinHandle<Result<u64, String>> {
    let (cache, probe) = (cache.clone(), Arc::clone(probe));
    tokio::spawn(async move { get(&cache, id, &probe).await })
}

async fn get_with_info(
    cache: &Cache<u64, u64, String>,
    id: u64,
    probe: &Arc<Probe>,
) -> (Result<u64, String>, Served) {
    let probe = Arc::clone(probe);
    soon(cache.try_get_with_info(id, move || async move { probe.load().await })).await
}

/// A load that must not be.
fn none() -> Arc<Probe> {
    Probe::open(End::Panic)
}

// T1: what is there is not loaded; S1: nor counted as a load.
#[tokio::test]
async fn a_value_is_loaded_by_one_and_served_by_all() {
    let server = Server::start();
    let (one, two) = (cache(member(&server.url(), 1)), cache(member(&server.url(), 2)));
    let probe = Probe::open(End::Value);
    assert_eq!(get_with_info(&one, 7, &probe).await, (Ok(1), Served::Loaded));
    assert_eq!(get_with_info(&two, 7, &none()).await, (Ok(1), Served::Tier));
    assert_eq!(get_with_info(&two, 7, &none()).await, (Ok(1), Served::Fresh));
    let stats = two.stats();
    assert_eq!((stats.loads, stats.leads, stats.hits, stats.tier.hits), (0, 1, 1, 1), "{stats:?}");
    stampede_tests::assert_sums(&stats, 2);
    stampede_tests::assert_sums(&one.stats(), 1);
    server.assert_leases_end();
}

// T1: one caller a process asks the tier for a key.
#[tokio::test]
async fn callers_of_one_process_ask_once() {
    let server = Server::start();
    let (one, two) = (cache(member(&server.url(), 1)), cache(member(&server.url(), 2)));
    assert_eq!(get(&one, 7, &Probe::open(End::Value)).await, Ok(1));
    let none = none();
    let calls = (0..100).map(|_| get(&two, 7, &none));
    assert_eq!(futures::future::join_all(calls).await, vec![Ok(1); 100]);
    let stats = two.stats();
    // A caller that comes after the answer has a hit.
    assert_eq!((stats.coalesced + stats.hits, stats.leads, stats.tier.hits), (99, 1, 1), "{stats:?}");
}

// T4: a local entry ends when the tier's does.
#[tokio::test]
async fn a_local_entry_never_outlives_the_tiers() {
    const TTL: Duration = Duration::from_secs(1);
    let server = Server::start();
    let caches: Vec<Cache<u64, u64, String>> = (1..=3)
        .map(|number| Cache::builder().name("short").ttl(TTL).tier(member(&server.url(), number)).build())
        .collect();
    let probe = Probe::open(End::Value);
    assert_eq!(get(&caches[0], 7, &probe).await, Ok(1));
    let loaded = Instant::now();
    sleep(TTL / 2).await;
    assert_eq!(get(&caches[1], 7, &none()).await, Ok(1));
    // Half of its time is over there, so it is here. A moment later at most than where it was loaded.
    while caches[1].peek(&7).is_some() {
        assert!(loaded.elapsed() < TTL + Duration::from_millis(300), "{:?}", loaded.elapsed());
        sleep(Duration::from_millis(1)).await;
    }
    // There a little later: that is what is meant.
    sleep(Duration::from_millis(300)).await;
    assert_eq!(get(&caches[2], 7, &probe).await, Ok(2));
}

// T5, I1: whoever is loading, before and after.
#[tokio::test]
async fn an_invalidation_cuts_the_flights_of_all_processes() {
    let server = Server::start();
    let (one, two) = (cache(member(&server.url(), 1)), cache(member(&server.url(), 2)));
    until(|| server.listeners("numbers") == 2).await;
    let (old, new) = (Probe::new(End::Value), Probe::open(End::Error));
    let before = call(&one, 7, &old);
    until(|| old.started() == 1).await;
    // It is loaded elsewhere: to this process the key is unknown.
    assert!(!two.invalidate(&7));
    until(|| one.stats().tier.changes == 1).await;
    assert!(get(&two, 7, &new).await.is_err(), "it is loaded anew");
    old.open_gate();
    assert_eq!(before.await.expect("it does not panic"), Ok(1), "its callers get it");
    until(|| one.stats().tier.lost == 1).await;
    assert_eq!((one.peek(&7), two.peek(&7)), (None, None));
    assert_eq!(server.values(), Vec::<String>::new());
}

// T5, I2: what is put in by hand wins everywhere.
#[tokio::test]
async fn an_insert_wins_over_the_flights_of_all_processes() {
    let server = Server::start();
    let (one, two) = (cache(member(&server.url(), 1)), cache(member(&server.url(), 2)));
    until(|| server.listeners("numbers") == 2).await;
    let old = Probe::new(End::Value);
    let before = call(&one, 7, &old);
    until(|| old.started() == 1).await;
    two.insert(7, 77);
    until(|| one.stats().tier.changes == 1).await;
    assert_eq!(get(&one, 7, &none()).await, Ok(77));
    old.open_gate();
    assert_eq!(before.await.expect("it does not panic"), Ok(1));
    until(|| one.stats().tier.lost == 1).await;
    assert_eq!(get(&one, 7, &none()).await, Ok(77));
    assert_eq!(get(&two, 7, &none()).await, Ok(77));
    // For a time of its own.
    two.insert_with_ttl(8, 88, Duration::from_millis(200));
    sleep(Duration::from_millis(300)).await;
    assert_eq!(get(&one, 8, &Probe::open(End::Value)).await, Ok(1));
}

// T5, I1: at once where it was said, also if the tier is slow to hear of it.
#[tokio::test]
async fn nothing_is_served_that_its_own_process_has_invalidated() {
    let server = Server::start();
    let cache = cache(member(&server.url(), 1));
    let probe = Probe::open(End::Value);
    for round in 1..=100 {
        assert_eq!(get(&cache, 7, &probe).await, Ok(round));
        if round % 2 == 0 { cache.clear() } else { assert!(cache.invalidate(&7)) }
    }
}

// T5: `clear` is for one cache, and for what was there before it.
#[tokio::test]
async fn clear_touches_one_namespace() {
    let server = Server::start();
    let other = |number| -> Cache<u64, u64, String> {
        Cache::builder().name("others").ttl(MINUTE).tier(member(&server.url(), number)).build()
    };
    let (one, two) = (cache(member(&server.url(), 1)), cache(member(&server.url(), 2)));
    let probe = Probe::open(End::Value);
    assert_eq!(get(&one, 7, &probe).await, Ok(1));
    assert_eq!(get(&other(1), 7, &probe).await, Ok(2));
    two.clear();
    assert_eq!(get(&two, 7, &probe).await, Ok(3));
    // By the message, or, if that came before the subscription, by a look at what was missed.
    until(|| one.peek(&7) != Some(1)).await;
    assert_eq!(get(&one, 7, &none()).await, Ok(3));
    assert_eq!(get(&other(2), 7, &none()).await, Ok(2));
}

// I3: `refresh` loads whatever is stored, here or there; and joins a load that is in the air, here or there.
#[tokio::test]
async fn a_refresh_takes_no_stored_value() {
    let server = Server::start();
    let (one, two) = (cache(member(&server.url(), 1)), cache(member(&server.url(), 2)));
    let (probe, gated) = (Probe::open(End::Value), Probe::new(End::Value));
    assert_eq!(get(&one, 7, &probe).await, Ok(1));
    let fresh = |cache: &Cache<u64, u64, String>, probe: &Arc<Probe>| {
        let (cache, probe) = (cache.clone(), Arc::clone(probe));
        tokio::spawn(
            async move { soon(cache.try_get_fresh(7, move || async move { probe.load().await })).await },
        )
    };
    assert_eq!(fresh(&two, &probe).await.expect("it does not panic"), Ok(2));
    let first = fresh(&one, &gated);
    until(|| gated.started() == 1).await;
    let second = fresh(&two, &probe);
    until(|| two.stats().tier.waits == 1).await;
    // The tier counts in milliseconds: whether the load has ended after the call began has to show in them.
    sleep(Duration::from_millis(50)).await;
    gated.open_gate();
    assert_eq!(first.await.expect("it does not panic"), Ok(1));
    assert_eq!(second.await.expect("it does not panic"), Ok(1));
    assert_eq!((probe.started(), gated.started()), (2, 1));
}

// T2: a load that comes to nothing frees the others at once: one failure each, not one after another.
#[tokio::test]
async fn a_failure_is_no_queue() {
    let server = Server::start();
    let caches: Vec<_> = (1..=5).map(|number| cache(member(&server.url(), number))).collect();
    let first = Probe::new(End::Error);
    let leader = call(&caches[0], 7, &first);
    until(|| first.started() == 1).await;
    let second = Probe::new(End::Error);
    let waiters: Vec<_> = caches[1..]
        .iter()
        .map(|cache| {
            let (cache, second) = (cache.clone(), Arc::clone(&second));
            tokio::spawn(async move { get(&cache, 7, &second).await })
        })
        .collect();
    until(|| caches[1..].iter().all(|cache| cache.stats().tier.waits == 1)).await;
    first.open_gate();
    assert!(leader.await.expect("it does not panic").is_err());
    // All of them are at it together.
    until(|| second.running() == 4).await;
    second.open_gate();
    for waiter in waiters {
        assert!(waiter.await.expect("it does not panic").is_err());
    }
    server.assert_leases_end();
}

// X3: nor is a panic.
#[tokio::test]
async fn a_panic_frees_the_other_processes() {
    let server = Server::start();
    let (one, two) = (cache(member(&server.url(), 1)), cache(member(&server.url(), 2)));
    let panics = Probe::new(End::Panic);
    let leader = call(&one, 7, &panics);
    until(|| panics.started() == 1).await;
    let waiter = call(&two, 7, &Probe::open(End::Value));
    until(|| two.stats().tier.waits == 1).await;
    panics.open_gate();
    assert!(leader.await.is_err());
    assert_eq!(waiter.await.expect("it does not panic"), Ok(1));
    stampede_tests::assert_sums(&one.stats(), 1);
}

// X4: a load that goes down with its runtime is taken over by another process, at once.
#[test]
fn a_lease_goes_down_with_its_runtime() {
    let server = Server::start();
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let (first, second) = (runtime(), runtime());
    let (one, two) = (cache(member(&server.url(), 1)), cache(member(&server.url(), 2)));
    let gated = Probe::new(End::Value);
    let (cache, probe) = (one.clone(), Arc::clone(&gated));
    first.spawn(async move { get(&cache, 7, &probe).await });
    second.block_on(async {
        until(|| gated.started() == 1).await;
        let waiter = call(&two, 7, &Probe::open(End::Value));
        until(|| two.stats().tier.waits == 1).await;
        let start = Instant::now();
        first.shutdown_background();
        assert_eq!(waiter.await.expect("it does not panic"), Ok(1));
        // The lease lasts for three seconds.
        assert!(start.elapsed() < Duration::from_millis(1_500), "{:?}", start.elapsed());
    });
    assert_eq!(two.stats().tier.takeovers, 1);
}

// T7, F2: a process that starts cold serves what is stale, and refreshes it with its next call.
#[tokio::test]
async fn a_cold_process_serves_what_is_stale() {
    let server = Server::start();
    let stale = |number| -> Cache<u64, u64, String> {
        Cache::builder()
            .name("stale")
            .ttl(Duration::from_millis(200))
            .stale_while_revalidate(MINUTE)
            .tier(member(&server.url(), number))
            .build()
    };
    let (one, two, three) = (stale(1), stale(2), stale(3));
    let probe = Probe::open(End::Value);
    assert_eq!(get(&one, 7, &probe).await, Ok(1));
    sleep(Duration::from_millis(400)).await;
    let (value, how) = get_with_info(&two, 7, &probe).await;
    assert_eq!(value, Ok(1));
    assert!(matches!(how, Served::Stale { age, .. } if age >= Duration::from_millis(400)), "{how:?}");
    assert_eq!(probe.started(), 1, "it waits for nothing");
    let before = Instant::now();
    assert_eq!(get(&two, 7, &probe).await, Ok(1));
    until(|| probe.started() == 2).await;
    until(|| two.stats().tier.published == 1).await;
    // What has been refreshed by one is not by the others: they have it from the tier.
    if before.elapsed() < Duration::from_millis(100) {
        assert_eq!(get(&one, 7, &probe).await, Ok(1));
        until(|| one.stats().tier.hits == 1).await;
        assert_eq!(get(&three, 7, &none()).await, Ok(2));
        assert_eq!(probe.started(), 2);
    }
}

// T7, F3: and one whose source fails.
#[tokio::test]
async fn a_cold_process_serves_what_is_stale_in_place_of_an_error() {
    let server = Server::start();
    let stale = |number| -> Cache<u64, u64, String> {
        Cache::builder()
            .name("stale")
            .ttl(Duration::from_millis(200))
            .stale_if_error(MINUTE)
            .tier(member(&server.url(), number))
            .build()
    };
    let (one, two) = (stale(1), stale(2));
    assert_eq!(get(&one, 7, &Probe::open(End::Value)).await, Ok(1));
    sleep(Duration::from_millis(400)).await;
    let fails = Probe::open(End::Error);
    let (value, how) = get_with_info(&two, 7, &fails).await;
    assert_eq!((value, fails.started()), (Ok(1), 1));
    assert!(matches!(how, Served::Stale { .. }), "{how:?}");
    // F4: nothing of it in the tier has changed.
    assert_eq!(get(&stale(3), 7, &fails).await, Ok(1));
}

// T7: negative ttls. T6: errors are for others only if they are meant to be.
#[tokio::test]
async fn negative_results_are_shared_for_their_own_time() {
    let server = Server::start();
    let calls = Arc::new(AtomicU64::new(0));
    let build = |number| {
        Cache::<u64, Option<u64>, String>::builder()
            .name("negative")
            .ttl(MINUTE)
            .none_ttl(Duration::from_millis(300))
            .err_ttl(MINUTE)
            .tier(member(&server.url(), number))
            .build()
    };
    let load = |result: Result<Option<u64>, String>| {
        let calls = Arc::clone(&calls);
        move || async move {
            calls.fetch_add(1, SeqCst);
            result
        }
    };
    let (one, two) = (build(1), build(2));
    assert_eq!(soon(one.try_get(1, load(Ok(None)))).await, Ok(None));
    assert_eq!(soon(two.try_get(1, load(Ok(Some(1))))).await, Ok(None));
    sleep(Duration::from_millis(500)).await;
    assert_eq!(soon(two.try_get(1, load(Ok(Some(1))))).await, Ok(Some(1)));
    assert_eq!(soon(one.try_get(2, load(Err("no".to_owned())))).await, Err("no".to_owned()));
    assert_eq!(soon(one.try_get(2, load(Ok(None)))).await, Err("no".to_owned()), "kept here");
    assert_eq!(soon(two.try_get(2, load(Ok(Some(2))))).await, Ok(Some(2)), "and not there");
    assert_eq!(calls.load(SeqCst), 4);
    let results = |number| {
        Cache::<u64, u64, String>::builder()
            .name("results")
            .ttl(MINUTE)
            .err_ttl(MINUTE)
            .tier_of_results(member(&server.url(), number))
            .build()
    };
    assert!(get(&results(1), 1, &Probe::open(End::Error)).await.is_err());
    assert_eq!(get(&results(2), 1, &none()).await, Err("load 1 failed".to_owned()));
    assert_eq!(get(&results(1), 2, &Probe::open(End::Value)).await, Ok(1));
    assert_eq!(get(&results(2), 2, &none()).await, Ok(1));
}

// T6: `Some(None)` is as good as `None` in MessagePack. It never comes out as that: it stays in its process.
#[tokio::test]
async fn no_value_changes_on_its_way_through_the_tier() {
    type Nested = (String, Vec<Option<Option<u64>>>);
    let server = Server::start();
    let build = |number| {
        Cache::<u64, Nested>::builder().name("nested").ttl(MINUTE).tier(member(&server.url(), number)).build()
    };
    let (one, two) = (build(1), build(2));
    for (id, value) in [(1, Some(Some(7))), (2, None), (3, Some(None))] {
        let nested = ("part".to_owned(), vec![value]);
        let load = || {
            let nested = nested.clone();
            || async { nested }
        };
        assert_eq!(soon(one.get(id, load())).await, nested);
        assert_eq!(soon(two.get(id, load())).await, nested);
    }
    assert_eq!((one.stats().tier.published, two.stats().tier.hits, two.stats().loads), (2, 2, 1));
    server.assert_leases_end();
}

// T6: nor are two keys one that are written alike.
#[tokio::test]
async fn keys_that_are_written_alike_are_told_apart() {
    let server = Server::start();
    let build = |number| -> Cache<Option<Option<u64>>, u64> {
        Cache::builder().name("options").ttl(MINUTE).tier(member(&server.url(), number)).build()
    };
    let (one, two) = (build(1), build(2));
    let keys = [None, Some(None), Some(Some(7))];
    for (value, key) in (0..).zip(keys) {
        assert_eq!(soon(one.get(key, move || async move { value })).await, value);
    }
    for (value, key) in (0..).zip(keys) {
        assert_eq!(soon(two.get(key, || async { unreachable!("it is there") })).await, value);
    }
    two.invalidate(&Some(None));
    until(|| one.peek(&Some(None)).is_none()).await;
    assert_eq!((one.peek(&None), one.peek(&Some(Some(7)))), (Some(0), Some(2)));
}

// The same where it is all of the value.
#[tokio::test]
async fn what_the_encoding_does_not_tell_apart_is_not_shared() {
    let server = Server::start();
    let build = |number| {
        Cache::<u64, Option<()>>::builder()
            .name("units")
            .ttl(MINUTE)
            .none_ttl(MINUTE)
            .tier(member(&server.url(), number))
            .build()
    };
    let (one, two) = (build(1), build(2));
    assert_eq!(soon(one.get(1, || async { Some(()) })).await, Some(()));
    assert_eq!(soon(two.get(1, || async { Some(()) })).await, Some(()));
    assert_eq!(soon(one.get(2, || async { None })).await, None);
    assert_eq!(soon(two.get(2, || async { Some(()) })).await, None);
}

// T6: a cache that others can't be told apart from is not built.
#[test]
fn a_tier_takes_a_name_and_a_ttl() {
    let tier = || member("redis://127.0.0.1:1/", 1);
    let unnamed = Cache::<u64, u64>::builder().ttl(MINUTE).tier(tier()).try_build();
    assert!(unnamed.unwrap_err().to_string().contains("set `name`"));
    let unkept = Cache::<u64, u64>::builder().name("unkept").tier(tier()).try_build();
    assert!(unkept.unwrap_err().to_string().contains("set `ttl`"));
}
