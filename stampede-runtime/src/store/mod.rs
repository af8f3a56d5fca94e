//! Where entries live: a lock-free map from keys to outputs, and the queue of their deadlines. No other module knows.
//!
//! Invariants:
//! - An entry is served only while it is revealed, `policy` says so, and (under `test-util`) it is of the reader's runtime.
//! - The outcome of a flight is put in unless the flight has been cut, in one step with the look at the entry that is there
//!   (I1, I2). Where there is none it is put in hidden, and revealed unless the flight has been cut before that: who cuts it
//!   later removes it. A hidden entry counts as absent; the flight is still in the table then, or the key claimed, so nobody loads twice (C3).
//! - There are never more entries than the bound allows: one is admitted before it is put in, and its ticket is given back
//!   after it has been taken out (M1, `admission.rs`).
//! - What has been taken out is dropped soon: writers help, and wait a little if much is left (M3, `retired.rs`).
//! - Outputs are copied under the map's guard, which blocks nobody (C4). Listeners and weighers run under no lock.

mod admission;
mod bounds;
mod chunked;
mod entry;
mod eviction;
mod expiry;
pub(crate) mod reaper;
mod retired;

pub(crate) use bounds::Bounds;
pub use bounds::{DEFAULT_CAPACITY, RemovalCause};

use crate::{
    clock::{self, NEVER, Ticks},
    flight::state::Cabin,
    keyed::{AnyLookup, ByHash, FirstByHash, Identity, Keyed, Lookup},
    policy::{Decision, Lifetime, Windows},
    sharing::{Kept, Sharing},
};
use admission::Admissions;
use entry::Entry;
use equivalent::Equivalent;
use expiry::Expiry;
use papaya::{Compute, Guard, HashMap, Operation, ResizeMode};
use retired::Leaving;
use std::{cell::Cell, mem, ptr, time::Duration};

/// An entry that is served without waiting, or in place of an error.
#[derive(Debug)]
pub(crate) struct Found<O> {
    pub(crate) output: O,
    pub(crate) decision: Decision,
    /// How long ago its load ended.
    pub(crate) age: Duration,
}

/// What a look at a key brings.
#[derive(Debug)]
pub(crate) enum Sight<O> {
    /// There is no entry.
    Nothing,
    /// There is one that can't be served without waiting.
    Unserved,
    Served(Found<O>),
}

/// Who brings the outcome of a load: a flight, or a claim.
pub(crate) trait Owner {
    /// Whether it still owns its key.
    fn is_attached(&self) -> bool;

    /// Whether what it has brought, and has put where a cut finds it, may be shown.
    fn commit(&self) -> bool;
}

impl Owner for Cabin {
    fn is_attached(&self) -> bool {
        Self::is_attached(self)
    }

    fn commit(&self) -> bool {
        Self::commit(self)
    }
}

/// The entries of one cache.
pub(crate) struct Store<K, O> {
    map: HashMap<Keyed<K>, Entry<O>, Identity>,
    expiry: Expiry,
    windows: Windows,
    admissions: Option<Admissions>,
    bounds: Bounds<K, O>,
}

/// What [`Store::get`] has not found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoHit {
    pub(crate) hash: u64,
    /// Whether there is nothing fresh. If not, another key has this hash.
    pub(crate) is_known: bool,
}

/// By one in so many insertions the tables are released that the map has grown out of. Which one, the hash says: nothing has
/// to be counted.
const TABLES: u64 = 1_024;

/// One in so many insertions looks whether the map has two places for each entry. The hash says which one, as above.
const SPARSE: u64 = 64;

/// A map of no more entries than these is grown before it is crowded. It is copied at once then, which must not take long.
const FEW: usize = 16_384;

/// So many places of its old table a map copies in one step when it has to grow. What is taken out meanwhile is not dropped before
/// the old table is, so there must not be many steps (M3); and a call must not wait long for one.
const COPIED: usize = 4_096;

/// What became of an attempt to put an outcome in.
enum Attempt<O> {
    Stored,
    /// It is not to be stored.
    Refused,
    /// The key has changed under our hands: the outcome is given back, if it could be saved.
    Again(Option<Kept<O>>),
}

impl<K: Eq + Clone, O> Store<K, O> {
    pub(crate) fn new(windows: Windows, bounds: Bounds<K, O>) -> Self {
        Self {
            map: HashMap::builder()
                .hasher(Identity::default())
                .resize_mode(ResizeMode::Incremental(COPIED))
                .build(),
            expiry: Expiry::default(),
            windows,
            admissions: bounds.capacity.map(|capacity| Admissions::new(capacity, bounds.weigh.is_some())),
            bounds,
        }
    }

