//! The engine under all of the product's faces: entries, flights and the rules between them.
//!
//! Invariants:
//! - A load is started by whoever put its flight in the table, or has claimed its key, after one more look at the store (C3).
//! - A flight ends in this order: its outcome is stored, it leaves the table, it lands. A call that finds no flight finds the
//!   entry, and a call that finds the flight gets its outcome. So does a claim: those who wait for it leave with it, and land.
//! - Whatever happens to a load (it returns, panics, is dropped), `land` or `abandon` runs for its flight, or its claim ends (X1 to
//!   X4, M4).

mod answer;
mod boarding;
mod body;
mod call;
mod claim;
#[cfg(feature = "http")]
mod judged;
mod load;
mod own;
#[cfg(not(feature = "redis"))]
#[path = "no_tier.rs"]
mod tier;
#[cfg(feature = "redis")]
mod tier;

pub(crate) use answer::{Answer, Journey, Plain};
pub(crate) use boarding::Boarding;
pub use load::BoxFuture;
pub(crate) use own::{Blocking, Boxed, InPlace};

use claim::Claim;

use crate::{
    attached::Attached,
    clock::{self, Clock, Ticks},
    contain::{catch, contain},
    flight::{Flight, Landing, Panic, Payload, circle, table::Table},
    hashing::Hashing,
    keyed::{AnyLookup, Form, Keyed, Lookup, Sought},
    labels::Labels,
    policy::{Decision, Lifetime, Policy},
    pool::POOL,
    served::{Served, StaleReason},
    sharing::{Kept, Kind, Sharing},
    stats::{Counters, Event, Stats},
    store::{
        Bounds, Found, NoHit, Owner, Sight, Store,
        reaper::{self, Sweep},
    },
    sync::Mutex,
};
use equivalent::Equivalent;
use std::{
    fmt,
    hash::{BuildHasher, Hash},
    mem,
    sync::{Arc, Weak, atomic::Ordering::Relaxed},
    time::Duration,
};
use tokio::runtime::Handle;

/// What a key is.
pub trait Key: Hash + Eq + Clone + Send + Sync + 'static {}

impl<K: Hash + Eq + Clone + Send + Sync + 'static> Key for K {}

/// What a load may come to.
pub trait Output: Send + Sync + 'static {}

impl<O: Send + Sync + 'static> Output for O {}

/// The cache of one function, or behind one raw cache.
pub(crate) struct Engine<K, O> {
    pub(crate) labels: Labels<K>,
    policy: Policy<O>,
    sharing: Sharing<O>,
    clock: Clock,
    hasher: Hashing,
    store: Store<K, O>,
    flights: Table<K, O>,
    /// Whether calls that drive their loads in place claim their keys.
    claims: bool,
    counters: Counters,
    #[cfg(feature = "redis")]
    tier: tier::Tier<K, O>,
    /// This engine, for the reaper.
    me: Weak<Self>,
}

/// Who can run a refresh for a call that has found a stale value (F2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresher {
    /// A task of the runtime, if the call is made on one.
    Runtime,
    /// A thread of the pool.
    Pool,
    /// Nobody: its load can't be moved out of the call.
    Nobody,
}

impl Refresher {
    fn is_there(self) -> bool {
        match self {
            Self::Runtime => Handle::try_current().is_ok(),
            Self::Pool => true,
            Self::Nobody => false,
        }
    }

    /// Whether one more refresh can be started now. If not the next call tries again.
    fn has_room(self) -> bool {
        self != Self::Pool || POOL.has_room()
    }
}

/// What the first look at a cache brings.
pub(crate) enum Begin<K: Key, O: Output> {
    Hit(O),
    Miss(Journey<K, O>),
}

/// What a call is served that does not wait.
type Now<O> = (O, Served);

