//! The cache of one annotated function.

use crate::{engine::Engine, labels::Labels, policy::Policy, registry, sharing::Sharing, stats::Stats};
use equivalent::Equivalent;
use std::{borrow::Cow, fmt, hash::Hash, sync::Arc, time::Duration};

/// The cache of a function that carries `#[stampede]`; its companion's `cache()` returns it.
///
/// `K` is the key (one keyed argument: its owned type; else a tuple), `O` the function's whole output.
pub struct FnCache<K, O> {
    pub(crate) engine: Arc<Engine<K, O>>,
}

impl<K, O> FnCache<K, O> {
    /// Returns the cache's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.engine.labels.name()
    }
}

impl<K, O> FnCache<K, O>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    O: Send + Sync + 'static,
{
    pub(crate) fn new(
        name: Cow<'static, str>,
        ttl: Duration,
        sharing: Sharing<O>,
        print_key: fn(&K) -> Option<String>,
    ) -> Self {
        let engine = Engine::new(Labels::new(name, print_key), Policy { ttl }, sharing);
        registry::add(&engine);
        Self { engine }
    }

    /// Returns what a call would be served without waiting. Counts as no call.
    pub fn peek<Q>(&self, key: &Q) -> Option<O>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.engine.peek(key)
    }

    /// Stores an output as if a load had just ended with it: a value is kept for the ttl, an `Err` is not kept. A load in
    /// flight keeps its callers and is not stored.
    pub fn insert(&self, key: K, output: O) {
        self.engine.insert(key, output, None);
    }

    /// Removes the entry of a key; later calls load anew. A load in flight keeps its callers and is not stored.
    ///
    /// Returns true if there was an entry that could still be served, or a load in flight.
    pub fn invalidate<Q>(&self, key: &Q) -> bool
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.engine.invalidate(key)
    }

    /// Removes all entries, at once. Loads in flight keep their callers and are not stored.
    pub fn clear(&self) {
        self.engine.clear();
    }

    /// Returns the number of entries, expired ones that wait for their removal included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.engine.len()
    }

    /// Returns whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of keys that are being loaded now.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.engine.flights()
    }

    /// Returns what the cache has done so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.engine.stats()
    }
}

impl<K, O> fmt::Debug for FnCache<K, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FnCache").field("name", &self.name()).finish_non_exhaustive()
    }
}
