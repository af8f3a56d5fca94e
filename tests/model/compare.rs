//! Takes engine and specification through one schedule, and compares them after every step.

use crate::{
    config::{Config, MILLISECOND, Nanos},
    hooks::{Spot, arm, disarm},
    rig::{Arrival, Done, Rig, duration},
    schedule::{End, KEYS, Key, Pick, Step},
    spec::{Answer, Served, Spec},
};
use stampede::{RemovalCause, StaleReason};
use std::{cell::RefCell, rc::Rc};
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
            spec: Spec::new(*config),
            config: *config,
            len: 0,
            puts: 0,
        };
        for (number, step) in steps.iter().enumerate() {
            pair.step(step).await.map_err(|difference| format!("step {number}, {step:?}: {difference}"))?;
        }
        pair.end().await.map_err(|difference| format!("at the end: {difference}"))
    })
}

struct Pair {
    rig: Rc<Rig>,
    spec: Spec,
    config: Config,
    /// The entries that there were after the last step, those included that have expired since.
    len: usize,
    /// How often one had been put in by then.
    puts: u64,
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
            Step::Call(call) => self.spec.misses(call.key).then_some((Spot::KeyClone, call.key)),
            Step::Finish(pick, End::Value) => {
                let running = self.rig.running();
                let load = running[pick.checked_rem(running.len())?];
                self.spec.keeps(load).then(|| (Spot::ValueClone, self.spec.key_of(load).unwrap_or_default()))
            }
            _ => None,
        }
    }

    /// How long it is until something changes about a key.
    fn time_until(&self, key: Key, pick: Pick) -> Option<Nanos> {
        const FAR: Nanos = 1_000 * 3_600 * MILLISECOND;
        let mut moments = self.spec.moments(key);
        moments.retain(|moment| moment - self.spec.now() < FAR);
        Some(moments[pick.checked_rem(moments.len())?] - self.spec.now())
    }

    async fn advance(&mut self, time: Nanos) -> Result<(), Difference> {
        advance(duration(time)).await;
        self.spec.advance(time);
        self.settle_and_compare(&[]).await?;
        self.compare_keys(0..KEYS)
    }

    /// Does to the specification what was done to the engine, in this order, and compares them.
    async fn settle_and_compare(&mut self, done: &[Done]) -> Result<(), Difference> {
        let expired: Vec<_> = (0..KEYS).filter(|key| self.spec.may_have_expired(*key)).collect();
        self.rig.settle().await;
        for done in done {
            self.apply(done)?;
        }
        self.spec.settle();
        self.compare_answers()?;
        self.compare_counts()?;
        self.compare_entries(&expired)?;
        // What is looked at stays longer where there is a bound; where chance takes part nothing else tells.
        if self.config.capacity.is_none() || self.config.jitter > 0.0 {
            self.compare_keys(0..KEYS)?;
        }
        Ok(())
    }

    fn apply(&mut self, done: &Done) -> Result<(), Difference> {
        match *done {
            Done::Call(caller, key, seen) => self.spec.call(caller, key, seen),
            Done::Leave(call) => self.spec.leave(call),
            Done::Finish(load, end) => self.spec.finish(load, end),
            Done::Insert { key, value, ttl } => self.spec.insert(key, value, ttl),
            Done::Invalidate(key, seen) => {
                let expected = self.spec.invalidate(key, seen);
                check!(seen == expected, "invalidate returned {seen}");
            }
            Done::Clear => self.spec.clear(),
            Done::Nothing => {}
        }
        Ok(())
    }

    fn compare_answers(&mut self) -> Result<(), Difference> {
        let (arrivals, answers) = (self.rig.take_arrivals(), std::mem::take(&mut self.spec.answers));
        check!(arrivals.keys().eq(answers.keys()), "returned: {arrivals:?}, expected: {answers:?}");
        for (call, arrival) in &arrivals {
            check!(is_same(arrival, &answers[call]), "call {call} got {arrival:?}, not {:?}", answers[call]);
        }
        Ok(())
    }

    fn compare_counts(&self) -> Result<(), Difference> {
        let (counts, expected) = (self.rig.counts(), self.spec.counts);
        check!(counts == expected, "S1: {counts:?}, not {expected:?}");
        let (running, expected) = (self.rig.running(), self.spec.running());
        check!(running == expected, "loads that run: {running:?}, not {expected:?}");
        let (in_flight, expected) = (self.rig.in_flight(), self.spec.in_flight());
        check!(in_flight == expected, "C1, M4: {in_flight} in flight, not {expected}");
        Ok(())
    }

    fn compare_entries(&mut self, expired: &[Key]) -> Result<(), Difference> {
        let evicted = self.rig.take_evictions();
        let puts = std::mem::replace(&mut self.puts, self.spec.puts);
        let mut told = 0;
        let removals = self.rig.take_removals();
        for &(key, cause) in &removals {
            told += u64::from(cause == RemovalCause::Capacity);
            if matches!(cause, RemovalCause::Capacity | RemovalCause::Expired) {
                self.spec.remove(key, puts);
            }
            let has_reason =
                cause != RemovalCause::Expired || expired.contains(&key) || self.spec.may_have_expired(key);
            check!(has_reason, "M2: the entry of {key} was removed before its time");
        }
        self.compare_keys(removals.into_iter().map(|(key, _)| key))?;
        check!(
            told == evicted || self.spec.errors_may_be_gone(),
            "{evicted} evictions, and {told} were told of"
        );
        let len = self.rig.len();
        let before = std::mem::replace(&mut self.len, len);
        if let Some(capacity) = self.config.capacity {
            check!(len as u64 <= capacity, "M1: {len} entries");
            let most = (before as u64 + self.spec.puts - puts).saturating_sub(capacity);
            check!(evicted <= most, "{evicted} entries made room, where {most} had to");
        } else {
            check!(evicted == 0, "{evicted} evictions without a bound");
        }
        let (least, most) = self.spec.entries();
        check!((least..=most).contains(&len), "{len} entries, not {least} to {most}");
        Ok(())
    }

    fn compare_keys(&mut self, keys: impl Iterator<Item = Key>) -> Result<(), Difference> {
        for key in keys {
            let peeked = self.rig.peek(key);
            let expected = self.spec.peek(key, peeked);
            check!(
                peeked == expected,
                "at {}: peek of {key} is {peeked:?}, not {expected:?}",
                self.spec.now()
            );
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

/// Whether a call got what it should have. Ages are exact to what an entry keeps of its ttl.
fn is_same(arrival: &Arrival, answer: &Answer) -> bool {
    let (outcome, served, expected) = match (arrival, answer) {
        (Arrival::Panic { of }, Answer::Panic { of: load, payload }) => {
            return *of == payload.then_some(*load);
        }
        (Arrival::Output(outcome, served), Answer::Output(expected, how)) if outcome == expected => {
            (outcome, served, how)
        }
        _ => return false,
    };
    let _ = outcome;
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
