//! The cache of one annotated function.

use crate::{
    attached::Attached,
    cache::ToKey,
    engine::Engine,
    error::LoadTimeout,
    labels::Labels,
    policy::{Policy, Settings},
    registry,
    sharing::{Kind, Sharing},
    stats::Stats,
    store::Bounds,
};
use equivalent::Equivalent;
use std::{borrow::Cow, fmt, hash::Hash, sync::Arc, time::Duration};

/// What the cache of a function is made of: its options, and what was found out about its types.
#[derive(Debug)]
pub struct Blueprint<K, O> {
    /// The cache's name.
    pub name: Cow<'static, str>,
    /// The freshness options.
    pub settings: Settings,
    /// How outputs are shared. None only where the types don't fit.
    pub sharing: Option<Sharing<O>>,
    /// What an output is.
    pub kind: fn(&O) -> Kind,
    /// Prints an error, where it can be printed.
    pub describe: fn(&O) -> Option<String>,
    /// Tells the ttl of an output that is a value.
    pub ttl_from: Option<fn(&O) -> Duration>,
    /// What a load comes to that takes too long.
    pub timed_out: Option<fn(LoadTimeout) -> O>,
    /// The most entries; None is no bound.
    pub capacity: Option<u64>,
    /// Prints a key, where it can be printed.
    pub print_key: fn(&K) -> Option<String>,
}

/// Says what a cache is made of, with its tier, where that is not known before the first call.
pub type MakeBlueprint<K, O> = fn() -> (Blueprint<K, O>, Attached<K, O>);

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
    /// # Panics
    ///
    /// If there is no way to share outputs; a function with such outputs does not compile.
    pub(crate) fn new(blueprint: &Blueprint<K, O>, tier: Attached<K, O>) -> Self {
        let Blueprint { settings, kind, describe, timed_out, capacity, print_key, .. } = *blueprint;
        let sharing = blueprint.sharing.expect("outputs that fit can be shared");
        let sharing = Sharing { kind, describe, ..sharing };
        let ttl_from = blueprint.ttl_from.map(|ttl_from| Box::new(ttl_from) as _);
        let policy = Policy::new(settings, ttl_from, timed_out);
        let bounds = Bounds { capacity, ..Bounds::default() };
        let labels = Labels::new(blueprint.name.clone(), print_key);
        let engine = Engine::new(labels, policy, bounds, sharing, tier);
        registry::add(&engine);
        Self { engine }
    }

    /// Returns what a call would be served without waiting, fresh or stale. Counts as no call, and starts no refresh.
    pub fn peek<Q>(&self, key: &Q) -> Option<O>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.engine.peek(key)
    }

    /// Stores an output in the place of the one that is there: a value for the ttl, an `Err` for the `err_ttl`. What is not
    /// kept, as an `Err` without an `err_ttl`, removes what was there. A load in flight keeps its callers and is not stored.
    pub fn insert(&self, key: K, output: O) {
        self.engine.insert(key, output, None);
    }

    /// Removes the entry of a key; later calls load anew. A load in flight keeps its callers and is not stored.
    ///
    /// Returns true if there was an entry that could still be served, or a load in flight.
    pub fn invalidate<Q>(&self, key: &Q) -> bool
    where
        Q: ToKey<K> + ?Sized,
    {
        self.engine.invalidate(key, Q::to_key)
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
