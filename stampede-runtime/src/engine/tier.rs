//! A flight of a cache with a tier asks that before it loads (T1), and hands on what its load comes to (T2).

use crate::{
    clock,
    contain::contain,
    engine::{BoxFuture, Engine, Key, Output},
    flight::{
        Flight,
        passage::{Origin, Stage},
    },
    keyed::Keyed,
    policy::{Decision, Lifetime},
    served::{Served, StaleReason},
    sharing::Kind,
    stats::Stats,
    tier::{Found, Lease, Local, Outcome, Parcel, Spec, Tiered, Want},
};
use std::{
    sync::{Arc, Weak},
    task::{Context, Poll},
    time::{Duration, Instant},
};

/// What a load does first: it asks the tier, if there is one.
pub(super) struct Ahead<O>(Option<BoxFuture<Option<O>>>);

impl<O> Ahead<O> {
    /// What a load does first that asks no tier.
    pub(super) fn nothing() -> Self {
        Self(None)
    }

    /// Whether the load has not been started.
    pub(super) fn is_open(&self) -> bool {
        self.0.is_some()
    }

    /// An output that was found, or None: then the load has to be started.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<O>> {
        let Some(asks) = &mut self.0 else { return Poll::Ready(None) };
        let polled = asks.as_mut().poll(cx);
        if polled.is_ready() {
            self.0 = None;
        }
        polled
    }

    /// Gives up.
    pub(super) fn close(&mut self) {
        self.0 = None;
    }
}

/// What goes to the tier when a load has ended.
pub(super) enum Cargo {
    Nothing,
    Publish(Lease, Option<Parcel>),
    Fail(Lease),
}

impl Cargo {
    pub(super) fn send(self) {
        match self {
            Self::Nothing => {}
            Self::Publish(lease, parcel) => lease.publish(parcel),
            Self::Fail(lease) => lease.fail(),
        }
    }
}

/// The tier of an engine.
pub(super) struct Tier<K, O>(Option<Arc<Tiered<K, O>>>);

impl<K: Key, O: Output> Tier<K, O> {
    pub(super) fn new(spec: Option<Spec<K, O>>, name: &str, me: &Weak<Engine<K, O>>) -> Self {
        let local = Weak::clone(me) as Weak<dyn Local>;
        Self(spec.map(|spec| Arc::new(Tiered::new(spec, name, local))))
    }
}

impl<K: Key, O: Output> Engine<K, O> {
    /// What a load of a flight does first. It counts the load when it starts; without a tier the caller does.
    pub(super) fn ahead(&self, flight: &Arc<Flight<K, O>>, insists: bool) -> Ahead<O> {
        let Some(tier) = &self.tier.0 else { return Ahead(None) };
        // Who takes a load over has its lease already.
        if !self.policy.keeps_outcomes() || !flight.passage.ask() {
            return Ahead(None);
        }
        let (flight, tier) = (Arc::clone(flight), Arc::clone(tier));
        let start = Instant::now();
        Ahead(Some(Box::pin(async move {
            let output = flight.engine.ask(&flight, &tier, insists.then_some(start)).await;
            if output.is_none() {
                flight.engine.load_starts();
            }
            output
        })))
    }

    async fn ask(
        &self,
        flight: &Arc<Flight<K, O>>,
        tier: &Tiered<K, O>,
        since: Option<Instant>,
    ) -> Option<O> {
        tier.weed(self.store.len(), |hash| self.store.has_hash(hash) || self.flights.has_hash(hash));
        let Some(key) = tier.key(flight.key.key(), flight.key.hash()) else {
            flight.passage.set(Stage::Loads);
            return None;
        };
        let want = match since {
            Some(start) => Want::Since(start),
            None if self.store.decide(&flight.key.lookup(), clock::exact()) == Decision::Load => {
                Want::Servable
            }
            None => Want::Fresh,
        };
        let mut stale = None;
        let (outcome, found) = tier.find(&key, want, self.policy.windows(), &mut stale).await;
        match (outcome, found) {
            (Outcome::Found, Some(Found { output, lifetime })) => {
                flight.passage.set(Stage::Found(Some(lifetime)));
                return Some(output);
            }
            (Outcome::Leased(lease), _) => flight.passage.set(Stage::Leased(lease)),
            (Outcome::Alone(Some(error)), _) if tier.strict.is_some() => {
                flight.passage.set(Stage::Found(None));
                return tier.strict.map(|strict| strict(error));
            }
            (Outcome::Found | Outcome::Alone(_), _) => flight.passage.set(Stage::Loads),
        }
        if let Some(Found { output, lifetime }) = stale {
            // If the load fails it is here (F3).
            let (mut output, mut kept) = (Some(output), None);
            contain(&mut || kept = output.take().map(self.sharing.share));
            if let Some(kept) = kept {
                self.store_of_flight(flight, &kept, lifetime);
            }
        }
        None
    }

