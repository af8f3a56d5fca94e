//! Calls of a face that judges entries by itself: what is stored is handed out whatever the policy thinks of it, and the face
//! says what the call was.

use crate::{
    clock::Ticks,
    engine::{Boarding, Engine, Key, Output, body::Run, load},
    keyed::{Form, Keyed},
    stats::Event,
};
use equivalent::Equivalent;
use std::{
    hash::{BuildHasher, Hash},
    sync::Arc,
};

impl<K: Key, O: Output> Engine<K, O> {
    /// A copy of what is stored for a key. Counts as no call.
    #[inline]
    pub(crate) fn look<Q>(&self, key: &Q) -> Option<O>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        match self.store.get(&self.lookup(key), self.clock.now(), &self.sharing, || {}) {
            Ok(output) => Some(output),
            Err(no_hit) => {
                let never = |_: &Q| unreachable!("what is looked at is not loaded");
                self.hit_among(no_hit, &Form { form: key, to_key: never })
            }
        }
    }

    /// The time by the clock that lookups go by.
    #[inline]
    pub(crate) fn now(&self) -> Ticks {
        self.clock.now()
    }

    /// Counts a call that was answered by what `look` found.
    #[inline]
    pub(crate) fn count_answered(&self, fresh: bool) {
        self.counters.count(if fresh { Event::Hit } else { Event::Stale });
    }

    /// Starts a load that nobody waits for, as a task, unless the key is in flight.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    pub(crate) fn refresh_with(self: &Arc<Self>, key: K, start: impl FnOnce() -> load::BoxFuture<O>) {
        let key = Keyed::new(self.hasher.hash_one(&key), key);
        if self.flights.contains(key.hash(), key.key()) {
            return;
        }
        let Some(flight) = self.flights.lead(key, self) else { return };
        let boarding = Boarding::new(flight, true);
        self.counters.count(Event::Refresh);
        let ahead = self.ahead(&boarding.flight, false);
        load::spawn(boarding, Run::new(ahead, None), start());
    }
}
