//! How much a cache holds, and what becomes of the rest (M1, M3, S1).

use stampede::{Cache, RemovalCause, stampede};
use stampede_tests::unique;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

const TTL: Duration = Duration::from_secs(600);

#[test]
fn there_are_never_more_entries_than_the_capacity() {
    // M1: from several threads, looked at all the time.
    for (capacity, threads) in [(1, 4), (7, 2), (100, 4), (1_000, 2)] {
        let cache: Cache<u64, u64> = Cache::builder().ttl(TTL).capacity(capacity).build();
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            let watcher = scope.spawn(|| {
                let mut looks = 0_u64;
                while !done.load(SeqCst) {
                    let len = cache.len();
                    assert!(len as u64 <= capacity, "{len} entries of {capacity}");
                    looks += 1;
                }
                looks
            });
            let writers: Vec<_> = (0..threads)
                .map(|thread| {
                    let cache = &cache;
                    scope.spawn(move || {
                        for key in 0..5_000 {
                            cache.insert(key * threads + thread, key);
                            if key % 7 == 0 {
                                cache.invalidate(&(key * threads + thread));
                            }
                        }
                    })
                })
                .collect();
            for writer in writers {
                writer.join().expect("no panic");
            }
            done.store(true, SeqCst);
            assert!(watcher.join().expect("never too many") > 0);
        });
        let stats = cache.stats();
        assert!(stats.evictions > 0 && stats.entries <= capacity, "{stats:?}");
    }
}

#[tokio::test]
async fn loads_fill_a_cache_to_its_capacity_and_leave_no_flight() {
    // M1, M4
    let cache: Cache<u64, u64> = Cache::builder().ttl(TTL).capacity(50).build();
    for key in 0..1_000 {
        assert_eq!(cache.get(key, move || async move { key }).await, key);
        assert!(cache.len() <= 50);
    }
    assert_eq!((cache.len(), cache.in_flight(), cache.stats().evictions), (50, 0, 950));
}

#[tokio::test]
async fn a_load_that_has_been_cut_pushes_nothing_out() {
    // I1, M1: what will not be stored needs no room.
    let told = Arc::<Mutex<Vec<_>>>::default();
    let cache: Cache<u64, u64> = {
        let told = Arc::clone(&told);
        let listen = move |key: &u64, _: &u64, cause| told.lock().expect("no panic").push((*key, cause));
        Cache::builder().ttl(TTL).capacity(1).on_removal(listen).build()
    };
    cache.insert(1, 1);
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let load = {
        let gate = Arc::clone(&gate);
        || async move { gate.acquire().await.map_or(0, |_| 2) }
    };
    let mut call = Box::pin(cache.get(2, load));
    assert!(futures::poll!(&mut call).is_pending());
    assert!(cache.invalidate(&2));
    gate.add_permits(1);
    assert_eq!(call.await, 2);
    assert_eq!((cache.peek(&1), cache.stats().evictions), (Some(1), 0));
    assert_eq!(*told.lock().expect("no panic"), []);
}

#[tokio::test]
async fn a_capacity_of_zero_coalesces_only() {
    let cache: Cache<u64, u64> = Cache::builder().ttl(TTL).capacity(0).build();
    assert_eq!(cache.get(1, || async { 1 }).await, 1);
    assert_eq!(cache.get(1, || async { 2 }).await, 2);
    cache.insert(1, 3);
    assert_eq!((cache.peek(&1), cache.len()), (None, 0));
}

#[test]
fn a_scan_does_not_push_out_what_is_used() {
    let cache: Cache<u64, u64> = Cache::builder().ttl(TTL).capacity(100).build();
    let hot: Vec<u64> = (0..50).collect();
    let use_hot = || hot.iter().filter(|key| cache.peek(*key).is_some()).count();
    for key in &hot {
        cache.insert(*key, 0);
    }
    for scanned in 1_000..5_000 {
        if scanned % 10 == 0 {
            use_hot();
        }
        cache.insert(scanned, 0);
    }
    assert!(use_hot() >= 48, "{} of 50 are left", use_hot());
}

#[stampede(ttl = "10m", capacity = 10)]
async fn ten(id: u64) -> u64 {
    id
}

const SEVEN: u64 = 7;

#[stampede(ttl = "10m", capacity = SEVEN)]
async fn seven(id: u64) -> u64 {
    id
}

#[stampede(ttl = "10m", capacity = "unbounded")]
async fn unbounded(id: u64) -> u64 {
    id
}

#[stampede(ttl = "10m")]
async fn bounded_by_default(id: u64) -> u64 {
    id
}

#[tokio::test]
async fn the_attribute_bounds_its_cache() {
    for id in 0..100 {
        assert_eq!((ten(id).await, seven(id).await), (id, id));
    }
    assert_eq!((ten::cache().len(), seven::cache().len()), (10, 7));
    assert_eq!((unbounded(0).await, bounded_by_default(0).await), (0, 0));
    for id in 1..70_000 {
        unbounded::insert(id, id);
        bounded_by_default::insert(id, id);
    }
    assert_eq!((unbounded::cache().len(), bounded_by_default::cache().len()), (70_000, 65_536));
}

