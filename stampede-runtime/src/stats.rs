//! What a cache has done, counted without making threads wait for each other (S1).
//!
//! Invariants:
//! - A stripe is written by one thread at a time, with a load and a store instead of a locked instruction. Threads own stripe
//!   numbers for their lifetime; a number is handed on under a mutex, so the next owner sees the last one's counts.
//! - Threads beyond the number of stripes share the last one and add to it atomically.

use crate::sync::{Mutex, lock};
use std::{
    cell::Cell,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread::available_parallelism,
};

/// What a cache has done since it was built.
///
/// A plain copy of the counters at one moment. While calls are running the counters may be read between two steps of a call;
/// when the cache is at rest these sums hold:
///
/// - every call is one of `hits`, `stale`, `coalesced`, `leads` (a call of the uncached function is none);
/// - `loads` = `loads_ok` + `loads_err` + `loads_panicked` + `loads_abandoned` + `in_flight`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Calls that were answered by a fresh entry.
    pub hits: u64,
    /// Calls that were answered by a stale entry, without waiting.
    pub stale: u64,
    /// Calls that joined a flight.
    pub coalesced: u64,
    /// Calls that started a flight.
    pub leads: u64,
    /// Loads that were started.
    pub loads: u64,
    /// Loads that ended in a value (`Ok`, for a `Result`).
    pub loads_ok: u64,
    /// Loads that ended in an `Err`, or took longer than they may.
    pub loads_err: u64,
    /// Loads that panicked.
    pub loads_panicked: u64,
    /// Loads that were dropped before they ended: their runtime shut down, or their last caller left them.
    pub loads_abandoned: u64,
    /// Loads that have not ended yet.
    pub in_flight: u64,
    /// Loads that were started although an entry may have been there: by `refresh`, or in the background.
    pub refreshes: u64,
    /// Entries removed to make room.
    pub evictions: u64,
    /// Entries removed because their time was over.
    pub expirations: u64,
    /// Entries in the cache now, expired ones that wait for their removal included.
    pub entries: u64,
    /// What the cache has done with its tier.
    #[cfg(feature = "redis")]
    pub tier: crate::tier::TierStats,
}

impl Stats {
    /// The sums of two caches' counters.
    pub(crate) fn plus(self, other: &Self) -> Self {
        Self {
            hits: self.hits + other.hits,
            stale: self.stale + other.stale,
            coalesced: self.coalesced + other.coalesced,
            leads: self.leads + other.leads,
            loads: self.loads + other.loads,
            loads_ok: self.loads_ok + other.loads_ok,
            loads_err: self.loads_err + other.loads_err,
            loads_panicked: self.loads_panicked + other.loads_panicked,
            loads_abandoned: self.loads_abandoned + other.loads_abandoned,
            in_flight: self.in_flight + other.in_flight,
            refreshes: self.refreshes + other.refreshes,
            evictions: self.evictions + other.evictions,
            expirations: self.expirations + other.expirations,
            entries: self.entries + other.entries,
            #[cfg(feature = "redis")]
            tier: self.tier.plus(&other.tier),
        }
    }
}

/// One of the counted events; its value is its place in a stripe.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    Hit,
    Stale,
    Coalesced,
    Lead,
    Load,
    LoadOk,
    LoadErr,
    LoadPanicked,
    LoadAbandoned,
    Refresh,
    Expiration,
}

const EVENTS: usize = Event::Expiration as usize + 1;

/// The counters of one thread, alone on their cache lines (adjacent lines are fetched in pairs, hence 128).
#[derive(Debug, Default)]
#[repr(align(128))]
struct Stripe([AtomicU64; EVENTS]);

/// The counters of one cache.
#[derive(Debug)]
pub(crate) struct Counters {
    owned: Box<[Stripe]>,
    shared: Stripe,
}

impl Counters {
    pub(crate) fn new() -> Self {
        Self { owned: (0..*STRIPES).map(|_| Stripe::default()).collect(), shared: Stripe::default() }
    }

