//! Flights by the hash of their key, whatever the types of key and output are.
//!
//! The compiler makes this once, not anew for each pair of types that functions have: it is most of what a table of flights
//! costs to compile. [`Table`](super::table::Table) knows the types.

use crate::keyed::Identity;
use dashmap::{DashMap, mapref::entry::Entry};
use smallvec::SmallVec;
use std::{any::Any, sync::Arc};

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
        let slot = self.0.get(&hash)?;
        slot.iter().find(|flight| is_it(flight)).map(Arc::clone)
    }

    /// Does something with the flights of a hash under their lock, and leaves at least one.
    pub(super) fn enter(&self, hash: u64, act: &mut dyn FnMut(&mut Slot)) {
        act(self.0.entry(hash).or_default().value_mut());
    }

    /// Takes the flight of a hash out that is looked for.
    pub(super) fn take(&self, hash: u64, is_it: &dyn Fn(&Erased) -> bool) -> Option<Erased> {
        let Entry::Occupied(mut occupied) = self.0.entry(hash) else { return None };
        let slot = occupied.get_mut();
        let at = slot.iter().position(is_it)?;
        let taken = slot.swap_remove(at);
        if slot.is_empty() {
            occupied.remove();
        }
        Some(taken)
    }

    /// Returns all flights.
    pub(super) fn all(&self) -> Vec<Erased> {
        self.0.iter().flat_map(|slot| slot.value().to_vec()).collect()
    }

    /// Returns their number.
    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|slot| slot.len()).sum()
    }
}
