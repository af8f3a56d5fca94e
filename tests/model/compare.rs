//! Takes engine and specification through one schedule, and compares them after every step.

use crate::{
    chance::Worlds,
    config::{Config, MILLISECOND, Nanos},
    hooks::{Spot, arm, disarm},
    rig::{Arrival, Done, Rig, duration},
    schedule::{End, KEYS, Key, Pick, Step},
    spec::Spec,
    words::{Answer, CallId, Counts, Served},
};
use stampede::{RemovalCause, StaleReason};
use std::{cell::RefCell, collections::BTreeMap, rc::Rc};
use tokio::{runtime::Builder, time::advance};

type Difference = String;

/// Fails with a sentence if something is not as it is said.
macro_rules! check {
    ($holds:expr, $($difference:tt)*) => {
        if !$holds {
            return Err(format!($($difference)*));
        }
    };
}

/// Runs a schedule; the difference, if there is one.
pub(crate) fn run(config: &Config, steps: &[Step]) -> Result<(), Difference> {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(async {
        let mut pair = Pair {
            rig: Rc::new(Rig::new(config)),
            worlds: Worlds::new(Spec::new(*config)),
            config: *config,
            len: 0,
        };
        for (number, step) in steps.iter().enumerate() {
            pair.step(step).await.map_err(|difference| format!("step {number}, {step:?}: {difference}"))?;
        }
        pair.end().await.map_err(|difference| format!("at the end: {difference}"))
    })
}

struct Pair {
    rig: Rc<Rig>,
    /// What may be, by the specification.
    worlds: Worlds,
    config: Config,
    /// The entries that there were after the last step, those included that have expired since.
    len: usize,
}

impl Pair {
    async fn step(&mut self, step: &Step) -> Result<(), Difference> {
        match step {
            Step::Advance(time) => self.advance(*time).await,
            Step::AdvanceTo(key, pick) => {
                let Some(time) = self.time_until(*key, *pick) else { return Ok(()) };
                self.advance(time - 1).await?;
                self.advance(1).await
            }
            Step::Amid(outer, inner, same) => self.amid(outer, inner, *same).await,
            step => {
                let done = self.rig.perform(step);
                self.settle_and_compare(&[done]).await
            }
        }
    }

    /// Runs `inner` in the middle of `outer`, or after it if it has no such middle.
    async fn amid(&mut self, outer: &Step, inner: &Step, same: bool) -> Result<(), Difference> {
        let target = self.middle(outer);
        let Some((spot, key)) = target else {
            let done = self.rig.perform(outer);
            self.settle_and_compare(&[done]).await?;
            let done = self.rig.perform(inner);
            return self.settle_and_compare(&[done]).await;
        };
        // Where there is a bound, two loads that end in one step may push each other's entries out: nobody could tell which
        // comes first.
        let inner = match inner {
            Step::Leave(_) if self.config.capacity.is_some() => Step::Invalidate(key),
            inner if same || self.config.capacity.is_some() => inner.of_key(key),
            inner => inner.clone(),
        };
        let happened = Rc::new(RefCell::new(None));
        arm(spot, {
            let (rig, happened, inner) = (Rc::clone(&self.rig), Rc::clone(&happened), inner.clone());
            move || *happened.borrow_mut() = Some(rig.perform(&inner))
        });
        let outer = self.rig.perform(outer);
        self.rig.settle().await;
        disarm();
        let amid = happened.take();
        // It comes before what it was in the middle of: that is not done yet.
        match amid {
            Some(inner) => self.settle_and_compare(&[inner, outer]).await,
            None => Err(format!("{spot:?} was not reached")),
        }
    }

    /// Where something may happen in the middle of a step, and the key that this is about.
    fn middle(&self, step: &Step) -> Option<(Spot, Key)> {
        match step {
            Step::Call(call) => {
                self.worlds.all(|spec| spec.misses(call.key)).then_some((Spot::KeyClone, call.key))
            }
            Step::Finish(pick, End::Value) => {
                let running = self.rig.running();
                let load = running[pick.checked_rem(running.len())?];
                let spec = self.worlds.any();
                spec.keeps(load).then(|| (Spot::ValueClone, spec.key_of(load).unwrap_or_default()))
            }
            _ => None,
        }
    }

