//! Where entries live: a lock-free map from keys to outputs, and the queue of their deadlines. No other module knows.
//!
//! Invariants:
//! - An entry is served only while it is revealed, fresh, and (under `test-util`) of the reader's runtime.
//! - The outcome of a flight is put in unless the flight has been cut, in one step with the look at the entry that is there
//!   (I1, I2). Where there is none it is put in hidden, and revealed under the flight's lock unless that has been cut
//!   meanwhile. A hidden entry counts as absent; the flight is still in the table then, so nobody loads twice (C3).
//! - Outputs are copied under the map's guard, which blocks nobody (C4).

mod expiry;
pub(crate) mod reaper;

use crate::{
    clock::{self, Ticks},
    flight::state::State,
    keyed::{ByHash, Identity, Keyed, Lookup},
    policy::{self, Lifetime},
    sharing::{Kept, Sharing},
};
use equivalent::Equivalent;
use expiry::Expiry;
use papaya::{Compute, Guard, HashMap, Operation};
use std::{
    ptr,
    sync::atomic::{AtomicU64, Ordering},
};

/// The deadline of an entry that is not to be served yet.
const HIDDEN: Ticks = 0;

/// A stored outcome.
#[derive(Debug)]
pub(crate) struct Entry<O> {
    /// When it stops being fresh, or [`HIDDEN`].
    fresh_until: AtomicU64,
    kept: Kept<O>,
    #[cfg(feature = "test-util")]
    runtime: Option<tokio::runtime::Id>,
}

impl<O> Entry<O> {
    fn new(fresh_until: Ticks, kept: Kept<O>) -> Self {
        Self {
            fresh_until: AtomicU64::new(fresh_until),
            kept,
            #[cfg(feature = "test-util")]
            runtime: current_runtime(),
        }
    }

    #[inline]
    fn is_served(&self, now: Ticks) -> bool {
        self.is_of_this_clock() && policy::is_fresh(self.fresh_until.load(Ordering::Acquire), now)
    }

    /// Whether it may be removed. A hidden one is about to be revealed.
    fn has_expired(&self, now: Ticks) -> bool {
        let fresh_until = self.fresh_until.load(Ordering::Acquire);
        fresh_until != HIDDEN && self.is_of_this_clock() && !policy::is_fresh(fresh_until, now)
    }

    /// Two runtimes have two clocks; tests don't see each other's entries (F7).
    #[inline]
    #[cfg_attr(not(feature = "test-util"), allow(clippy::unused_self))]
    fn is_of_this_clock(&self) -> bool {
        #[cfg(feature = "test-util")]
        if let (Some(mine), Some(current)) = (self.runtime, current_runtime()) {
            return mine == current;
        }
        true
    }
}

#[cfg(feature = "test-util")]
fn current_runtime() -> Option<tokio::runtime::Id> {
    tokio::runtime::Handle::try_current().ok().map(|handle| handle.id())
}

/// The entries of one cache.
pub(crate) struct Store<K, O> {
    map: HashMap<Keyed<K>, Entry<O>, Identity>,
    expiry: Expiry,
}

impl<K: Eq, O> Store<K, O> {
    pub(crate) fn new() -> Self {
        Self { map: HashMap::with_hasher(Identity::default()), expiry: Expiry::default() }
    }

