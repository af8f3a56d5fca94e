//! Where responses are kept: the engine, with the keys and the weights of responses.

use super::{
    entry::{Entry, Marker, Outcome},
    key::{Key, KeyBuf, RequestKey},
    marks::{Marks, Watch},
};
use crate::{
    Cache,
    clock::{self, Ticks},
    engine::Engine,
    stats::Stats,
};
use http::{HeaderName, Method, Uri};
use std::{fmt, sync::Arc, time::Duration};

/// The responses of one or more layers.
///
/// A handle: clones share the responses. A [`StampedeLayer`](super::StampedeLayer) makes one of its own, which
/// [`store`](super::StampedeLayer::store) returns; layers that are given the same one share responses and capacity.
///
/// # Examples
///
/// ```
/// use stampede::http::{ResponseCache, StampedeLayer};
/// use std::time::Duration;
///
/// let store = ResponseCache::new(16 << 20);
/// let pages = StampedeLayer::new(Duration::from_secs(5)).cache(store.clone());
/// store.invalidate(&"http://localhost:3000/cached".parse().unwrap());
/// store.clear();
/// assert_eq!(store.stats().entries, 0);
/// ```
#[derive(Clone)]
pub struct ResponseCache {
    pub(super) inner: Cache<Key, Entry, super::entry::Loose>,
    marks: Arc<Marks>,
}

/// Bytes that the responses of a cache take by default.
pub(super) const DEFAULT_CAPACITY: u64 = 64 << 20;

/// What an entry takes beside its key and what it holds.
const OVERHEAD: usize = 160;

impl ResponseCache {
    /// Makes one for this many bytes of responses: bodies, headers, keys and what it takes to keep them.
    ///
    /// When it is full, responses that were not asked for lately make room. A response that is larger than all of it is not
    /// stored.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        let inner = Cache::builder()
            .name("stampede::http")
            .capacity(bytes)
            .weigher(|key: &Key, entry: &Entry| {
                u32::try_from(OVERHEAD + key.size() + entry.size()).unwrap_or(u32::MAX)
            })
            .ttl_from(|entry: &Entry| entry.keep(clock::exact()))
            .build();
        Self { inner, marks: Arc::default() }
    }

    /// Removes the responses to `GET` and `HEAD` of a URL, with all of their variants. Requests in flight get their responses,
    /// which are not stored.
    ///
    /// The URL is absolute. Servers see the scheme over HTTP/2 only: responses to requests with this scheme are removed, and
    /// those to requests with none. Returns true if there was anything.
    pub fn invalidate(&self, url: &Uri) -> bool {
        let host = url.authority().map(|authority| authority.as_str().as_bytes());
        let plain =
            url.path_and_query().map_or_else(|| Uri::from_static("/"), |path| Uri::from(path.clone()));
        let methods = [Method::GET, Method::HEAD];
        let keys = methods.iter().flat_map(|method| {
            [KeyBuf::of_url(method, url, host.into_iter()), KeyBuf::of_url(method, &plain, host.into_iter())]
        });
        // All of them, not the first that is there.
        keys.filter(|key| self.remove(key)).count() > 0
    }

    /// The same for what a [`key`](super::StampedeLayer::key) function made a key of.
    pub fn invalidate_key(&self, key: impl Into<RequestKey>) -> bool {
        let Some(key) = key.into().into_bytes() else { return false };
        let methods = [Method::GET, Method::HEAD];
        let keys = methods.iter().map(|method| KeyBuf::of_custom(method, &key));
        keys.filter(|key| self.remove(key)).count() > 0
    }

    /// Removes all responses, at once. Requests in flight get their responses, which are not stored.
    pub fn clear(&self) {
        self.marks.change_all();
        self.inner.clear();
    }

    /// Returns what the cache has done so far. A request may look at more than one key: where responses have a `Vary`, at two.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.inner.stats()
    }

    /// Returns the number of keys that are being loaded now.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.inner.in_flight()
    }

    pub(super) fn engine(&self) -> &Arc<Engine<Key, Outcome>> {
        self.inner.engine()
    }

    /// What is stored for a key.
    #[inline]
    pub(super) fn look(&self, key: &KeyBuf) -> Option<Entry> {
        self.engine().look(key.as_slice()).and_then(Result::ok)
    }

    /// Removes what is stored for a key and its variants.
    pub(super) fn remove(&self, key: &KeyBuf) -> bool {
        // First: what is put in after the removal has seen the new number.
        self.marks.change(key);
        self.engine().invalidate(key.as_slice(), |_| key.to_key())
    }

    /// Has the invalidations of a key numbered.
    pub(super) fn watch(&self, key: &KeyBuf) -> Watch {
        self.marks.watch(key)
    }

    /// Puts an entry in that no flight brings.
    pub(super) fn put(&self, key: &KeyBuf, entry: Entry) {
        let keep = entry.keep(clock::exact());
        self.inner.insert_with_ttl(key.to_key(), entry, keep);
    }

    /// The same for what was loaded when the watch of its primary key said `invalidations`; false if there was an invalidation since.
    pub(super) fn put_unless_invalidated(
        &self,
        primary: &Watch,
        invalidations: u64,
        key: &KeyBuf,
        entry: Entry,
    ) -> bool {
        if primary.invalidations() != invalidations {
            return false;
        }
        self.put(key, entry);
        if primary.invalidations() == invalidations {
            return true;
        }
        // One came in between, and may have found nothing to remove yet.
        self.engine().invalidate(key.as_slice(), |_| key.to_key());
        false
    }

    /// Makes a marker for variants that nobody has stored yet.
    pub(super) fn marker(&self, names: Arc<[HeaderName]>, made: Ticks, keep: Duration) -> Arc<Marker> {
        let generation = self.marks.unused();
        Arc::new(Marker { generation, names, made, keep })
    }
}

impl Default for ResponseCache {
    /// Makes one for 64 MiB.
    fn default() -> Self {
        Self::new(DEFAULT_CAPACITY)
    }
}

impl fmt::Debug for ResponseCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseCache").field("stats", &self.stats()).finish_non_exhaustive()
    }
}
