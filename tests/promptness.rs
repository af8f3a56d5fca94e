//! Values that have left a cache are dropped soon (M3). In a process of its own: it is about all values that are alive.
#![cfg(not(feature = "test-util"))]

use stampede::Cache;
use stampede_tests::{Large, assert_keeps_no_others, field::lock};
use std::{
    sync::{
        Barrier, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

const CAPACITY: usize = 100;
const MARGIN: usize = 64;

/// The most values that were ever alive while so many threads put in new keys and old ones.
fn most_alive(cache: &Cache<u64, Large>, threads: u64) -> usize {
    Large::most_alive(|| {
        thread::scope(|scope| {
            for thread in 0..threads {
                scope.spawn(move || {
                    for round in 0..2_000 / threads {
                        cache.insert((round * 31 + thread) % 300, Large::new());
                    }
                });
            }
        });
    })
}

#[test]
fn values_that_have_left_are_dropped_soon() {
    // M3: from 2 and from 8 threads. One that is interrupted inside the map keeps all others' values from being dropped for as
    // long, so the best of some rounds counts.
    for threads in [2, 8] {
        let cache: Cache<u64, Large> = Cache::builder().ttl(Duration::MAX).capacity(CAPACITY as u64).build();
        let most = (0..5).map(|_| most_alive(&cache, threads)).min().unwrap_or_default();
        assert!(most <= CAPACITY + MARGIN, "{most} values alive, with {threads} threads");
        assert_keeps_no_others(&cache, CAPACITY);
        cache.clear();
        assert_eq!(Large::alive(), 0);
    }
}

/// Held by who counts small values.
static TURN: Mutex<()> = Mutex::new(());

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
fn a_large_map_keeps_no_more_while_it_grows() {
    // M3 at the default capacity, where a map grows in many steps. The best of some rounds counts, as above.
    const DEFAULT: usize = 65_536;
    let _turn = lock(&TURN);
    let most_alive = || {
        let cache: Cache<u64, Small> = Cache::builder().ttl(Duration::MAX).build();
        let most = AtomicUsize::new(0);
        thread::scope(|scope| {
            for thread in 0..2 {
                let (cache, most) = (&cache, &most);
                scope.spawn(move || {
                    for key in 0..90_000 {
                        cache.insert(key * 2 + thread, Small::new());
                        most.fetch_max(KEPT.load(SeqCst), SeqCst);
                    }
                });
            }
        });
        assert_eq!(cache.len(), DEFAULT);
        most.into_inner()
    };
    let most = (0..3).map(|_| most_alive()).min().unwrap_or_default();
    assert!(most <= DEFAULT + MARGIN, "{most} values alive");
}

#[test]
fn who_takes_out_nothing_keeps_nothing() {
    // M3: threads that find no entry, while the map grows under the hands of others that take some out; and then are gone.
    let _turn = lock(&TURN);
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

/// Where who copies a value waits, so that it stays inside the map: once it is there, and until it may leave.
static INSIDE: Barrier = Barrier::new(2);
static LEAVE: Barrier = Barrier::new(2);
/// Where it waits when it has left: it goes idle, and its thread stays.
static LEFT: Barrier = Barrier::new(2);

/// A value whose copies are made slowly if it is the marked one.
struct Slow {
    is_marked: bool,
    _counted: Small,
}

impl Clone for Slow {
    fn clone(&self) -> Self {
        if self.is_marked {
            INSIDE.wait();
            LEAVE.wait();
        }
        Self { is_marked: false, _counted: Small::new() }
    }
}

#[test]
fn who_only_reads_keeps_nothing() {
    // M3: a reader is inside while the map grows and values are taken out; it is the last to leave, and then idle.
    let _turn = lock(&TURN);
    for _ in 0..20 {
        // Small enough to be copied in one step.
        let cache: Cache<u64, Slow> = Cache::builder().ttl(Duration::MAX).build();
        put(&cache, READ);
        for round in 0..80 {
            read_and_leave_last(&cache, round);
        }
    }
}

/// The key of the marked value.
const READ: u64 = u64::MAX;

fn put(cache: &Cache<u64, Slow>, key: u64) {
    cache.insert(key, Slow { is_marked: key == READ, _counted: Small::new() });
}

fn read_and_leave_last(cache: &Cache<u64, Slow>, round: u64) {
    thread::scope(|scope| {
        scope.spawn(|| {
            assert!(cache.peek(&READ).is_some());
            LEFT.wait();
            LEFT.wait();
        });
        INSIDE.wait();
        for key in round * 10..round * 10 + 10 {
            put(cache, key);
            cache.invalidate(&(key.saturating_sub(3 + key % 3)));
        }
        LEAVE.wait();
        LEFT.wait();
        let (alive, stored) = (KEPT.load(SeqCst), cache.len());
        LEFT.wait();
        assert!(alive <= stored, "round {round}: {} values are kept at rest", alive - stored);
    });
}
