//! The engine under all of the product's faces: entries, flights and the rules between them.
//!
//! Invariants:
//! - A load is started by whoever put its flight in the table, after one more look at the store (C3).
//! - A flight ends in this order: its outcome is stored, it leaves the table, it lands. A call that finds no flight finds the
//!   entry, and a call that finds the flight gets its outcome.
//! - Whatever happens to a load (it returns, panics, is dropped), `land` or `abandon` runs for its flight (X1 to X4, M4).

mod call;
mod load;

pub(crate) use crate::flight::table::Boarded;
pub(crate) use call::Call;
pub use load::BoxFuture;

use crate::{
    clock::{self, Clock, Ticks},
    contain::contain,
    flight::{Flight, Landing, Panic, Payload, table::Table},
    keyed::{Keyed, Lookup},
    labels::Labels,
    policy::{Lifetime, Policy},
    sharing::{Kept, Kind, Sharing},
    stats::{Counters, Event, Stats},
    store::{
        Store,
        reaper::{self, Sweep},
    },
};
use equivalent::Equivalent;
use foldhash::fast::RandomState;
use std::{
    fmt,
    hash::{BuildHasher, Hash},
    mem,
    panic::{self, AssertUnwindSafe},
    sync::{Arc, Weak},
    time::Duration,
};

/// What a key is.
pub trait Key: Hash + Eq + Clone + Send + Sync + 'static {}

impl<K: Hash + Eq + Clone + Send + Sync + 'static> Key for K {}

/// What a load may come to.
pub trait Output: Send + Sync + 'static {}

impl<O: Send + Sync + 'static> Output for O {}

/// The cache of one function, or behind one raw cache.
pub(crate) struct Engine<K, O> {
    pub(crate) labels: Labels<K>,
    policy: Policy,
    sharing: Sharing<O>,
    clock: Clock,
    hasher: RandomState,
    store: Store<K, O>,
    flights: Table<K, O>,
    counters: Counters,
    /// This engine, for the reaper.
    me: Weak<Self>,
}

/// What the first look at a cache brings.
pub(crate) enum Begin<K, O> {
    Hit(O),
    Miss(Boarded<K, O>),
}