    /// Copies the output of a key, if it can be served.
    #[inline]
    pub(crate) fn get<Q>(&self, lookup: &Lookup<'_, Q>, now: Ticks, sharing: &Sharing<O>) -> Option<O>
    where
        Q: Equivalent<K> + ?Sized,
    {
        let guard = self.map.guard();
        let entry = self.map.get(lookup, &guard)?;
        entry.is_served(now).then(|| entry.kept.to_output(sharing))
    }

    /// Stores what somebody put in by hand. Some if the reaper has to come earlier than it planned to; the same below.
    pub(crate) fn insert(&self, key: Keyed<K>, kept: Kept<O>, lifetime: Lifetime) -> Option<Ticks> {
        let hash = key.hash();
        let guard = self.map.guard();
        self.map.insert(key, Entry::new(lifetime.fresh_until, kept), &guard);
        self.note_deadline(lifetime, hash)
    }

    /// Stores the outcome of a flight, which `copy` makes copies of, unless the flight has been cut from its key.
    pub(crate) fn insert_outcome<T>(
        &self,
        key: &Keyed<K>,
        copy: impl Fn() -> Kept<O>,
        lifetime: Lifetime,
        flight: &State<T>,
    ) -> Option<Ticks>
    where
        K: Clone,
    {
        let guard = self.map.guard();
        loop {
            let stored = match self.map.get(&key.lookup(), &guard) {
                Some(old) => self.replace(key.clone(), old, copy(), lifetime, flight, &guard),
                None => self.insert_first(key.clone(), copy(), lifetime, flight, &guard),
            };
            if stored {
                return self.note_deadline(lifetime, key.hash());
            }
            // Else the key has changed under our hands.
            if !flight.is_attached() {
                return None;
            }
        }
    }

    /// Puts an outcome in the place of `old`; false if that is not there any more, or the flight has been cut.
    ///
    /// The outcome is revealed at once: who cuts the flight removes or replaces the entry next. Either this comes first and
    /// goes with it, or it finds another entry than `old`.
    fn replace<T>(
        &self,
        key: Keyed<K>,
        old: &Entry<O>,
        kept: Kept<O>,
        lifetime: Lifetime,
        flight: &State<T>,
        guard: &impl Guard,
    ) -> bool {
        let mut entry = Some(Entry::new(lifetime.fresh_until, kept));
        // Only over an entry that is there: papaya's `compute` leaves its table too small for new keys.
        let over_old = |found: Option<(_, &Entry<O>)>| match entry.take() {
            Some(entry) if found.is_some_and(|(_, found)| ptr::eq(found, old)) && flight.is_attached() => {
                Operation::Insert(entry)
            }
            _ => Operation::Abort(()),
        };
        matches!(self.map.compute(key, over_old, guard), Compute::Updated { .. })
    }

    /// Puts an outcome in where there is none; false if there is one by now, or the flight has been cut.
    ///
    /// The outcome is hidden until the flight's lock is held: a cut may have found nothing to remove.
    fn insert_first<T>(
        &self,
        key: Keyed<K>,
        kept: Kept<O>,
        lifetime: Lifetime,
        flight: &State<T>,
        guard: &impl Guard,
    ) -> bool {
        let hash = key.hash();
        let Ok(entry) = self.map.try_insert(key, Entry::new(HIDDEN, kept), guard) else { return false };
        if flight.commit(|| entry.fresh_until.store(lifetime.fresh_until, Ordering::Release)) {
            return true;
        }
        self.remove_this(hash, entry, guard);
        false
    }

    /// Removes this entry and no other: it is protected by the guard, so its address is not used again.
    fn remove_this(&self, hash: u64, entry: &Entry<O>, guard: &impl Guard) {
        let mut others = 0;
        let is_this = |_: &_, found: &Entry<O>| ptr::eq(found, entry);
        while self.map.remove_if(&ByHash::behind(others, hash), is_this, guard).is_err() {
            others += 1;
        }
        guard.flush();
    }

    /// Removes the entry of a key; true if it could still have been served.
    pub(crate) fn remove<Q>(&self, lookup: &Lookup<'_, Q>, now: Ticks) -> bool
    where
        Q: Equivalent<K> + ?Sized,
    {
        let guard = self.map.guard();
        let removed = self.map.remove(lookup, &guard);
        guard.flush();
        removed.is_some_and(|entry| entry.is_served(now))
    }

    pub(crate) fn clear(&self) {
        let guard = self.map.guard();
        // In this order: an entry that comes in between may lose itself, but not its deadline alone.
        self.expiry.clear();
        self.map.clear(&guard);
        guard.flush();
    }

    pub(crate) fn len(&self) -> usize {
        self.map.len()
    }

    /// Removes what has expired by `now`; tells how many entries that were and when to come again (M2).
    pub(crate) fn sweep(&self, now: Ticks) -> (u64, Option<Ticks>) {
        let mut removed = 0;
        for hash in self.expiry.due(now) {
            removed += self.remove_expired(hash, now);
        }
        if removed > 0 {
            self.map.guard().flush();
        }
        self.expiry.weed(now, || self.deadlines());
        (removed, self.expiry.earliest())
    }

    fn note_deadline(&self, lifetime: Lifetime, hash: u64) -> Option<Ticks> {
        self.expiry.push(lifetime.fresh_until, lifetime.from, hash, || self.map.len())
    }

    /// Removes the expired entries among those of one hash: of one key nearly always. A newer entry of the key has a deadline
    /// of its own in the queue.
    fn remove_expired(&self, hash: u64, now: Ticks) -> u64 {
        let guard = self.map.guard();
        let (mut removed, mut lasting) = (0, 0);
        loop {
            let expired = |_: &_, entry: &Entry<O>| entry.has_expired(now);
            match self.map.remove_if(&ByHash::behind(lasting, hash), expired, &guard) {
                Ok(Some(_)) => removed += 1,
                Ok(None) => return removed,
                Err(_) => lasting += 1,
            }
        }
    }

    /// The deadline and the hash of every entry that can expire.
    fn deadlines(&self) -> Vec<(Ticks, u64)> {
        let guard = self.map.guard();
        let entries = self.map.iter(&guard);
        entries
            .map(|(key, entry)| (entry.fresh_until.load(Ordering::Acquire), key.hash()))
            .filter(|(fresh_until, _)| ![HIDDEN, clock::NEVER].contains(fresh_until))
            .collect()
    }
}
