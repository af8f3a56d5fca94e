//! Time as a count of nanoseconds, read as cheaply as a cache's ttl allows (F1).
//!
//! `Instant::now` is most of what a hit costs. Linux keeps a copy of the monotonic clock that is brought up to date at every
//! timer tick and read without touching the hardware; it lags behind by at most one tick, on the same time line. Who takes
//! a deadline from it adds that tick, so an entry is not given less than its ttl, and at most two ticks more.
//!
//! No clock here can be set: the time of day may step by an hour, and no entry gets older or younger. Time goes on for a process
//! that is stopped, and on Linux not for a machine that is suspended.

use std::time::Duration;

/// Nanoseconds on the monotonic time line of this process. Never 0: entries use that for "not to be served".
pub(crate) type Ticks = u64;

/// A deadline that never comes.
pub(crate) const NEVER: Ticks = Ticks::MAX;

/// The coarse clock may lag by this much and still keep the promise of F1 (10 ms) with room to spare: a tick is added where a
/// deadline is set, and another is missing where it is looked at.
const LARGEST_TICK: Duration = Duration::from_millis(4);

/// How a cache reads the time: when it decides whether an entry is fresh, and when a load ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    coarse: bool,
    /// Loads end to the nanosecond.
    ends_exactly: bool,
}

impl Clock {
    /// The cheapest clock that is precise enough for entries that are fresh for `ttl` or longer.
    pub(crate) fn for_ttl(ttl: Duration) -> Self {
        let tick = source::tick();
        let coarse = tick <= LARGEST_TICK && ttl >= tick.saturating_mul(10);
        Self { coarse, ends_exactly: !coarse }
    }

    /// The same clock for caches that tell how old entries are, or others who must not outlive them: loads end to the nanosecond.
    pub(crate) fn with_exact_ends(self) -> Self {
        Self { ends_exactly: true, ..self }
    }

    #[inline]
    pub(crate) fn now(self) -> Ticks {
        if self.coarse { source::coarse() } else { exact() }
    }

    /// The end of a load that ends now: no earlier than that is, and at most a tick later.
    #[inline]
    pub(crate) fn end(self) -> Ticks {
        if self.ends_exactly { exact() } else { after(source::coarse(), source::tick()) }
    }
}

/// The time now, to the nanosecond.
#[inline]
pub(crate) fn exact() -> Ticks {
    source::exact()
}

/// When something that happens at `now` and lasts for `duration` is over. Saturates to [`NEVER`].
pub(crate) fn after(now: Ticks, duration: Duration) -> Ticks {
    now.saturating_add(ticks(duration))
}

/// A length of time in nanoseconds. Saturates to [`NEVER`].
pub(crate) fn ticks(duration: Duration) -> Ticks {
    Ticks::try_from(duration.as_nanos()).unwrap_or(NEVER)
}

#[cfg(all(any(target_os = "linux", target_os = "android"), not(feature = "test-util")))]
mod source {
    use super::Ticks;
    use rustix::time::{ClockId, Timespec, clock_getres, clock_gettime};
    use std::{sync::LazyLock, time::Duration};

    /// How often the coarse clock is brought up to date.
    pub(super) fn tick() -> Duration {
        static TICK: LazyLock<Duration> =
            LazyLock::new(|| Duration::from_nanos(ticks(clock_getres(ClockId::MonotonicCoarse))));
        *TICK
    }

    #[inline]
    pub(super) fn coarse() -> Ticks {
        ticks(clock_gettime(ClockId::MonotonicCoarse))
    }

    #[inline]
    pub(super) fn exact() -> Ticks {
        ticks(clock_gettime(ClockId::Monotonic))
    }

    // The monotonic clock counts from boot: it is positive, and 64 bits of nanoseconds last 584 years.
    #[inline]
    #[allow(clippy::cast_sign_loss)]
    fn ticks(time: Timespec) -> Ticks {
        (time.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(time.tv_nsec as u64)
    }
}

#[cfg(any(not(any(target_os = "linux", target_os = "android")), feature = "test-util"))]
mod source {
    use super::Ticks;
    use std::{
        sync::LazyLock,
        time::{Duration, Instant},
    };

    /// A day before the process's first look at the clock: a paused runtime may lie before that look.
    const BEFORE: Ticks = 86_400_000_000_000;

    /// There is no coarse clock here: none is ever precise enough.
    pub(super) fn tick() -> Duration {
        Duration::MAX
    }

    pub(super) fn coarse() -> Ticks {
        exact()
    }

    pub(super) fn exact() -> Ticks {
        static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);
        let first = *FIRST;
        let now = current();
        let nanos = |d: Duration| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX / 2);
        if now >= first {
            BEFORE + nanos(now - first)
        } else {
            BEFORE.saturating_sub(nanos(first - now)).max(1)
        }
    }

    #[cfg(not(feature = "test-util"))]
    fn current() -> Instant {
        Instant::now()
    }

    /// Tokio's clock inside a runtime, which tests pause and advance (F7).
    #[cfg(feature = "test-util")]
    fn current() -> Instant {
        if tokio::runtime::Handle::try_current().is_ok() {
            tokio::time::Instant::now().into_std()
        } else {
            Instant::now()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_saturate() {
        // F1: no arithmetic on durations overflows.
        assert_eq!(after(5, Duration::MAX), NEVER);
        assert_eq!(after(NEVER - 1, Duration::from_secs(1)), NEVER);
        assert_eq!(after(5, Duration::from_nanos(7)), 12);
    }

    #[test]
    #[cfg(not(feature = "test-util"))]
    fn the_coarse_clock_lags_by_less_than_its_promise() {
        // F1: the clock used for a ttl of a minute is within 10 ms of the exact one. Preemption between the two readings
        // makes single rounds late, so the best of many counts.
        let clock = Clock::for_ttl(Duration::from_secs(60));
        let lag = (0..1_000).map(|_| exact().abs_diff(clock.now())).min().unwrap_or(NEVER);
        assert!(Duration::from_nanos(lag) <= Duration::from_millis(10), "lag of {lag} ns");
    }

    #[test]
    #[cfg(not(feature = "test-util"))]
    fn loads_end_no_earlier_than_they_do_and_hardly_later() {
        // F1: what is added at the end of a load, and what a lookup may lag, are less than 10 ms together.
        let clock = Clock::for_ttl(Duration::from_secs(60));
        let is_early = || {
            let (before, end) = (exact(), clock.end());
            let late = Duration::from_nanos(end.saturating_sub(exact()));
            assert!(late <= LARGEST_TICK, "late by {late:?}");
            end < before
        };
        // A machine whose ticks are late has them late for a while, not always.
        let early = (0..1_000).take_while(|_| is_early());
        let early = early.inspect(|_| std::thread::sleep(Duration::from_millis(1))).count();
        assert!(early < 1_000, "every load ends too early");
        assert!(clock.with_exact_ends().end() <= exact());
    }
}