    /// Copies the output of a key, if it is fresh. Then `found` is run, before the map is left: what is done after that waits for it.
    ///
    /// The first entry of its hash is nearly always the one. So keys are compared once and outside of the search, which then is the
    /// same for all forms of keys, and has the registers that a call would take from it. Of two keys of a hash one may be overlooked
    /// while the map grows: who goes on after that looks again, by the key (C3).
    ///
    /// # Errors
    ///
    /// If it is not fresh; and if it is not known, because another key has the same hash.
    #[inline]
    pub(crate) fn get<Q>(
        &self,
        lookup: &Lookup<'_, Q>,
        now: Ticks,
        sharing: &Sharing<O>,
        found: impl FnOnce(),
    ) -> Result<O, NoHit>
    where
        Q: Equivalent<K> + ?Sized,
    {
        let map = self.map.pin();
        let Some((key, entry)) = map.get_key_value(&FirstByHash(lookup.hash)) else {
            return Err(NoHit { hash: lookup.hash, is_known: true });
        };
        if !lookup.key.equivalent(key.key()) {
            return Err(NoHit { hash: lookup.hash, is_known: false });
        }
        let copy = Self::copy_if_fresh(entry, now, sharing);
        if copy.is_some() {
            found();
        }
        copy.ok_or(NoHit { hash: lookup.hash, is_known: true })
    }

    /// The same where another key has the same hash.
    pub(crate) fn get_among(&self, lookup: &AnyLookup<'_, K>, now: Ticks, sharing: &Sharing<O>) -> Option<O> {
        let guard = self.map.guard();
        Self::copy_if_fresh(self.map.get(lookup, &guard)?, now, sharing)
    }

    #[inline]
    fn copy_if_fresh(entry: &Entry<O>, now: Ticks, sharing: &Sharing<O>) -> Option<O> {
        entry.head.is_fresh(now).then(|| {
            entry.head.mark.touch();
            entry.kept.to_output(sharing)
        })
    }

    /// Looks for what a key can be served without waiting, stale or not. The clock is asked only if there is an entry.
    pub(crate) fn look(&self, lookup: &AnyLookup<'_, K>, sharing: &Sharing<O>) -> Sight<O> {
        let guard = self.map.guard();
        let Some(entry) = self.map.get(lookup, &guard) else { return Sight::Nothing };
        let now = clock::exact();
        let decision = entry.head.decide(self.windows, now);
        if !decision.serves() {
            return Sight::Unserved;
        }
        entry.head.mark.touch();
        Sight::Served(Found { output: entry.kept.to_output(sharing), decision, age: entry.head.age(now) })
    }

    /// What a call does about the entry of a key.
    pub(crate) fn decide(&self, lookup: &AnyLookup<'_, K>, now: Ticks) -> Decision {
        let guard = self.map.guard();
        match self.map.get(lookup, &guard) {
            Some(entry) => entry.head.decide(self.windows, now),
            None => Decision::Load,
        }
    }

    /// Finds what stands in for the error of a load that ended at `now` (F3).
    pub(crate) fn cover(&self, key: &Keyed<K>, now: Ticks, sharing: &Sharing<O>) -> Option<Found<O>> {
        let guard = self.map.guard();
        let entry = self.map.get(&key.lookup(), &guard)?;
        if !entry.head.covers_error(self.windows, now) {
            return None;
        }
        Some(Found {
            output: entry.kept.to_output(sharing),
            decision: Decision::Rest,
            age: entry.head.age(now),
        })
    }

    /// Notes that the load of a flight that still owns its key has failed at `now`: an entry that can still be served stays
    /// as it is, and the source is left alone for a while (F3, F4). Tells whether there is one.
    pub(crate) fn fail(&self, key: &Keyed<K>, now: Ticks, sharing: &Sharing<O>) -> bool {
        let guard = self.map.guard();
        let Some(entry) = self.map.get(&key.lookup(), &guard) else { return false };
        if entry.kept.is_error(sharing) {
            return false;
        }
        match entry.head.decide(self.windows, now) {
            Decision::Load => false,
            Decision::Serve => true,
            Decision::Revalidate | Decision::Rest | Decision::Attempt => {
                entry.head.fail(now);
                true
            }
        }
    }

