//! What a cache does with its tier: each thing is counted and told in one place (feature `tracing`).
//!
//! What is as it should be is told at the levels `DEBUG` and `TRACE`. Warnings are for who runs the service; of each kind there is
//! no more than one a while, with the number of those that were withheld.
#![cfg_attr(not(feature = "tracing"), expect(unused_variables, clippy::single_match, clippy::unused_self))]

#[cfg(feature = "tracing")]
use super::escape::Escaped;
use super::{Notice, TierError, TierKey, TierStats, counters::Counters};
use std::{sync::Arc, time::Duration};

/// Tells an event; without the feature `tracing` nothing.
#[cfg(feature = "tracing")]
macro_rules! tell {
    ($level:ident, $($what:tt)+) => {
        tracing::event!(target: "stampede::tier", tracing::Level::$level, $($what)+)
    };
}

#[cfg(not(feature = "tracing"))]
macro_rules! tell {
    ($($what:tt)+) => {{}};
}

/// Tells a warning, unless there has been one of its kind a moment ago.
#[cfg(feature = "tracing")]
macro_rules! warn_rarely {
    ($kind:expr, $($what:tt)+) => {
        if let Some(withheld) = $kind.pass() {
            tell!(WARN, withheld, $($what)+);
        }
    };
}

#[cfg(not(feature = "tracing"))]
macro_rules! warn_rarely {
    ($($what:tt)+) => {{}};
}

pub(super) use {tell, warn_rarely};

/// The journal of one cache.
#[derive(Debug)]
pub(super) struct Journal {
    #[cfg_attr(not(feature = "tracing"), expect(dead_code))]
    cache: Arc<str>,
    counters: Counters,
    #[cfg(feature = "tracing")]
    warnings: Warnings,
}

/// The kinds of warnings.
#[cfg(feature = "tracing")]
#[derive(Debug, Default)]
struct Warnings {
    refusals: Rare,
    overdue: Rare,
    impatience: Rare,
    unreadable: Rare,
    missed: Rare,
    empty: Rare,
}

impl Journal {
    pub(super) fn new(cache: Arc<str>) -> Arc<Self> {
        Arc::new(Self {
            cache,
            counters: Counters::default(),
            #[cfg(feature = "tracing")]
            warnings: Warnings::default(),
        })
    }

    pub(super) fn stats(&self) -> TierStats {
        self.counters.snapshot()
    }

    /// A flight has its value from the tier.
    pub(super) fn found(&self, key: &TierKey) {
        self.counters.hits.count();
        tell!(TRACE, cache = &*self.cache, %key, "a value is found");
    }

    /// A value that is of no use has been found.
    pub(super) fn unreadable(&self, key: &TierKey) {
        self.counters.unreadable.count();
        warn_rarely!(
            self.warnings.unreadable,
            cache = &*self.cache,
            %key,
            "a value can't be read; the next load replaces it"
        );
    }

    /// A flight has the lease of its key.
    pub(super) fn leased(&self, key: &TierKey, after_a_wait: bool) {
        self.counters.leases.count();
        if after_a_wait {
            self.counters.takeovers.count();
            tell!(DEBUG, cache = &*self.cache, %key, "a lease is taken over");
        } else {
            tell!(DEBUG, cache = &*self.cache, %key, "a lease is won");
        }
    }

    /// Somebody else has it.
    pub(super) fn waits(&self, key: &TierKey, remaining: Duration) {
        self.counters.waits.count();
        tell!(DEBUG, cache = &*self.cache, %key, ?remaining, "another process has the lease; this one waits");
    }

    /// Who waits looks again, because it was told to or because it is time.
    pub(super) fn looks_again(&self, key: &TierKey, notice: Notice) {
        tell!(TRACE, cache = &*self.cache, %key, has_failed = (notice == Notice::Failed), "who waits looks again");
    }

    /// A flight has waited for too long.
    pub(super) fn is_impatient(&self, key: &TierKey, waited: Duration) {
        warn_rarely!(
            self.warnings.impatience,
            cache = &*self.cache,
            %key,
            ?waited,
            "the load of another process takes too long; this one loads too"
        );
    }

    /// A flight loads without the tier, or comes to its error.
    pub(super) fn bypassed(&self, key: &TierKey, error: Option<&TierError>) {
        self.counters.bypassed.count();
        match error {
            Some(error) => self.failed("look", error),
            None => tell!(DEBUG, cache = &*self.cache, %key, "a load goes on without the tier"),
        }
    }

