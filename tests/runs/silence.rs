//! When nobody calls any more, a cache gives back what has expired, and then nothing of it runs (M2): 250,000 entries of a second,
//! or a million with `STAMPEDE_RUNS=full`.
//!
//! Memory is what is allocated and not freed, in all threads. Whether the allocator gives it back to the system is its own affair.
//! What stays is the table of the map, nine bytes a slot, which gets smaller when calls come again.
#![cfg(target_os = "linux")]

use cap::Cap;
use stampede::Cache;
use stampede_tests::{resident_bytes, run_size};
use std::{
    alloc::System,
    fs, thread,
    time::{Duration, Instant},
};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// What is waited for after the last call.
const SILENCE: Duration = Duration::from_secs(5);

#[test]
fn silence_gives_the_memory_back_and_ends_the_reaper() {
    let entries: u64 = run_size(250_000, 1_000_000);
    let cache: Cache<u64, u64> = Cache::builder().ttl(Duration::from_secs(1)).capacity(2 * entries).build();
    let (live, resident) = (ALLOCATOR.allocated(), resident_bytes());
    // On a slow machine the first entries go while the last ones come.
    let mut most = 0;
    for key in 0..entries {
        cache.insert(key, key);
        if key % 1_000 == 0 {
            most = most.max(ALLOCATOR.allocated());
        }
    }
    let start = Instant::now();
    let full = most.saturating_sub(live);
    let full_resident = resident_bytes().saturating_sub(resident);
    println!("{entries} entries: at most {full} bytes live, {full_resident} resident at the end");
    assert!(full as u64 > 10 * entries, "{full} bytes: no entries were there");
    while !(cache.is_empty() && !reaper_is_alive()) {
        assert!(start.elapsed() < SILENCE, "{} entries, reaper {}", cache.len(), reaper_is_alive());
        thread::sleep(Duration::from_millis(1));
    }
    let (left, left_resident) =
        (ALLOCATOR.allocated().saturating_sub(live), resident_bytes().saturating_sub(resident));
    println!("{:?} later: {left} bytes live, {left_resident} resident", start.elapsed());
    assert_eq!(cache.stats().expirations, entries);
    assert!(left < full / 4, "{left} of {full} bytes are still live");
}

fn reaper_is_alive() -> bool {
    let threads = fs::read_dir("/proc/self/task").expect("a list of threads");
    let mut names =
        threads.flatten().filter_map(|thread| fs::read_to_string(thread.path().join("comm")).ok());
    names.any(|name| name.trim() == "stampede-reaper")
}
