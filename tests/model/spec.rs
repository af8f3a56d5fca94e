//! What a cache does, said in one thread and without hurry: the rules of calls, loads, entries and time, one step after another.
//!
//! Nothing here is shared with the engine. A few moments are known to the engine alone: those left to chance (`jitter`) and the
//! ends of rests, which it rounds. They are kept as bounds, and what it is seen to do narrows them ([`Moment`]). Which entry has
//! to make room is its own choice too, and told to [`Spec::evict`].

use crate::{
    config::{Config, FOREVER, MILLISECOND, Nanos},
    schedule::{End, Key, Plan},
};
use std::collections::BTreeMap;

pub(crate) type CallId = u64;

/// What a load comes to; values and errors carry the call whose load it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Value(CallId),
    Nothing,
    /// The error itself, or one that stands for it.
    Error {
        of: CallId,
        shared: bool,
    },
    /// The load took too long.
    TimedOut {
        shared: bool,
    },
}

/// What a call comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Output(Outcome, Served),
    /// The load's panic itself, or its message.
    Panic {
        of: CallId,
        payload: bool,
    },
}

/// How the output came to the call; the age is of what is stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Served {
    Fresh,
    Revalidating(Nanos),
    Failing(Nanos),
    Loaded,
    Coalesced,
}

/// A call, as it comes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    pub(crate) id: CallId,
    /// Takes no stored value (I3).
    pub(crate) insists: bool,
    /// Drives its load in place (`detach = false`).
    pub(crate) in_place: bool,
    pub(crate) plan: Plan,
}

/// What has been counted; the names are those of `stampede::Stats`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) hits: u64,
    pub(crate) stale: u64,
    pub(crate) coalesced: u64,
    pub(crate) leads: u64,
    pub(crate) loads: u64,
    pub(crate) loads_ok: u64,
    pub(crate) loads_err: u64,
    pub(crate) loads_panicked: u64,
    pub(crate) loads_abandoned: u64,
    pub(crate) refreshes: u64,
}

/// A moment that lies between two.
#[derive(Clone, Copy, Debug)]
struct Moment {
    earliest: Nanos,
    latest: Nanos,
}

impl Moment {
    fn at(time: Nanos) -> Self {
        Self { earliest: time, latest: time }
    }

    /// Whether it may have come, and whether it may not have.
    fn come(self, now: Nanos) -> impl Iterator<Item = bool> + Clone {
        let may_have_come = (now >= self.earliest).then_some(true);
        let may_be_to_come = (now < self.latest).then_some(false);
        may_have_come.into_iter().chain(may_be_to_come)
    }

    fn note(&mut self, now: Nanos, come: bool) {
        if come {
            self.latest = self.latest.min(now);
        } else {
            self.earliest = self.earliest.max(now + 1);
        }
    }
}

#[derive(Clone, Debug)]
struct Entry {
    /// How many had been put in then, with it.
    number: u64,
    outcome: Outcome,
    loaded_at: Nanos,
    ttl: Nanos,
    fresh_until: Moment,
    may_be_stale: bool,
    failures: u32,
    rests_until: Moment,
    /// False of an error after one has been evicted: nobody is told which.
    is_sure: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    Serve,
    Revalidate,
    Rest,
    Attempt,
    Load,
}

/// A load in progress, and those who wait for it.
#[derive(Debug)]
struct Flight {
    key: Key,
    owns_key: bool,
    /// The call whose body runs.
    load: CallId,
    /// How that ends, if it is about to.
    ends: Option<End>,
    /// Whether a caller drives it.
    in_place: bool,
    deadline: Nanos,
    callers: Vec<Caller>,
}

/// What a call was seen to do at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) hit: bool,
    pub(crate) stale: bool,
    pub(crate) refreshes: bool,
}

#[derive(Debug)]
pub(crate) struct Spec {
    config: Config,
    now: Nanos,
    entries: BTreeMap<Key, Entry>,
    flights: Vec<Flight>,
    pub(crate) counts: Counts,
    /// How many entries were put in so far.
    pub(crate) puts: u64,
    /// What calls have come to since this was last taken.
    pub(crate) answers: BTreeMap<CallId, Answer>,
}

