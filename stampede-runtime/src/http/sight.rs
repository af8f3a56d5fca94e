//! What is stored for a request, and what may be done with it now.

use super::{
    answer,
    entry::{Entry, Marker, Stored},
    key::KeyBuf,
    plan::Shared,
    rfc9111::{CacheStatus, RequestDirectives, Reuse, Survey, Variant},
};
use crate::clock::Ticks;
use http::{HeaderMap, Method};
use std::{sync::Arc, time::Duration};

/// A look at the cache.
pub(super) struct Look {
    pub(super) sight: Sight,
    /// What the variants of the URL differ in, if they do.
    pub(super) marker: Option<Arc<Marker>>,
}

/// What there is.
pub(super) enum Sight {
    /// It is answered.
    Serve {
        stored: Arc<Stored>,
        how: How,
    },
    /// The service has to be asked whether this is still good.
    Stale(Arc<Stored>),
    /// Nobody waits for the response to another's request.
    Pass,
    Nothing,
    /// The layer's key headers are to be written down first, in the place of something else or not.
    Unmarked {
        replaces: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Fresh,
    /// Stale, and nothing is asked of the service.
    Stale,
    /// Stale, and a new one is to be had in the background.
    Refresh,
}

/// A request, as far as a look at the cache needs it.
#[derive(Clone, Copy)]
pub(super) struct Seeker<'a> {
    pub(super) method: &'a Method,
    pub(super) headers: &'a HeaderMap,
    pub(super) directives: &'a RequestDirectives,
    pub(super) survey: Survey,
    /// It is authorized, and its key does not say by whom.
    pub(super) solo: bool,
}

/// Looks at the cache.
pub(super) fn look(layer: &Shared, primary: &KeyBuf, seeker: Seeker<'_>, now: Ticks) -> Look {
    let names = &layer.options.key_headers;
    match layer.store.look(primary) {
        Some(Entry::Varies(marker)) if names.iter().all(|name| marker.names.contains(name)) => {
            let variant = Variant::of(&marker.names, seeker.headers);
            let found = layer.store.look(&primary.variant(marker.generation, variant.as_bytes()));
            Look { sight: judge(found, seeker, now), marker: Some(marker) }
        }
        found if !names.is_empty() => {
            Look { sight: Sight::Unmarked { replaces: found.is_some() }, marker: None }
        }
        found => Look { sight: judge(found, seeker, now), marker: None },
    }
}

fn judge(found: Option<Entry>, seeker: Seeker<'_>, now: Ticks) -> Sight {
    let stored = match found {
        Some(Entry::Response(stored)) => stored,
        Some(Entry::Pass) => return Sight::Pass,
        // A marker can't stand under the key of a variant.
        Some(Entry::Varies(_)) | None => return Sight::Nothing,
    };
    if seeker.solo && !stored.terms.for_authorized() {
        return Sight::Nothing;
    }
    let how = match stored.terms.reuse(stored.resident(now), seeker.directives) {
        Reuse::Fresh => How::Fresh,
        Reuse::Stale => How::Stale,
        Reuse::StaleWhileRevalidate if stored.failures.rests(now) => How::Stale,
        Reuse::StaleWhileRevalidate => How::Refresh,
        Reuse::Revalidate { .. }
            if stored.failures.rests(now) && stands_in(&stored, seeker.directives, now) =>
        {
            How::Stale
        }
        Reuse::Revalidate { .. } => return Sight::Stale(stored),
    };
    if answer::has_the_part(&stored, seeker) { Sight::Serve { stored, how } } else { Sight::Nothing }
}

/// Whether a response may answer in place of an error (F3).
pub(super) fn stands_in(stored: &Stored, directives: &RequestDirectives, now: Ticks) -> bool {
    let resident = stored.resident(now);
    match stored.terms.reuse(resident, directives) {
        Reuse::Revalidate { stale_if_error } => stale_if_error && stored.terms.stands_in(resident),
        Reuse::Fresh | Reuse::Stale | Reuse::StaleWhileRevalidate => true,
    }
}

/// What is said of a response that is answered from the cache.
pub(super) fn hit(stored: &Stored, now: Ticks) -> CacheStatus {
    let resident = stored.resident(now);
    CacheStatus::Hit {
        fresh_for: stored.terms.fresh_for(resident).unwrap_or(Duration::ZERO),
        stale_by: stored.terms.stale_by(resident),
    }
}