    /// How long an output is kept that a flight has just come to.
    pub(super) fn lifetime_of(&self, flight: &Flight<K, O>, kind: Kind, output: &O) -> Option<Lifetime> {
        match flight.passage.found() {
            Origin::Tier(lifetime) => lifetime,
            Origin::Load => self.lifetime(kind, output, flight.key.hash()),
        }
    }

    /// Whether the load of a flight was started.
    pub(super) fn loads(&self, flight: &Flight<K, O>) -> bool {
        self.tier.0.is_none() || flight.passage.loads()
    }

    /// What goes to the tier of what a load came to. The tier decides whether the lease still holds, cut or not.
    pub(super) fn cargo(
        &self,
        flight: &Flight<K, O>,
        output: &O,
        kind: Kind,
        lifetime: Option<Lifetime>,
    ) -> Cargo {
        let Some((tier, lease)) = self.tier.0.as_ref().zip(flight.passage.take_lease()) else {
            return Cargo::Nothing;
        };
        match lifetime {
            Some(lifetime) => match tier.pack(output, kind, lifetime) {
                Some(parcel) => Cargo::Publish(lease, Some(parcel)),
                None => Cargo::Fail(lease),
            },
            None if kind == Kind::Error => Cargo::Fail(lease),
            // It is newer than what is there.
            None => Cargo::Publish(lease, None),
        }
    }

    /// The load of a flight has panicked.
    pub(super) fn fail_lease(flight: &Flight<K, O>) {
        if let Some(lease) = flight.passage.take_lease() {
            lease.fail();
        }
    }

    /// Nobody runs the load of a flight any more: another process may.
    pub(super) fn drop_lease(flight: &Flight<K, O>) {
        drop(flight.passage.take_lease());
    }

    /// Tells the tier of what is put in by hand; before it is put in here, so that nobody looks there in between.
    pub(super) fn tell_insert(&self, key: &Keyed<K>, output: &O, kind: Kind, lifetime: Option<Lifetime>) {
        let Some(tier) = &self.tier.0 else { return };
        let Some(bytes) = tier.key(key.key(), key.hash()) else { return };
        let parcel = lifetime.and_then(|lifetime| tier.pack(output, kind, lifetime));
        tier.change(bytes, parcel);
    }

    /// Something is stored for a key that was not in the air: its place in the tier's index may have been given up before that.
    pub(super) fn note_key(&self, key: &Keyed<K>) {
        if let Some(tier) = &self.tier.0 {
            tier.key(key.key(), key.hash());
        }
    }

    /// Tells the tier that a key is invalid.
    pub(super) fn tell_invalidate(&self, hash: u64, to_key: impl FnOnce() -> K) {
        let Some(tier) = &self.tier.0 else { return };
        if let Some(key) = tier.key(&to_key(), hash) {
            tier.change(key, None);
        }
    }

    /// Tells the tier that all keys are.
    pub(super) fn tell_clear(&self) {
        if let Some(tier) = &self.tier.0 {
            tier.clear();
        }
    }

    /// How a call came by an output that its flight had from the tier.
    pub(super) fn served_by_tier(&self, flight: &Flight<K, O>) -> Option<Served> {
        self.tier.0.as_ref()?;
        let Origin::Tier(Some(lifetime)) = flight.passage.found() else { return None };
        let now = clock::exact();
        if now < lifetime.fresh_until {
            return Some(Served::Tier);
        }
        let age = Duration::from_nanos(now.saturating_sub(lifetime.from));
        Some(Served::Stale { age, reason: StaleReason::Revalidating })
    }

    pub(super) fn add_tier_stats(&self, stats: Stats) -> Stats {
        let tier = self.tier.0.as_ref().map(|tier| tier.stats()).unwrap_or_default();
        Stats { tier, ..stats }
    }
}

impl<K: Key, O: Output> Local for Engine<K, O> {
    fn cut(&self, key: &[u8]) {
        let Some(tier) = &self.tier.0 else { return };
        for hash in tier.hashes(key) {
            // In this order, as `invalidate`.
            self.flights.cut_hash(hash);
            self.store.remove_hash(hash);
        }
    }

    fn forget(&self) {
        self.flights.cut_all();
        self.store.clear();
    }
}
