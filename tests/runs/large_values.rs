//! Values of a mebibyte are dropped soon after they have left (M3): ten thousand of them, or a hundred thousand with
//! `STAMPEDE_RUNS=full`, go through a cache of a hundred, from two and from eight threads.

use stampede::Cache;
use stampede_tests::run_size;
use std::{
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    thread,
    time::{Duration, Instant},
};

const CAPACITY: usize = 100;
const MARGIN: usize = 64;

static ALIVE: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

/// A value that counts itself.
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

#[test]
fn large_values_are_dropped_soon_after_they_have_left() {
    let inserts = run_size(10_000, 100_000);
    for threads in [2, 8] {
        let cache: Cache<u64, Large> = Cache::builder().ttl(Duration::MAX).capacity(CAPACITY as u64).build();
        MOST.store(0, SeqCst);
        thread::scope(|scope| {
            for thread in 0..threads {
                let cache = &cache;
                scope.spawn(move || {
                    for round in 0..inserts / threads {
                        cache.insert(round * threads + thread, Large::new());
                    }
                });
            }
        });
        let most = MOST.load(SeqCst);
        println!("{inserts} inserts from {threads} threads: at most {most} values alive");
        assert!(most <= CAPACITY + MARGIN, "{most} values alive, with {threads} threads");
        let start = Instant::now();
        while ALIVE.load(SeqCst) > CAPACITY {
            assert!(start.elapsed() < Duration::from_secs(20), "{} values alive at rest", ALIVE.load(SeqCst));
            thread::yield_now();
        }
        assert_eq!((ALIVE.load(SeqCst), cache.len()), (CAPACITY, CAPACITY), "none is kept when idle");
        drop(cache);
        assert_eq!(ALIVE.load(SeqCst), 0);
    }
}
