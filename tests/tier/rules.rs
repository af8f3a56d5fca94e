//! The engine's rules hold through the tier: callers that leave, loads that take too long, times that are drawn (X1, F5, T2, T6, T7).

use crate::{
    server::Server,
    sharing::{cache, call, get, member},
};
use stampede::{Cache, LoadTimeout, tier::Redis};
use stampede_tests::{End, Probe, soon, until};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::time::sleep;

const MINUTE: Duration = Duration::from_secs(60);

// X1: callers that leave stop no load, and its value is for all processes.
#[tokio::test]
async fn callers_that_leave_leave_their_load_to_the_fleet() {
    let server = Server::start();
    let (one, two) = (cache(member(&server.url(), 1)), cache(member(&server.url(), 2)));
    let gated = Probe::new(End::Value);
    let caller = call(&one, 7, &gated);
    until(|| gated.started() == 1).await;
    caller.abort();
    assert!(caller.await.is_err());
    let waiter = call(&two, 7, &Probe::open(End::Panic));
    until(|| two.stats().tier.waits == 1).await;
    gated.open_gate();
    assert_eq!(waiter.await.expect("it does not panic"), Ok(1));
    assert_eq!(one.peek(&7), Some(1));
}

// X1: one that waits for another process may leave too; nobody is kept waiting for it.
#[tokio::test]
async fn callers_that_leave_while_they_wait_take_no_lease_along() {
    let server = Server::start();
    let (one, two) = (cache(member(&server.url(), 1)), cache(member(&server.url(), 2)));
    let (gated, open) = (Probe::new(End::Error), Probe::open(End::Value));
    let leader = call(&one, 7, &gated);
    until(|| gated.started() == 1).await;
    let waiter = call(&two, 7, &open);
    until(|| two.stats().tier.waits == 1).await;
    waiter.abort();
    gated.open_gate();
    assert!(leader.await.expect("it does not panic").is_err());
    // Its flight goes on all the same, and this call joins it or finds its value.
    let start = Instant::now();
    assert_eq!(get(&two, 7, &open).await, Ok(1));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}: somebody kept the lease", start.elapsed());
    assert_eq!(open.started(), 1);
}

#[derive(Clone, Debug, PartialEq)]
enum Failure {
    Source(String),
    TooLong,
}

impl From<LoadTimeout> for Failure {
    fn from(_: LoadTimeout) -> Self {
        Self::TooLong
    }
}

fn limited(tier: Redis, limit: Duration) -> Cache<u64, u64, Failure> {
    Cache::builder().name("limited").ttl(MINUTE).load_timeout(limit).tier(tier).build()
}

async fn get_limited(cache: &Cache<u64, u64, Failure>, id: u64, probe: &Arc<Probe>) -> Result<u64, Failure> {
    let probe = Arc::clone(probe);
    soon(cache.try_get(id, move || async move { probe.load().await.map_err(Failure::Source) })).await
}

// T2: a load that takes too long gives its lease back at once; so does one that waits for another process.
#[tokio::test]
async fn a_load_that_takes_too_long_frees_the_other_processes() {
    let server = Server::start();
    let patient = limited(member(&server.url(), 1), MINUTE);
    let hasty = limited(member(&server.url(), 2), Duration::from_millis(200));
    let (stuck, open) = (Probe::new(End::Value), Probe::open(End::Value));
    assert_eq!(get_limited(&hasty, 7, &stuck).await, Err(Failure::TooLong));
    let start = Instant::now();
    assert_eq!(get_limited(&patient, 7, &open).await, Ok(1));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}: the lease lasts for 3 s", start.elapsed());

    let leader = tokio::spawn({
        let (patient, stuck) = (patient.clone(), Arc::clone(&stuck));
        async move { get_limited(&patient, 8, &stuck).await }
    });
    until(|| stuck.started() == 2).await;
    assert_eq!(get_limited(&hasty, 8, &open).await, Err(Failure::TooLong), "waiting counts");
    stuck.open_gate();
    assert_eq!(leader.await.expect("it does not panic"), Ok(2));
    assert_eq!(get_limited(&hasty, 8, &open).await, Ok(2));
}

// T7: the time of an entry is drawn once, and is the same in all processes.
#[tokio::test]
async fn jitter_is_drawn_once_for_all() {
    const TTL: Duration = Duration::from_secs(2);
    const KEYS: u64 = 30;
    let server = Server::start();
    let build = |number| -> Cache<u64, u64> {
        Cache::builder().name("jitter").ttl(TTL).jitter(0.9).tier(member(&server.url(), number)).build()
    };
    let (one, two) = (build(1), build(2));
    for id in 0..KEYS {
        assert_eq!(soon(one.get(id, move || async move { id })).await, id);
        assert_eq!(soon(two.get(id, move || async move { id })).await, id);
    }
    assert_eq!(two.stats().tier.hits, KEYS);
    let start = Instant::now();
    let mut ends: Vec<[Option<Duration>; 2]> = vec![[None; 2]; usize::try_from(KEYS).expect("few")];
    while ends.iter().flatten().any(Option::is_none) {
        assert!(start.elapsed() < 3 * TTL, "some never end: {ends:?}");
        for (id, ends) in (0..).zip(&mut ends) {
            for (cache, end) in [&one, &two].into_iter().zip(ends) {
                if end.is_none() && cache.peek(&id).is_none() {
                    *end = Some(start.elapsed());
                }
            }
        }
        sleep(Duration::from_millis(1)).await;
    }
    let ends: Vec<[Duration; 2]> = ends.into_iter().map(|pair| pair.map(Option::unwrap_or_default)).collect();
    for [here, there] in &ends {
        assert!(here.abs_diff(*there) < Duration::from_millis(300), "{ends:?}");
    }
    let (first, last) = (ends.iter().min(), ends.iter().max());
    let spread = last.zip(first).map(|(last, first)| last[0].saturating_sub(first[0]));
    assert!(spread > Some(Duration::from_millis(500)), "they end together: {ends:?}");
}

// T6: applications on one server have nothing to do with each other.
#[tokio::test]
async fn applications_share_nothing() {
    let server = Server::start();
    let of = |application: &str| {
        let tier = Redis::builder(server.url()).application(application).timeout(Duration::from_secs(1));
        cache(tier.build().expect("a URL"))
    };
    let (shop, depot) = (of("shop"), of("depot"));
    let probe = Probe::open(End::Value);
    assert_eq!(get(&shop, 7, &probe).await, Ok(1));
    assert_eq!(get(&depot, 7, &probe).await, Ok(2));
    until(|| server.values().len() == 2).await;
    depot.clear();
    assert_eq!(get(&depot, 7, &probe).await, Ok(3));
    assert_eq!(get(&of("shop"), 7, &probe).await, Ok(1));
    assert_eq!(shop.stats().tier.changes, 0);
}
