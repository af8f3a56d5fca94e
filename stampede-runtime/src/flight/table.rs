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
        slots::{Erased, Slots, Visit},
    },
    keyed::Keyed,
};
use equivalent::Equivalent;
use std::{fmt, marker::PhantomData, sync::Arc};

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
        let (hash, mut caller) = (key.hash(), Caller::new(key, engine, true));
        self.slots.enter(hash, &mut caller);
        match (caller.led, caller.joined) {
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
        let (hash, mut caller) = (key.hash(), Caller::new(key, engine, false));
        self.slots.enter(hash, &mut caller);
        caller.led
    }

    /// Takes `flight`, and no other of its key, out of the table.
    pub(crate) fn remove(&self, flight: &Arc<Flight<K, O>>) {
        drop(self.slots.take_this(flight.key.hash(), Arc::as_ptr(flight).cast()));
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

    fn typed(flight: &Erased) -> &Flight<K, O> {
        flight.downcast_ref().expect(SAME)
    }

    fn own(flight: Erased) -> Arc<Flight<K, O>> {
        flight.downcast().expect(SAME)
    }
}

/// A call that looks for the flight of its key, and puts one in the air if there is none.
struct Caller<'a, K, O> {
    /// Until a flight has it: one that is not needed is dropped after the lock.
    key: Option<Keyed<K>>,
    engine: &'a Arc<Engine<K, O>>,
    /// Whether it joins a flight that is there.
    joins: bool,
    joined: Option<Erased>,
    led: Option<Arc<Flight<K, O>>>,
}

impl<'a, K, O> Caller<'a, K, O> {
    fn new(key: Keyed<K>, engine: &'a Arc<Engine<K, O>>, joins: bool) -> Self {
        Self { key: Some(key), engine, joins, joined: None, led: None }
    }
}

impl<K: Key, O: Output> Visit for Caller<'_, K, O> {
    fn is_it(&self, flight: &Erased) -> bool {
        self.key.as_ref().is_some_and(|key| Table::<K, O>::typed(flight).key == *key)
    }

    fn act(&mut self, found: Option<&Erased>) -> Option<Erased> {
        if let Some(flight) = found {
            if !self.joins {
                return None;
            }
            if Table::<K, O>::typed(flight).state.join() {
                self.joined = Some(Arc::clone(flight));
                return None;
            }
            // One that is dead is about to leave: its last caller has just left.
        }
        let flight = Arc::new(Flight::new(self.key.take()?, Arc::clone(self.engine)));
        self.led = Some(Arc::clone(&flight));
        Some(flight)
    }
}

const SAME: &str = "all flights of a table are of the same types";

impl<K, O> fmt::Debug for Table<K, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").finish_non_exhaustive()
    }
}
