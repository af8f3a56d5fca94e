//! Expired entries are released in real time (M2, F1).
//!
//! In a process of its own, for there is one reaper thread in each; and without `test-util`, under which there is none.
#![cfg(not(feature = "test-util"))]

use stampede::Cache;
use std::{
    hash::{Hash, Hasher},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// The tests of this file run one after another: they look at the one reaper of the process, and at clocks.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until `condition` holds, for 20 s at most.
fn until(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(20), "what the test waits for does not happen");
        thread::sleep(Duration::from_millis(1));
    }
}

/// Whether the reaper thread is alive.
#[cfg(target_os = "linux")]
fn reaper_is_alive() -> bool {
    let threads = std::fs::read_dir("/proc/self/task").expect("a list of threads");
    let mut names =
        threads.flatten().filter_map(|thread| std::fs::read_to_string(thread.path().join("comm")).ok());
    names.any(|name| name.trim() == "stampede-reaper")
}

/// A cache of values of which each holds `value`, with `entries` of them.
fn filled(ttl: Duration, value: &Arc<()>, entries: u32) -> Cache<u32, Arc<()>> {
    let cache = Cache::builder().ttl(ttl).build();
    (0..entries).for_each(|key| cache.insert(key, Arc::clone(value)));
    cache
}

const HOUR: Duration = Duration::from_secs(3_600);

#[test]
fn expired_entries_go_without_being_asked_for() {
    // M2: no call, no runtime.
    let _alone = alone();
    let value = Arc::new(());
    let cache = filled(Duration::from_millis(200), &value, 10_000);
    until(|| Arc::strong_count(&value) == 1);
    assert_eq!(cache.len(), 0);
    until(|| cache.stats().expirations == 10_000);
}

#[test]
fn an_earlier_deadline_than_the_planned_one_is_not_missed() {
    // M2
    let _alone = alone();
    let value = Arc::new(());
    let cache = filled(HOUR, &value, 1);
    cache.insert_with_ttl(2, Arc::clone(&value), Duration::from_millis(50));
    until(|| cache.len() == 1);
    let other = filled(Duration::from_millis(50), &value, 10);
    until(|| other.is_empty());
}

#[test]
#[cfg(target_os = "linux")]
fn the_reaper_lives_while_something_can_expire() {
    // M2
    let _alone = alone();
    until(|| !reaper_is_alive());
    let value = Arc::new(());
    let forever = filled(Duration::MAX, &value, 1);
    assert!(!reaper_is_alive(), "what is kept for ever needs none");
    let short = filled(Duration::from_millis(200), &value, 1);
    until(reaper_is_alive);
    until(|| short.is_empty());
    until(|| !reaper_is_alive());
    // It comes back, and goes with the last cache that needs it, long before the deadline.
    let long = filled(HOUR, &value, 1);
    until(reaper_is_alive);
    drop(long);
    until(|| !reaper_is_alive());
    // The same for one entry that can expire in a cache whose others can't.
    let mostly_forever = filled(Duration::MAX, &value, 1);
    mostly_forever.insert_with_ttl(2, Arc::clone(&value), HOUR);
    until(reaper_is_alive);
    drop(mostly_forever);
    until(|| !reaper_is_alive());
    assert!(forever.peek(&0).is_some());
}

#[test]
fn a_value_is_never_fresh_for_longer_than_its_ttl_and_ten_milliseconds() {
    // F1: for a ttl that is read from the exact clock, and for one that is read from the coarse one.
    let _alone = alone();
    for ttl in [Duration::from_millis(20), Duration::from_millis(120)] {
        let mut served = Duration::MAX;
        // A thread may be paused between its look at the cache and its look at the clock; the best of some rounds counts.
        for _ in 0..5 {
            let cache: Cache<u8, u8> = Cache::builder().ttl(ttl).build();
            let start = Instant::now();
            cache.insert(1, 1);
            let mut last = Duration::ZERO;
            while cache.peek(&1).is_some() {
                last = start.elapsed();
            }
            assert!(start.elapsed() >= ttl, "never less than its ttl");
            served = served.min(last);
        }
        assert!(served <= ttl + Duration::from_millis(10), "served {served:?} after a ttl of {ttl:?}");
    }
}

/// A key whose hash is always the same.
#[derive(Clone, PartialEq, Eq)]
struct Colliding(u32);

impl Hash for Colliding {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u8(0);
    }
}

#[test]
fn entries_behind_a_lasting_one_of_the_same_hash_are_released() {
    // M2
    let _alone = alone();
    let cache: Cache<Colliding, u32> = Cache::builder().ttl(Duration::MAX).build();
    cache.insert(Colliding(0), 0);
    for key in 1..50 {
        cache.insert_with_ttl(Colliding(key), key, Duration::from_millis(50));
    }
    until(|| cache.len() == 1);
    assert_eq!(cache.peek(&Colliding(0)), Some(0));
}
