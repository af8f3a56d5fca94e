//! Which flight is in the air for which key.
//!
//! Invariants:
//! - At most one flight a key (C1); it joins and leaves under the lock of its shard, and callers join it under that lock.
//! - Only `Eq` of keys runs under a shard's lock (C4). What is removed is handed out and dropped by the caller.
//! - An `Eq` that calls the cache which runs it panics: it would wait for its own lock.

use crate::{
    engine::{Engine, Key, Output},
    flight::{
        Flight,
        slots::{self, Erased, Slot, Slots},
    },
    keyed::Keyed,
};
use equivalent::Equivalent;
use std::{fmt, marker::PhantomData, ptr, sync::Arc};

/// The flights of one cache.
pub(crate) struct Table<K, O> {
    slots: Slots,
    flights: PhantomData<Arc<Flight<K, O>>>,
}

impl<K: Key, O: Output> Table<K, O> {
    pub(crate) fn new() -> Self {
        Self { slots: Slots::new(), flights: PhantomData }
    }

    /// Joins the flight of a key, if there is one.
    pub(crate) fn join<Q: Equivalent<K> + ?Sized>(&self, hash: u64, key: &Q) -> Option<Arc<Flight<K, O>>> {
        let joined = |flight: &Erased| {
            let flight = Self::typed(flight);
            key.equivalent(flight.key.key()) && flight.state.join()
        };
        self.slots.find(hash, &joined).map(Self::own)
    }

    /// Joins the flight of a key, or puts a new one in the air. True if it is new: the call has to start its load.
    pub(crate) fn board(&self, key: Keyed<K>, engine: &Arc<Engine<K, O>>) -> (Arc<Flight<K, O>>, bool) {
        let hash = key.hash();
        // What goes after the lock: the key if it is not needed, and a flight that is closed.
        let (mut key, mut closed, mut joined, mut led) = (Some(key), None, None, None);
        self.slots.enter(hash, &mut |slot| {
            let found = Self::place(slot, key.as_ref());
            if let Some(at) = found {
                if Self::typed(&slot[at]).state.join() {
                    joined = Some(Arc::clone(&slot[at]));
                    return;
                }
                // One that is closed is about to leave, as when its last caller is just leaving.
                closed = Some(slot.swap_remove(at));
            }
            led = Self::put(slot, &mut key, engine);
        });
        match (led, joined) {
            (Some(flight), _) => (flight, true),
            (None, Some(flight)) => (Self::own(flight), false),
            (None, None) => unreachable!("a call joins a flight or leads one"),
        }
    }

    /// Whether a key has a flight.
    pub(crate) fn contains<Q: Equivalent<K> + ?Sized>(&self, hash: u64, key: &Q) -> bool {
        self.slots.find(hash, &|flight| key.equivalent(Self::typed(flight).key.key())).is_some()
    }

    /// Puts a flight in the air, unless the key has one.
    pub(crate) fn lead(&self, key: Keyed<K>, engine: &Arc<Engine<K, O>>) -> Option<Arc<Flight<K, O>>> {
        let hash = key.hash();
        // A key that is not needed is dropped after the lock.
        let (mut key, mut led) = (Some(key), None);
        self.slots.enter(hash, &mut |slot| {
            if Self::place(slot, key.as_ref()).is_none() {
                led = Self::put(slot, &mut key, engine);
            }
        });
        led
    }

    /// Takes `flight`, and no other of its key, out of the table.
    pub(crate) fn remove(&self, flight: &Arc<Flight<K, O>>) {
        let is_it = |other: &Erased| ptr::addr_eq(Arc::as_ptr(other), Arc::as_ptr(flight));
        drop(self.slots.take(flight.key.hash(), &is_it));
    }

    /// Takes the flight of a key out of the table and cuts it from its key (I1).
    pub(crate) fn cut<Q: Equivalent<K> + ?Sized>(&self, hash: u64, key: &Q) -> bool {
        let cut = self.slots.take(hash, &|flight| key.equivalent(Self::typed(flight).key.key()));
        cut.inspect(|flight| Self::typed(flight).state.cut()).is_some()
    }

    /// The same for all keys of a hash, of which there is one nearly always.
    #[cfg(feature = "redis")]
    pub(crate) fn cut_hash(&self, hash: u64) {
        while let Some(flight) = self.slots.take(hash, &|_| true) {
            Self::typed(&flight).state.cut();
        }
    }

    /// Whether a key of this hash has a flight.
    #[cfg(feature = "redis")]
    pub(crate) fn has_hash(&self, hash: u64) -> bool {
        self.slots.find(hash, &|_| true).is_some()
    }

    /// The same for every key.
    pub(crate) fn cut_all(&self) {
        for flight in self.slots.all() {
            let flight = Self::own(flight);
            flight.state.cut();
            self.remove(&flight);
        }
    }

    /// The number of flights in the air.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Where the flight of a key is among those of its hash.
    fn place(slot: &Slot, key: Option<&Keyed<K>>) -> Option<usize> {
        let key = key?;
        slots::place(slot, &|flight| Self::typed(flight).key == *key)
    }

    /// Puts a new flight in the air.
    fn put(
        slot: &mut Slot,
        key: &mut Option<Keyed<K>>,
        engine: &Arc<Engine<K, O>>,
    ) -> Option<Arc<Flight<K, O>>> {
        let flight = Arc::new(Flight::new(key.take()?, Arc::clone(engine)));
        slot.push(Arc::clone(&flight) as Erased);
        Some(flight)
    }

    fn typed(flight: &Erased) -> &Flight<K, O> {
        flight.downcast_ref().expect(SAME)
    }

    fn own(flight: Erased) -> Arc<Flight<K, O>> {
        flight.downcast().expect(SAME)
    }
}

const SAME: &str = "all flights of a table are of the same types";

impl<K, O> fmt::Debug for Table<K, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").finish_non_exhaustive()
    }
}
