//! The cache of a function whose types fit, as generated code works with it.

use crate::{
    __private::{output::IntoOutput, view::Again},
    attached::Attached,
    cache::ToKey,
    engine::{Answer, Begin, Blocking, BoxFuture, Boxed, InPlace, Journey, Key, Output, Plain, Refresher},
    fn_cache::{Blueprint, FnCache},
    keyed::Form,
    park,
    served::Served,
};
use std::{future::Future, ops::Deref, pin::pin};

/// A function's cache.
#[derive(Debug)]
pub struct Fit<K, O>(FnCache<K, O>);

impl<K: Key, O: Output> Fit<K, O> {
    /// Makes the cache of a function.
    ///
    /// # Panics
    ///
    /// If there is no way to share outputs; a function with such outputs has a `Misfit`.
    pub fn new(blueprint: &Blueprint<K, O>, tier: Attached<K, O>) -> Self {
        Self(FnCache::new(blueprint, tier))
    }

    /// Looks a call up; if it is no hit, it has to go on.
    ///
    /// # Errors
    ///
    /// A miss.
    #[inline]
    pub fn begin<Q: ToKey<K> + Again>(&self, key: &Q, refresher: Refresher) -> Result<O, Missed<K, O>> {
        let engine = &self.0.engine;
        match engine.hit(key) {
            Ok(output) => Ok(output),
            Err(no_hit) => {
                // A view of its own, or that of the hit would have to be in memory.
                let form = Form { form: &key.again(), to_key: Q::to_key };
                Err(Missed::new(engine.miss(no_hit, &form, refresher)))
            }
        }
    }

    /// Boards a flight whatever is stored.
    pub fn begin_fresh<Q: ToKey<K>>(&self, key: &Q) -> Missed<K, O> {
        Missed::new(self.0.engine.begin_fresh(key, Q::to_key))
    }

    /// Looks a call up that is told how its output came to it, or boards a flight whatever is stored.
    pub fn begin_with_info<Q: ToKey<K>>(&self, key: &Q, refresher: Refresher, insists: bool) -> Missed<K, O> {
        if insists {
            return self.begin_fresh(key);
        }
        match self.0.engine.begin(key, Q::to_key, refresher) {
            Begin::Hit(output) => Missed::new(Journey::served(output, Served::Fresh)),
            Begin::Miss(miss) => Missed::new(miss),
        }
    }

    /// Stores an output in the place of the one that is there.
    pub fn put<Q: ToKey<K>>(&self, key: &Q, output: impl IntoOutput<O>) {
        self.0.insert(key.to_key(), output.into_output());
    }
}

impl<K, O> Fit<K, O> {
    /// Shows the cache to the user.
    pub fn reveal(&self) -> &FnCache<K, O> {
        &self.0
    }
}

impl<K, O> Deref for Fit<K, O> {
    type Target = FnCache<K, O>;

    fn deref(&self) -> &FnCache<K, O> {
        &self.0
    }
}

/// A call that was no hit; one of its methods has to be called.
#[derive(Debug)]
#[must_use]
pub struct Missed<K: Key, O: Output>(Journey<K, O>);

impl<K: Key, O: Output> Missed<K, O> {
    #[inline]
    pub(super) fn new(journey: Journey<K, O>) -> Self {
        Self(journey)
    }

    /// Waits for a load that is a task of its own.
    pub fn detached<F>(self, start: F) -> impl Future<Output = O> + use<K, O, F>
    where
        F: FnOnce() -> BoxFuture<O>,
    {
        Plain::new(self.0, Boxed::<F, false>::new(start))
    }

    /// The same, and tells how the output came to the call.
    pub fn detached_with_info<F>(self, start: F) -> impl Future<Output = (O, Served)> + use<K, O, F>
    where
        F: FnOnce() -> BoxFuture<O>,
    {
        Answer::new(self.0, Boxed::<F, false>::new(start))
    }

    /// Waits for a load, or drives it in place (`detach = false`).
    pub async fn in_place<F, B>(self, start: F) -> O
    where
        F: FnOnce() -> B,
        B: Future<Output = O>,
    {
        Plain::new(self.0, InPlace::new(start, pin!(None))).await
    }

    /// The same, and tells how the output came to the call.
    pub async fn in_place_with_info<F, B>(self, start: F) -> (O, Served)
    where
        F: FnOnce() -> B,
        B: Future<Output = O>,
    {
        Answer::new(self.0, InPlace::new(start, pin!(None))).await
    }

    /// Parks the thread until the flight lands, or runs its load (functions that are not `async`).
    pub fn blocking<F: FnOnce() -> O>(self, body: F) -> O {
        self.blocking_with_info(body).0
    }

    /// The same, and tells how the output came to the call.
    pub fn blocking_with_info<F: FnOnce() -> O>(self, body: F) -> (O, Served) {
        park::wait(Answer::new(self.0, Blocking::new(body)))
    }

    /// Parks the thread until the flight lands, or runs its load, which owns its arguments: a refresh runs on a thread of the
    /// pool. It has to end in its first poll.
    pub fn blocking_or_pooled<F: FnOnce() -> BoxFuture<O>>(self, start: F) -> O {
        self.blocking_or_pooled_with_info(start).0
    }

    /// The same, and tells how the output came to the call.
    pub fn blocking_or_pooled_with_info<F: FnOnce() -> BoxFuture<O>>(self, start: F) -> (O, Served) {
        park::wait(Answer::new(self.0, Boxed::<F, true>::new(start)))
    }
}

/// Begins a call when it is polled.
pub async fn lazily<A: Future>(begin: impl FnOnce() -> A) -> A::Output {
    begin().await
}

/// Waits for a call, and forgets how the output came to it.
pub async fn output_of<O>(call: impl Future<Output = (O, Served)>) -> O {
    call.await.0
}