    #[inline]
    pub(crate) fn count(&self, event: Event) {
        let number = NUMBER.get();
        match self.owned.get(number) {
            Some(stripe) => {
                let counter = &stripe.0[event as usize];
                counter.store(counter.load(Relaxed).wrapping_add(1), Relaxed);
            }
            None => self.count_slow(event, number),
        }
    }

    #[cold]
    fn count_slow(&self, event: Event, number: usize) {
        if number == UNASSIGNED {
            let owner = OWNER.try_with(|owner| owner.0).unwrap_or(SHARED);
            NUMBER.set(owner);
            self.count(event);
        } else {
            self.shared.0[event as usize].fetch_add(1, Relaxed);
        }
    }

    fn sum(&self, event: Event) -> u64 {
        let stripes = self.owned.iter().chain([&self.shared]);
        stripes.map(|stripe| stripe.0[event as usize].load(Relaxed)).fold(0, u64::wrapping_add)
    }

    pub(crate) fn snapshot(&self, entries: usize, evictions: u64) -> Stats {
        let ended = [Event::LoadOk, Event::LoadErr, Event::LoadPanicked, Event::LoadAbandoned];
        let [loads_ok, loads_err, loads_panicked, loads_abandoned] = ended.map(|event| self.sum(event));
        // Read after the ends: a load that starts and ends meanwhile must not make the difference negative.
        let loads = self.sum(Event::Load);
        Stats {
            hits: self.sum(Event::Hit),
            stale: self.sum(Event::Stale),
            coalesced: self.sum(Event::Coalesced),
            leads: self.sum(Event::Lead),
            loads,
            loads_ok,
            loads_err,
            loads_panicked,
            loads_abandoned,
            in_flight: loads.saturating_sub(loads_ok + loads_err + loads_panicked + loads_abandoned),
            refreshes: self.sum(Event::Refresh),
            evictions,
            expirations: self.sum(Event::Expiration),
            entries: entries as u64,
            #[cfg(feature = "redis")]
            tier: crate::tier::TierStats::default(),
        }
    }
}

/// The number of a thread that has counted nothing yet.
const UNASSIGNED: usize = usize::MAX;
/// The number of a thread that owns no stripe.
const SHARED: usize = usize::MAX - 1;

/// Stripes in every cache: enough for the workers of a runtime or two; blocking threads that come and go may share.
static STRIPES: LazyLock<usize> =
    LazyLock::new(|| (2 * available_parallelism().map_or(4, usize::from)).next_power_of_two().max(8));

/// The stripe numbers that no living thread owns, the lowest at the end.
static FREE: LazyLock<Mutex<Vec<usize>>> = LazyLock::new(|| Mutex::new((0..*STRIPES).rev().collect()));

thread_local! {
    // Apart from its owner, so that a hit reads a plain cell without asking whether a destructor has run.
    static NUMBER: Cell<usize> = const { Cell::new(UNASSIGNED) };
    static OWNER: Owner = Owner(lock(&FREE).pop().unwrap_or(SHARED));
}

/// Gives the thread's stripe number back when the thread ends.
struct Owner(usize);

impl Drop for Owner {
    fn drop(&mut self) {
        NUMBER.set(SHARED);
        if self.0 != SHARED {
            lock(&FREE).push(self.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::Arc, thread};

    #[test]
    fn no_count_is_lost_when_threads_come_and_go() {
        // S1: more threads than stripes, alive at the same time and one after another.
        let counters = Arc::new(Counters::new());
        for _ in 0..20 {
            let threads: Vec<_> = (0..*STRIPES + 9)
                .map(|_| {
                    let counters = Arc::clone(&counters);
                    thread::spawn(move || (0..1_000).for_each(|_| counters.count(Event::Hit)))
                })
                .collect();
            for thread in threads {
                thread.join().expect("counting does not panic");
            }
        }
        assert_eq!(counters.snapshot(0, 0).hits, 20 * (*STRIPES as u64 + 9) * 1_000);
    }
}
