//! What a cache does, said in one thread and without hurry: the rules, one step after another.
//!
//! Nothing here is shared with the engine. Where the rules leave something open (a ttl that is left to chance, a rest that the
//! engine rounds, who makes room), this says what may be and asks [`Chance`], which goes through all of it ([`Worlds`]).
//!
//! [`Worlds`]: crate::chance::Worlds

use crate::{
    chance::{Chance, Moment},
    config::{Config, FOREVER, MILLISECOND, Nanos},
    schedule::{End, Key, Plan},
    words::{Answer, CallId, Caller, Counts, Outcome, Served},
};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Spec {
    pub(crate) config: Config,
    pub(crate) now: Nanos,
    pub(crate) entries: BTreeMap<Key, Entry>,
    /// In the order in which they began; at most one owns its key (C1).
    pub(crate) flights: Vec<Flight>,
    pub(crate) counts: Counts,
    /// How many entries were put in so far.
    pub(crate) puts: u64,
    /// What calls have come to since this was last taken.
    pub(crate) answers: BTreeMap<CallId, Answer>,
    pub(crate) chance: Chance,
}

/// A stored outcome.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// How many had been put in then, with it.
    pub(crate) number: u64,
    pub(crate) outcome: Outcome,
    pub(crate) loaded_at: Nanos,
    pub(crate) fresh_until: Moment,
    /// Failed loads in a row, and until when the source is left alone for them.
    failures: u32,
    pub(crate) rests_until: Moment,
}

/// A load in progress, and those who wait for it, in the order in which they are polled.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Flight {
    pub(crate) key: Key,
    pub(crate) owns_key: bool,
    /// The call whose body runs.
    pub(crate) load: CallId,
    /// How that ends, if it is about to.
    ends: Option<End>,
    /// Whether the caller drives it.
    in_place: bool,
    pub(crate) deadline: Nanos,
    callers: Vec<Caller>,
}

impl Spec {
    /// A call is served, or joins the key's flight, or starts one (C1, C2, F2, F3, I3).
    pub(crate) fn call(&mut self, caller: Caller, key: Key) {
        let joins = self.flights.iter().any(|flight| flight.owns_key && flight.key == key);
        // Nobody could run the refresh of a call that drives its load.
        let may_refresh = joins || !caller.in_place;
        let served = if caller.insists { None } else { self.serve(key, may_refresh) };
        if let Some((outcome, served)) = served {
            self.answers.insert(caller.id, Answer::Output(outcome, served));
            self.counts.hits += u64::from(served == Served::Fresh);
            self.counts.stale += u64::from(served != Served::Fresh);
            if !joins && matches!(served, Served::Revalidating(_)) {
                self.counts.refreshes += 1;
                self.take_off(key, Vec::new(), caller, false);
            }
        } else if let Some(flight) = self.flight_of(key) {
            flight.callers.push(caller);
            flight.callers.sort_unstable_by_key(|caller| caller.id);
            self.counts.coalesced += 1;
        } else {
            self.counts.leads += 1;
            self.counts.refreshes += u64::from(caller.insists);
            self.take_off(key, vec![caller], caller, caller.in_place);
        }
    }

    /// What is fresh is served; what is stale, while it is refreshed or its source is left alone (F1, F2, F3).
    fn serve(&mut self, key: Key, may_refresh: bool) -> Option<(Outcome, Served)> {
        let (now, chance) = (self.now, &mut self.chance);
        let entry = self.entries.get_mut(&key)?;
        let [while_revalidate, either] = self.config.windows(entry.outcome);
        let age = now - entry.loaded_at;
        let served = if !entry.fresh_until.is_past(now, 0, chance) {
            Served::Fresh
        } else if !entry.rests_until.is_past(now, 0, chance) {
            (!entry.fresh_until.is_past(now, either, chance)).then_some(Served::Failing(age))?
        } else if may_refresh && !entry.fresh_until.is_past(now, while_revalidate, chance) {
            Served::Revalidating(age)
        } else {
            return None;
        };
        Some((entry.outcome, served))
    }

    /// What a call would be served without waiting; of errors nothing is seen.
    pub(crate) fn peek(&mut self, key: Key) -> Option<Outcome> {
        let (now, chance) = (self.now, &mut self.chance);
        let entry = self.entries.get_mut(&key).filter(|entry| !entry.outcome.is_error())?;
        let [while_revalidate, either] = self.config.windows(entry.outcome);
        let window = if entry.rests_until.is_past(now, 0, chance) { while_revalidate } else { either };
        (!entry.fresh_until.is_past(now, window, chance)).then_some(entry.outcome)
    }