    /// Stores an outcome; of a flight only unless that has been cut from its key. Some if the reaper has to come earlier than
    /// it planned to.
    ///
    /// If the entry of the key changes in the very moment in which it is replaced, what would have replaced it is lost; another is
    /// made of `again`. Without that it is as if it had been evicted at once.
    ///
    /// Who `expects_none` spares the search for an entry to replace. If there is one nevertheless, it is replaced all the same.
    pub(crate) fn insert(
        &self,
        key: &Keyed<K>,
        kept: Kept<O>,
        again: Option<&dyn Fn() -> Kept<O>>,
        lifetime: Lifetime,
        owner: Option<&dyn Owner>,
        expects_none: bool,
    ) -> Option<Ticks> {
        let goes_on = || owner.is_none_or(Owner::is_attached);
        // What will not be stored must not make others go.
        if !goes_on() {
            return None;
        }
        let weight = self.bounds.weight(key.key(), &kept);
        let guard = self.map.guard();
        let mut attempt = self.attempt(key, kept, lifetime, weight, owner, &guard, expects_none);
        let is_stored = loop {
            let kept = match (attempt, again) {
                (Attempt::Stored, _) => break true,
                (Attempt::Again(Some(back)), _) if goes_on() => back,
                (Attempt::Again(None), Some(again)) if goes_on() => again(),
                (Attempt::Refused | Attempt::Again(_), _) => break false,
            };
            attempt = self.attempt(key, kept, lifetime, weight, owner, &guard, false);
        };
        if key.hash() % TABLES == 0 {
            // A map that has grown leaves its old table in the batch of whoever noticed, together as large as the new one.
            retired::flush(&guard);
        }
        if key.hash() % SPARSE == 0 {
            self.keep_sparse(&guard);
        }
        // Stored or not: others may have made room for it.
        Self::drop_retired(guard);
        let push = || self.expiry.push(lifetime.gone_at, lifetime.from, key.hash(), &|| self.map.len());
        is_stored.then(push).flatten()
    }

    /// Grows a map that is more than half full. By itself it would be when it is full, and what has been taken out counts: of a map
    /// that is nearly, every miss searches most of a dozen places, three times.
    #[cold]
    #[inline(never)]
    fn keep_sparse(&self, guard: &impl Guard) {
        let entries = self.map.len();
        if entries <= FEW {
            // Room for half as many again is asked for, of which the map makes the next power of two above two thirds.
            self.map.reserve(entries / 2, guard);
        }
    }

    /// Puts an outcome in the place of the entry that is there, or where there is none, without a look if that is expected.
    #[expect(clippy::too_many_arguments)]
    #[inline(never)]
    fn attempt(
        &self,
        key: &Keyed<K>,
        kept: Kept<O>,
        lifetime: Lifetime,
        weight: u32,
        owner: Option<&dyn Owner>,
        guard: &impl Guard,
        expects_none: bool,
    ) -> Attempt<O> {
        let old = if expects_none { None } else { self.map.get(&key.lookup(), guard) };
        match old {
            Some(old) => self.replace(key.clone(), old, kept, lifetime, weight, owner, guard),
            None => self.insert_first(key.clone(), kept, lifetime, weight, owner, guard),
        }
    }

    /// Puts an outcome in the place of `old`, unless that is not there any more.
    ///
    /// The outcome is revealed at once: who cuts the flight removes or replaces the entry next. Either this comes first and
    /// goes with it, or it finds another entry than `old`.
    #[expect(clippy::too_many_arguments)]
    #[inline(never)]
    fn replace(
        &self,
        key: Keyed<K>,
        old: &Entry<O>,
        kept: Kept<O>,
        lifetime: Lifetime,
        weight: u32,
        owner: Option<&dyn Owner>,
        guard: &impl Guard,
    ) -> Attempt<O> {
        // What weighs as much as the old entry takes over its place; else it needs one of its own.
        let admitted = match &self.admissions {
            Some(admissions) if self.bounds.weigh.is_some() => {
                match self.admit(admissions, key.hash(), weight, guard) {
                    Some(admitted) => Some(admitted),
                    None => {
                        // The old one has been replaced, though by nothing.
                        self.remove_this(key.hash(), old, RemovalCause::Replaced, guard);
                        return Attempt::Refused;
                    }
                }
            }
            _ => None,
        };
        let mark = admitted.as_ref().map_or_else(|| old.head.mark.inherited(), admission::Admitted::mark);
        let mut entry = Some(Entry::new(lifetime, kept, mark));
        // Only over an entry that is there: papaya's `compute` leaves its table too small for new keys. It may ask twice.
        let over_old = |found: Option<(_, &Entry<O>)>| {
            let is_old = found.is_some_and(|(_, found)| ptr::eq(found, old));
            if !is_old || !owner.is_none_or(Owner::is_attached) {
                return Operation::Abort(());
            }
            entry.take().map_or(Operation::Abort(()), Operation::Insert)
        };
        let leaving = Self::leaving();
        let computed = self.map.compute(key, over_old, guard);
        let Compute::Updated { old: (key, old), .. } = computed else {
            return Attempt::Again(entry.map(|entry| entry.kept));
        };
        leaving.has_left(&old.head);
        match admitted {
            Some(admitted) => {
                admitted.stays();
                self.taken_out(key, old, RemovalCause::Replaced, guard);
            }
            // Its ticket goes on.
            None => self.tell(key, old, RemovalCause::Replaced, guard),
        }
        Attempt::Stored
    }

