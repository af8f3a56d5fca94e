//! Flights by the hash of their key, whatever the types of key and output are.
//!
//! The compiler makes this once, not anew for each pair of types that functions have: it is most of what a table of flights
//! costs to compile. [`Table`](super::table::Table) knows the types.

use crate::keyed::Identity;
use dashmap::{DashMap, mapref::entry::Entry};
use smallvec::SmallVec;
use std::{
    any::Any,
    cell::{Cell, RefCell},
    ptr,
    sync::Arc,
};

/// A flight.
pub(super) type Erased = Arc<dyn Any + Send + Sync>;

/// The flights of a hash; more than one only if hashes collide.
pub(super) type Slot = SmallVec<[Erased; 1]>;

pub(super) struct Slots(DashMap<u64, Slot, Identity>);

impl Slots {
    pub(super) fn new() -> Self {
        Self(DashMap::with_hasher(Identity::default()))
    }

    /// Returns the flight of a hash that is looked for.
    pub(super) fn find(&self, hash: u64, is_it: &dyn Fn(&Erased) -> bool) -> Option<Erased> {
        self.forbid_nesting();
        let slot = self.0.get(&hash)?;
        self.compare(|| slot.iter().find(|flight| is_it(flight))).map(Arc::clone)
    }

    /// Does something with the flights of a hash under their lock, and leaves at least one.
    pub(super) fn enter(&self, hash: u64, act: &mut dyn FnMut(&mut Slot)) {
        self.forbid_nesting();
        let mut slot = self.0.entry(hash).or_default();
        self.compare(|| act(&mut slot));
    }

    /// Takes the flight of a hash out that is looked for.
    pub(super) fn take(&self, hash: u64, is_it: &dyn Fn(&Erased) -> bool) -> Option<Erased> {
        self.forbid_nesting();
        let Entry::Occupied(mut occupied) = self.0.entry(hash) else { return None };
        let slot = occupied.get_mut();
        let at = self.compare(|| place(slot, is_it))?;
        let taken = slot.swap_remove(at);
        if slot.is_empty() {
            occupied.remove();
        }
        Some(taken)
    }

    /// Returns all flights.
    pub(super) fn all(&self) -> Vec<Erased> {
        self.forbid_nesting();
        self.0.iter().flat_map(|slot| slot.value().to_vec()).collect()
    }

    /// Returns their number.
    pub(super) fn len(&self) -> usize {
        self.forbid_nesting();
        self.0.iter().map(|slot| slot.len()).sum()
    }
}

/// Where the flight is that is looked for.
pub(super) fn place(slot: &Slot, is_it: &dyn Fn(&Erased) -> bool) -> Option<usize> {
    slot.iter().position(is_it)
}

thread_local! {
    /// The table, by its address, under whose lock this thread compares keys; 0 is none.
    static COMPARING: Cell<usize> = const { Cell::new(0) };
    /// Those around it: an `Eq` may call another cache.
    static AROUND: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

impl Slots {
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
