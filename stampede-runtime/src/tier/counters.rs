//! What a cache has done with its tier.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What a cache has done with its tier since it was built; a part of [`Stats`](crate::Stats).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TierStats {
    /// Flights that were answered by the tier, and loaded nothing.
    pub hits: u64,
    /// Flights that got a lease, and loaded.
    pub leases: u64,
    /// Flights that waited for a load of another process.
    pub waits: u64,
    /// Leases that were taken after a wait: the holder had died, or its load had come to nothing.
    pub takeovers: u64,
    /// Flights that loaded without the tier: it could not be reached, or refused.
    pub bypassed: u64,
    /// Times that a lease was renewed, because its load took long.
    pub renewals: u64,
    /// Values that were stored in the tier.
    pub published: u64,
    /// Values that were not, because the lease was lost meanwhile: to another process or to a change.
    pub lost: u64,
    /// Values that were found and could not be read.
    pub unreadable: u64,
    /// Changes of this process that the tier knows of: what was invalidated, put in by hand, or cleared.
    pub sent: u64,
    /// Changes of other processes that reached this one.
    pub changes: u64,
    /// Times that all local entries were given up, because changes may have been missed.
    pub resyncs: u64,
    /// Commands that failed or took too long.
    pub errors: u64,
    /// Commands that were not sent, because the tier could not be reached a moment before.
    pub avoided: u64,
}

impl TierStats {
    /// The sums of two caches' counters.
    pub(crate) fn plus(self, other: &Self) -> Self {
        Self {
            hits: self.hits + other.hits,
            leases: self.leases + other.leases,
            waits: self.waits + other.waits,
            takeovers: self.takeovers + other.takeovers,
            bypassed: self.bypassed + other.bypassed,
            renewals: self.renewals + other.renewals,
            published: self.published + other.published,
            lost: self.lost + other.lost,
            unreadable: self.unreadable + other.unreadable,
            sent: self.sent + other.sent,
            changes: self.changes + other.changes,
            resyncs: self.resyncs + other.resyncs,
            errors: self.errors + other.errors,
            avoided: self.avoided + other.avoided,
        }
    }
}

/// The counters themselves. They are not on the path of a local hit.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) hits: Counter,
    pub(super) leases: Counter,
    pub(super) waits: Counter,
    pub(super) takeovers: Counter,
    pub(super) bypassed: Counter,
    pub(super) renewals: Counter,
    pub(super) published: Counter,
    pub(super) lost: Counter,
    pub(super) unreadable: Counter,
    pub(super) sent: Counter,
    pub(super) changes: Counter,
    pub(super) resyncs: Counter,
    pub(super) errors: Counter,
    pub(super) avoided: Counter,
}

#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn count(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

impl Counters {
    pub(super) fn snapshot(&self) -> TierStats {
        TierStats {
            hits: self.hits.get(),
            leases: self.leases.get(),
            waits: self.waits.get(),
            takeovers: self.takeovers.get(),
            bypassed: self.bypassed.get(),
            renewals: self.renewals.get(),
            published: self.published.get(),
            lost: self.lost.get(),
            unreadable: self.unreadable.get(),
            sent: self.sent.get(),
            changes: self.changes.get(),
            resyncs: self.resyncs.get(),
            errors: self.errors.get(),
            avoided: self.avoided.get(),
        }
    }
}
