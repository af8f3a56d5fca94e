//! How long an outcome is kept and what may be done with an entry: pure functions of policy, entry and time (F6).
//!
//! No other place decides.

use crate::{
    clock::{self, Ticks},
    error::LoadTimeout,
    sharing::Kind,
};
use std::{fmt, time::Duration};

/// The freshness options as they are given, of the attribute and of the builder alike.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How long a value is fresh; zero stores nothing, `Duration::MAX` is for ever.
    pub ttl: Duration,
    /// Whether values tell their own ttl, which then replaces `ttl`.
    pub has_ttl_from: bool,
    /// How long a value is served after its ttl while it is loaded anew.
    pub stale_while_revalidate: Duration,
    /// How long a value is served after its ttl instead of an error.
    pub stale_if_error: Duration,
    /// The part of a ttl that is left to chance.
    pub jitter: f64,
    /// How long an `Err` is kept; zero is not at all.
    pub err_ttl: Duration,
    /// How long a `None` is kept; without it, as any value.
    pub none_ttl: Option<Duration>,
    /// How long a load may take.
    pub load_timeout: Duration,
}

impl Settings {
    /// Coalesces and stores nothing.
    pub const NEW: Self = Self {
        ttl: Duration::ZERO,
        has_ttl_from: false,
        stale_while_revalidate: Duration::ZERO,
        stale_if_error: Duration::ZERO,
        jitter: 0.0,
        err_ttl: Duration::ZERO,
        none_ttl: None,
        load_timeout: Duration::MAX,
    };

    /// Says which settings contradict each other, and the way out.
    #[must_use]
    pub const fn conflict(&self) -> Option<&'static str> {
        if !(self.jitter >= 0.0 && self.jitter <= 1.0) {
            return Some("`jitter` is not between 0 and 1; it is the part of the ttl that is left to chance");
        }
        if self.has_ttl_from {
            if !self.ttl.is_zero() {
                return Some("`ttl` can't be given beside `ttl_from`, which replaces it; remove one of them");
            }
            return None;
        }
        if self.jitter > 0.0 && is_forever(self.ttl) {
            return Some(
                "`jitter` can't spread a `ttl` that never ends; remove `jitter`, or set another `ttl`",
            );
        }
        if !self.ttl.is_zero() {
            return None;
        }
        if self.jitter > 0.0 {
            return Some("`jitter` spreads the `ttl`, and without one nothing is stored; set `ttl` too");
        }
        if !self.stale_while_revalidate.is_zero() {
            return Some(
                "`stale_while_revalidate` begins after the `ttl`, and without one nothing is stored; set `ttl` too",
            );
        }
        if !self.stale_if_error.is_zero() {
            return Some(
                "`stale_if_error` begins after the `ttl`, and without one nothing is stored; set `ttl` too",
            );
        }
        None
    }

    /// Says what a cache with a tier lacks, and the way out.
    #[cfg(feature = "redis")]
    #[must_use]
    pub const fn conflict_with_tier(&self, is_named: bool) -> Option<&'static str> {
        if !is_named {
            return Some(
                "`tier` shares what caches of one name store, and this one has none; set `name` too",
            );
        }
        if self.ttl.is_zero() && !self.has_ttl_from {
            return Some("`tier` shares what is stored, and without a `ttl` nothing is; set `ttl` too");
        }
        None
    }

    /// Whether any outcome is ever stored by a load, where there is no `ttl_from`.
    fn keep_outcomes(&self) -> bool {
        let Self { ttl, err_ttl, none_ttl, .. } = *self;
        [ttl, err_ttl, none_ttl.unwrap_or_default()].iter().any(|ttl| !ttl.is_zero())
    }

    /// The shortest time for which anything is kept.
    fn shortest(&self) -> Duration {
        let kept = [self.ttl, self.err_ttl, self.none_ttl.unwrap_or_default()];
        kept.into_iter().filter(|ttl| !ttl.is_zero()).min().unwrap_or(Duration::MAX)
    }
}

const fn is_forever(ttl: Duration) -> bool {
    ttl.as_nanos() == Duration::MAX.as_nanos()
}

/// Tells the ttl of an output that is a value; of a `Result`, by its `Ok`.
pub(crate) type TtlFrom<O> = Box<dyn Fn(&O) -> Duration + Send + Sync>;

/// How long a load may take, and what it comes to if it takes longer.
pub(crate) type TimeLimit<O> = (Duration, fn(LoadTimeout) -> O);

