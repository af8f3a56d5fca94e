//! What is counted (S1), and that nothing is left in flight (M4).

use stampede::{Cache, stampede};
use stampede_tests::{assert_sums, on_both_flavours, soon, until};
use std::time::Duration;
use tokio::task::JoinSet;

#[stampede(ttl = "60s")]
async fn counted(id: u64) -> Result<u64, String> {
    tokio::task::yield_now().await;
    if id.is_multiple_of(2) { Ok(id) } else { Err("odd".to_owned()) }
}

#[tokio::test]
async fn calls_and_loads_are_counted_by_what_became_of_them() {
    // S1
    let (one, other) = tokio::join!(counted(2), counted(2));
    assert_eq!((one, other), (Ok(2), Ok(2)));
    assert_eq!(counted(2).await, Ok(2));
    assert!(counted(1).await.is_err());
    assert_eq!(counted::refresh(2).await, Ok(2));
    assert_eq!(counted::uncached(2).await, Ok(2));
    let _ = counted::peek(&2);
    let stats = counted::stats();
    assert_sums(&stats, 5);
    let expected = (1, 1, 3, 3, 2, 1, 1, 1);
    let Stats8(counts) = Stats8::from(&stats);
    assert_eq!(counts, expected, "{stats:?}");
}

/// hits, coalesced, leads, loads, `loads_ok`, `loads_err`, refreshes, entries
struct Stats8((u64, u64, u64, u64, u64, u64, u64, u64));

impl From<&stampede::Stats> for Stats8 {
    fn from(stats: &stampede::Stats) -> Self {
        Self((
            stats.hits,
            stats.coalesced,
            stats.leads,
            stats.loads,
            stats.loads_ok,
            stats.loads_err,
            stats.refreshes,
            stats.entries,
        ))
    }
}

on_both_flavours! {
    // S1, M4: with callers that leave, fail and panic, the sums hold at rest.
    async fn the_sums_hold_after_everything_at_once() {
        let cache: Cache<u64, u64, String> = Cache::builder().ttl(Duration::from_millis(1)).build();
        let mut calls = JoinSet::new();
        for call in 0..2_000_u64 {
            let cache = cache.clone();
            calls.spawn(async move {
                let load = move || async move {
                    for _ in 0..call % 5 {
                        tokio::task::yield_now().await;
                    }
                    match call % 7 {
                        0 => Err("seven".to_owned()),
                        1 => std::panic::panic_any(call),
                        _ => Ok(call),
                    }
                };
                tokio::select! {
                    biased;
                    _ = cache.try_get(call % 50, load) => {}
                    () = async { for _ in 0..call % 11 { tokio::task::yield_now().await; } } => {}
                }
                if call % 13 == 0 { cache.invalidate(&(call % 50)); }
                if call % 301 == 0 { cache.clear(); }
            });
        }
        while soon(calls.join_next()).await.is_some() {}
        until(|| cache.in_flight() == 0 && cache.stats().in_flight == 0).await;
        assert_sums(&cache.stats(), 2_000);
    }
}
