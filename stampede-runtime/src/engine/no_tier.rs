//! In the place of `tier.rs` where there is none: without the feature `redis`.

use crate::{
    engine::{Engine, Key, Output},
    flight::Flight,
    keyed::Keyed,
    policy::Lifetime,
    served::Served,
    sharing::Kind,
    stats::Stats,
};
use std::{
    marker::PhantomData,
    sync::Arc,
    task::{Context, Poll},
};

/// What a load does first: nothing.
pub(super) struct Ahead<O>(PhantomData<fn() -> O>);

#[expect(clippy::unused_self)]
impl<O> Ahead<O> {
    pub(super) fn nothing() -> Self {
        Self(PhantomData)
    }

    pub(super) fn is_open(&self) -> bool {
        false
    }

    pub(super) fn poll(&mut self, _: &mut Context<'_>) -> Poll<Option<O>> {
        Poll::Ready(None)
    }

    pub(super) fn close(&mut self) {}
}

/// Nothing goes anywhere.
pub(super) struct Cargo;

#[expect(clippy::unused_self)]
impl Cargo {
    pub(super) fn send(self) {}
}

#[expect(clippy::unused_self)]
impl<K: Key, O: Output> Engine<K, O> {
    pub(super) fn ahead(&self, _: &Arc<Flight<K, O>>, _: bool) -> Ahead<O> {
        Ahead(PhantomData)
    }

    pub(super) fn lifetime_of(&self, flight: &Flight<K, O>, kind: Kind, output: &O) -> Option<Lifetime> {
        self.lifetime(kind, output, flight.key.hash())
    }

    pub(super) fn loads(&self, _: &Flight<K, O>) -> bool {
        true
    }

    pub(super) fn cargo(&self, _: &Flight<K, O>, _: &O, _: Kind, _: Option<Lifetime>) -> Cargo {
        Cargo
    }

    pub(super) fn fail_lease(_: &Flight<K, O>) {}

    pub(super) fn drop_lease(_: &Flight<K, O>) {}

    pub(super) fn tell_insert(&self, _: &Keyed<K>, _: &O, _: Kind, _: Option<Lifetime>) {}

    pub(super) fn note_key(&self, _: &Keyed<K>) {}

    pub(super) fn tell_invalidate(&self, _: u64, _: impl FnOnce() -> K) {}

    pub(super) fn tell_clear(&self) {}

    pub(super) fn served_by_tier(&self, _: &Flight<K, O>) -> Option<Served> {
        None
    }

    pub(super) fn add_tier_stats(&self, stats: Stats) -> Stats {
        stats
    }
}