    /// Puts an outcome in where there is none, unless there is one by now, or no room for it.
    ///
    /// The outcome of a flight is hidden until the flight has committed it: a cut may have found nothing to remove.
    #[inline]
    fn insert_first(
        &self,
        key: Keyed<K>,
        kept: Kept<O>,
        lifetime: Lifetime,
        weight: u32,
        owner: Option<&dyn Owner>,
        guard: &impl Guard,
    ) -> Attempt<O> {
        let hash = key.hash();
        let admitted = match &self.admissions {
            Some(admissions) => match self.admit(admissions, hash, weight, guard) {
                Some(admitted) => Some(admitted),
                None => return Attempt::Refused,
            },
            None => None,
        };
        let mark = admitted.as_ref().map_or_else(eviction::Mark::unbounded, admission::Admitted::mark);
        let entry = match owner {
            Some(_) => Entry::hidden(lifetime, kept, mark),
            None => Entry::new(lifetime, kept, mark),
        };
        let entry = match self.map.try_insert(key, entry, guard) {
            Ok(entry) => entry,
            Err(there) => return Attempt::Again(Some(there.not_inserted.kept)),
        };
        if let Some(admitted) = admitted {
            admitted.stays();
        }
        if owner.is_none_or(Owner::commit) {
            // The flight may have been cut in this very moment; then this entry has been removed, and shows nothing.
            entry.head.reveal(lifetime);
            return Attempt::Stored;
        }
        self.remove_this(hash, entry, RemovalCause::Invalidated, guard);
        Attempt::Refused
    }

    /// Removes this entry and no other: it is protected by the guard, so its address is not used again.
    fn remove_this(&self, hash: u64, entry: &Entry<O>, cause: RemovalCause, guard: &impl Guard) {
        self.remove_where(hash, &|found| ptr::eq(found, entry), cause, guard);
    }

    /// Removes the first entry of a hash, of one key nearly always, that is what is looked for; true if there was one.
    ///
    /// Compares no keys.
    fn remove_where(
        &self,
        hash: u64,
        is_it: &dyn Fn(&Entry<O>) -> bool,
        cause: RemovalCause,
        guard: &impl Guard,
    ) -> bool {
        let mut others = 0;
        let leaving = Self::leaving();
        loop {
            match self.map.remove_if(&ByHash::behind(others, hash), |_, entry| is_it(entry), guard) {
                Ok(Some((key, entry))) => {
                    leaving.has_left(&entry.head);
                    self.taken_out(key, entry, cause, guard);
                    return true;
                }
                Ok(None) => return false,
                Err(_) => others += 1,
            }
        }
    }

    /// What follows when an entry is out of the map.
    fn taken_out(&self, key: &Keyed<K>, entry: &Entry<O>, cause: RemovalCause, guard: &impl Guard) {
        match &self.admissions {
            // The ticket of who makes room has been taken back before it goes.
            Some(admissions) if cause != RemovalCause::Capacity => admissions.give_back(&entry.head.mark),
            _ => {}
        }
        self.tell(key, entry, cause, guard);
    }

    /// To be made before an entry is taken out.
    fn leaving() -> Leaving {
        Leaving::new(mem::needs_drop::<(K, O)>())
    }