impl Spec {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            config,
            now: 0,
            entries: BTreeMap::new(),
            flights: Vec::new(),
            counts: Counts::default(),
            puts: 0,
            answers: BTreeMap::new(),
        }
    }

    /// A call; where more than one thing may happen, what was seen decides.
    pub(crate) fn call(&mut self, caller: Caller, key: Key, seen: Seen) {
        if caller.insists {
            return self.board(caller, key);
        }
        let has_flight = self.flight_of(key).is_some();
        let starts_refresh = !has_flight && !caller.in_place;
        let signature = |decision| match decision {
            Decision::Serve => Seen { hit: true, ..Seen::default() },
            Decision::Revalidate if has_flight || starts_refresh => {
                Seen { stale: true, refreshes: starts_refresh, ..Seen::default() }
            }
            Decision::Rest => Seen { stale: true, ..Seen::default() },
            Decision::Revalidate | Decision::Attempt | Decision::Load => Seen::default(),
        };
        let decision = self.decide(key, |decision| signature(decision) == seen);
        let entry = self.entries.get(&key);
        let answer = |served: fn(Nanos) -> Served| {
            let entry = entry.expect("what is served is there");
            Answer::Output(entry.outcome, served(self.now - entry.loaded_at))
        };
        match decision {
            Decision::Serve => {
                self.answers.insert(caller.id, answer(|_| Served::Fresh));
                self.counts.hits += 1;
            }
            Decision::Rest => {
                self.answers.insert(caller.id, answer(Served::Failing));
                self.counts.stale += 1;
            }
            Decision::Revalidate if has_flight || starts_refresh => {
                self.answers.insert(caller.id, answer(Served::Revalidating));
                self.counts.stale += 1;
                if starts_refresh {
                    self.counts.refreshes += 1;
                    self.take_off(Flight::new(key, Vec::new()), caller, false);
                }
            }
            // Nobody could run the refresh of a call that drives its load.
            Decision::Revalidate | Decision::Attempt | Decision::Load => self.board(caller, key),
        }
    }

    fn board(&mut self, caller: Caller, key: Key) {
        if let Some(flight) = self.flight_of(key) {
            flight.callers.push(caller);
            // In the order in which they are polled.
            flight.callers.sort_unstable_by_key(|caller| caller.id);
            self.counts.coalesced += 1;
        } else {
            self.counts.leads += 1;
            self.counts.refreshes += u64::from(caller.insists);
            self.take_off(Flight::new(key, vec![caller]), caller, caller.in_place);
        }
    }

    /// Starts the body of `caller`; it is polled at once, or when the step settles.
    fn take_off(&mut self, mut flight: Flight, caller: Caller, at_once: bool) {
        self.counts.loads += 1;
        flight.load = caller.id;
        flight.in_place = caller.in_place;
        let limit = self.config.load_timeout.unwrap_or(FOREVER);
        // The runtime's timers count whole milliseconds.
        flight.deadline =
            self.now.saturating_add(limit).checked_next_multiple_of(MILLISECOND).unwrap_or(FOREVER);
        flight.ends = match caller.plan {
            Plan::Now(end) => Some(end),
            Plan::Later => (limit == 0).then_some(End::TimeOut),
        };
        match flight.ends.filter(|_| at_once) {
            Some(end) => self.land(&flight, end),
            None => self.flights.push(flight),
        }
    }

    /// All that is ready runs.
    pub(crate) fn settle(&mut self) {
        while let Some(at) = self.flights.iter().position(|flight| flight.ends.is_some()) {
            let flight = self.flights.remove(at);
            let end = flight.ends.expect("it was looked for");
            self.land(&flight, end);
        }
    }

    /// A caller goes away (X1, X2).
    pub(crate) fn leave(&mut self, id: CallId) {
        let is_on_board = |flight: &Flight| flight.callers.iter().any(|caller| caller.id == id);
        let Some(at) = self.flights.iter().position(is_on_board) else { return };
        let flight = &mut self.flights[at];
        flight.callers.retain(|caller| caller.id != id);
        if flight.in_place && flight.load == id {
            let flight = self.flights.remove(at);
            self.counts.loads_abandoned += 1;
            if let Some(heir) = flight.callers.first().copied() {
                self.take_off(flight, heir, false);
            }
        }
    }

    /// A load ends.
    pub(crate) fn finish(&mut self, load: CallId, end: End) {
        if let Some(at) = self.flights.iter().position(|flight| flight.load == load) {
            let flight = self.flights.remove(at);
            self.land(&flight, end);
        }
    }

    fn land(&mut self, flight: &Flight, end: End) {
        let key = flight.key;
        let fails = !matches!(end, End::Value | End::Nothing);
        let value_stays = fails && flight.owns_key && self.fail(key);
        let (outcome, ttl) = match end {
            End::Value => (Outcome::Value(flight.load), self.config.ttl_of(flight.load)),
            End::Nothing => (Outcome::Nothing, self.config.ttl_of_nothing()),
            End::Error => (Outcome::Error { of: flight.load, shared: false }, self.config.err_ttl),
            End::TimeOut => (Outcome::TimedOut { shared: false }, self.config.err_ttl),
            End::Panic => return self.land_in_panic(flight),
        };
        let is_kept = ttl > 0 && !value_stays;
        let outcome = outcome.shared(self.config.shares_errors && (is_kept || flight.callers.len() > 1));
        if fails {
            self.counts.loads_err += 1;
        } else {
            self.counts.loads_ok += 1;
        }
        if flight.owns_key && (is_kept || !fails) {
            self.put(key, outcome, ttl);
        }
        for caller in &flight.callers {
            let served = if caller.id == flight.load { Served::Loaded } else { Served::Coalesced };
            let covered = if fails && !caller.insists { self.cover(key) } else { None };
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

    /// Stores what is fresh for `ttl`; zero leaves nothing.
    fn put(&mut self, key: Key, outcome: Outcome, ttl: Nanos) {
        self.entries.remove(&key);
        if ttl == 0 {
            return;
        }
        let shortest = self.config.shortest(outcome, ttl);
        let fresh_until = Moment {
            earliest: self.now.saturating_add(shortest.max(1)),
            latest: self.now.saturating_add(ttl),
        };
        self.puts += 1;
        let entry = Entry {
            number: self.puts,
            outcome,
            loaded_at: self.now,
            ttl,
            fresh_until,
            may_be_stale: self.config.may_be_stale(outcome),
            failures: 0,
            rests_until: Moment::at(0),
            is_sure: true,
        };
        self.entries.insert(key, entry);
    }

    /// A load has failed: true if a value stays. One that is stale has its source left alone for a while (F3, F4).
    fn fail(&mut self, key: Key) -> bool {
        let decision = self.likely(key);
        let now = self.now;
        let Some(entry) = self.entries.get_mut(&key).filter(|entry| !entry.outcome.is_error()) else {
            return false;
        };
        if matches!(decision, Decision::Revalidate | Decision::Rest | Decision::Attempt) {
            entry.failures = (entry.failures + 1).min(15);
            let second = 1_000 * MILLISECOND;
            let rest = (entry.ttl.min(second) << (entry.failures - 1)).min(30 * second);
            // The engine rounds up to its units, of 2^20 ns.
            entry.rests_until = Moment { earliest: now + rest, latest: now + rest + (1 << 20) + (1 << 16) };
        }
        decision != Decision::Load
    }

    /// What stands in for an error (F3).
    fn cover(&mut self, key: Key) -> Option<Answer> {
        let decision = self.likely(key);
        let entry = self.entries.get(&key)?;
        let covers = !matches!(decision, Decision::Serve | Decision::Load);
        covers.then(|| Answer::Output(entry.outcome, Served::Failing(self.now - entry.loaded_at)))
    }

    /// Puts a value in by hand (I2).
    pub(crate) fn insert(&mut self, key: Key, value: Option<CallId>, ttl: Option<Nanos>) {
        self.cut(key);
        let outcome = value.map_or(Outcome::Nothing, Outcome::Value);
        let own = value.map_or_else(|| self.config.ttl_of_nothing(), |value| self.config.ttl_of(value));
        self.put(key, outcome, ttl.unwrap_or(own));
        if let (Some(ttl), Some(entry)) = (ttl, self.entries.get_mut(&key)) {
            // A ttl by hand is not left to chance.
            entry.fresh_until = Moment::at(self.now.saturating_add(ttl));
        }
    }

    /// True if there was something (I1). What the engine says decides about an entry that may have gone.
    pub(crate) fn invalidate(&mut self, key: Key, seen: bool) -> bool {
        let had_flight = self.cut(key);
        let decision = self.decide(key, |decision| (decision != Decision::Load) == seen);
        self.entries.remove(&key);
        had_flight || decision != Decision::Load
    }

    pub(crate) fn clear(&mut self) {
        self.flights.iter_mut().for_each(|flight| flight.owns_key = false);
        self.entries.clear();
    }

    fn cut(&mut self, key: Key) -> bool {
        self.flight_of(key).map(|flight| flight.owns_key = false).is_some()
    }

    /// Time passes; loads whose time is over end.
    pub(crate) fn advance(&mut self, time: Nanos) {
        self.now += time;
        while let Some(at) = self.flights.iter().position(|flight| flight.deadline <= self.now) {
            let flight = self.flights.remove(at);
            self.land(&flight, End::TimeOut);
        }
    }

    /// What `peek` returns; where more than one thing may be, what was seen decides.
    pub(crate) fn peek(&mut self, key: Key, seen: Option<Outcome>) -> Option<Outcome> {
        let value = self.entries.get(&key).map(|entry| entry.outcome).filter(|outcome| !outcome.is_error());
        let peeked = |decision| match decision {
            Decision::Serve | Decision::Revalidate | Decision::Rest => value,
            Decision::Attempt | Decision::Load => None,
        };
        // Of errors nothing is seen.
        let decision = self.decide_if(value.is_some(), key, |decision| peeked(decision) == seen);
        peeked(decision)
    }

    /// Whether the entry of a key may have expired.
    pub(crate) fn may_have_expired(&self, key: Key) -> bool {
        self.decisions(key).any(|(decision, ..)| decision == Decision::Load)
    }

    /// The engine has told that it has removed an entry of a key; of which it may have put in another, if it has put in one
    /// since there were so many.
    pub(crate) fn remove(&mut self, key: Key, puts: u64) {
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.is_sure = false;
            if entry.number <= puts {
                self.entries.remove(&key);
            }
        }
    }

    /// It has removed errors, and does not tell which. False if there is none.
    pub(crate) fn errors_may_be_gone(&mut self) -> bool {
        let errors = self.entries.values_mut().filter(|entry| entry.outcome.is_error());
        errors.map(|entry| entry.is_sure = false).count() > 0
    }

    /// The fewest and the most entries that there may be: what has expired goes after a while (M2).
    pub(crate) fn entries(&self) -> (usize, usize) {
        let keys = || self.entries.keys().copied();
        let is_there = |key: &Key| {
            self.entries[key].is_sure && self.decisions(*key).all(|(decision, ..)| decision != Decision::Load)
        };
        let may_be_there = |key: &Key| {
            let gone_at = self.gone_at(&self.entries[key]);
            let late = (gone_at - self.entries[key].loaded_at) / 32 + 10 * MILLISECOND;
            self.now < gone_at.saturating_add(late)
        };
        (keys().filter(is_there).count(), keys().filter(may_be_there).count())
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

    pub(crate) fn now(&self) -> Nanos {
        self.now
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
        let waits = |decision| matches!(decision, Decision::Attempt | Decision::Load);
        !has_flight && self.decisions(key).all(|(decision, ..)| waits(decision))
    }

    /// Whether the load of this call has a value that is stored, if it comes to one.
    pub(crate) fn keeps(&self, load: CallId) -> bool {
        self.config.ttl_of(load) > 0
    }

    /// The key that a load is for.
    pub(crate) fn key_of(&self, load: CallId) -> Option<Key> {
        self.flights.iter().find(|flight| flight.load == load).map(|flight| flight.key)
    }

    fn flight_of(&mut self, key: Key) -> Option<&mut Flight> {
        self.flights.iter_mut().find(|flight| flight.owns_key && flight.key == key)
    }

    /// What may be done about the entry of a key, where it is the same to have rested or not.
    fn likely(&self, key: Key) -> Decision {
        self.decisions(key).next().map_or(Decision::Load, |(decision, ..)| decision)
    }

    /// What is done about the entry of a key: of all that may be, what fits; that it was, narrows the bounds.
    fn decide(&mut self, key: Key, fits: impl Fn(Decision) -> bool) -> Decision {
        self.decide_if(true, key, fits)
    }

    fn decide_if(&mut self, is_seen: bool, key: Key, fits: impl Fn(Decision) -> bool) -> Decision {
        let possible: Vec<_> = self.decisions(key).collect();
        let mut fitting: Vec<_> = possible.iter().copied().filter(|(decision, ..)| fits(*decision)).collect();
        if fitting.is_empty() || !is_seen {
            fitting = possible;
        }
        let (decision, is_there, stale, rested) = fitting[0];
        let now = self.now;
        if !fitting.iter().all(|one| one.1 == is_there) {
            return decision;
        }
        if !is_there {
            self.entries.remove(&key);
        } else if let Some(entry) = self.entries.get_mut(&key) {
            entry.is_sure = true;
            if fitting.iter().all(|one| one.2 == stale) {
                entry.fresh_until.note(now, stale);
            }
            if fitting.iter().all(|one| one.3 == rested) {
                entry.rests_until.note(now, rested);
            }
        }
        decision
    }

    /// All that may be done about the entry of a key, and if so: is it there, is it stale, is the rest over?
    fn decisions(&self, key: Key) -> impl Iterator<Item = (Decision, bool, bool, bool)> {
        let entry = self.entries.get(&key);
        let if_there = entry.into_iter().flat_map(move |entry| {
            let (stale, rested) = (entry.fresh_until.come(self.now), entry.rests_until.come(self.now));
            stale.flat_map(move |stale| {
                rested.clone().map(move |rested| (self.decision(entry, stale, rested), true, stale, rested))
            })
        });
        let absent = entry.is_none_or(|entry| !entry.is_sure).then_some((Decision::Load, false, true, true));
        if_there.chain(absent)
    }

    fn decision(&self, entry: &Entry, stale: bool, rested: bool) -> Decision {
        if !stale {
            return Decision::Serve;
        }
        let stale_for = self.now.saturating_sub(entry.fresh_until.latest);
        let revalidates = entry.may_be_stale && stale_for < self.config.stale_while_revalidate;
        let covers = entry.may_be_stale && stale_for < self.config.stale_if_error;
        match (revalidates || covers, rested) {
            (false, _) => Decision::Load,
            (true, false) => Decision::Rest,
            (true, true) if revalidates => Decision::Revalidate,
            (true, true) => Decision::Attempt,
        }
    }

    fn gone_at(&self, entry: &Entry) -> Nanos {
        let longest = self.config.stale_while_revalidate.max(self.config.stale_if_error);
        entry.fresh_until.latest.saturating_add(if entry.may_be_stale { longest } else { 0 })
    }
}

impl Flight {
    /// A flight whose load is yet to start.
    fn new(key: Key, callers: Vec<Caller>) -> Self {
        Self { key, owns_key: true, load: 0, in_place: false, ends: None, deadline: FOREVER, callers }
    }
}

impl Outcome {
    pub(crate) fn is_error(self) -> bool {
        matches!(self, Self::Error { .. } | Self::TimedOut { .. })
    }

    fn shared(self, shared: bool) -> Self {
        match self {
            Self::Error { of, .. } => Self::Error { of, shared },
            Self::TimedOut { .. } => Self::TimedOut { shared },
            other => other,
        }
    }
}
