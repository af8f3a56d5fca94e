//! Which flight is in the air for which key.
//!
//! Invariants:
//! - At most one flight or claim a key (C1, `claims.rs`). A flight joins and leaves under the lock of its shard, and callers join it
//!   under that lock; that of who waits for a claim joins under the lock of the promises, and leaves them as the claim ends.
//! - Only `Eq` of keys runs under these locks (C4). What is removed is handed out and dropped by the caller.
//! - An `Eq` that calls the cache which runs it panics: it would wait for its own lock.

use crate::{
    engine::{Engine, Key, Output},
    flight::{
        Flight, Landing,
        circle::Number,
        claims::{self, Claims},
        slots::{Erased, Redeemed, Slots, Visit},
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
    #[inline]
    pub(crate) fn board(&self, key: Keyed<K>, engine: &Arc<Engine<K, O>>) -> (Arc<Flight<K, O>>, bool) {
        let (hash, mut caller) = (key.hash(), Caller::new(key, engine, true));
        self.slots.enter(hash, &mut caller);
        match (caller.led, caller.joined) {
            (Some(flight), _) => (flight, true),
            (None, Some(flight)) => (Self::own(flight), false),
            (None, None) => unreachable!("a call joins a flight or leads one"),
        }
    }

    /// Whether a key has a flight, or is claimed.
    pub(crate) fn contains<Q: Equivalent<K> + ?Sized>(&self, hash: u64, key: &Q) -> bool {
        self.slots.contains(hash, &|flight| key.equivalent(Self::typed(flight).key.key()))
    }

    /// Puts a flight in the air, unless the key has one or is claimed.
    pub(crate) fn lead(&self, key: Keyed<K>, engine: &Arc<Engine<K, O>>) -> Option<Arc<Flight<K, O>>> {
        let (hash, mut caller) = (key.hash(), Caller::new(key, engine, false));
        self.slots.enter(hash, &mut caller);
        caller.led
    }

    /// Takes `flight`, and no other of its key, out of the table.
    pub(crate) fn remove(&self, flight: &Arc<Flight<K, O>>) {
        drop(self.slots.take_this(flight.key.hash(), Arc::as_ptr(flight).cast()));
    }

    /// Takes the flight of a key out of the table and cuts it from its key, or the claim (I1).
    pub(crate) fn cut<Q: Equivalent<K> + ?Sized>(&self, hash: u64, key: &Q) -> bool {
        let is_it = |flight: &Erased| key.equivalent(Self::typed(flight).key.key());
        let (is_claimed, flight) = self.slots.cut(hash, &is_it);
        let flight = flight.inspect(|flight| Self::typed(flight).state.cut());
        is_claimed || flight.is_some()
    }

    /// The same for all keys of a hash, of which there is one nearly always.
    #[cfg(feature = "redis")]
    pub(crate) fn cut_hash(&self, hash: u64) {
        while let (_, Some(flight)) = self.slots.cut(hash, &|_| true) {
            Self::typed(&flight).state.cut();
        }
    }

    /// Whether a key of this hash has a flight, or is claimed.
    #[cfg(feature = "redis")]
    pub(crate) fn has_hash(&self, hash: u64) -> bool {
        self.slots.contains(hash, &|_| true)
    }

    /// The same for every key.
    pub(crate) fn cut_all(&self) {
        self.slots.cut_all(&|flight| {
            let flight = Self::own(flight);
            flight.state.cut();
            self.remove(&flight);
        });
    }

    /// The number of flights in the air, and of claims.
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

/// For calls that make claims.
impl<K: Key, O: Output> Table<K, O> {
    /// Whether keys can be claimed at all.
    pub(crate) fn has_claims() -> bool {
        claims::fits::<K>()
    }

    /// Whether the key of a hash could be claimed a moment ago.
    #[inline]
    pub(crate) fn is_free(&self, hash: u64) -> bool {
        self.slots.is_free(hash)
    }

    /// Claims the key of a hash for a call that drives its load in place. None if the key has a flight, or may have one.
    #[inline]
    pub(crate) fn claim(&self, hash: u64) -> Option<Number> {
        self.slots.claim(hash)
    }

    /// The claims, for who has made one.
    #[inline]
    pub(crate) fn claimed(&self) -> &Claims {
        self.slots.claimed()
    }

    /// Ends a claim. Some are the flights of those who wait for it: of its key at most one, which has to land. Those of other keys, whose
    /// hashes were taken for its own, have to be abandoned.
    #[inline]
    pub(crate) fn release(&self, hash: u64) -> Option<Vec<Arc<Flight<K, O>>>> {
        Some(self.slots.release(hash)?.into_iter().map(Self::own).collect())
    }

    /// Makes a flight of a claim, with the call on board that drives its load. If the claim has been cut, so is the flight.
    pub(crate) fn redeem(
        &self,
        key: &Keyed<K>,
        number: Number,
        engine: &Arc<Engine<K, O>>,
    ) -> Arc<Flight<K, O>> {
        // Made before any lock, and dropped after it if others have made one.
        let new = Arc::new(Flight::new(key.clone(), number, Arc::clone(engine))) as Erased;
        let Redeemed { flight, is_attached, others } =
            self.slots.redeem(key.hash(), &|flight| Self::typed(flight).key == *key, &new);
        let flight = Self::own(flight);
        if !is_attached {
            flight.state.cut();
        }
        for other in others {
            Self::own(other).state.land(Landing::Abandoned);
        }
        flight
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

impl<K: Key, O: Output> Caller<'_, K, O> {
    #[inline]
    fn new_flight(&mut self, number: Number) -> Option<Arc<Flight<K, O>>> {
        Some(Arc::new(Flight::new(self.key.take()?, number, Arc::clone(self.engine))))
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
        let flight = self.new_flight(Number::new())?;
        self.led = Some(Arc::clone(&flight));
        Some(flight)
    }

    fn joins(&self) -> bool {
        self.joins
    }

    fn promise(&mut self, number: Number) -> Option<Erased> {
        let flight = self.new_flight(number)?;
        // Who has made the claim is on board, and drives.
        flight.state.join();
        self.joined = Some(Arc::clone(&flight) as Erased);
        Some(flight)
    }
}

const SAME: &str = "all flights of a table are of the same types";

impl<K, O> fmt::Debug for Table<K, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").finish_non_exhaustive()
    }
}
