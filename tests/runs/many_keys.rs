//! Arguments from outside can't fill the memory (M1, M4): a million distinct keys, or ten million with `STAMPEDE_RUNS=full`, go
//! through a cache of ten thousand.
#![cfg(target_os = "linux")]

use stampede::{Cache, Stats};
use stampede_tests::{assert_sums, resident_bytes, run_size};
use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

const CAPACITY: usize = 10_000;

/// Keys that one task asks for in a row.
const CHUNK: u64 = 10_000;

/// What malloc may need for itself. A byte for each of the keys would be more.
const ROOM: usize = 8 << 20;

#[test]
fn distinct_keys_neither_fill_the_cache_nor_the_memory() {
    let keys = run_size(1_000_000, 10_000_000);
    let cache: Cache<u64, u64> =
        Cache::builder().ttl(Duration::from_secs(60)).capacity(CAPACITY as u64).build();
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        let watcher = scope.spawn(|| longest(&cache, &ended));
        let (early, late) = call_with_each(&cache, keys);
        ended.store(true, Relaxed);
        let longest = watcher.join().expect("looking does not panic");
        println!("{keys} keys: len at most {longest}, {early} bytes resident early, at most {late} later");
        assert!(longest <= CAPACITY, "{longest} entries");
        assert!(longest > CAPACITY / 2, "{longest} entries: the cache was not full");
        assert!(late <= early + ROOM, "{late} bytes resident after {early}");
    });
    let stats: Stats = cache.stats();
    assert_sums(&stats, keys);
    assert_eq!(stats.loads_ok, keys);
    assert!(stats.evictions >= keys - CAPACITY as u64, "{stats:?}");
    // M4
    assert_eq!(cache.in_flight(), 0);
}

/// The most entries that were ever seen.
fn longest(cache: &Cache<u64, u64>, ended: &AtomicBool) -> usize {
    let mut longest = 0;
    while !ended.load(Relaxed) {
        longest = longest.max(cache.len());
        thread::sleep(Duration::from_micros(100));
    }
    longest
}

/// Calls from two workers. Returns the resident bytes after the first second, or the first tenth of the keys if that takes less,
/// and the most after that.
fn call_with_each(cache: &Cache<u64, u64>, keys: u64) -> (usize, usize) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .expect("two threads can be started");
    let start = Instant::now();
    let next = AtomicU64::new(0);
    let (mut early, mut late) = (0, 0);
    while next.load(Relaxed) < keys {
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let (cache, first) = (cache.clone(), next.fetch_add(CHUNK, Relaxed));
                runtime.spawn(async move {
                    for key in first..first + CHUNK {
                        assert_eq!(cache.get(key, move || async move { key }).await, key);
                    }
                })
            })
            .collect();
        for task in tasks {
            runtime.block_on(task).expect("calls do not panic");
        }
        let resident = resident_bytes();
        if next.load(Relaxed) <= keys / 10 && start.elapsed() <= Duration::from_secs(1) {
            early = resident;
        } else {
            late = late.max(resident);
        }
    }
    (early, late)
}