impl<K: Key, O: Output> Engine<K, O> {
    // Without tiers the last one is empty.
    #[cfg_attr(not(feature = "redis"), allow(clippy::needless_pass_by_value))]
    pub(crate) fn new(
        labels: Labels<K>,
        policy: Policy<O>,
        bounds: Bounds<K, O>,
        sharing: Sharing<O>,
        attached: Attached<K, O>,
    ) -> Arc<Self> {
        #[cfg(not(feature = "redis"))]
        let has_tier = {
            let _ = attached;
            false
        };
        #[cfg(feature = "redis")]
        let has_tier = attached.spec.is_some();
        let clock = Clock::for_ttl(policy.shortest());
        // Of stale entries the age is told, and what the tier has must not be outlived (T4).
        let clock = if policy.serves_stale() || has_tier { clock.with_exact_ends() } else { clock };
        // What the tier is asked for belongs to a flight; and where nothing is stored there is no second look, which a claim needs. What
        // tells the ttl is asked once: by the flight if the output is not kept.
        let claims =
            Table::<K, O>::has_claims() && policy.keeps_outcomes() && !policy.asks_for_ttls() && !has_tier;
        Arc::new_cyclic(|me| Self {
            #[cfg(feature = "redis")]
            tier: tier::Tier::new(attached.spec, labels.name(), me),
            clock,
            store: Store::new(policy.windows(), bounds),
            labels,
            policy,
            sharing,
            hasher: Hashing::default(),
            flights: Table::new(),
            claims,
            counters: Counters::new(),
            me: Weak::clone(me),
        })
    }

