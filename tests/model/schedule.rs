//! What happens to a cache: steps that mean something whatever was before, so that a failing schedule can be made shorter.

use crate::config::Nanos;
use proptest::prelude::*;

pub(crate) type Key = u8;

/// How a load ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Value,
    Nothing,
    Error,
    Panic,
    /// It is told to end by the cache; no schedule says so.
    TimeOut,
}

/// When the load of a call ends, if it gets to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// At its first poll.
    Now(End),
    /// When a step says so, if ever.
    Later,
}

/// One of several: the position, around and around.
pub(crate) type Pick = usize;

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Call(Call),
    /// A caller goes away.
    Leave(Pick),
    /// A caller is polled for nothing, by another task.
    Poll(Pick),
    /// A load ends.
    Finish(Pick, End),
    Insert {
        key: Key,
        value: bool,
        ttl: Option<Nanos>,
    },
    Invalidate(Key),
    Clear,
    /// Time passes.
    Advance(Nanos),
    /// It passes up to a nanosecond before something changes about a key, and then that nanosecond.
    AdvanceTo(Key, Pick),
    /// The second step happens in the middle of the first, to the same key or not: while a key is cloned for a call that
    /// misses, or a value for the store.
    Amid(Box<Step>, Box<Step>, bool),
}

impl Step {
    /// The same for another key.
    pub(crate) fn of_key(&self, key: Key) -> Self {
        match self.clone() {
            Self::Call(call) => Self::Call(Call { key, ..call }),
            Self::Insert { value, ttl, .. } => Self::Insert { key, value, ttl },
            Self::Invalidate(_) => Self::Invalidate(key),
            step => step,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) key: Key,
    pub(crate) plan: Plan,
    pub(crate) insists: bool,
    pub(crate) in_place: bool,
}

/// Few keys: more than the smallest caches hold, and no more than the largest.
pub(crate) const KEYS: Key = 10;

fn ends() -> impl Strategy<Value = End> {
    prop_oneof![5 => Just(End::Value), 2 => Just(End::Nothing), 3 => Just(End::Error), 1 => Just(End::Panic)]
}

fn keys() -> impl Strategy<Value = Key> {
    // One is hot.
    prop_oneof![3 => Just(0), 2 => 0..3_u8, 2 => 0..KEYS]
}

fn calls() -> impl Strategy<Value = Call> {
    let plans = prop_oneof![2 => ends().prop_map(Plan::Now), 3 => Just(Plan::Later)];
    (keys(), plans, proptest::bool::weighted(0.15), any::<bool>())
        .prop_map(|(key, plan, insists, in_place)| Call { key, plan, insists, in_place })
}

fn steps() -> impl Strategy<Value = Step> {
    let ttl = proptest::option::weighted(0.3, prop_oneof![Just(0), Just(3_000_000), Just(Nanos::MAX)]);
    let times =
        prop_oneof![Just(1), Just(1_000_000), Just(40_000_000), Just(1_500_000_000), Just(40_000_000_000)];
    let inserts = (keys(), any::<bool>(), ttl).prop_map(|(key, value, ttl)| Step::Insert { key, value, ttl });
    let leaf = prop_oneof![
        12 => calls().prop_map(Step::Call),
        4 => any::<Pick>().prop_map(Step::Leave),
        1 => any::<Pick>().prop_map(Step::Poll),
        7 => (any::<Pick>(), ends()).prop_map(|(pick, end)| Step::Finish(pick, end)),
        2 => inserts,
        3 => keys().prop_map(Step::Invalidate),
        1 => Just(Step::Clear),
        2 => times.prop_map(Step::Advance),
        5 => (keys(), any::<Pick>()).prop_map(|(key, pick)| Step::AdvanceTo(key, pick)),
    ];
    let leaf = leaf.boxed();
    let outer = prop_oneof![
        calls().prop_map(Step::Call),
        any::<Pick>().prop_map(|pick| Step::Finish(pick, End::Value)),
    ];
    let inner = prop_oneof![
        4 => calls().prop_map(Step::Call),
        1 => any::<Pick>().prop_map(Step::Leave),
        1 => keys().prop_map(Step::Invalidate),
        1 => keys().prop_map(|key| Step::Insert { key, value: true, ttl: None }),
        1 => Just(Step::Clear),
    ];
    let amid = (outer, inner, proptest::bool::weighted(0.7))
        .prop_map(|(outer, inner, same)| Step::Amid(Box::new(outer), Box::new(inner), same));
    prop_oneof![9 => leaf, 1 => amid]
}

/// Schedules of up to so many steps.
pub(crate) fn schedules(length: usize) -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(steps(), 1..=length)
}