    /// A lease has been renewed.
    pub(super) fn renewed(&self, key: &TierKey) {
        self.counters.renewals.count();
        tell!(TRACE, cache = &*self.cache, %key, "a lease is renewed");
    }

    /// A lease has ended before its load.
    pub(super) fn not_renewed(&self, key: &TierKey) {
        tell!(DEBUG, cache = &*self.cache, %key, "a lease has ended before its load");
    }

    /// A lease is given back without a value.
    pub(super) fn released(&self, key: &TierKey) {
        tell!(TRACE, cache = &*self.cache, %key, "a lease is given back");
    }

    /// A value has been stored.
    pub(super) fn published(&self, key: &TierKey) {
        self.counters.published.count();
        tell!(TRACE, cache = &*self.cache, %key, "a value is stored");
    }

    /// A value has not been stored: its lease has run out, or its key has changed.
    pub(super) fn not_published(&self, key: &TierKey, is_overdue: bool) {
        self.counters.lost.count();
        if is_overdue {
            warn_rarely!(
                self.warnings.overdue,
                cache = &*self.cache,
                %key,
                "a value comes too late and is not stored: its lease had run out"
            );
        } else {
            tell!(DEBUG, cache = &*self.cache, %key, "a value is not stored: its key has changed during the load");
        }
    }

    /// A change of this process has been made; without a key it is of all.
    pub(super) fn sent(&self, key: Option<&TierKey>, what: &'static str) {
        self.counters.sent.count();
        match key {
            Some(key) => tell!(DEBUG, cache = &*self.cache, %key, what, "a change is made everywhere"),
            None => tell!(DEBUG, cache = &*self.cache, what, "all values are made outdated everywhere"),
        }
    }

    /// A change of another process has been made here.
    pub(super) fn heard(&self, key: Option<&[u8]>) {
        self.counters.changes.count();
        match key {
            Some(key) => {
                tell!(DEBUG, cache = &*self.cache, key = %Escaped(key), "a change of another process has come");
            }
            None => tell!(DEBUG, cache = &*self.cache, "another process has made all values outdated"),
        }
    }

    /// Changes may have been missed, and all entries are given up.
    pub(super) fn missed(&self) {
        self.counters.resyncs.count();
        warn_rarely!(
            self.warnings.missed,
            cache = &*self.cache,
            "messages were lost; all values are looked up again"
        );
    }

    /// The tier has nothing any more of what it had.
    pub(super) fn lost_all(&self) {
        warn_rarely!(self.warnings.empty, cache = &*self.cache, "the tier has lost all that it had");
    }

    /// The tier has not done what it was asked.
    pub(super) fn failed(&self, command: &'static str, error: &TierError) {
        if error.is_avoided() {
            self.counters.avoided.count();
            tell!(TRACE, cache = &*self.cache, command, "the tier is not asked");
            return;
        }
        self.counters.errors.count();
        if error.is_unavailable() {
            // The breaker warns of it.
            tell!(DEBUG, cache = &*self.cache, command, %error, "the tier has not answered");
        } else {
            warn_rarely!(
                self.warnings.refusals,
                cache = &*self.cache,
                command,
                %error,
                "the tier refuses"
            );
        }
    }
}

/// Lets one warning through every ten seconds, and counts the others.
#[cfg(feature = "tracing")]
#[derive(Debug, Default)]
pub(super) struct Rare(crate::sync::Mutex<Last>);

#[cfg(feature = "tracing")]
#[derive(Debug, Default)]
struct Last {
    passed: Option<std::time::Instant>,
    withheld: u64,
}

#[cfg(feature = "tracing")]
impl Rare {
    const INTERVAL: Duration = Duration::from_secs(10);

    /// Whether a warning passes, and how many have not since the last one that did.
    pub(super) fn pass(&self) -> Option<u64> {
        let mut last = crate::sync::lock(&self.0);
        if last.passed.is_some_and(|passed| passed.elapsed() < Self::INTERVAL) {
            last.withheld += 1;
            return None;
        }
        last.passed = Some(std::time::Instant::now());
        Some(std::mem::take(&mut last.withheld))
    }
}

#[cfg(all(test, feature = "tracing"))]
mod tests {
    use super::*;

    #[test]
    fn warnings_of_a_kind_are_rare() {
        let kind = Rare::default();
        assert_eq!(kind.pass(), Some(0));
        assert!((0..100).all(|_| kind.pass().is_none()));
        crate::sync::lock(&kind.0).passed = std::time::Instant::now().checked_sub(Rare::INTERVAL);
        assert_eq!(kind.pass(), Some(100));
        assert_eq!(kind.pass(), None);
    }
}