    /// Starts the body of `caller`; it is polled at once, or when the step settles.
    fn take_off(&mut self, key: Key, callers: Vec<Caller>, caller: Caller, at_once: bool) {
        self.counts.loads += 1;
        let limit = self.config.load_timeout.unwrap_or(FOREVER);
        let deadline = self.now.saturating_add(limit);
        let flight = Flight {
            key,
            owns_key: true,
            load: caller.id,
            ends: match caller.plan {
                Plan::Now(end) => Some(end),
                Plan::Later => (limit == 0).then_some(End::TimeOut),
            },
            in_place: caller.in_place,
            // The runtime's timers count whole milliseconds.
            deadline: deadline.checked_next_multiple_of(MILLISECOND).unwrap_or(FOREVER),
            callers,
        };
        match flight.ends.filter(|_| at_once) {
            Some(end) => self.land(&flight, end),
            None => self.flights.push(flight),
        }
    }

    /// A caller goes away: the load goes on (X1), or one of the others takes over with its own body (X2).
    pub(crate) fn leave(&mut self, id: CallId) {
        let is_on_board = |flight: &Flight| flight.callers.iter().any(|caller| caller.id == id);
        let Some(at) = self.flights.iter().position(is_on_board) else { return };
        let flight = &mut self.flights[at];
        flight.callers.retain(|caller| caller.id != id);
        if flight.in_place && flight.load == id {
            let flight = self.flights.remove(at);
            self.counts.loads_abandoned += 1;
            if let Some(heir) = flight.callers.first().copied() {
                self.take_off(flight.key, flight.callers, heir, false);
                self.flights.last_mut().expect("it has not ended").owns_key = flight.owns_key;
            }
        }
    }

    /// Time passes; loads whose time is over end.
    pub(crate) fn advance(&mut self, time: Nanos) {
        self.now += time;
        let now = self.now;
        self.end(|flight| (flight.deadline <= now).then_some(End::TimeOut));
    }

    /// All that is ready runs.
    pub(crate) fn settle(&mut self) {
        self.end(|flight| flight.ends);
    }

    /// A load ends.
    pub(crate) fn finish(&mut self, load: CallId, end: End) {
        self.end(|flight| (flight.load == load).then_some(end));
    }

    fn end(&mut self, how: impl Fn(&Flight) -> Option<End>) {
        while let Some(at) = self.flights.iter().position(|flight| how(flight).is_some()) {
            let flight = self.flights.remove(at);
            self.land(&flight, how(&flight).expect("it was looked for"));
        }
    }

    /// The outcome is stored, if the flight owns its key (I1, I2), and goes to all who wait (C2).
    fn land(&mut self, flight: &Flight, end: End) {
        let (of, shared) = (flight.load, false);
        let (outcome, ttl) = match end {
            End::Value => (Outcome::Value(of), self.config.ttl_of(of)),
            End::Nothing => (Outcome::Nothing, self.config.ttl_of_nothing()),
            End::Error => (Outcome::Error { of, shared }, self.config.err_ttl),
            End::TimeOut => (Outcome::TimedOut { shared }, self.config.err_ttl),
            End::Panic => {
                if flight.owns_key {
                    self.fail(flight.key);
                }
                return self.land_in_panic(flight);
            }
        };
        let fails = outcome.is_error();
        *(if fails { &mut self.counts.loads_err } else { &mut self.counts.loads_ok }) += 1;
        let value_stays = fails && flight.owns_key && self.fail(flight.key);
        let is_kept = ttl > 0 && !value_stays;
        // An error is the caller's own where nobody else has it.
        let outcome = outcome.shared(self.config.shares_errors && (is_kept || flight.callers.len() > 1));
        if flight.owns_key && (is_kept || !fails) {
            self.put(flight.key, outcome, ttl);
        }
        for caller in &flight.callers {
            let served = if caller.id == flight.load { Served::Loaded } else { Served::Coalesced };
            let covered = if fails && !caller.insists { self.cover(flight.key) } else { None };
            self.answers.insert(caller.id, covered.unwrap_or(Answer::Output(outcome, served)));
        }
    }

