//! Which flight is in the air for which key.
//!
//! Invariants:
//! - At most one flight a key (C1); it joins and leaves under the lock of its shard, and callers join it under that lock.
//! - Only `Eq` of keys runs under a shard's lock (C4). What is removed is handed out and dropped by the caller.
//! - An `Eq` that calls the cache which runs it panics: it would wait for its own lock.

use crate::{
    engine::{Engine, Key, Output},
    flight::Flight,
    keyed::{Identity, Keyed},
};
use dashmap::{DashMap, mapref::entry::Entry};
use equivalent::Equivalent;
use smallvec::SmallVec;
use std::{
    cell::{Cell, RefCell},
    fmt, ptr,
    sync::Arc,
};

/// Flights by the hash of their key; more than one only if hashes collide.
type Slot<K, O> = SmallVec<[Arc<Flight<K, O>>; 1]>;

pub(crate) struct Table<K, O>(DashMap<u64, Slot<K, O>, Identity>);

impl<K: Key, O: Output> Table<K, O> {
    pub(crate) fn new() -> Self {
        Self(DashMap::with_hasher(Identity::default()))
    }

    /// Joins the flight of a key, if there is one.
    pub(crate) fn join<Q: Equivalent<K> + ?Sized>(&self, hash: u64, key: &Q) -> Option<Arc<Flight<K, O>>> {
        self.forbid_nesting();
        let slot = self.0.get(&hash)?;
        let joined = |flight: &&Arc<Flight<K, O>>| key.equivalent(flight.key.key()) && flight.state.join();
        self.compare(|| slot.iter().find(joined)).map(Arc::clone)
    }

    /// Joins the flight of a key, or puts a new one in the air. True if it is new: the call has to start its load.
    pub(crate) fn board(&self, key: Keyed<K>, engine: &Arc<Engine<K, O>>) -> (Arc<Flight<K, O>>, bool) {
        self.forbid_nesting();
        match self.0.entry(key.hash()) {
            Entry::Vacant(vacant) => {
                let flight = Arc::new(Flight::new(key, Arc::clone(engine)));
                vacant.insert(Slot::from_buf([Arc::clone(&flight)]));
                (flight, true)
            }
            Entry::Occupied(mut occupied) => {
                let slot = occupied.get_mut();
                let found = self.compare(|| slot.iter().position(|flight| flight.key == key));
                if let Some(at) = found.filter(|at| slot[*at].state.join()) {
                    let flight = Arc::clone(&slot[at]);
                    // The key that was not needed is dropped after the lock.
                    drop(occupied);
                    return (flight, false);
                }
                // One that is closed is about to leave, as when its last caller is just leaving; it goes after the lock.
                let closed = found.map(|at| slot.swap_remove(at));
                let flight = Arc::new(Flight::new(key, Arc::clone(engine)));
                slot.push(Arc::clone(&flight));
                drop(occupied);
                drop(closed);
                (flight, true)
            }
        }
    }

    /// Whether a key has a flight.
    pub(crate) fn contains<Q: Equivalent<K> + ?Sized>(&self, hash: u64, key: &Q) -> bool {
        self.forbid_nesting();
        let slot = self.0.get(&hash);
        let is_there = |flight: &Arc<Flight<K, O>>| key.equivalent(flight.key.key());
        slot.is_some_and(|slot| self.compare(|| slot.iter().any(is_there)))
    }

    /// Puts a flight in the air, unless the key has one.
    pub(crate) fn lead(&self, key: Keyed<K>, engine: &Arc<Engine<K, O>>) -> Option<Arc<Flight<K, O>>> {
        self.forbid_nesting();
        let mut slot = self.0.entry(key.hash()).or_default();
        if self.compare(|| slot.iter().any(|flight| flight.key == key)) {
            // The key that was not needed is dropped after the lock.
            drop(slot);
            return None;
        }
        let flight = Arc::new(Flight::new(key, Arc::clone(engine)));
        slot.push(Arc::clone(&flight));
        Some(flight)
    }

    /// Takes `flight`, and no other of its key, out of the table.
    pub(crate) fn remove(&self, flight: &Arc<Flight<K, O>>) {
        let removed = self.take(flight.key.hash(), |other| Arc::ptr_eq(other, flight));
        drop(removed);
    }

    /// Takes the flight of a key out of the table and cuts it from its key (I1).
    pub(crate) fn cut<Q: Equivalent<K> + ?Sized>(&self, hash: u64, key: &Q) -> bool {
        let cut = self.take(hash, |flight| key.equivalent(flight.key.key()));
        cut.inspect(|flight| flight.state.cut()).is_some()
    }

    /// The same for all keys of a hash, of which there is one nearly always.
    #[cfg(feature = "redis")]
    pub(crate) fn cut_hash(&self, hash: u64) {
        while let Some(flight) = self.take(hash, |_| true) {
            flight.state.cut();
        }
    }

    /// Whether a key of this hash has a flight.
    #[cfg(feature = "redis")]
    pub(crate) fn has_hash(&self, hash: u64) -> bool {
        self.0.contains_key(&hash)
    }

    /// The same for every key.
    pub(crate) fn cut_all(&self) {
        self.forbid_nesting();
        let flights: Vec<_> = self.0.iter().flat_map(|slot| slot.value().to_vec()).collect();
        for flight in &flights {
            flight.state.cut();
            self.remove(flight);
        }
    }

    /// The number of flights in the air.
    pub(crate) fn len(&self) -> usize {
        self.forbid_nesting();
        self.0.iter().map(|slot| slot.len()).sum()
    }

    fn take(&self, hash: u64, found: impl Fn(&Arc<Flight<K, O>>) -> bool) -> Option<Arc<Flight<K, O>>> {
        self.forbid_nesting();
        let Entry::Occupied(mut occupied) = self.0.entry(hash) else { return None };
        let slot = occupied.get_mut();
        let at = self.compare(|| slot.iter().position(found))?;
        let taken = slot.swap_remove(at);
        if slot.is_empty() {
            occupied.remove();
        }
        Some(taken)
    }
}

thread_local! {
    /// The table, by its address, under whose lock this thread compares keys; 0 is none.
    static COMPARING: Cell<usize> = const { Cell::new(0) };
    /// Those around it: an `Eq` may call another cache.
    static AROUND: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

impl<K, O> Table<K, O> {
    /// Runs what compares keys, under the lock of a shard.
    fn compare<R>(&self, compare: impl FnOnce() -> R) -> R {
        struct Compared(usize);
        impl Drop for Compared {
            fn drop(&mut self) {
                COMPARING.set(self.0);
                if self.0 != 0 {
                    AROUND.with_borrow_mut(Vec::pop);
                }
            }
        }
        let around = COMPARING.replace(self.address());
        if around != 0 {
            AROUND.with_borrow_mut(|tables| tables.push(around));
        }
        let _compared = Compared(around);
        compare()
    }

    /// # Panics
    ///
    /// If this thread compares keys under a lock of this table: it would wait for itself.
    fn forbid_nesting(&self) {
        let comparing = COMPARING.get();
        let is_nested = comparing != 0
            && (comparing == self.address() || AROUND.with_borrow(|tables| tables.contains(&self.address())));
        assert!(!is_nested, "the `Eq` of a key must not call the cache that compares it");
    }

    fn address(&self) -> usize {
        ptr::from_ref(self).addr()
    }
}

impl<K, O> fmt::Debug for Table<K, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").finish_non_exhaustive()
    }
}
