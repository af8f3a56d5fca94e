//! What can be seen of a specification from outside, and what only the cache can tell it.

use crate::{
    config::{MILLISECOND, Nanos},
    schedule::Key,
    spec::{Entry, Spec},
    words::{CallId, Counts},
};
use std::collections::BTreeMap;

impl Spec {
    pub(crate) fn new(config: crate::config::Config) -> Self {
        Self {
            config,
            now: 0,
            entries: BTreeMap::new(),
            flights: Vec::new(),
            counts: Counts::default(),
            puts: 0,
            answers: BTreeMap::new(),
            chance: crate::chance::Chance::default(),
        }
    }

    /// Whether the entry of a key may have expired by then.
    pub(crate) fn may_have_expired(&self, key: Key, then: Nanos) -> bool {
        self.entries.get(&key).is_none_or(|entry| self.may_be_over(entry, then))
    }

    fn may_be_over(&self, entry: &Entry, then: Nanos) -> bool {
        let [_, either] = self.config.windows(entry.outcome);
        entry.fresh_until.may_be_past(then, either)
    }

    /// The engine has removed an entry of a key; of which it may have put in another, if it has put in one since there were so
    /// many.
    pub(crate) fn remove(&mut self, key: Key, puts: u64) {
        let Some(entry) = self.entries.get(&key) else { return };
        if entry.number <= puts || self.chance.pick(2) == 0 {
            self.entries.remove(&key);
        }
    }

    /// It has removed an error, and does not tell which. False if there is none.
    pub(crate) fn remove_an_error(&mut self) -> bool {
        let errors = self.entries.iter().filter(|(_, entry)| entry.outcome.is_error());
        let errors: Vec<_> = errors.map(|(key, _)| *key).collect();
        if errors.is_empty() {
            return false;
        }
        let key = errors[self.chance.pick(errors.len())];
        self.entries.remove(&key);
        true
    }

    /// The fewest and the most entries that there may be: what has expired goes after a while (M2).
    pub(crate) fn len(&self) -> (usize, usize) {
        let may_be_there = |entry: &&Entry| {
            let [_, either] = self.config.windows(entry.outcome);
            let gone_at = entry.fresh_until.latest.saturating_add(either);
            let late = (gone_at - entry.loaded_at) / 32 + 10 * MILLISECOND;
            self.now < gone_at.saturating_add(late)
        };
        let is_there = |entry: &&Entry| !self.may_be_over(entry, self.now);
        (self.entries.values().filter(is_there).count(), self.entries.values().filter(may_be_there).count())
    }

    /// The moments to come at which something changes about a key.
    pub(crate) fn moments(&self, key: Key) -> Vec<Nanos> {
        let of_entry = self.entries.get(&key).into_iter().flat_map(|entry| {
            let windows = [self.config.stale_while_revalidate, self.config.stale_if_error];
            let ends = windows.map(|window| entry.fresh_until.latest.saturating_add(window));
            let (fresh, rest) = (entry.fresh_until, entry.rests_until);
            [fresh.earliest, fresh.latest, ends[0], ends[1], rest.earliest, rest.latest]
        });
        let of_flights = self.flights.iter().filter(|flight| flight.key == key).map(|flight| flight.deadline);
        of_entry.chain(of_flights).filter(|moment| *moment > self.now).collect()
    }

    /// The keys in flight.
    pub(crate) fn in_flight(&self) -> usize {
        self.flights.iter().filter(|flight| flight.owns_key).count()
    }

    /// The loads that run.
    pub(crate) fn running(&self) -> Vec<CallId> {
        let mut running: Vec<_> = self.flights.iter().map(|flight| flight.load).collect();
        running.sort_unstable();
        running
    }

    /// Whether a call would find nothing that it can be served or join, for sure.
    pub(crate) fn misses(&self, key: Key) -> bool {
        let has_flight = self.flights.iter().any(|flight| flight.owns_key && flight.key == key);
        let waits = |entry: &Entry| {
            let [while_revalidate, either] = self.config.windows(entry.outcome);
            let window =
                if entry.rests_until.is_surely_past(self.now, 0) { while_revalidate } else { either };
            entry.fresh_until.is_surely_past(self.now, window)
        };
        !has_flight && self.entries.get(&key).is_none_or(waits)
    }

    /// Whether the load of this call has a value that is stored, if it comes to one.
    pub(crate) fn keeps(&self, load: CallId) -> bool {
        self.config.ttl_of(load) > 0
    }

    /// The key that a load is for.
    pub(crate) fn key_of(&self, load: CallId) -> Option<Key> {
        self.flights.iter().find(|flight| flight.load == load).map(|flight| flight.key)
    }
}