impl<K: Key, O: Output> Engine<K, O> {
    pub(crate) fn new(labels: Labels<K>, policy: Policy, sharing: Sharing<O>) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            labels,
            policy,
            sharing,
            clock: Clock::for_ttl(policy.ttl),
            hasher: RandomState::default(),
            store: Store::new(),
            flights: Table::new(),
            counters: Counters::new(),
            me: Weak::clone(me),
        })
    }

    /// Looks a key up: a copy of its output if that is fresh, else a place on its flight.
    #[inline]
    pub(crate) fn begin<Q>(&self, key: &Q, to_key: impl FnOnce(&Q) -> K) -> Begin<K, O>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let lookup = self.lookup(key);
        match self.store.get(&lookup, self.clock.now(), &self.sharing) {
            Some(output) => {
                self.counters.count(Event::Hit);
                Begin::Hit(output)
            }
            None => self.miss(&lookup, to_key),
        }
    }

    /// A place on the flight of a key, whatever is stored (I3).
    pub(crate) fn begin_fresh<Q>(&self, key: &Q, to_key: impl FnOnce(&Q) -> K) -> Boarded<K, O>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.sweep_if_calls_do();
        let lookup = self.lookup(key);
        let boarded = self.board(&lookup, to_key);
        self.count_boarding(&boarded);
        if boarded.leads {
            self.counters.count(Event::Refresh);
        }
        boarded
    }

    /// Starts over after a flight was abandoned. The call has been counted.
    fn begin_again(&self, abandoned: &Flight<K, O>) -> Begin<K, O> {
        let lookup = abandoned.key.lookup();
        match self.store.get(&lookup, self.clock.now(), &self.sharing) {
            Some(output) => Begin::Hit(output),
            None => self.board_unless_stored(&lookup, K::clone),
        }
    }

    #[cold]
    #[inline(never)]
    fn miss<Q>(&self, lookup: &Lookup<'_, Q>, to_key: impl FnOnce(&Q) -> K) -> Begin<K, O>
    where
        Q: Equivalent<K> + ?Sized,
    {
        self.sweep_if_calls_do();
        let begin = self.board_unless_stored(lookup, to_key);
        match &begin {
            Begin::Hit(_) => self.counters.count(Event::Hit),
            Begin::Miss(boarded) => self.count_boarding(boarded),
        }
        begin
    }

    /// Boards the flight of a key. Who put it in the air looks at the store once more (C3).
    fn board_unless_stored<Q>(&self, lookup: &Lookup<'_, Q>, to_key: impl FnOnce(&Q) -> K) -> Begin<K, O>
    where
        Q: Equivalent<K> + ?Sized,
    {
        let boarded = self.board(lookup, to_key);
        if !boarded.leads || !self.policy.keeps_values() {
            return Begin::Miss(boarded);
        }
        // A panic of `Clone` ends the flight like a caller that leaves.
        let mut unless_stored = AbandonOnDrop { engine: self, flight: Some(&boarded.flight) };
        match self.store.get(lookup, self.clock.now(), &self.sharing) {
            Some(output) => {
                drop(unless_stored);
                Begin::Hit(output)
            }
            None => {
                unless_stored.flight = None;
                drop(unless_stored);
                Begin::Miss(boarded)
            }
        }
    }

    fn board<Q>(&self, lookup: &Lookup<'_, Q>, to_key: impl FnOnce(&Q) -> K) -> Boarded<K, O>
    where
        Q: Equivalent<K> + ?Sized,
    {
        // A key that costs something is owned only if there is no flight to join.
        let joined = if mem::needs_drop::<K>() { self.flights.join(lookup.hash, lookup.key) } else { None };
        joined.unwrap_or_else(|| {
            let key = Keyed::new(lookup.hash, to_key(lookup.key));
            self.flights.board(key, &self.labels)
        })
    }

    fn count_boarding(&self, boarded: &Boarded<K, O>) {
        self.counters.count(if boarded.leads { Event::Lead } else { Event::Coalesced });
    }

    /// Notes that the load of a flight starts.
    fn load_starts(&self) {
        self.counters.count(Event::Load);
    }

    /// Ends a flight with what its load came to.
    fn land(&self, flight: &Arc<Flight<K, O>>, result: Result<O, Payload>) {
        let landing = match self.settle_or_panic(flight, result) {
            Ok((kept, true)) => Landing::sole(kept),
            Ok((kept, false)) => Landing::Shared(kept),
            Err(payload) => Landing::Panicked(Panic::new(payload)),
        };
        flight.state.land(landing);
    }

    /// The same for the caller that drove the flight. If it is alone it takes the output past the landing: nobody else will
    /// ever ask for it.
    fn land_for_driver(&self, flight: &Arc<Flight<K, O>>, result: Result<O, Payload>) -> Option<O> {
        let landing = match self.settle_or_panic(flight, result) {
            Ok((kept, true)) => {
                return Some(kept.into_output().unwrap_or_else(|kept| kept.to_output(&self.sharing)));
            }
            Ok((kept, false)) => Landing::Shared(kept),
            Err(payload) => Landing::Panicked(Panic::new(payload)),
        };
        flight.state.land(landing);
        None
    }

    fn settle_or_panic(
        &self,
        flight: &Arc<Flight<K, O>>,
        result: Result<O, Payload>,
    ) -> Result<(Kept<O>, bool), Payload> {
        // Sharing an error may run the user's conversions.
        let settled =
            result.and_then(|output| panic::catch_unwind(AssertUnwindSafe(|| self.settle(flight, output))));
        settled.inspect_err(|_| {
            self.counters.count(Event::LoadPanicked);
            self.flights.remove(flight);
        })
    }

    /// Stores an output if it is to be kept, and takes its flight out of the table. Tells whether one caller is on board.
    fn settle(&self, flight: &Arc<Flight<K, O>>, output: O) -> (Kept<O>, bool) {
        let kind = (self.sharing.kind)(&output);
        let (kept, alone) = match self.policy.lifetime(kind, clock::exact()) {
            Some(lifetime) => {
                let kept = (self.sharing.share)(output);
                self.store_outcome(flight, &kept, lifetime);
                self.flights.remove(flight);
                (kept, flight.state.close())
            }
            None => {
                self.flights.remove(flight);
                let alone = flight.state.close();
                (if alone { Kept::output(output) } else { (self.sharing.share)(output) }, alone)
            }
        };
        self.counters.count(if kind == Kind::Error { Event::LoadErr } else { Event::LoadOk });
        (kept, alone)
    }

    fn store_outcome(&self, flight: &Flight<K, O>, kept: &Kept<O>, lifetime: Lifetime) {
        // A panic while the key or the output is cloned costs the entry, not the outcome (C4).
        let earliest = contain(|| {
            let copy = || kept.to_kept(&self.sharing);
            self.store.insert_outcome(&flight.key, copy, lifetime, &flight.state)
        });
        self.schedule_sweep(earliest.unwrap_or_default());
    }

    /// Ends a flight whose load ended without an outcome; those who still wait start over.
    fn abandon(&self, flight: &Arc<Flight<K, O>>) {
        self.flights.remove(flight);
        flight.state.close();
        flight.state.land(Landing::Abandoned);
    }

    /// A copy of what a call would be served without waiting.
    pub(crate) fn peek<Q>(&self, key: &Q) -> Option<O>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.store.get(&self.lookup(key), self.clock.now(), &self.sharing)
    }

    /// Stores an output as if a load had just ended with it, and cuts the flight of the key (I2).
    pub(crate) fn insert(&self, key: K, output: O, ttl: Option<Duration>) {
        let key = Keyed::new(self.hasher.hash_one(&key), key);
        let policy = Policy { ttl: ttl.unwrap_or(self.policy.ttl) };
        let kind = (self.sharing.kind)(&output);
        self.flights.cut(key.hash(), key.key());
        let now = clock::exact();
        match policy.lifetime(kind, now) {
            Some(lifetime) => {
                let kept = (self.sharing.share)(output);
                let earliest = self.store.insert(key.clone(), kept, lifetime);
                self.schedule_sweep(earliest);
                // A flight that took off in between may have read what this output replaces.
                self.flights.cut(key.hash(), key.key());
            }
            None => {
                self.store.remove(&key.lookup(), now);
            }
        }
    }

    /// Removes the entry of a key and cuts its flight; true if there was either (I1).
    pub(crate) fn invalidate<Q>(&self, key: &Q) -> bool
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let lookup = self.lookup(key);
        // In this order: a flight that lands in between has stored its outcome before it could be cut.
        let cut = self.flights.cut(lookup.hash, key);
        let removed = self.store.remove(&lookup, self.clock.now());
        cut || removed
    }

    /// Removes all entries and cuts all flights (I1).
    pub(crate) fn clear(&self) {
        self.flights.cut_all();
        self.store.clear();
    }

    /// The number of entries, expired ones that wait for their removal included.
    pub(crate) fn len(&self) -> usize {
        self.sweep_if_calls_do();
        self.store.len()
    }

    pub(crate) fn stats(&self) -> Stats {
        self.counters.snapshot(self.len())
    }

    /// The number of keys in flight.
    pub(crate) fn flights(&self) -> usize {
        self.flights.len()
    }

    #[inline]
    fn lookup<'a, Q: Hash + ?Sized>(&self, key: &'a Q) -> Lookup<'a, Q> {
        Lookup { hash: self.hasher.hash_one(key), key }
    }

    /// Under `test-util` calls do the reaper's work.
    fn sweep_if_calls_do(&self) {
        if cfg!(feature = "test-util") {
            self.sweep();
        }
    }

    fn schedule_sweep(&self, earliest: Option<Ticks>) {
        if let Some(at) = earliest {
            reaper::schedule(at, Weak::clone(&self.me) as Weak<dyn Sweep>);
        }
    }
}

impl<K: Key, O: Output> Sweep for Engine<K, O> {
    fn sweep(&self) -> Option<Ticks> {
        let (expired, next) = self.store.sweep(clock::exact());
        (0..expired).for_each(|_| self.counters.count(Event::Expiration));
        next
    }
}

impl<K, O> Drop for Engine<K, O> {
    fn drop(&mut self) {
        reaper::forget(self.me.as_ptr().cast());
    }
}

impl<K, O> fmt::Debug for Engine<K, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("name", &self.labels.name())
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

/// Abandons a flight that was put in the air and turns out not to be needed.
struct AbandonOnDrop<'a, K: Key, O: Output> {
    engine: &'a Engine<K, O>,
    flight: Option<&'a Arc<Flight<K, O>>>,
}

impl<K: Key, O: Output> Drop for AbandonOnDrop<'_, K, O> {
    fn drop(&mut self) {
        if let Some(flight) = self.flight {
            self.engine.abandon(flight);
        }
    }
}
