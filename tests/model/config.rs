//! The options of a cache, any that don't contradict each other.

use crate::words::{CallId, Outcome};
use proptest::prelude::*;

/// Time in nanoseconds.
pub(crate) type Nanos = u64;

pub(crate) const MILLISECOND: Nanos = 1_000_000;
const SECOND: Nanos = 1_000 * MILLISECOND;
/// Stands for `Duration::MAX`.
pub(crate) const FOREVER: Nanos = Nanos::MAX;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Config {
    pub(crate) ttl: Nanos,
    /// Values tell their own ttl: nothing, `ttl`, or twice as much.
    pub(crate) has_ttl_from: bool,
    pub(crate) stale_while_revalidate: Nanos,
    pub(crate) stale_if_error: Nanos,
    pub(crate) err_ttl: Nanos,
    pub(crate) none_ttl: Option<Nanos>,
    pub(crate) jitter: f64,
    pub(crate) load_timeout: Option<Nanos>,
    pub(crate) capacity: Option<u64>,
    /// Errors are shared as `SharedError`, not cloned.
    pub(crate) shares_errors: bool,
}

impl Config {
    /// How long the value of a load is kept.
    pub(crate) fn ttl_of(&self, load: CallId) -> Nanos {
        if self.has_ttl_from { self.ttl.saturating_mul(load % 3) } else { self.ttl }
    }

    pub(crate) fn ttl_of_nothing(&self) -> Nanos {
        self.none_ttl.unwrap_or(self.ttl)
    }

    /// The shortest that chance makes of a ttl.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub(crate) fn shortest(&self, outcome: Outcome, ttl: Nanos) -> Nanos {
        if self.jitter == 0.0 || !self.may_be_stale(outcome) {
            return ttl;
        }
        // A float is exact to a nanosecond here.
        ((ttl as f64 * (1.0 - self.jitter)) as Nanos).saturating_sub(1).max(1)
    }

    /// The stale windows are for values, of which a `None` is one unless it has a ttl of its own.
    fn may_be_stale(&self, outcome: Outcome) -> bool {
        match outcome {
            Outcome::Value(_) => true,
            Outcome::Nothing => self.none_ttl.is_none(),
            Outcome::Error { .. } | Outcome::TimedOut { .. } => false,
        }
    }

    /// How long an outcome is stale and may be served: while it is revalidated, and for whatever reason.
    pub(crate) fn windows(&self, outcome: Outcome) -> [Nanos; 2] {
        let while_revalidate = self.stale_while_revalidate;
        let both = [while_revalidate, while_revalidate.max(self.stale_if_error)];
        if self.may_be_stale(outcome) { both } else { [0, 0] }
    }
}

/// All options.
pub(crate) fn configs() -> impl Strategy<Value = Config> {
    let ttl = prop_oneof![
        1 => Just(0),
        2 => Just(MILLISECOND),
        4 => Just(50 * MILLISECOND),
        4 => Just(10 * SECOND),
        1 => Just(FOREVER),
    ];
    let window = || {
        prop_oneof![
            3 => Just(0),
            2 => Just(20 * MILLISECOND),
            3 => Just(60 * SECOND),
            1 => Just(FOREVER),
        ]
    };
    let negative = || prop_oneof![Just(0), Just(5 * MILLISECOND), Just(2 * SECOND)];
    let load_timeout = prop_oneof![Just(0), Just(7 * MILLISECOND), Just(3 * SECOND)];
    let jitter = prop_oneof![4 => Just(0.0), 1 => Just(0.5), 1 => Just(1.0)];
    let freshness = (ttl, any::<bool>(), window(), window(), negative(), proptest::option::of(negative()));
    let bounds = (
        jitter,
        proptest::option::weighted(0.3, load_timeout),
        proptest::option::of(1..=8_u64),
        any::<bool>(),
    );
    (freshness, bounds).prop_map(|(freshness, bounds)| {
        let (ttl, has_ttl_from, stale_while_revalidate, stale_if_error, err_ttl, none_ttl) = freshness;
        let (jitter, load_timeout, capacity, shares_errors) = bounds;
        let lasts = ttl > 0 && ttl < FOREVER;
        let mut config = Config {
            ttl,
            has_ttl_from: has_ttl_from && lasts,
            stale_while_revalidate,
            stale_if_error,
            err_ttl,
            none_ttl,
            // Of a millisecond chance could make nothing at all.
            jitter: if !lasts {
                0.0
            } else if ttl == MILLISECOND {
                jitter / 2.0
            } else {
                jitter
            },
            load_timeout,
            capacity,
            shares_errors,
        };
        if load_timeout.is_some() && capacity.is_some() {
            // Errors of loads whose time is over together would push each other out, nobody could tell in which order.
            config.err_ttl = 0;
        }
        if ttl == 0 {
            config.stale_while_revalidate = 0;
            config.stale_if_error = 0;
        }
        config
    })
}
