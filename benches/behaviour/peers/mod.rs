//! The caches that are looked at, each behind the same trait.

mod cached_by_key;
mod cached_concurrent;
mod foyer;
mod moka;
mod quick_cache;
mod singleflight;
mod stampede;

use crate::job::{Job, Outcome};
use allocation_counter::measure;
use std::{future::Future, pin::Pin};
use tokio::runtime::Builder;

/// One way to memoize [`Job::perform`].
pub(crate) trait Peer: Sync {
    fn name(&self) -> &'static str;

    /// Does a job, or gets the outcome of an equal one.
    fn call(&self, job: Job) -> Pin<Box<dyn Future<Output = Outcome> + Send>>;

    /// How often a hit allocates whose arguments are a number and a text. None for those that store nothing.
    fn allocations_of_a_hit(&self) -> Option<u64>;
}

/// All of them; the last is the one that has targets to meet.
pub(crate) const ALL: [&dyn Peer; 7] = [
    &cached_by_key::ByKey,
    &cached_concurrent::Concurrent,
    &moka::Moka,
    &quick_cache::QuickCache,
    &foyer::Foyer,
    &singleflight::Singleflight,
    &stampede::Stampede,
];

/// Counts the allocations of one call that is answered from the cache.
fn allocations<F: Future>(call: impl Fn(u64, &'static str) -> F) -> u64 {
    const HITS: u64 = 1_000;
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime without workers");
    runtime.block_on(call(7, "en-GB"));
    let hits = async {
        for _ in 0..HITS {
            call(7, "en-GB").await;
        }
    };
    // Rounded: now and then a cache does housekeeping.
    (measure(|| runtime.block_on(hits)).count_total + HITS / 2) / HITS
}