/// The freshness rules of one cache.
pub(crate) struct Policy<O> {
    settings: Settings,
    ttl_from: Option<TtlFrom<O>>,
    timed_out: Option<fn(LoadTimeout) -> O>,
    ttls: Ttls,
    windows: Windows,
}

/// The ttls of the settings, as every load needs them.
struct Ttls {
    /// None if each value has its own.
    value: Option<Ticks>,
    error: Ticks,
    nothing: Option<Ticks>,
}

impl<O> Policy<O> {
    pub(crate) fn new(
        settings: Settings,
        ttl_from: Option<TtlFrom<O>>,
        timed_out: Option<fn(LoadTimeout) -> O>,
    ) -> Self {
        let windows = Windows {
            revalidate: clock::ticks(settings.stale_while_revalidate),
            error: clock::ticks(settings.stale_if_error),
        };
        let is_one = ttl_from.is_none() && settings.jitter <= 0.0;
        let ttls = Ttls {
            value: is_one.then(|| clock::ticks(settings.ttl)),
            error: clock::ticks(settings.err_ttl),
            nothing: settings.none_ttl.map(clock::ticks),
        };
        Self { settings, ttl_from, timed_out, ttls, windows }
    }

    /// The life of an outcome that was loaded at `now`; None if it is not kept at all (C5). `chance` draws
    /// a number for the jitter.
    ///
    /// Runs the user's `ttl_from`.
    #[inline]
    pub(crate) fn lifetime(
        &self,
        kind: Kind,
        output: &O,
        now: Ticks,
        chance: &dyn Fn() -> u64,
    ) -> Option<Lifetime> {
        let ttl = match (kind, self.ttls.nothing, self.ttls.value) {
            (Kind::Error, _, _) => self.ttls.error,
            (Kind::Nothing, Some(ttl), _) | (_, _, Some(ttl)) => ttl,
            (Kind::Value | Kind::Nothing, _, None) => clock::ticks(self.ttl_of(output, chance)),
        };
        self.windows.lifetime(ttl, self.may_be_stale(kind), now)
    }

    /// The ttl of a value that has its own.
    fn ttl_of(&self, output: &O, chance: &dyn Fn() -> u64) -> Duration {
        let ttl = match &self.ttl_from {
            Some(ttl_from) => ttl_from(output),
            None => self.settings.ttl,
        };
        let jitter = self.settings.jitter;
        if jitter > 0.0 { spread(ttl, jitter, chance()) } else { ttl }
    }

    /// The life of a value whose ttl is `ttl`.
    pub(crate) fn lifetime_of(&self, ttl: Duration, may_be_stale: bool, now: Ticks) -> Option<Lifetime> {
        self.windows.lifetime(clock::ticks(ttl), may_be_stale, now)
    }

    /// Whether the author's function tells the ttls of values.
    pub(crate) fn asks_for_ttls(&self) -> bool {
        self.ttl_from.is_some()
    }

    /// Whether any outcome is ever stored by a load.
    pub(crate) fn keeps_outcomes(&self) -> bool {
        self.ttl_from.is_some() || self.settings.keep_outcomes()
    }

    /// For how long entries of values are stale.
    pub(crate) fn windows(&self) -> Windows {
        self.windows
    }

    /// Whether an entry is ever served that is not fresh.
    pub(crate) fn serves_stale(&self) -> bool {
        self.windows.longest() > 0
    }

    /// Whether the stale windows are for outcomes of this kind: they are for values, of which a `None` is one unless it has a
    /// ttl of its own.
    pub(crate) fn may_be_stale(&self, kind: Kind) -> bool {
        match kind {
            Kind::Value => true,
            Kind::Nothing => self.settings.none_ttl.is_none(),
            Kind::Error => false,
        }
    }

    /// Whether a failed load has to know of the entry that is there: it may leave the entry as it is, and rest (F3, F4).
    pub(crate) fn minds_failures(&self) -> bool {
        self.serves_stale() || !self.settings.err_ttl.is_zero()
    }

    /// The shortest time for which anything is kept.
    pub(crate) fn shortest(&self) -> Duration {
        self.settings.shortest()
    }

    /// What a load comes to that takes longer than it may, and how long that is.
    pub(crate) fn time_limit(&self) -> Option<TimeLimit<O>> {
        let limit = self.settings.load_timeout;
        match self.timed_out {
            Some(timed_out) if !is_forever(limit) => Some((limit, timed_out)),
            _ => None,
        }
    }
}

impl<O> fmt::Debug for Policy<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings.fmt(f)
    }
}

