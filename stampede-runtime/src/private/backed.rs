//! A function or method on a raw cache: `cache = self.pages`.

use crate::{
    __private::{fit::Missed, gate::Met, misfit::MisfitMissed},
    bounds::CacheOf,
    cache::{Cache, ToKey},
    engine::{Begin, BoxFuture, Engine, Key, Output, Refresher},
};
use std::{convert::Infallible, fmt, future::Future, marker::PhantomData, sync::Arc};

/// Of a cache whose loads can fail, the outputs are `Result`s.
impl<K: Key, V: Output, E: Output> CacheOf<K, Result<V, E>> for Cache<K, V, E> {
    type Raw = Result<V, E>;

    #[inline]
    fn begin<Q: ToKey<K>>(&self, key: &Q, refresher: Refresher) -> Result<Self::Raw, Missed<K, Self::Raw>>
    where
        K: Key,
    {
        begin(self.engine(), key, refresher)
    }

    fn raw(output: Result<V, E>) -> Result<V, E> {
        output
    }

    fn raw_load(load: BoxFuture<Result<V, E>>) -> BoxFuture<Result<V, E>> {
        load
    }

    fn output(raw: Result<V, E>) -> Result<V, E> {
        raw
    }
}

/// Of a cache whose loads can't fail, they are its values.
impl<K: Key, V: Output> CacheOf<K, V> for Cache<K, V, Infallible> {
    type Raw = Result<V, Infallible>;

    #[inline]
    fn begin<Q: ToKey<K>>(&self, key: &Q, refresher: Refresher) -> Result<Self::Raw, Missed<K, Self::Raw>>
    where
        K: Key,
    {
        begin(self.engine(), key, refresher)
    }

    fn raw(output: V) -> Self::Raw {
        Ok(output)
    }

    fn raw_load(load: BoxFuture<V>) -> BoxFuture<Self::Raw> {
        Box::pin(async move { Ok(load.await) })
    }

    fn output(Ok(value): Self::Raw) -> V {
        value
    }
}

#[inline]
fn begin<K: Key, R: Output, Q: ToKey<K>>(
    engine: &Arc<Engine<K, R>>,
    key: &Q,
    refresher: Refresher,
) -> Result<R, Missed<K, R>> {
    match engine.begin(key, Q::to_key, refresher) {
        Begin::Hit(raw) => Ok(raw),
        Begin::Miss(miss) => Err(Missed::new(miss)),
    }
}

/// A raw cache as generated code works with it, whether it and what the load needs (`D`) fit or not.
pub struct Backed<'a, C, D, K, O>(&'a C, PhantomData<fn(D) -> (K, O)>);

impl<'a, C, D, K, O> Backed<'a, C, D, K, O> {
    /// Takes a cache.
    pub fn new(cache: &'a C) -> Self {
        Self(cache, PhantomData)
    }
}

impl<C, D, K, O> fmt::Debug for Backed<'_, C, D, K, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Backed")
    }
}

/// A cache that fits.
pub trait BackedCall<K, O> {
    /// What waits for a flight.
    type Miss;

    /// Looks a call up; if it misses, it is on board of a flight.
    ///
    /// # Errors
    ///
    /// A miss.
    fn begin<Q: ToKey<K>>(&self, key: &Q, refresher: Refresher) -> Result<O, Self::Miss>;
}

impl<C: CacheOf<K, O>, D: Met, K: Key, O> BackedCall<K, O> for &Backed<'_, C, D, K, O> {
    type Miss = BackedMiss<C, K, O>;

    #[inline]
    fn begin<Q: ToKey<K>>(&self, key: &Q, refresher: Refresher) -> Result<O, BackedMiss<C, K, O>> {
        match self.0.begin(key, refresher) {
            Ok(raw) => Ok(C::output(raw)),
            Err(miss) => Err(BackedMiss { miss, of: PhantomData }),
        }
    }
}

/// A cache that does not fit; never run, as such a function does not compile.
pub trait UnbackedCall<O> {
    #[doc(hidden)]
    #[allow(clippy::missing_errors_doc)]
    fn begin<Q>(&self, _: &Q, _: Refresher) -> Result<O, MisfitMissed<O>> {
        unreachable!("a function whose types don't fit does not compile")
    }
}

impl<C, D, K, O> UnbackedCall<O> for Backed<'_, C, D, K, O> {}

/// A call on board of a flight of a raw cache.
#[must_use]
pub struct BackedMiss<C: CacheOf<K, O>, K: Key, O> {
    miss: Missed<K, C::Raw>,
    of: PhantomData<fn() -> C>,
}

impl<C, K, O> BackedMiss<C, K, O>
where
    C: CacheOf<K, O>,
    K: Key,
{
    /// Waits for the flight, whose load is a task of its own.
    pub async fn detached<F: FnOnce() -> BoxFuture<O>>(self, start: F) -> O {
        C::output(self.miss.detached(move || C::raw_load(start())).await)
    }

    /// Waits for the flight, or drives its load in place.
    pub async fn in_place<F: FnOnce() -> B, B: Future<Output = O>>(self, start: F) -> O {
        let start = || {
            let body = start();
            async move { C::raw(body.await) }
        };
        C::output(self.miss.in_place(start).await)
    }

    /// Parks the thread until the flight lands, or runs its load.
    pub fn blocking<F: FnOnce() -> O>(self, body: F) -> O {
        C::output(self.miss.blocking(|| C::raw(body())))
    }
}

impl<C: CacheOf<K, O>, K: Key, O> fmt::Debug for BackedMiss<C, K, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BackedMiss")
    }
}