    /// How long it is until something changes about a key.
    fn time_until(&self, key: Key, pick: Pick) -> Option<Nanos> {
        const FAR: Nanos = 1_000 * 3_600 * MILLISECOND;
        let spec = self.worlds.any();
        let mut moments = spec.moments(key);
        moments.retain(|moment| moment - spec.now < FAR);
        Some(moments[pick.checked_rem(moments.len())?] - spec.now)
    }

    async fn advance(&mut self, time: Nanos) -> Result<(), Difference> {
        advance(duration(time)).await;
        self.settle_and_compare(&[Done::Advance(time)]).await?;
        self.compare_keys(0..KEYS)
    }

    /// Does to the specification what was done to the engine, in this order, and compares them.
    async fn settle_and_compare(&mut self, done: &[Done]) -> Result<(), Difference> {
        self.rig.settle().await;
        let seen = Seen::of(&self.rig, std::mem::replace(&mut self.len, self.rig.len()));
        self.worlds.step(|spec| {
            let end = spec.now + done.iter().map(Done::takes).sum::<Nanos>();
            let expired: Vec<_> = (0..KEYS).filter(|key| spec.may_have_expired(*key, end)).collect();
            let puts = spec.puts;
            done.iter().try_for_each(|done| apply(spec, done))?;
            spec.settle();
            seen.compare_answers(spec)?;
            seen.compare_counts(spec)?;
            seen.compare_entries(spec, &expired, puts)
        })?;
        self.compare_keys(seen.removals.iter().map(|(key, _)| *key))?;
        // What is looked at stays longer where there is a bound; where chance takes part nothing else tells.
        if self.config.capacity.is_none() || self.config.jitter > 0.0 {
            self.compare_keys(0..KEYS)?;
        }
        Ok(())
    }

    fn compare_keys(&mut self, keys: impl Iterator<Item = Key>) -> Result<(), Difference> {
        for key in keys {
            let peeked = self.rig.peek(key);
            self.worlds.step(|spec| {
                let expected = spec.peek(key);
                check!(peeked == expected, "at {}: peek of {key} is {peeked:?}, not {expected:?}", spec.now);
                Ok(())
            })?;
        }
        Ok(())
    }

    /// All callers go, all loads end: nothing is left in flight, and what is stored is what should be.
    async fn end(&mut self) -> Result<(), Difference> {
        self.compare_keys(0..KEYS)?;
        for call in self.rig.waiting() {
            let done = self.rig.leave(call);
            self.settle_and_compare(&[done]).await?;
        }
        for load in self.rig.running() {
            let done = self.rig.finish(load, End::Value);
            self.settle_and_compare(&[done]).await?;
        }
        self.compare_keys(0..KEYS)?;
        let left = (self.rig.in_flight(), self.rig.running().len());
        check!(left == (0, 0), "M4: {left:?} in flight and running");
        Ok(())
    }
}

/// Does to the specification what was done to the engine.
fn apply(spec: &mut Spec, done: &Done) -> Result<(), Difference> {
    match *done {
        Done::Call(caller, key) => spec.call(caller, key),
        Done::Leave(call) => spec.leave(call),
        Done::Finish(load, end) => spec.finish(load, end),
        Done::Insert { key, value, ttl } => spec.insert(key, value, ttl),
        Done::Invalidate(key, seen) => {
            let expected = spec.invalidate(key);
            check!(seen == expected, "invalidate returned {seen}");
        }
        Done::Clear => spec.clear(),
        Done::Advance(time) => spec.advance(time),
        Done::Nothing => {}
    }
    Ok(())
}

/// What has been seen of the engine in one step.
struct Seen {
    arrivals: BTreeMap<CallId, Arrival>,
    counts: Counts,
    running: Vec<CallId>,
    in_flight: usize,
    evicted: u64,
    removals: Vec<(Key, RemovalCause)>,
    len_before: usize,
    len: usize,
}

