//! What one load is for: who asks, under which key, in the place of what; and how its outcome lands.

use super::{
    entry::{Entry, Loose, Marker, Outcome, Stored},
    judge,
    key::KeyBuf,
    marks::Watch,
    options::{Mode, Options},
    rfc9111::{CacheStatus, RequestDirectives, Variant, Why},
    store::ResponseCache,
};
use http::{HeaderMap, HeaderName, Method, StatusCode};
use std::{ops::Deref, sync::Arc, time::Duration};

/// What a layer's services share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) options: Options,
    pub(super) store: ResponseCache,
}

impl Shared {
    /// Whether a response of this status is a failure that a stale response may stand in for (RFC 5861, section 4).
    pub(super) fn is_failure(&self, status: StatusCode) -> bool {
        match self.options.mode {
            Mode::Fixed => status.is_server_error(),
            Mode::Headers => matches!(status.as_u16(), 500 | 502 | 503 | 504),
        }
    }
}

/// Who asks, and for what.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) layer: Arc<Shared>,
    pub(super) method: Method,
    /// As the client sent them.
    pub(super) headers: HeaderMap,
    pub(super) directives: RequestDirectives,
    pub(super) authorization_is_keyed: bool,
    /// Its response may be for it alone: it waits for nobody, and nobody for it.
    pub(super) solo: bool,
    /// The key without what the variants differ in.
    pub(super) primary: KeyBuf,
    /// Of its invalidations, until all that was caused by this request is stored.
    pub(super) watch: Watch,
}

/// Where a response is stored, as far as is known.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) key: KeyBuf,
    /// What the key was made by, if it is that of a variant.
    pub(super) marker: Option<Arc<Marker>>,
    /// Whether responses are stored under this key. Else it only brings those together who wait for the same variant.
    pub(super) keeps: bool,
}

/// One load.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) asked: Arc<Asked>,
    pub(super) place: Place,
    /// The stored response that can't be used without asking.
    pub(super) old: Option<Arc<Stored>>,
    pub(super) why: Why,
    /// What its watch said when the load was planned.
    pub(super) invalidations: u64,
}

impl Deref for Plan {
    type Target = Asked;

    fn deref(&self) -> &Asked {
        &self.asked
    }
}

impl Place {
    pub(super) fn primary(key: KeyBuf) -> Self {
        Self { key, marker: None, keeps: true }
    }

    /// That of a variant.
    pub(super) fn variant(asked: &Asked, marker: Arc<Marker>) -> Self {
        let variant = Variant::of(&marker.names, &asked.headers);
        let key = asked.primary.variant(marker.generation, variant.as_bytes());
        Self { key, marker: Some(marker), keeps: true }
    }

    /// For those who wait for a response of these headers that is not stored.
    ///
    /// Whoever comes after an invalidation does not meet those who came before it (I1).
    pub(super) fn meeting(asked: &Asked, names: &[HeaderName], invalidations: u64) -> Self {
        let variant = Variant::of(names, &asked.headers);
        // No marker has such a number.
        let generation = invalidations | 1 << 63;
        Self { key: asked.primary.variant(generation, variant.as_bytes()), marker: None, keeps: false }
    }

    fn names(&self) -> &[HeaderName] {
        self.marker.as_ref().map_or(&[], |marker| &marker.names)
    }
}

impl Plan {
    /// What is said about a response that came from the service.
    pub(super) fn forwarded(&self, stored: bool, collapsed: bool) -> CacheStatus {
        CacheStatus::Forward { why: self.why, status: None, stored, collapsed }
    }

    /// What becomes of a response that can be shared, and depends on these request headers.
    pub(super) fn settle(&self, stored: Arc<Stored>, names: &Arc<[HeaderName]>) -> Outcome {
        let fits = names.iter().all(|name| self.place.names().contains(name));
        let elsewhere = || (!fits).then(|| (Arc::clone(names), Variant::of(names, &self.headers)));
        if stored.keep.is_zero() {
            return Err(Loose::Shared(stored, elsewhere()));
        }
        if fits && self.place.keeps {
            self.renew_marker(&stored);
            return Ok(Entry::Response(stored));
        }
        let marker = self.store_elsewhere(&stored, names);
        if self.place.keeps && self.place.marker.is_none() {
            return Ok(Entry::Varies(marker));
        }
        self.put(&self.primary, Entry::Varies(marker));
        Err(Loose::Shared(stored, elsewhere()))
    }

    /// Stores a response under the key of its variant, where it will be found once its marker is stored.
    fn store_elsewhere(&self, stored: &Arc<Stored>, names: &Arc<[HeaderName]>) -> Arc<Marker> {
        let names = judge::union(self.place.names(), names);
        let store = &self.layer.store;
        let marker = store.marker(names, stored.arrived, twice(stored.keep));
        let place = Place::variant(&self.asked, Arc::clone(&marker));
        self.put(&place.key, Entry::Response(Arc::clone(stored)));
        marker
    }

    /// A marker lives longer than what it leads to.
    fn renew_marker(&self, stored: &Stored) {
        let Some(marker) = &self.place.marker else { return };
        let passed = Duration::from_nanos(stored.arrived.saturating_sub(marker.made));
        if marker.keep.saturating_sub(passed) < stored.keep {
            let renewed = Marker {
                generation: marker.generation,
                names: Arc::clone(&marker.names),
                made: stored.arrived,
                keep: twice(stored.keep),
            };
            self.put(&self.primary, Entry::Varies(Arc::new(renewed)));
        }
    }

    /// Stores the outcome of a load that was no flight.
    pub(super) fn land_alone(&self, outcome: Outcome) {
        // That a response is for one user alone says nothing of those for the others.
        let is_for_others = |entry: &Entry| !(self.solo && matches!(entry, Entry::Pass));
        if let Some(entry) = outcome.ok().filter(is_for_others) {
            self.put(&self.place.key, entry);
        }
    }

    fn put(&self, key: &KeyBuf, entry: Entry) {
        self.layer.store.put_unless_invalidated(&self.watch, self.invalidations, key, entry);
    }
}

fn twice(keep: Duration) -> Duration {
    keep.saturating_mul(2).max(Duration::from_secs(60))
}