    /// One caller gets the panic itself: who drove, or who is polled first (X3).
    fn land_in_panic(&mut self, flight: &Flight) {
        self.counts.loads_panicked += 1;
        let driver = flight.callers.iter().position(|caller| flight.in_place && caller.id == flight.load);
        for (at, caller) in flight.callers.iter().enumerate() {
            let payload = at == driver.unwrap_or(0);
            self.answers.insert(caller.id, Answer::Panic { of: flight.load, payload });
        }
    }

    /// A load has failed: true if a value stays (F4). One that is stale has its source left alone for a while, doubling (F3).
    fn fail(&mut self, key: Key) -> bool {
        const SECOND: Nanos = 1_000 * MILLISECOND;
        let (now, chance) = (self.now, &mut self.chance);
        let Some(entry) = self.entries.get_mut(&key).filter(|entry| !entry.outcome.is_error()) else {
            return false;
        };
        let [_, either] = self.config.windows(entry.outcome);
        if !entry.fresh_until.is_past(now, 0, chance) {
            return true;
        }
        let stays = !entry.fresh_until.is_past(now, either, chance);
        if stays {
            entry.failures = (entry.failures + 1).min(15);
            // For as long as the value was fresh, at first.
            let until = |fresh_until: Nanos| {
                let ttl = fresh_until - entry.loaded_at;
                now + (ttl.min(SECOND) << (entry.failures - 1)).min(30 * SECOND)
            };
            let Moment { earliest, latest } = entry.fresh_until;
            // The engine rounds up to its units, of 2^20 ns.
            entry.rests_until = Moment::between(until(earliest), until(latest) + (1 << 20) + (1 << 16));
        }
        stays
    }

    /// What is stale stands in for an error, within the window (F3).
    fn cover(&mut self, key: Key) -> Option<Answer> {
        let (now, chance) = (self.now, &mut self.chance);
        let entry = self.entries.get_mut(&key)?;
        let [_, either] = self.config.windows(entry.outcome);
        let is_stale = entry.fresh_until.is_past(now, 0, chance);
        let covers = is_stale && !entry.fresh_until.is_past(now, either, chance);
        covers.then(|| Answer::Output(entry.outcome, Served::Failing(now - entry.loaded_at)))
    }

    /// Stores what is fresh for `ttl`, counted from now (F1); zero leaves nothing.
    fn put(&mut self, key: Key, outcome: Outcome, ttl: Nanos) {
        self.entries.remove(&key);
        if ttl > 0 {
            self.puts += 1;
            let (number, loaded_at) = (self.puts, self.now);
            let end = |ttl| loaded_at.saturating_add(ttl);
            let fresh_until = Moment::between(end(self.config.shortest(outcome, ttl)), end(ttl));
            let (failures, rests_until) = (0, Moment::between(0, 0));
            let entry = Entry { number, outcome, loaded_at, fresh_until, failures, rests_until };
            self.entries.insert(key, entry);
        }
    }

    /// Puts a value in by hand, over what a flight will bring (I2). A ttl by hand is not left to chance.
    pub(crate) fn insert(&mut self, key: Key, value: Option<CallId>, ttl: Option<Nanos>) {
        self.cut(key);
        let outcome = value.map_or(Outcome::Nothing, Outcome::Value);
        let own = value.map_or_else(|| self.config.ttl_of_nothing(), |value| self.config.ttl_of(value));
        self.put(key, outcome, ttl.unwrap_or(own));
        if let (Some(ttl), Some(entry)) = (ttl, self.entries.get_mut(&key)) {
            let end = self.now.saturating_add(ttl);
            entry.fresh_until = Moment::between(end, end);
        }
    }

    /// Removes the entry and cuts the flight from its key (I1); true if there was something.
    pub(crate) fn invalidate(&mut self, key: Key) -> bool {
        let had_flight = self.cut(key);
        let had_entry = self.entries.remove(&key).is_some_and(|mut entry| {
            let [_, either] = self.config.windows(entry.outcome);
            !entry.fresh_until.is_past(self.now, either, &mut self.chance)
        });
        had_flight || had_entry
    }

    /// The same for all (I1).
    pub(crate) fn clear(&mut self) {
        self.flights.iter_mut().for_each(|flight| flight.owns_key = false);
        self.entries.clear();
    }

    fn cut(&mut self, key: Key) -> bool {
        self.flight_of(key).map(|flight| flight.owns_key = false).is_some()
    }

    fn flight_of(&mut self, key: Key) -> Option<&mut Flight> {
        self.flights.iter_mut().find(|flight| flight.owns_key && flight.key == key)
    }
}