#[test]
fn weights_are_bounded_in_total() {
    let cache: Cache<u64, Vec<u8>> = Cache::builder()
        .ttl(TTL)
        .capacity(1_000)
        .weigher(|_, value: &Vec<u8>| u32::try_from(value.len()).expect("short"))
        .build();
    let weight = |keys: std::ops::Range<u64>| -> usize {
        keys.filter_map(|key| cache.peek(&key)).map(|value| value.len()).sum()
    };
    for key in 0..100 {
        cache.insert(key, vec![0; 100]);
        assert!(weight(0..100) <= 1_000);
    }
    assert_eq!(cache.len(), 10);
    cache.insert(200, vec![0; 1_001]);
    assert_eq!(cache.peek(&200), None, "too heavy by itself");
    // Another value of a key weighs anew.
    for length in [1, 900, 10, 1_000] {
        cache.insert(300, vec![0; length]);
        assert_eq!(cache.peek(&300).map(|value| value.len()), Some(length));
        assert!(weight(0..301) <= 1_000);
    }
    cache.insert(300, vec![0; 2_000]);
    assert_eq!((cache.peek(&300), cache.len()), (None, 0), "the old value has been replaced by nothing");
}

#[test]
fn a_value_that_gives_way_to_one_too_heavy_is_dropped_at_once() {
    // M3
    let cache: Cache<u64, Arc<u32>> =
        Cache::builder().ttl(TTL).capacity(100).weigher(|_, value: &Arc<u32>| **value).build();
    let value = Arc::new(1);
    cache.insert(1, Arc::clone(&value));
    cache.insert(1, Arc::new(101));
    assert_eq!((cache.peek(&1), Arc::strong_count(&value)), (None, 1));
}

type Log = Arc<Mutex<Vec<(u64, u64, RemovalCause)>>>;

#[test]
fn a_listener_is_told_of_every_value_that_leaves_and_why() {
    let log = Log::default();
    let sorted = || {
        let mut log = std::mem::take(&mut *log.lock().expect("no panic"));
        log.sort_by_key(|(key, value, _)| (*key, *value));
        log
    };
    let cache: Cache<u64, u64> = Cache::builder()
        .ttl(TTL)
        .capacity(3)
        .on_removal({
            let log = Arc::clone(&log);
            move |key, value, cause| log.lock().expect("no panic").push((*key, *value, cause))
        })
        .build();
    cache.insert(1, 10);
    cache.insert(1, 11);
    assert_eq!(sorted(), [(1, 10, RemovalCause::Replaced)]);
    assert!(cache.invalidate(&1));
    assert_eq!(sorted(), [(1, 11, RemovalCause::Invalidated)]);
    for key in 0..4 {
        cache.insert(key, key);
    }
    let evicted = sorted();
    assert_eq!((evicted.len(), evicted[0].2), (1, RemovalCause::Capacity));
    cache.clear();
    let cleared = sorted();
    assert!(cleared.len() == 3 && cleared.iter().all(|(.., cause)| *cause == RemovalCause::Invalidated));
    assert_eq!(cache.len(), 0);
}

#[test]
fn a_listener_may_call_its_cache_and_panic() {
    // C4
    let home: Arc<Mutex<Option<Cache<u64, u64>>>> = Arc::default();
    let calls = Arc::new(AtomicUsize::new(0));
    let cache: Cache<u64, u64> = Cache::builder()
        .ttl(TTL)
        .capacity(2)
        .on_removal({
            let (home, calls) = (Arc::clone(&home), Arc::clone(&calls));
            move |key, _, _| {
                let cache = home.lock().expect("no panic under this lock").clone().expect("it is set");
                cache.peek(key);
                if *key < 1_000 {
                    cache.insert(1_000 + key, 0);
                    cache.invalidate(&(1_000 + key));
                }
                assert!(!calls.fetch_add(1, SeqCst).is_multiple_of(3), "a listener that panics");
            }
        })
        .build();
    *home.lock().expect("no panic") = Some(cache.clone());
    for key in 0..50 {
        cache.insert(key, key);
    }
    assert!(cache.len() <= 2 && calls.load(SeqCst) >= 48);
    *home.lock().expect("no panic") = None;
}

#[tokio::test]
async fn a_weigher_that_panics_costs_the_entry_and_not_the_value() {
    // C4
    let cache: Cache<u64, u64> =
        Cache::builder().ttl(TTL).weigher(|_, _| panic!("a weigher that panics")).build();
    let key = unique();
    assert_eq!(cache.get(key, || async { 7 }).await, 7);
    assert_eq!((cache.peek(&key), cache.in_flight(), cache.len()), (None, 0, 0));
}
