//! One stored outcome, and its times.

use super::{eviction::Mark, retired};
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

/// A stored outcome.
#[derive(Debug)]
pub(super) struct Entry<O> {
    pub(super) head: Head,
    pub(super) kept: Kept<O>,
}

/// All of an entry but its outcome, so that it is compiled once. There are many: its times beyond the first share eight bytes.
#[derive(Debug)]
pub(super) struct Head {
    /// When it stops being fresh, or [`HIDDEN`].
    fresh_until: AtomicU64,
    /// Its ttl, packed; the highest bit is set if it may be stale.
    ttl: u32,
    /// Until when the source is left alone, in units of a millisecond that wrap around after 39 hours; above it, how many loads
    /// in a row have failed that would have replaced it; the highest bit is set if it has been taken out of the map.
    rest: AtomicU32,
    pub(super) mark: Mark,
    #[cfg(feature = "test-util")]
    runtime: Option<tokio::runtime::Id>,
}

const MAY_BE_STALE: u32 = 1 << 31;
const RETIRED: u32 = 1 << 31;
const FAILURES: u32 = 27;
const MOST_FAILURES: u32 = 15;

impl<O> Entry<O> {
    pub(super) fn new(lifetime: Lifetime, kept: Kept<O>, mark: Mark) -> Self {
        let head = Head::hidden(lifetime, mark);
        head.reveal(lifetime);
        Self { head, kept }
    }

    /// An entry that is not to be served before it is revealed.
    pub(super) fn hidden(lifetime: Lifetime, kept: Kept<O>, mark: Mark) -> Self {
        Self { head: Head::hidden(lifetime, mark), kept }
    }
}

impl Head {
    #[inline]
    fn hidden(lifetime: Lifetime, mark: Mark) -> Self {
        let ttl = pack(lifetime.fresh_until - lifetime.from);
        Self {
            fresh_until: AtomicU64::new(HIDDEN),
            ttl: if lifetime.may_be_stale { ttl | MAY_BE_STALE } else { ttl },
            rest: AtomicU32::new(0),
            mark,
            #[cfg(feature = "test-util")]
            runtime: current_runtime(),
        }
    }

    #[inline]
    pub(super) fn reveal(&self, lifetime: Lifetime) {
        self.fresh_until.store(lifetime.fresh_until, Release);
    }

    /// It has been taken out of the map, and counts as such until it is dropped.
    pub(super) fn retire(&self) {
        self.rest.fetch_or(RETIRED, Relaxed);
    }

    #[inline]
    pub(super) fn is_fresh(&self, now: Ticks) -> bool {
        self.is_of_this_clock() && policy::is_fresh(self.fresh_until.load(Acquire), now)
    }

    /// What a call does about it.
    pub(super) fn decide(&self, windows: Windows, now: Ticks) -> Decision {
        match self.times(now) {
            Some(times) => policy::decide(times, windows, now),
            None => Decision::Load,
        }
    }

    /// Whether it stands in for the error of a load that ended at `now`.
    pub(super) fn covers_error(&self, windows: Windows, now: Ticks) -> bool {
        self.times(now).is_some_and(|times| policy::covers_error(times, windows, now))
    }

    /// Whether it may be removed. A hidden one is about to be revealed.
    pub(super) fn has_expired(&self, windows: Windows, now: Ticks) -> bool {
        let times = self.times(now);
        times.is_some_and(|times| policy::decide(times, windows, now) == Decision::Load)
    }

    /// Whether its time is kept by another runtime.
    pub(super) fn is_foreign(&self) -> bool {
        !self.is_of_this_clock()
    }

    /// When it can be removed, if that is known.
    pub(super) fn gone_at(&self, windows: Windows) -> Option<Ticks> {
        let fresh_until = self.fresh_until.load(Acquire);
        let windows = if self.ttl & MAY_BE_STALE != 0 { windows } else { Windows::NONE };
        (fresh_until != HIDDEN).then(|| windows.end(fresh_until))
    }

    /// How long ago its load ended.
    pub(super) fn age(&self, now: Ticks) -> Duration {
        let fresh_until = self.fresh_until.load(Acquire);
        let age = unpack(self.ttl & !MAY_BE_STALE).saturating_add(now);
        Duration::from_nanos(age.saturating_sub(fresh_until))
    }

