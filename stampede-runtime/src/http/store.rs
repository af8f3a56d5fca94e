//! Where responses are kept: the engine, with the keys and the weights of responses.

use super::{
    entry::{Entry, Marker, Outcome},
    key::{Key, KeyBuf, RequestKey},
};
use crate::{Cache, clock::Ticks, engine::Engine, stats::Stats};
use http::{HeaderName, Method, Uri};
use std::{
    fmt,
    hash::{BuildHasher, Hasher},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

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

/// Numbers of invalidations, so that what was loaded before one is not put in after it (I1).
///
/// Loads that are flights are cut by the engine. These numbers are for what is put in otherwise. Keys share them: at worst
/// something is not kept.
struct Marks {
    invalidations: [AtomicU64; 256],
    generation: AtomicU64,
    hasher: foldhash::fast::RandomState,
}

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
            .ttl_from(|entry: &Entry| entry.keep(now_exactly()))
            .build();
        let marks = Marks {
            invalidations: [const { AtomicU64::new(0) }; 256],
            generation: AtomicU64::new(1),
            hasher: foldhash::fast::RandomState::default(),
        };
        Self { inner, marks: Arc::new(marks) }
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
        self.marks.invalidations.iter().for_each(|mark| {
            mark.fetch_add(1, SeqCst);
        });
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
        self.mark(key).fetch_add(1, SeqCst);
        self.engine().invalidate(key.as_slice(), |_| key.to_key())
    }

    /// The number of invalidations that the key has seen, or more.
    pub(super) fn invalidations(&self, key: &KeyBuf) -> u64 {
        self.mark(key).load(SeqCst)
    }

    fn mark(&self, key: &KeyBuf) -> &AtomicU64 {
        let mut hasher = self.marks.hasher.build_hasher();
        hasher.write(key.as_slice());
        // The remainder is small.
        #[allow(clippy::cast_possible_truncation)]
        &self.marks.invalidations[(hasher.finish() % 256) as usize]
    }

    /// Puts an entry in that no flight brings.
    pub(super) fn put(&self, key: &KeyBuf, entry: Entry) {
        let keep = entry.keep(now_exactly());
        self.inner.insert_with_ttl(key.to_key(), entry, keep);
    }

    /// The same for what was loaded when the primary key had seen `invalidations`; false if there was another one since.
    pub(super) fn put_unless_invalidated(
        &self,
        primary: &KeyBuf,
        invalidations: u64,
        key: &KeyBuf,
        entry: Entry,
    ) -> bool {
        if self.invalidations(primary) != invalidations {
            return false;
        }
        self.put(key, entry);
        if self.invalidations(primary) == invalidations {
            return true;
        }
        // One came in between, and may have found nothing to remove yet.
        self.engine().invalidate(key.as_slice(), |_| key.to_key());
        false
    }

    /// Makes a marker for variants that nobody has stored yet.
    pub(super) fn marker(&self, names: Arc<[HeaderName]>, made: Ticks, keep: Duration) -> Arc<Marker> {
        let generation = self.marks.generation.fetch_add(1, SeqCst);
        Arc::new(Marker { generation, names, made, keep })
    }
}

fn now_exactly() -> Ticks {
    crate::clock::exact()
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
