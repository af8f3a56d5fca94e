//! Where entries live: a lock-free map from keys to outputs, and the queue of their deadlines. No other module knows.
//!
//! Invariants:
//! - An entry is served only while it is revealed, `policy` says so, and (under `test-util`) it is of the reader's runtime.
//! - The outcome of a flight is put in unless the flight has been cut, in one step with the look at the entry that is there
//!   (I1, I2). Where there is none it is put in hidden, and revealed under the flight's lock unless that has been cut
//!   meanwhile. A hidden entry counts as absent; the flight is still in the table then, so nobody loads twice (C3).
//! - Outputs are copied under the map's guard, which blocks nobody (C4).

mod entry;
// Not called by the store yet.
#[allow(dead_code)]
mod eviction;
mod expiry;
pub(crate) mod reaper;

use crate::{
    clock::{NEVER, Ticks},
    flight::state::State,
    keyed::{ByHash, Identity, Keyed, Lookup},
    policy::{Decision, Lifetime, Windows},
    sharing::{Kept, Sharing},
};
use entry::Entry;
use equivalent::Equivalent;
use expiry::Expiry;
use papaya::{Compute, Guard, HashMap, Operation};
use std::{cell::Cell, ptr, time::Duration};

/// An entry that is served without waiting, or in place of an error.
#[derive(Debug)]
pub(crate) struct Found<O> {
    pub(crate) output: O,
    pub(crate) decision: Decision,
    /// How long ago its load ended.
    pub(crate) age: Duration,
}

/// The entries of one cache.
pub(crate) struct Store<K, O> {
    map: HashMap<Keyed<K>, Entry<O>, Identity>,
    expiry: Expiry,
    windows: Windows,
}

impl<K: Eq, O> Store<K, O> {
    pub(crate) fn new(windows: Windows) -> Self {
        Self { map: HashMap::with_hasher(Identity::default()), expiry: Expiry::default(), windows }
    }

    /// Copies the output of a key, if it is fresh.
    #[inline]
    pub(crate) fn get<Q>(&self, lookup: &Lookup<'_, Q>, now: Ticks, sharing: &Sharing<O>) -> Option<O>
    where
        Q: Equivalent<K> + ?Sized,
    {
        let guard = self.map.guard();
        let entry = self.map.get(lookup, &guard)?;
        entry.is_fresh(now).then(|| entry.kept.to_output(sharing))
    }

    /// Finds what a key can be served without waiting, stale or not.
    pub(crate) fn find<Q>(&self, lookup: &Lookup<'_, Q>, now: Ticks, sharing: &Sharing<O>) -> Option<Found<O>>
    where
        Q: Equivalent<K> + ?Sized,
    {
        let guard = self.map.guard();
        let entry = self.map.get(lookup, &guard)?;
        let decision = entry.decide(self.windows, now);
        decision.serves().then(|| Found {
            output: entry.kept.to_output(sharing),
            decision,
            age: entry.age(now),
        })
    }

    /// What a call does about the entry of a key.
    pub(crate) fn decide<Q>(&self, lookup: &Lookup<'_, Q>, now: Ticks) -> Decision
    where
        Q: Equivalent<K> + ?Sized,
    {
        let guard = self.map.guard();
        self.map.get(lookup, &guard).map_or(Decision::Load, |entry| entry.decide(self.windows, now))
    }

    /// Finds what stands in for the error of a load that ended at `now` (F3).
    pub(crate) fn cover(&self, key: &Keyed<K>, now: Ticks, sharing: &Sharing<O>) -> Option<Found<O>> {
        let guard = self.map.guard();
        let entry = self.map.get(&key.lookup(), &guard)?;
        let found =
            || Found { output: entry.kept.to_output(sharing), decision: Decision::Rest, age: entry.age(now) };
        entry.covers_error(self.windows, now).then(found)
    }

    /// Notes that the load of a flight that still owns its key has failed at `now`: an entry that can still be served stays
    /// as it is, and the source is left alone for a while (F3, F4). Tells whether there is one.
    pub(crate) fn fail(&self, key: &Keyed<K>, now: Ticks) -> bool {
        let guard = self.map.guard();
        let Some(entry) = self.map.get(&key.lookup(), &guard) else { return false };
        match entry.decide(self.windows, now) {
            Decision::Load => false,
            Decision::Serve => true,
            Decision::Revalidate | Decision::Rest | Decision::Attempt => {
                entry.fail(now);
                true
            }
        }
    }

    /// Stores what somebody put in by hand. Some if the reaper has to come earlier than it planned to; the same below.
    pub(crate) fn insert(&self, key: Keyed<K>, kept: Kept<O>, lifetime: Lifetime) -> Option<Ticks> {
        let hash = key.hash();
        let guard = self.map.guard();
        self.map.insert(key, Entry::new(lifetime, kept), &guard);
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
        let mut entry = Some(Entry::new(lifetime, kept));
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
        let Ok(entry) = self.map.try_insert(key, Entry::hidden(lifetime, kept), guard) else { return false };
        if flight.commit(|| entry.reveal(lifetime)) {
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
        removed.is_some_and(|entry| entry.decide(self.windows, now) != Decision::Load)
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
            let (expired, foreign) = self.remove_expired(hash, now);
            removed += expired;
            if foreign {
                self.expiry.postpone(hash, now);
            }
        }
        if removed > 0 {
            self.map.guard().flush();
        }
        self.expiry.weed(now, || self.deadlines());
        (removed, self.expiry.earliest())
    }

    fn note_deadline(&self, lifetime: Lifetime, hash: u64) -> Option<Ticks> {
        self.expiry.push(lifetime.gone_at, lifetime.from, hash, || self.map.len())
    }

    /// Removes the expired entries among those of one hash: of one key nearly always. A newer entry of the key has a deadline
    /// of its own in the queue. Tells how many those were, and whether one is left whose time another runtime keeps (F7).
    fn remove_expired(&self, hash: u64, now: Ticks) -> (u64, bool) {
        let guard = self.map.guard();
        let (mut removed, mut lasting) = (0, 0);
        let foreign = Cell::new(false);
        loop {
            let expired = |_: &_, entry: &Entry<O>| {
                foreign.set(foreign.get() || entry.is_foreign());
                entry.has_expired(self.windows, now)
            };
            match self.map.remove_if(&ByHash::behind(lasting, hash), expired, &guard) {
                Ok(Some(_)) => removed += 1,
                Ok(None) => return (removed, foreign.get()),
                Err(_) => lasting += 1,
            }
        }
    }

    /// The deadline and the hash of every entry that can expire.
    fn deadlines(&self) -> Vec<(Ticks, u64)> {
        let guard = self.map.guard();
        let entries = self.map.iter(&guard);
        entries
            .filter_map(|(key, entry)| Some((entry.gone_at(self.windows)?, key.hash())))
            .filter(|(gone_at, _)| *gone_at != NEVER)
            .collect()
    }
}
