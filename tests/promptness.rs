//! Values that have left a cache are dropped soon (M3). In a process of its own: it is about all values that are alive.
#![cfg(not(feature = "test-util"))]

use stampede::Cache;
use std::{
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    thread,
    time::{Duration, Instant},
};

const CAPACITY: usize = 100;
const MARGIN: usize = 64;

static ALIVE: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

/// A value of a mebibyte that counts itself.
struct Large(Vec<u8>);

impl Large {
    fn new() -> Self {
        MOST.fetch_max(ALIVE.fetch_add(1, SeqCst) + 1, SeqCst);
        Self(vec![1; 1 << 20])
    }
}

impl Clone for Large {
    fn clone(&self) -> Self {
        let clone = Self::new();
        assert_eq!(clone.0.len(), self.0.len());
        clone
    }
}

impl Drop for Large {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, SeqCst);
    }
}

/// The most values that were ever alive while so many threads put in new keys and old ones.
fn most_alive(cache: &Cache<u64, Large>, threads: u64) -> usize {
    MOST.store(0, SeqCst);
    thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || {
                for round in 0..2_000 / threads {
                    cache.insert((round * 31 + thread) % 300, Large::new());
                }
            });
        }
    });
    MOST.load(SeqCst)
}

#[test]
fn values_that_have_left_are_dropped_soon() {
    // M3: from 2 and from 8 threads. One that is interrupted inside the map keeps all others' values from being dropped for as
    // long, so the best of some rounds counts.
    for threads in [2, 8] {
        let cache: Cache<u64, Large> = Cache::builder().ttl(Duration::MAX).capacity(CAPACITY as u64).build();
        let most = (0..5).map(|_| most_alive(&cache, threads)).min().unwrap_or_default();
        assert!(most <= CAPACITY + MARGIN, "{most} values alive, with {threads} threads");
        let start = Instant::now();
        while ALIVE.load(SeqCst) > CAPACITY {
            assert!(start.elapsed() < Duration::from_secs(20), "{} values alive at rest", ALIVE.load(SeqCst));
            thread::yield_now();
        }
        assert_eq!((ALIVE.load(SeqCst), cache.len()), (CAPACITY, CAPACITY), "none is kept when idle");
        cache.clear();
        assert_eq!(ALIVE.load(SeqCst), 0);
    }
}

static KEPT: AtomicUsize = AtomicUsize::new(0);

/// A small value that counts itself.
struct Small(#[expect(dead_code, reason = "so that it has something to drop")] Box<u64>);

impl Small {
    fn new() -> Self {
        KEPT.fetch_add(1, SeqCst);
        Self(Box::new(0))
    }
}

impl Clone for Small {
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        KEPT.fetch_sub(1, SeqCst);
    }
}

#[test]
fn who_takes_out_nothing_keeps_nothing() {
    // M3: threads that find no entry, while the map grows under the hands of others that take some out; and then are gone.
    for round in 0..300 {
        let cache: Cache<u64, Small> = Cache::builder().ttl(Duration::MAX).build();
        thread::scope(|scope| {
            let cache = &cache;
            for thread in 0..2 {
                scope.spawn(move || {
                    for key in 0..200 {
                        cache.insert(key * 2 + thread, Small::new());
                        cache.invalidate(&((key * 2 + thread) ^ 5));
                    }
                });
                scope.spawn(move || {
                    for key in 0..400 {
                        assert!(!cache.invalidate(&(key + 10_000)));
                    }
                });
            }
        });
        let start = Instant::now();
        while KEPT.load(SeqCst) > cache.len() {
            let left = KEPT.load(SeqCst) - cache.len();
            assert!(
                start.elapsed() < Duration::from_secs(20),
                "round {round}: {left} values are kept at rest"
            );
            thread::yield_now();
        }
    }
}