    /// Notes that a load has failed at `now` that would have replaced it. Called by the flight of its key alone.
    pub(super) fn fail(&self, now: Ticks) {
        let ttl = Duration::from_nanos(unpack(self.ttl & !MAY_BE_STALE));
        let fail = |rest: u32| {
            let failures = ((rest & !RETIRED) >> FAILURES).saturating_add(1).min(MOST_FAILURES);
            let until = now.saturating_add(ticks(policy::rest(ttl, failures)));
            Some(rest & RETIRED | failures << FAILURES | rest_units(until.div_ceil(1 << REST_UNIT)))
        };
        let _ = self.rest.fetch_update(Relaxed, Relaxed, fail);
    }

    /// Its times, unless it is not to be served at all.
    fn times(&self, now: Ticks) -> Option<Times> {
        let fresh_until = self.fresh_until.load(Acquire);
        if fresh_until == HIDDEN || !self.is_of_this_clock() {
            return None;
        }
        let rest = self.rest.load(Relaxed);
        let rests_until = if (rest & !RETIRED) >> FAILURES == 0 { 0 } else { rests_until(rest, now) };
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

impl Drop for Head {
    #[inline]
    fn drop(&mut self) {
        if *self.rest.get_mut() & RETIRED != 0 {
            retired::remove();
        }
    }
}

#[cfg(feature = "test-util")]
fn current_runtime() -> Option<tokio::runtime::Id> {
    tokio::runtime::Handle::try_current().ok().map(|handle| handle.id())
}

/// The unit of rests: 2^20 nanoseconds are about a millisecond.
const REST_UNIT: u32 = 20;

/// A moment in units of rests, without what wraps around.
#[expect(clippy::cast_possible_truncation)]
fn rest_units(units: Ticks) -> u32 {
    units as u32 & ((1 << FAILURES) - 1)
}

/// Until when the source is left alone, seen from `now`: a rest is never longer than half a minute, so what seems to be further
/// ahead lies in the past.
fn rests_until(rest: u32, now: Ticks) -> Ticks {
    const LONGEST: Ticks = ((policy::LONGEST_REST.as_secs() * 1_000_000_000) >> REST_UNIT) + 1;
    let now = now >> REST_UNIT;
    let ahead = Ticks::from(rest_units(Ticks::from(rest).wrapping_sub(now)));
    if ahead <= LONGEST { (now + ahead) << REST_UNIT } else { 0 }
}

/// The unit of packed times, in nanoseconds: 2^10 are about a microsecond.
const UNIT: u32 = 10;
const EXPONENT: u32 = 5;
const DIGITS: u32 = 26;

/// A length of time as a number of 26 bits and a power of two, too long by what the last bit is worth at most.
fn pack(length: Ticks) -> u32 {
    let units = length.div_ceil(1 << UNIT);
    // One digit is left for rounding up.
    let exponent = (u64::BITS - units.leading_zeros()).saturating_sub(DIGITS - 1);
    let number = units.div_ceil(1 << exponent);
    u32::try_from(number).unwrap_or(u32::MAX) << EXPONENT | exponent
}

fn unpack(packed: u32) -> Ticks {
    let (number, exponent) = (packed >> EXPONENT, packed & ((1 << EXPONENT) - 1));
    Ticks::try_from(u128::from(number) << (exponent + UNIT)).unwrap_or(Ticks::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Ticks = 1_000_000_000;

    proptest! {
        #[test]
        fn packed_times_are_a_little_too_long_at_most(length in any::<u64>(), shift in 0..64_u32) {
            let length = length >> shift;
            let packed = unpack(pack(length));
            prop_assert!(packed >= length);
            prop_assert!(packed - length <= (length >> 24).max(1 << UNIT), "{length} became {packed}");
        }

        #[test]
        fn a_rest_lasts_as_long_as_it_should(start in 1..100 * 86_400 * SECOND, millis in 1..=30_000_u64, later in 0..60_000_u64) {
            let until = start + millis * 1_000_000;
            let rest = rest_units(until.div_ceil(1 << REST_UNIT));
            let now = start + later * 1_000_000;
            let found = rests_until(rest, now);
            if now < until {
                prop_assert!((until..until + (2 << REST_UNIT)).contains(&found), "{found} instead of {until}");
            } else {
                prop_assert!(found <= now + (2 << REST_UNIT), "{found} at {now}");
            }
        }
    }

    #[test]
    fn whole_seconds_and_milliseconds_are_kept_to_a_microsecond() {
        for millis in [1, 250, 5_000, 60_000, 3_600_000] {
            let length = millis * 1_000_000;
            assert!(unpack(pack(length)) - length <= length / 10_000_000 + 1_024, "{millis} ms");
        }
    }
}
