//! What the cache keeps for the key of a request.

use super::rfc9111::{Terms, Validators, Variant};
use crate::{clock::Ticks, policy};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, StatusCode};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

/// What a load comes to. An `Err` changes nothing in the cache.
pub(super) type Outcome = Result<Entry, Loose>;

/// What is stored.
#[derive(Clone, Debug)]
pub(super) enum Entry {
    Response(Arc<Stored>),
    /// Responses of this URL depend on request headers: they are stored under keys of their own.
    Varies(Arc<Marker>),
    /// The last response could not be shared. For a while nobody waits for another's.
    Pass,
}

/// What is for those who waited, and not stored.
#[derive(Clone, Debug)]
pub(super) enum Loose {
    /// A response for all whose requests have this variant.
    Shared(Arc<Stored>, Option<(Arc<[HeaderName]>, Variant)>),
    /// The load failed; a stale response stands in, where it may.
    Stale(Arc<Stored>),
    /// Nothing: they run their own requests.
    Released,
}

/// Which headers tell the variants of a URL apart.
#[derive(Debug)]
pub(super) struct Marker {
    /// Part of the variants' keys: without the marker they can't be found.
    pub(super) generation: u64,
    pub(super) names: Arc<[HeaderName]>,
    pub(super) made: Ticks,
    pub(super) keep: Duration,
}

/// For how long a [`Entry::Pass`] stays, unless there is a response that can be shared before: that replaces it.
pub(super) const PASS: Duration = Duration::from_secs(120);

/// A whole response.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) status: StatusCode,
    /// With room for what is told of a hit: see `answer.rs`.
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) trailers: Option<HeaderMap>,
    pub(super) validators: Validators,
    pub(super) terms: Terms,
    /// When its head arrived.
    pub(super) arrived: Ticks,
    /// How long it is kept from then on.
    pub(super) keep: Duration,
    pub(super) failures: Failures,
}

impl Stored {
    pub(super) fn resident(&self, now: Ticks) -> Duration {
        Duration::from_nanos(now.saturating_sub(self.arrived))
    }

    /// About how many bytes it takes.
    pub(super) fn size(&self) -> usize {
        let of = |headers: &HeaderMap| -> usize {
            headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 64).sum()
        };
        size_of::<Self>() + of(&self.headers) + self.trailers.as_ref().map_or(0, of) + self.body.len()
    }
}

/// The loads in a row that failed to replace a response.
#[derive(Debug, Default)]
pub(super) struct Failures {
    count: AtomicU32,
    rests_until: AtomicU64,
}

impl Failures {
    /// Notes one: the source is left alone for a while (F3).
    pub(super) fn note(&self, ttl: Duration, now: Ticks) {
        let count = self.count.fetch_add(1, Relaxed).saturating_add(1);
        self.rests_until.store(crate::clock::after(now, policy::rest(ttl, count)), Relaxed);
    }

    /// Whether the source is left alone.
    pub(super) fn rests(&self, now: Ticks) -> bool {
        now < self.rests_until.load(Relaxed)
    }
}

impl Entry {
    /// How long it is kept from now on.
    pub(super) fn keep(&self, now: Ticks) -> Duration {
        match self {
            Self::Response(stored) => stored.keep.saturating_sub(stored.resident(now)),
            Self::Varies(marker) => marker.keep,
            Self::Pass => PASS,
        }
    }

    /// About how many bytes it takes.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Response(stored) => stored.size(),
            Self::Varies(marker) => size_of::<Marker>() + marker.names.len() * 64,
            Self::Pass => 0,
        }
    }
}