/// A ttl drawn from `ttl` × [1 − jitter, 1]; `chance` is any number.
fn spread(ttl: Duration, jitter: f64, chance: u64) -> Duration {
    if is_forever(ttl) {
        return ttl;
    }
    // 53 bits of chance are a number from 0 to 1 that a float holds exactly.
    #[expect(clippy::cast_precision_loss)]
    let part = (chance >> 11) as f64 / (1_u64 << 53) as f64;
    // At most 1, so the product is at most `ttl`; a float may round it up beyond what a `Duration` holds.
    Duration::try_from_secs_f64(ttl.as_secs_f64() * (1.0 - jitter * part))
        .map_or(ttl, |spread| spread.min(ttl))
}

/// The life of an entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lifetime {
    /// When its load ended.
    pub(crate) from: Ticks,
    pub(crate) fresh_until: Ticks,
    /// When nobody can be served it any more.
    pub(crate) gone_at: Ticks,
    /// Whether the stale windows are for it: they are for values.
    pub(crate) may_be_stale: bool,
}

/// For how long after its ttl an entry is stale; both windows begin there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Windows {
    pub(crate) revalidate: Ticks,
    pub(crate) error: Ticks,
}

impl Windows {
    pub(crate) const NONE: Self = Self { revalidate: 0, error: 0 };

    #[inline]
    fn longest(self) -> Ticks {
        self.revalidate.max(self.error)
    }

    /// The life of a value whose ttl is `ttl`.
    #[inline]
    fn lifetime(self, ttl: Ticks, may_be_stale: bool, now: Ticks) -> Option<Lifetime> {
        if ttl == 0 {
            return None;
        }
        let fresh_until = now.saturating_add(ttl);
        let windows = if may_be_stale { self } else { Self::NONE };
        Some(Lifetime { from: now, fresh_until, gone_at: windows.end(fresh_until), may_be_stale })
    }

    /// When an entry is gone that is fresh until then.
    #[inline]
    pub(crate) fn end(self, fresh_until: Ticks) -> Ticks {
        fresh_until.saturating_add(self.longest())
    }
}

/// The times of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) fresh_until: Ticks,
    pub(crate) may_be_stale: bool,
    /// After a load failed the source is left alone until then.
    pub(crate) rests_until: Ticks,
}

/// What a call does about an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Serve it: it is fresh.
    Serve,
    /// Serve it, and have it loaded anew unless that is under way (F2).
    Revalidate,
    /// Serve it and load nothing: a load has just failed (F3).
    Rest,
    /// Wait for a load; if that fails, serve it (F3).
    Attempt,
    /// Wait for a load: it has expired.
    Load,
}

impl Decision {
    /// Whether the entry is served without waiting.
    pub(crate) fn serves(self) -> bool {
        matches!(self, Self::Serve | Self::Revalidate | Self::Rest)
    }
}

/// Decides what a call does about an entry at `now`.
pub(crate) fn decide(times: Times, windows: Windows, now: Ticks) -> Decision {
    if is_fresh(times.fresh_until, now) {
        return Decision::Serve;
    }
    let stale_for = now - times.fresh_until;
    let within = |window| times.may_be_stale && stale_for < window;
    let rests = now < times.rests_until;
    match (within(windows.revalidate), within(windows.error)) {
        (false, false) => Decision::Load,
        _ if rests => Decision::Rest,
        (true, _) => Decision::Revalidate,
        (false, true) => Decision::Attempt,
    }
}

/// Whether an entry that is fresh until `fresh_until` may be served as such. At its deadline it is stale.
#[inline]
pub(crate) fn is_fresh(fresh_until: Ticks, now: Ticks) -> bool {
    now < fresh_until
}

/// Whether an entry stands in for the error of a load that ended at `now` (F3): while it is stale, and may be served.
pub(crate) fn covers_error(times: Times, windows: Windows, now: Ticks) -> bool {
    !matches!(decide(times, windows, now), Decision::Serve | Decision::Load)
}

/// How long the source is left alone after so many loads in a row have failed that would have replaced an entry of this ttl:
/// the shorter of ttl and a second, twice as long each time, at most 30 seconds (F3).
pub(crate) fn rest(ttl: Duration, failures: u32) -> Duration {
    const FIRST: Duration = Duration::from_secs(1);
    let doublings = failures.saturating_sub(1).min(31);
    ttl.min(FIRST).saturating_mul(1 << doublings).min(LONGEST_REST)
}

/// No rest is longer.
pub(crate) const LONGEST_REST: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests;
