//! Builds a raw cache.

use crate::{
    Cache, SharedError,
    engine::Engine,
    labels::Labels,
    policy::Policy,
    registry,
    sharing::{Sharing, result_kind, share_result},
};
use std::{borrow::Cow, error::Error, fmt, hash::Hash, marker::PhantomData, time::Duration};

/// Builds a [`Cache`]; see [`Cache::builder`].
#[must_use = "a builder does nothing until `build`"]
pub struct Builder<K, V, E> {
    name: Cow<'static, str>,
    ttl: Duration,
    print_key: fn(&K) -> Option<String>,
    of: PhantomData<fn() -> (V, E)>,
}

impl<K, V, E> Builder<K, V, E> {
    pub(crate) fn new() -> Self {
        let name = Cow::Borrowed(std::any::type_name::<Cache<K, V, E>>());
        Self { name, ttl: Duration::ZERO, print_key: |_| None, of: PhantomData }
    }

    /// Names the cache in [`caches`](crate::caches) and in panics. Default: its type.
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = name.into();
        self
    }

    /// Keeps values for this long, counted from the end of the load.
    ///
    /// Zero, the default, stores nothing: calls that overlap share a load. `Duration::MAX` keeps values for ever. A value is
    /// never served longer than the ttl and 10 ms.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = ttl;
        self
    }

    /// Prints keys in the message about loads that wait for each other, as `pages("en")`; without it, as `pages(…)`.
    pub fn print_keys(mut self) -> Self
    where
        K: fmt::Debug,
    {
        self.print_key = |key| Some(format!("{key:?}"));
        self
    }

    fn finish(self, sharing: Sharing<Result<V, E>>) -> Cache<K, V, E>
    where
        K: Hash + Eq + Clone + Send + Sync + 'static,
        V: Send + Sync + 'static,
        E: Send + Sync + 'static,
    {
        let labels = Labels::new(self.name, self.print_key);
        let engine = Engine::new(labels, Policy { ttl: self.ttl }, sharing);
        registry::add(&engine);
        Cache::new(engine)
    }
}

impl<K, V, E> Builder<K, V, E>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    /// Builds the cache. Its callers get clones of values and errors.
    #[must_use]
    pub fn build(self) -> Cache<K, V, E>
    where
        E: Clone,
    {
        self.finish(Sharing::cloning(result_kind))
    }

    /// Builds a cache for errors that are not `Clone`, as `anyhow::Error`: a caller that is alone with its load gets the error
    /// itself, otherwise all get one made of a [`SharedError`].
    #[must_use]
    pub fn build_sharing_errors(self) -> Cache<K, V, E>
    where
        E: From<SharedError> + Into<Box<dyn Error + Send + Sync>>,
    {
        self.finish(Sharing::wrapping(|output| {
            share_result(output, |error| {
                SharedError::from_holder::<Box<dyn Error + Send + Sync>>(error.into())
            })
        }))
    }
}

impl<K, V, E> fmt::Debug for Builder<K, V, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("name", &self.name).field("ttl", &self.ttl).finish_non_exhaustive()
    }
}
