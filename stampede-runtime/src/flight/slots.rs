//! Flights by the hash of their key, whatever the types of key and output are.
//!
//! The compiler makes this once, not anew for each pair of types that functions have: it is most of what a table of flights
//! costs to compile. [`Table`](super::table::Table) knows the types.

use crate::keyed::Identity;
use dashmap::{DashMap, SharedValue};
use std::{
    any::Any,
    cell::{Cell, RefCell},
    mem, ptr,
    sync::Arc,
};

/// A flight.
pub(super) type Erased = Arc<dyn Any + Send + Sync>;

/// Flights are sought in the shards by what they are compared with, not by their hash alone: those of keys whose hashes are equal
/// stand side by side. A visit is one lock and one search, whatever it finds.
pub(super) struct Slots(DashMap<u64, Erased, Identity>);

/// What enters the table.
pub(super) trait Visit {
    /// Whether this is the flight that it looks for. Compares keys.
    fn is_it(&self, flight: &Erased) -> bool;

    /// Sees that flight, if there is one, and returns the one that is to be there from then on, if another.
    fn act(&mut self, found: Option<&Erased>) -> Option<Erased>;
}

impl Slots {
    pub(super) fn new() -> Self {
        Self(DashMap::with_hasher(Identity::default()))
    }

    /// Returns the flight of a hash that is looked for.
    pub(super) fn find(&self, hash: u64, is_it: &dyn Fn(&Erased) -> bool) -> Option<Erased> {
        let shard = self.0.shards()[self.shard(hash)].read();
        let (_, flight) = shard.get(hash, |slot| self.is_sought(slot, hash, is_it))?;
        Some(Arc::clone(flight.get()))
    }

    /// Lets `visit` see the flight of a hash that it looks for, under its lock, and put another one there.
    pub(super) fn enter(&self, hash: u64, visit: &mut dyn Visit) {
        let mut shard = self.0.shards()[self.shard(hash)].write();
        let replaced =
            match shard.get_mut(hash, |slot| self.is_sought(slot, hash, &|flight| visit.is_it(flight))) {
                Some((_, flight)) => {
                    let new = visit.act(Some(flight.get()));
                    new.map(|new| mem::replace(flight.get_mut(), new))
                }
                None => {
                    if let Some(new) = visit.act(None) {
                        shard.insert(hash, (hash, SharedValue::new(new)), |slot| slot.0);
                    }
                    None
                }
            };
        drop(shard);
        drop(replaced);
    }

    /// Takes the flight of a hash out that is looked for.
    pub(super) fn take(&self, hash: u64, is_it: &dyn Fn(&Erased) -> bool) -> Option<Erased> {
        let mut shard = self.0.shards()[self.shard(hash)].write();
        let taken = shard.remove_entry(hash, |slot| self.is_sought(slot, hash, is_it));
        taken.map(|(_, flight)| flight.into_inner())
    }

    /// Takes the flight of a hash out that is at this address; compares no keys.
    pub(super) fn take_this(&self, hash: u64, flight: *const ()) -> Option<Erased> {
        let mut shard = self.0.shards()[self.shard(hash)].write();
        let taken = shard.remove_entry(hash, |slot| ptr::addr_eq(Arc::as_ptr(slot.1.get()), flight));
        taken.map(|(_, flight)| flight.into_inner())
    }

    /// Returns all flights.
    pub(super) fn all(&self) -> Vec<Erased> {
        self.forbid_nesting();
        self.0.iter().map(|flight| Arc::clone(&flight)).collect()
    }

    /// Returns their number.
    pub(super) fn len(&self) -> usize {
        self.forbid_nesting();
        self.0.len()
    }
}

thread_local! {
    /// The table, by its address, under whose lock this thread compares keys; 0 is none.
    static COMPARING: Cell<usize> = const { Cell::new(0) };
    /// Those around it: an `Eq` may call another cache.
    static AROUND: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

impl Slots {
    /// The shard of a hash, which is to be locked.
    ///
    /// # Panics
    ///
    /// As `forbid_nesting`.
    fn shard(&self, hash: u64) -> usize {
        self.forbid_nesting();
        #[allow(clippy::cast_possible_truncation, reason = "as the map itself does it")]
        self.0.determine_shard(hash as usize)
    }

    /// Runs what compares keys, under the lock of a shard.
    fn is_sought(
        &self,
        slot: &(u64, SharedValue<Erased>),
        hash: u64,
        is_it: &dyn Fn(&Erased) -> bool,
    ) -> bool {
        struct Compared(usize);
        impl Drop for Compared {
            fn drop(&mut self) {
                COMPARING.set(self.0);
                if self.0 != 0 {
                    AROUND.with_borrow_mut(Vec::pop);
                }
            }
        }
        if slot.0 != hash {
            return false;
        }
        let around = COMPARING.replace(self.address());
        if around != 0 {
            AROUND.with_borrow_mut(|tables| tables.push(around));
        }
        let _compared = Compared(around);
        is_it(slot.1.get())
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
