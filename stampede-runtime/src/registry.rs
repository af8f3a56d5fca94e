//! Every live cache of the process.

use crate::{
    engine::{Engine, Key, Output},
    stats::Stats,
    sync::{Mutex, lock},
};
use std::{
    fmt,
    sync::{Arc, Weak},
};

/// Returns every live cache of the process, in the order in which they were made: those of annotated functions from their
/// first call on, raw ones until their last handle is dropped.
///
/// For admin pages, and for tests that want to start from empty caches.
///
/// # Examples
///
/// ```
/// # let rates: stampede::Cache<u8, u8> = stampede::Cache::builder().name("rates").build();
/// for cache in stampede::caches() {
///     println!("{}: {} entries", cache.name(), cache.stats().entries);
///     cache.clear();
/// }
/// # assert!(stampede::caches().iter().any(|cache| cache.name() == "rates"));
/// ```
#[must_use]
pub fn caches() -> Vec<AnyCache> {
    lock(&CACHES).iter().filter_map(Weak::upgrade).map(AnyCache).collect()
}

/// A cache of any type; see [`caches`]. Keeps it alive.
#[derive(Clone)]
pub struct AnyCache(Arc<dyn Admin>);

impl AnyCache {
    /// Returns the cache's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// Returns what the cache has done so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.0.stats()
    }

    /// Removes all entries, at once. Loads in flight keep their callers and are not stored.
    pub fn clear(&self) {
        self.0.clear();
    }
}

impl fmt::Debug for AnyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyCache").field("name", &self.name()).finish_non_exhaustive()
    }
}

trait Admin: Send + Sync {
    fn name(&self) -> &str;
    fn stats(&self) -> Stats;
    fn clear(&self);
}

impl<K: Key, O: Output> Admin for Engine<K, O> {
    fn name(&self) -> &str {
        self.labels.name()
    }

    fn stats(&self) -> Stats {
        Engine::stats(self)
    }

    fn clear(&self) {
        Engine::clear(self);
    }
}

static CACHES: Mutex<Vec<Weak<dyn Admin>>> = Mutex::new(Vec::new());

/// Lists a cache until it is dropped.
pub(crate) fn add<K: Key, O: Output>(engine: &Arc<Engine<K, O>>) {
    list(Arc::downgrade(engine) as Weak<dyn Admin>);
}

fn list(cache: Weak<dyn Admin>) {
    let mut caches = lock(&CACHES);
    // The dead are weeded when the list would grow.
    if caches.len() == caches.capacity() {
        caches.retain(|cache| cache.strong_count() > 0);
    }
    caches.push(cache);
}