    fn tell(&self, key: &Keyed<K>, entry: &Entry<O>, cause: RemovalCause, guard: &impl Guard) {
        self.bounds.tell(key.key(), &entry.kept, cause);
        if mem::needs_drop::<(K, O)>() && retired::many() {
            retired::flush(guard);
        }
    }

    /// Leaves the map; what has been taken out is dropped as soon as the others have left who are inside now (M3).
    fn drop_retired(guard: impl Guard) {
        if mem::needs_drop::<(K, O)>() && retired::any() {
            retired::flush(&guard);
            drop(guard);
            retired::settle();
        }
    }

    /// Removes what is older than the outcome of a flight that is not kept, unless the flight has been cut from its key.
    pub(crate) fn supersede(&self, key: &Keyed<K>, flight: &Cabin) {
        let guard = self.map.guard();
        // Who cuts the flight meanwhile removes this entry, or replaces it.
        if let Some(old) = self.map.get(&key.lookup(), &guard).filter(|_| flight.is_attached()) {
            self.remove_this(key.hash(), old, RemovalCause::Replaced, &guard);
            Self::drop_retired(guard);
        }
    }

    /// Removes the entry of a key; true if it could still have been served.
    pub(crate) fn remove(&self, lookup: &AnyLookup<'_, K>, now: Ticks) -> bool {
        let guard = self.map.guard();
        let mut was_served = false;
        let leaving = Self::leaving();
        match self.map.remove_entry(lookup, &guard) {
            Some((key, entry)) => {
                leaving.has_left(&entry.head);
                was_served = entry.head.decide(self.windows, now) != Decision::Load;
                self.taken_out(key, entry, RemovalCause::Invalidated, &guard);
            }
            None => drop(leaving),
        }
        // Also if there was none: a call that finds the map growing may be left with its old table, and what was taken out of it.
        Self::drop_retired(guard);
        was_served
    }

    /// Removes the entries of all keys of a hash, of which there is one nearly always.
    #[cfg(feature = "redis")]
    pub(crate) fn remove_hash(&self, hash: u64) {
        let guard = self.map.guard();
        while self.remove_where(hash, &|_| true, RemovalCause::Invalidated, &guard) {}
        Self::drop_retired(guard);
    }

    /// Whether there is an entry of a key of this hash.
    #[cfg(feature = "redis")]
    pub(crate) fn has_hash(&self, hash: u64) -> bool {
        self.map.contains_key(&ByHash::behind(0, hash), &self.map.guard())
    }

    pub(crate) fn clear(&self) {
        // In this order: an entry that comes in between may lose itself, but not its deadline alone.
        self.expiry.clear();
        let guard = self.map.guard();
        for (key, entry) in self.map.iter(&guard) {
            self.remove_this(key.hash(), entry, RemovalCause::Invalidated, &guard);
        }
        Self::drop_retired(guard);
    }

    /// The number of entries. The map's own is a sum of counters that are read one after another.
    pub(crate) fn len(&self) -> usize {
        match &self.admissions {
            Some(admissions) => admissions.len(),
            None => self.map.len(),
        }
    }

    /// The number of entries that had to make room.
    pub(crate) fn evictions(&self) -> u64 {
        self.admissions.as_ref().map_or(0, Admissions::evictions)
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
        Self::drop_retired(self.map.guard());
        self.expiry.weed(now, &|| self.deadlines());
        (removed, self.expiry.earliest())
    }

    /// Removes the expired entries among those of one hash: of one key nearly always. A newer entry of the key has a deadline
    /// of its own in the queue. Tells how many those were, and whether one is left whose time another runtime keeps (F7).
    fn remove_expired(&self, hash: u64, now: Ticks) -> (u64, bool) {
        let guard = self.map.guard();
        let foreign = Cell::new(false);
        let has_expired = |entry: &Entry<O>| {
            foreign.set(foreign.get() || entry.head.is_foreign());
            entry.head.has_expired(self.windows, now)
        };
        let mut removed = 0;
        while self.remove_where(hash, &has_expired, RemovalCause::Expired, &guard) {
            removed += 1;
        }
        (removed, foreign.get())
    }

    /// The deadline and the hash of every entry that can expire.
    fn deadlines(&self) -> Vec<(Ticks, u64)> {
        let guard = self.map.guard();
        let mut deadlines = Vec::new();
        for (key, entry) in self.map.iter(&guard) {
            match entry.head.gone_at(self.windows) {
                Some(NEVER) | None => {}
                Some(gone_at) => deadlines.push((gone_at, key.hash())),
            }
        }
        deadlines
    }
}