    /// Looks a key up: a copy of its output if that is fresh, else a place on its flight.
    #[inline]
    pub(crate) fn begin<Q>(
        self: &Arc<Self>,
        key: &Q,
        to_key: impl Fn(&Q) -> K,
        refresher: Refresher,
    ) -> Begin<K, O>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        match self.hit(key) {
            Ok(output) => Begin::Hit(output),
            Err(no_hit) => Begin::Miss(self.miss(no_hit, &Form { form: key, to_key }, refresher)),
        }
    }

    /// A copy of the output of a key, if that is fresh. Else the call has to go on as a `miss`.
    ///
    /// Apart from that, so that it can be called with a key that nobody else gets a reference to: then the key stays in registers.
    #[inline]
    pub(crate) fn hit<Q>(&self, key: &Q) -> Result<O, NoHit>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let found = || self.counters.count(Event::Hit);
        self.store.get(&self.lookup(key), self.clock.now(), &self.sharing, found)
    }

    /// A place on the flight of a key, whatever is stored (I3).
    pub(crate) fn begin_fresh<Q>(self: &Arc<Self>, key: &Q, to_key: impl Fn(&Q) -> K) -> Journey<K, O>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let hash = self.lookup(key).hash;
        self.insist(&Lookup { hash, key: &Form { form: key, to_key } })
    }

    fn insist(self: &Arc<Self>, lookup: &AnyLookup<'_, K>) -> Journey<K, O> {
        self.sweep_if_calls_do();
        let boarding = self.board(lookup);
        self.count_boarding(&boarding);
        if boarding.leads() {
            self.counters.count(Event::Refresh);
        }
        Journey::aboard(boarding, true)
    }

    /// Starts over after a flight was abandoned. The call has been counted.
    fn begin_again(
        self: &Arc<Self>,
        abandoned: &Flight<K, O>,
        insists: bool,
    ) -> Result<Now<O>, Boarding<K, O>> {
        let lookup = abandoned.key.lookup();
        if insists {
            return Err(self.board(&lookup));
        }
        match self.find(&lookup) {
            Some(found) => Ok(served(found)),
            None => self.board_unless_served(&lookup),
        }
    }

    /// Goes on where there was no hit.
    #[cold]
    #[inline(never)]
    pub(crate) fn miss(
        self: &Arc<Self>,
        no_hit: NoHit,
        key: &(dyn Sought<K> + '_),
        refresher: Refresher,
    ) -> Journey<K, O> {
        if let Some(output) = self.hit_among(no_hit, key) {
            self.counters.count(Event::Hit);
            return Journey::served(output, Served::Fresh);
        }
        let lookup = &Lookup { hash: no_hit.hash, key };
        self.sweep_if_calls_do();
        let found = if self.policy.serves_stale() { self.find(lookup) } else { None };
        if let Some(found) = found {
            // Where nobody can run a refresh the call loads, unless another has started to.
            if found.decision != Decision::Revalidate
                || refresher.is_there()
                || self.flights.contains(lookup.hash, lookup.key)
            {
                return self.serve(found, lookup, refresher);
            }
        }
        if let Some(claim) = self.claim(lookup, refresher) {
            return self.go_unless_served(claim, lookup);
        }
        match self.board_unless_served(lookup) {
            Ok((output, served)) => {
                self.count_served(served);
                Journey::served(output, served)
            }
            Err(boarding) => {
                self.count_boarding(&boarding);
                Journey::aboard(boarding, false)
            }
        }
    }

    /// What a hit would have been if no other key had the same hash.
    #[cold]
    fn hit_among(&self, no_hit: NoHit, key: &(dyn Sought<K> + '_)) -> Option<O> {
        if no_hit.is_known {
            return None;
        }
        self.store.get_among(&Lookup { hash: no_hit.hash, key }, self.clock.now(), &self.sharing)
    }

    /// What a key can be served that was not fresh a moment ago.
    fn find(&self, lookup: &AnyLookup<'_, K>) -> Option<Found<O>> {
        match self.store.look(lookup, &self.sharing) {
            Sight::Served(found) => Some(found),
            Sight::Nothing | Sight::Unserved => None,
        }
    }

    fn serve(
        self: &Arc<Self>,
        found: Found<O>,
        lookup: &AnyLookup<'_, K>,
        refresher: Refresher,
    ) -> Journey<K, O> {
        let refresh = match found.decision {
            Decision::Revalidate if refresher.has_room() => self.lead_refresh(lookup),
            _ => None,
        };
        let (output, served) = served(found);
        self.count_served(served);
        Journey::answered((output, served), refresh)
    }

    /// Puts a flight in the air whose load nobody waits for, unless the key has one or needs none any more (F2).
    fn lead_refresh(self: &Arc<Self>, lookup: &AnyLookup<'_, K>) -> Option<Boarding<K, O>> {
        if self.flights.contains(lookup.hash, lookup.key) {
            return None;
        }
        let key = Keyed::new(lookup.hash, lookup.key.to_key());
        let flight = self.flights.lead(key, self)?;
        let refresh = Boarding::new(flight, true);
        // As a leader does that waits (C3).
        let decision = self.store.decide(lookup, clock::exact());
        if matches!(decision, Decision::Serve | Decision::Rest) {
            refresh.abandon();
            return None;
        }
        self.counters.count(Event::Refresh);
        Some(refresh)
    }

    /// Boards the flight of a key. Who put it in the air looks at the store once more: what landed in between is served, and
    /// the source is left alone if it has failed in between (C3, F3).
    #[inline]
    fn board_unless_served(self: &Arc<Self>, lookup: &AnyLookup<'_, K>) -> Result<Now<O>, Boarding<K, O>> {
        let boarding = self.board(lookup);
        if !boarding.leads() || !self.policy.keeps_outcomes() {
            return Err(boarding);
        }
        match self.store.look(lookup, &self.sharing) {
            Sight::Served(found) if found.decision != Decision::Revalidate => {
                boarding.abandon();
                return Ok(served(found));
            }
            Sight::Nothing => boarding.flight.found_none.store(true, Relaxed),
            Sight::Served(_) | Sight::Unserved => {}
        }
        Err(boarding)
    }

    /// Claims a key for a call that drives its load in place, where a claim is enough.
    #[inline]
    fn claim(self: &Arc<Self>, lookup: &AnyLookup<'_, K>, refresher: Refresher) -> Option<Journey<K, O>> {
        if !self.claims || refresher != Refresher::Nobody {
            return None;
        }
        // What a load waits for is noted (X5), and that takes a flight.
        if circle::is_within() || !self.flights.is_free(lookup.hash) {
            return None;
        }
        // Made before it is claimed: that may run others' code.
        let key = Keyed::new(lookup.hash, lookup.key.to_key());
        let number = self.flights.claim(lookup.hash)?;
        Some(Journey::claims(Claim::new(Arc::clone(self), key, number)))
    }

    /// As a flight's leader, who has made a claim looks at the store once more.
    #[inline]
    fn go_unless_served(&self, mut journey: Journey<K, O>, lookup: &AnyLookup<'_, K>) -> Journey<K, O> {
        match self.store.look(lookup, &self.sharing) {
            Sight::Served(found) if found.decision != Decision::Revalidate => {
                drop(journey);
                let (output, served) = served(found);
                self.count_served(served);
                return Journey::served(output, served);
            }
            Sight::Nothing => journey.found_none(),
            Sight::Served(_) | Sight::Unserved => {}
        }
        self.counters.count(Event::Lead);
        journey
    }

    #[inline]
    fn board(self: &Arc<Self>, lookup: &AnyLookup<'_, K>) -> Boarding<K, O> {
        // A key that costs something is owned only if there is no flight to join.
        if mem::needs_drop::<K>() {
            if let Some(flight) = self.flights.join(lookup.hash, lookup.key) {
                return Boarding::new(flight, false);
            }
        }
        let key = Keyed::new(lookup.hash, lookup.key.to_key());
        let (flight, leads) = self.flights.board(key, self);
        Boarding::new(flight, leads)
    }

    fn count_boarding(&self, boarding: &Boarding<K, O>) {
        self.counters.count(if boarding.leads() { Event::Lead } else { Event::Coalesced });
    }

    fn count_served(&self, served: Served) {
        self.counters.count(if served == Served::Fresh { Event::Hit } else { Event::Stale });
    }

    /// Notes that the load of a flight starts.
    fn load_starts(&self) {
        self.counters.count(Event::Load);
    }

    /// Notes how the load of a flight has ended, if it was started.
    fn count_end(&self, flight: &Flight<K, O>, end: Event) {
        if self.loads(flight) {
            self.counters.count(end);
        }
    }

    /// Ends a flight with what its load came to.
    fn land(&self, flight: &Arc<Flight<K, O>>, result: Result<O, Payload>) {
        let mut kept = None;
        let landing = match self.settle_or_panic(flight, result, &mut kept) {
            Ok(true) => Landing::Sole(Mutex::new(kept)),
            Ok(false) => Landing::Shared(kept.expect("what has been settled is there")),
            Err(payload) => Landing::Panicked(Panic::new(payload)),
        };
        flight.state.land(landing);
    }

    /// The same for the caller that drove the flight. If it is alone it takes the output past the landing: nobody else will
    /// ever ask for it.
    fn land_for_driver(&self, flight: &Arc<Flight<K, O>>, result: Result<O, Payload>) -> Option<O> {
        let mut kept = None;
        let landing = match self.settle_or_panic(flight, result, &mut kept) {
            Ok(true) => return kept.map(|kept| kept.into_own(&self.sharing)),
            Ok(false) => Landing::Shared(kept.expect("what has been settled is there")),
            Err(payload) => Landing::Panicked(Panic::new(payload)),
        };
        flight.state.land(landing);
        None
    }

    /// Settles what a load came to; what can be had of it is in `kept` then. Tells whether one caller is on board.
    ///
    /// # Errors
    ///
    /// A panic of the load, or of what has to be done with its output.
    fn settle_or_panic(
        &self,
        flight: &Arc<Flight<K, O>>,
        result: Result<O, Payload>,
        kept: &mut Option<Kept<O>>,
    ) -> Result<bool, Payload> {
        // Sharing an error may run the user's conversions.
        let mut alone = false;
        let caught = match result {
            Ok(output) => {
                let mut output = Some(output);
                catch(&mut || {
                    if let Some(output) = output.take() {
                        alone = self.settle(flight, output, kept);
                    }
                })
            }
            Err(payload) => Err(payload),
        };
        match caught {
            Ok(()) => Ok(alone),
            Err(payload) => {
                self.count_end(flight, Event::LoadPanicked);
                Self::fail_lease(flight);
                self.fail(flight, &"a panic");
                self.flights.remove(flight);
                Err(payload)
            }
        }
    }

    /// Stores an output if it is to be kept, and takes its flight out of the table. Tells whether one caller is on board.
    ///
    /// What can be had of it is put in `kept` early and read late: a processor that reads at once what it has written in parts
    /// has to wait.
    fn settle(&self, flight: &Arc<Flight<K, O>>, output: O, kept: &mut Option<Kept<O>>) -> bool {
        let kind = (self.sharing.kind)(&output);
        let value_stays = kind == Kind::Error && self.fail(flight, &Failure(&output, &self.sharing));
        let lifetime = if value_stays { None } else { self.lifetime_of(flight, kind, &output) };
        let cargo = self.cargo(flight, &output, kind, lifetime);
        let alone = match lifetime {
            Some(lifetime) => {
                self.store_of_flight(flight, kept.insert((self.sharing.share)(output)), lifetime);
                self.flights.remove(flight);
                flight.state.is_alone()
            }
            None => {
                if kind != Kind::Error {
                    // It is newer than what is there (F4 is for failures).
                    contain(&mut || self.store.supersede(&flight.key, flight.state.cabin()));
                }
                self.flights.remove(flight);
                let alone = flight.state.is_alone();
                *kept = Some(if alone { Kept::output(output) } else { (self.sharing.share)(output) });
                alone
            }
        };
        cargo.send();
        self.count_end(flight, if kind == Kind::Error { Event::LoadErr } else { Event::LoadOk });
        alone
    }

    /// How long an output is kept whose load has just ended.
    #[inline]
    fn lifetime(&self, kind: Kind, output: &O, hash: u64) -> Option<Lifetime> {
        // Another draw for every key and every load.
        let chance = || self.hasher.hash_one((hash, clock::exact()));
        self.policy.lifetime(kind, output, self.clock.end(), &chance)
    }

    /// Notes that a load has failed. True if a value stays that can still be served. The failure is reported then, and if
    /// nobody waits for the load: callers may never see it (F4).
    fn fail(&self, flight: &Flight<K, O>, failure: &dyn fmt::Display) -> bool {
        let mut value_stays = false;
        if self.policy.minds_failures() && flight.state.is_attached() {
            // Compares users' keys.
            contain(&mut || value_stays = self.store.fail(&flight.key, clock::exact(), &self.sharing));
        }
        if value_stays || flight.state.is_deserted() {
            // Prints users' keys and errors.
            contain(&mut || self.report(flight, failure, value_stays));
        }
        value_stays
    }

    #[cfg(feature = "tracing")]
    fn report(&self, flight: &Flight<K, O>, failure: &dyn fmt::Display, value_stays: bool) {
        let call = self.labels.call(flight.key.key());
        if value_stays {
            tracing::warn!(call, %failure, "a load failed; the value that is there stays");
        } else {
            tracing::warn!(call, %failure, "a load failed that nobody waited for");
        }
    }

    #[cfg(not(feature = "tracing"))]
    #[expect(clippy::unused_self)]
    fn report(&self, _: &Flight<K, O>, _: &dyn fmt::Display, _: bool) {}

    /// What a call is served whose flight came to `output`: in place of an error what is stale, if that may be (F3).
    fn cover(&self, flight: &Flight<K, O>, output: O, served: Served) -> Now<O> {
        if (self.sharing.kind)(&output) != Kind::Error {
            return (output, served);
        }
        match self.store.cover(&flight.key, clock::exact(), &self.sharing) {
            Some(found) => (found.output, Served::Stale { age: found.age, reason: StaleReason::Failing }),
            None => (output, served),
        }
    }

    /// Stores the outcome of a flight.
    #[inline]
    fn store_of_flight(&self, flight: &Flight<K, O>, kept: &Kept<O>, lifetime: Lifetime) {
        // From now on there is an entry, in most cases.
        let found_none = flight.found_none.load(Relaxed);
        flight.found_none.store(false, Relaxed);
        let copy = || kept.to_kept(&self.sharing);
        self.store_outcome(&flight.key, copy, lifetime, flight.state.cabin(), found_none);
    }

    /// Stores what `copy` makes, which `owner` brings.
    #[inline]
    fn store_outcome(
        &self,
        key: &Keyed<K>,
        copy: impl Fn() -> Kept<O>,
        lifetime: Lifetime,
        owner: &dyn Owner,
        found_none: bool,
    ) {
        // A panic while the key or the output is cloned costs the entry, not the outcome (C4).
        let mut earliest = None;
        contain(&mut || {
            earliest = self.store.insert(key, copy(), Some(&copy), lifetime, Some(owner), found_none);
        });
        self.schedule_sweep(earliest);
    }

    /// Ends a flight whose load ended without an outcome; those who still wait start over.
    pub(crate) fn abandon(&self, flight: &Arc<Flight<K, O>>) {
        Self::drop_lease(flight);
        self.flights.remove(flight);
        flight.state.land(Landing::Abandoned);
    }

    /// A copy of what a call would be served without waiting.
    pub(crate) fn peek<Q>(&self, key: &Q) -> Option<O>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let lookup = self.lookup(key);
        match self.store.get(&lookup, self.clock.now(), &self.sharing, || {}) {
            Ok(output) => Some(output),
            Err(NoHit { hash, .. }) => {
                let never = |_: &Q| unreachable!("what is peeked at is not loaded");
                self.find(&Lookup { hash, key: &Form { form: key, to_key: never } }).map(|found| found.output)
            }
        }
    }

    /// Puts an output in the place of what is stored, and cuts the flight of the key (I2).
    pub(crate) fn insert(&self, key: K, output: O, ttl: Option<Duration>) {
        let key = Keyed::new(self.hasher.hash_one(&key), key);
        let kind = (self.sharing.kind)(&output);
        let lifetime = match ttl {
            Some(ttl) => self.policy.lifetime_of(ttl, self.policy.may_be_stale(kind), self.clock.end()),
            None => self.lifetime(kind, &output, key.hash()),
        };
        self.tell_insert(&key, &output, kind, lifetime);
        self.flights.cut(key.hash(), key.key());
        match lifetime {
            Some(lifetime) => {
                let kept = (self.sharing.share)(output);
                let earliest = self.store.insert(&key, kept, None, lifetime, None, false);
                self.schedule_sweep(earliest);
                self.note_key(&key);
                // A flight that took off in between may have read what this output replaces.
                self.flights.cut(key.hash(), key.key());
            }
            None => {
                self.store.remove(&key.lookup(), self.clock.now());
            }
        }
    }

    /// Removes the entry of a key and cuts its flight; true if there was either (I1).
    pub(crate) fn invalidate<Q>(&self, key: &Q, to_key: impl Fn(&Q) -> K) -> bool
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let Lookup { hash, key } = self.lookup(key);
        self.tell_invalidate(hash, || to_key(key));
        // In this order: a flight that lands in between has stored its outcome before it could be cut.
        let cut = self.flights.cut(hash, key);
        let removed = self.store.remove(&Lookup { hash, key: &Form { form: key, to_key } }, self.clock.now());
        cut || removed
    }

    /// Removes all entries and cuts all flights (I1).
    pub(crate) fn clear(&self) {
        self.tell_clear();
        self.flights.cut_all();
        self.store.clear();
    }

    /// The number of entries, expired ones that wait for their removal included.
    pub(crate) fn len(&self) -> usize {
        self.sweep_if_calls_do();
        self.store.len()
    }

    pub(crate) fn stats(&self) -> Stats {
        self.add_tier_stats(self.counters.snapshot(self.len(), self.store.evictions()))
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
        if let Some(at) = earliest.filter(|_| !cfg!(feature = "test-util")) {
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

fn served<O>(found: Found<O>) -> Now<O> {
    let reason = match found.decision {
        Decision::Serve => return (found.output, Served::Fresh),
        Decision::Revalidate => StaleReason::Revalidating,
        Decision::Rest | Decision::Attempt | Decision::Load => StaleReason::Failing,
    };
    (found.output, Served::Stale { age: found.age, reason })
}

/// Prints what a load failed with.
struct Failure<'a, O>(&'a O, &'a Sharing<O>);

impl<O> fmt::Display for Failure<'_, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.1.describe)(self.0) {
            Some(error) => f.write_str(&error),
            None => f.write_str("an error"),
        }
    }
}
