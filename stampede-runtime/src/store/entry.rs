//! One stored outcome, and its times.

use crate::{
    clock::{Ticks, ticks},
    policy::{self, Decision, Lifetime, Times, Windows},
    sharing::Kept,
};
use std::{
    sync::atomic::{
        AtomicU32, AtomicU64,
        Ordering::{Acquire, Relaxed, Release},
    },
    time::Duration,
};

/// The deadline of an entry that is not to be served yet.
const HIDDEN: Ticks = 0;

/// A stored outcome. There are many: its times beyond the first share eight bytes.
#[derive(Debug)]
pub(super) struct Entry<O> {
    /// When it stops being fresh, or [`HIDDEN`].
    fresh_until: AtomicU64,
    /// Its ttl, packed; the highest bit is set if it may be stale.
    ttl: u32,
    /// How many loads in a row have failed that would have replaced it (the five highest bits), and how long after
    /// `fresh_until` the source is left alone because of that, packed.
    rest: AtomicU32,
    pub(super) kept: Kept<O>,
    #[cfg(feature = "test-util")]
    runtime: Option<tokio::runtime::Id>,
}

const MAY_BE_STALE: u32 = 1 << 31;
const FAILURES: u32 = 27;
const MOST_FAILURES: u32 = 31;

impl<O> Entry<O> {
    pub(super) fn new(lifetime: Lifetime, kept: Kept<O>) -> Self {
        let entry = Self::hidden(lifetime, kept);
        entry.reveal(lifetime);
        entry
    }

    /// An entry that is not to be served before it is revealed.
    pub(super) fn hidden(lifetime: Lifetime, kept: Kept<O>) -> Self {
        let ttl = pack::<26>(lifetime.fresh_until - lifetime.from);
        Self {
            fresh_until: AtomicU64::new(HIDDEN),
            ttl: if lifetime.may_be_stale { ttl | MAY_BE_STALE } else { ttl },
            rest: AtomicU32::new(0),
            kept,
            #[cfg(feature = "test-util")]
            runtime: current_runtime(),
        }
    }

    pub(super) fn reveal(&self, lifetime: Lifetime) {
        self.fresh_until.store(lifetime.fresh_until, Release);
    }

    #[inline]
    pub(super) fn is_fresh(&self, now: Ticks) -> bool {
        self.is_of_this_clock() && policy::is_fresh(self.fresh_until.load(Acquire), now)
    }

    /// What a call does about it.
    pub(super) fn decide(&self, windows: Windows, now: Ticks) -> Decision {
        match self.times() {
            Some(times) => policy::decide(times, windows, now),
            None => Decision::Load,
        }
    }

    /// Whether it stands in for the error of a load that ended at `now`.
    pub(super) fn covers_error(&self, windows: Windows, now: Ticks) -> bool {
        self.times().is_some_and(|times| policy::covers_error(times, windows, now))
    }

    /// Whether it may be removed. A hidden one is about to be revealed.
    pub(super) fn has_expired(&self, windows: Windows, now: Ticks) -> bool {
        let times = self.times();
        times.is_some_and(|times| policy::decide(times, windows, now) == Decision::Load)
    }

    /// Whether its time is kept by another runtime.
    pub(super) fn is_foreign(&self) -> bool {
        !self.is_of_this_clock()
    }

    /// When it can be removed, if that is known.
    pub(super) fn gone_at(&self, windows: Windows) -> Option<Ticks> {
        let times = self.times()?;
        let windows = if times.may_be_stale { windows } else { Windows::NONE };
        Some(windows.end(times.fresh_until))
    }

    /// How long ago its load ended.
    pub(super) fn age(&self, now: Ticks) -> Duration {
        let fresh_until = self.fresh_until.load(Acquire);
        let age = unpack::<26>(self.ttl & !MAY_BE_STALE).saturating_add(now);
        Duration::from_nanos(age.saturating_sub(fresh_until))
    }

