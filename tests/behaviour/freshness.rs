//! Ttls under tokio's paused clock (F1, F7, M2).

use stampede::{Cache, stampede};
use stampede_tests::{just_before, unique};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::time::{advance, sleep};

const TTL: Duration = Duration::from_secs(5);

/// A cache of this ttl, and a load that takes ten seconds and counts itself.
fn counted(ttl: Duration) -> (Cache<u8, u64>, impl AsyncFn() -> u64) {
    let cache = Cache::builder().ttl(ttl).build();
    let loads = Arc::new(AtomicU64::new(0));
    let of_calls = Cache::clone(&cache);
    let call = async move || {
        let loads = Arc::clone(&loads);
        of_calls
            .get(1, || async move {
                sleep(Duration::from_secs(10)).await;
                loads.fetch_add(1, SeqCst) + 1
            })
            .await
    };
    (cache, call)
}

#[tokio::test(start_paused = true)]
async fn an_entry_is_fresh_for_its_ttl_from_the_end_of_the_load() {
    // F1
    let (cache, call) = counted(TTL);
    assert_eq!(call().await, 1);
    advance(just_before(TTL)).await;
    assert_eq!(call().await, 1);
    assert_eq!(cache.peek(&1), Some(1));
    advance(Duration::from_nanos(1)).await;
    assert_eq!(cache.peek(&1), None);
    assert_eq!(call().await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_ttl_may_be_longer_than_time() {
    // F1: no arithmetic on durations overflows.
    for ttl in [Duration::MAX, just_before(Duration::MAX), Duration::from_nanos(u64::MAX)] {
        let (_cache, call) = counted(ttl);
        assert_eq!(call().await, 1);
        advance(Duration::from_secs(100 * 365 * 86_400)).await;
        assert_eq!(call().await, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_ttl_of_zero_stores_nothing() {
    // C5
    let (cache, call) = counted(Duration::ZERO);
    assert_eq!((call().await, call().await), (1, 2));
    assert_eq!(cache.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_inserted_value_has_its_own_ttl() {
    let (cache, call) = counted(TTL);
    cache.insert_with_ttl(1, 77, TTL * 2);
    advance(just_before(TTL * 2)).await;
    assert_eq!(call().await, 77);
    advance(Duration::from_nanos(1)).await;
    assert_eq!(call().await, 1);
    cache.insert_with_ttl(1, 78, Duration::ZERO);
    assert_eq!(cache.peek(&1), None, "zero stores nothing and removes what was there");
}

#[tokio::test(start_paused = true)]
async fn expired_entries_are_released() {
    // M2: under `test-util` calls sweep.
    let cache: Cache<u32, Arc<()>> = Cache::builder().ttl(TTL).build();
    let value = Arc::new(());
    for key in 0..1_000 {
        cache.insert(key, Arc::clone(&value));
    }
    assert_eq!(cache.len(), 1_000);
    advance(TTL * 2).await;
    assert_eq!(cache.len(), 0);
    assert_eq!(Arc::strong_count(&value), 1, "the values are dropped");
    assert_eq!(cache.stats().expirations, 1_000);
}

#[tokio::test(start_paused = true)]
async fn a_renewed_entry_is_released_at_its_new_deadline() {
    // M2
    let cache: Cache<u32, u32> = Cache::builder().ttl(TTL).build();
    cache.insert(1, 1);
    for _ in 0..5 {
        advance(just_before(TTL)).await;
        cache.insert(1, 1);
        assert_eq!((cache.len(), cache.peek(&1)), (1, Some(1)));
    }
    advance(TTL * 2).await;
    assert_eq!(cache.len(), 0);
}

static LOADS: AtomicU64 = AtomicU64::new(0);

const FROM_A_CONST: Duration = Duration::from_secs(7);

#[stampede(ttl = FROM_A_CONST)]
async fn counted_by_const(id: u64) -> u64 {
    let _ = id;
    LOADS.fetch_add(1, SeqCst)
}

#[tokio::test(start_paused = true)]
async fn a_ttl_may_be_a_path_to_a_const() {
    let id = unique();
    let first = counted_by_const(id).await;
    advance(just_before(FROM_A_CONST)).await;
    assert_eq!(counted_by_const(id).await, first);
    advance(Duration::from_nanos(1)).await;
    assert_ne!(counted_by_const(id).await, first);
}

#[test]
fn a_runtime_does_not_see_the_entries_of_another() {
    // F7
    let cache: Cache<u8, u8> = Cache::builder().ttl(TTL).build();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (one, other) = (runtime(), runtime());
    one.block_on(async { cache.insert(1, 1) });
    assert_eq!(one.block_on(async { cache.peek(&1) }), Some(1));
    assert_eq!(other.block_on(async { cache.peek(&1) }), None);
    assert_eq!(other.block_on(async { cache.get(1, || async { 2 }).await }), 2);
}

#[tokio::test(start_paused = true)]
async fn real_time_does_not_move_a_paused_ttl() {
    // F7, M2: no thread sweeps by another clock.
    let cache: Cache<u8, u8> = Cache::builder().ttl(Duration::from_millis(10)).build();
    cache.insert(1, 1);
    std::thread::sleep(Duration::from_millis(60));
    assert_eq!((cache.peek(&1), cache.stats().expirations), (Some(1), 0));
}

#[test]
fn entries_of_a_runtime_survive_the_sweeps_of_another() {
    // F7, M2
    let cache: Cache<u8, u8> = Cache::builder().ttl(TTL).build();
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(true).build().expect("a runtime")
    };
    let (one, other) = (runtime(), runtime());
    one.block_on(async { cache.insert(1, 1) });
    other.block_on(async {
        advance(TTL * 4).await;
        assert_eq!(cache.len(), 1);
    });
    assert_eq!(one.block_on(async { cache.peek(&1) }), Some(1));
    one.block_on(async {
        advance(TTL * 20).await;
        assert_eq!(cache.len(), 0);
    });
}