impl Seen {
    fn of(rig: &Rig, len_before: usize) -> Self {
        Self {
            arrivals: rig.take_arrivals(),
            counts: rig.counts(),
            running: rig.running(),
            in_flight: rig.in_flight(),
            evicted: rig.take_evictions(),
            removals: rig.take_removals(),
            len_before,
            len: rig.len(),
        }
    }

    fn compare_answers(&self, spec: &mut Spec) -> Result<(), Difference> {
        let (arrivals, answers) = (&self.arrivals, std::mem::take(&mut spec.answers));
        check!(arrivals.keys().eq(answers.keys()), "returned: {arrivals:?}, expected: {answers:?}");
        for (call, arrival) in arrivals {
            check!(is_same(arrival, &answers[call]), "call {call} got {arrival:?}, not {:?}", answers[call]);
        }
        Ok(())
    }

    fn compare_counts(&self, spec: &Spec) -> Result<(), Difference> {
        check!(self.counts == spec.counts, "S1: {:?}, not {:?}", self.counts, spec.counts);
        let (running, expected) = (&self.running, spec.running());
        check!(*running == expected, "loads that run: {running:?}, not {expected:?}");
        let expected = spec.in_flight();
        check!(self.in_flight == expected, "C1, M4: {} in flight, not {expected}", self.in_flight);
        Ok(())
    }

    /// `expired` are the keys whose entries may have been over before this step, or by its time, `puts` how many had been put in.
    fn compare_entries(&self, spec: &mut Spec, expired: &[Key], puts: u64) -> Result<(), Difference> {
        let mut told = 0;
        let put = spec.puts - puts;
        for &(key, cause) in &self.removals {
            told += u64::from(cause == RemovalCause::Capacity);
            let has_reason = cause != RemovalCause::Expired
                || expired.contains(&key)
                || spec.may_have_expired(key, spec.now);
            check!(has_reason, "M2: the entry of {key} was removed before its time");
            if matches!(cause, RemovalCause::Capacity | RemovalCause::Expired) {
                spec.remove(key, puts);
            }
        }
        let (evicted, len) = (self.evicted, self.len);
        for _ in told..evicted {
            check!(spec.remove_an_error(), "{evicted} evictions, and {told} were told of");
        }
        if let Some(capacity) = spec.config.capacity {
            check!(len as u64 <= capacity, "M1: {len} entries");
            let most = (self.len_before as u64 + put).saturating_sub(capacity);
            check!(evicted <= most, "{evicted} entries made room, where {most} had to");
        } else {
            check!(evicted == 0, "{evicted} evictions without a bound");
        }
        let (least, most) = spec.len();
        check!((least..=most).contains(&len), "{len} entries, not {least} to {most}");
        Ok(())
    }
}

/// Whether a call got what it should have. Ages are exact to what an entry keeps of its ttl.
fn is_same(arrival: &Arrival, answer: &Answer) -> bool {
    let (served, expected) = match (arrival, answer) {
        (Arrival::Panic { of }, Answer::Panic { of: load, payload }) => {
            return *of == payload.then_some(*load);
        }
        (Arrival::Output(outcome, served), Answer::Output(expected, how)) if outcome == expected => {
            (served, how)
        }
        _ => return false,
    };
    let is_age = |age: std::time::Duration, expected: Nanos| {
        let late = age.as_nanos().checked_sub(u128::from(expected));
        late.is_some_and(|late| late <= 1_024 + u128::from(expected >> 24))
    };
    match (served, expected) {
        (None, _) => true,
        (
            Some(stampede::Served::Stale { age, reason: StaleReason::Revalidating }),
            Served::Revalidating(expected),
        )
        | (Some(stampede::Served::Stale { age, reason: StaleReason::Failing }), Served::Failing(expected)) => {
            is_age(*age, *expected)
        }
        (Some(served), expected) => matches!(
            (served, expected),
            (stampede::Served::Fresh, Served::Fresh)
                | (stampede::Served::Loaded, Served::Loaded)
                | (stampede::Served::Coalesced, Served::Coalesced)
        ),
    }
}