    /// Notes that a load has failed at `now` that would have replaced it. Called by the flight of its key alone.
    pub(super) fn fail(&self, now: Ticks) {
        let failures = (self.rest.load(Relaxed) >> FAILURES).saturating_add(1).min(MOST_FAILURES);
        let ttl = Duration::from_nanos(unpack::<26>(self.ttl & !MAY_BE_STALE));
        let until = now.saturating_add(ticks(policy::rest(ttl, failures)));
        let after = until.saturating_sub(self.fresh_until.load(Acquire));
        self.rest.store(failures << FAILURES | pack::<22>(after), Relaxed);
    }

    /// Its times, unless it is not to be served at all.
    fn times(&self) -> Option<Times> {
        let fresh_until = self.fresh_until.load(Acquire);
        if fresh_until == HIDDEN || !self.is_of_this_clock() {
            return None;
        }
        let rest = self.rest.load(Relaxed);
        let rests_until = if rest == 0 {
            0
        } else {
            fresh_until.saturating_add(unpack::<22>(rest & ((1 << FAILURES) - 1)))
        };
        Some(Times { fresh_until, may_be_stale: self.ttl & MAY_BE_STALE != 0, rests_until })
    }

    /// Two runtimes have two clocks; tests don't see each other's entries (F7).
    #[inline]
    #[cfg_attr(not(feature = "test-util"), allow(clippy::unused_self))]
    fn is_of_this_clock(&self) -> bool {
        #[cfg(feature = "test-util")]
        if let (Some(mine), Some(current)) = (self.runtime, current_runtime()) {
            return mine == current;
        }
        true
    }
}

#[cfg(feature = "test-util")]
fn current_runtime() -> Option<tokio::runtime::Id> {
    tokio::runtime::Handle::try_current().ok().map(|handle| handle.id())
}

/// The unit of packed times, in nanoseconds: 2^10 are about a microsecond.
const UNIT: u32 = 10;
const EXPONENT: u32 = 5;

/// A length of time as a number of `DIGITS` bits and a power of two, too long by what the last bit is worth at most. Those of
/// more than 290 years may be cut.
fn pack<const DIGITS: u32>(length: Ticks) -> u32 {
    let units = length.div_ceil(1 << UNIT);
    // One digit is left for rounding up.
    let exponent = (u64::BITS - units.leading_zeros()).saturating_sub(DIGITS - 1).min((1 << EXPONENT) - 1);
    let number = units.div_ceil(1 << exponent).min((1 << DIGITS) - 1);
    u32::try_from(number).unwrap_or(u32::MAX) << EXPONENT | exponent
}

fn unpack<const DIGITS: u32>(packed: u32) -> Ticks {
    let (number, exponent) = (packed >> EXPONENT, packed & ((1 << EXPONENT) - 1));
    debug_assert!(number >> DIGITS == 0, "a number of {DIGITS} bits");
    Ticks::try_from(u128::from(number) << (exponent + UNIT)).unwrap_or(Ticks::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn packed_times_are_a_little_too_long_at_most(length in any::<u64>(), shift in 1..64_u32) {
            let length = length >> shift;
            for (packed, digits) in [(unpack::<26>(pack::<26>(length)), 26), (unpack::<22>(pack::<22>(length)), 22)] {
                prop_assert!(packed >= length);
                let last_bit = (length >> (digits - 2)).max(1 << UNIT);
                prop_assert!(packed - length <= last_bit, "{length} became {packed}");
            }
        }
    }

    #[test]
    fn whole_seconds_and_milliseconds_are_kept_to_a_microsecond() {
        for millis in [1, 250, 5_000, 60_000, 3_600_000] {
            let length = millis * 1_000_000;
            assert!(unpack::<26>(pack::<26>(length)) - length <= length / 10_000_000 + 1_024, "{millis} ms");
        }
    }
}
