//! The cache of a function whose types fit, as generated code works with it.

use crate::{
    __private::blocking::{self, Body},
    cache::ToKey,
    engine::{Begin, Boarded, BoxFuture, Call, Engine, Key, Output},
    fn_cache::FnCache,
    sharing::Sharing,
};
use std::{
    borrow::Cow,
    future::Future,
    ops::Deref,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

/// A function's cache.
#[derive(Debug)]
pub struct Fit<K, O>(FnCache<K, O>);

impl<K: Key, O: Output> Fit<K, O> {
    /// Makes the cache of a function.
    ///
    /// # Panics
    ///
    /// If there is no way to share outputs; a function with such outputs has a `Misfit`.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        ttl: Duration,
        sharing: Option<Sharing<O>>,
        print_key: fn(&K) -> Option<String>,
    ) -> Self {
        let sharing = sharing.expect("outputs that fit can be shared");
        Self(FnCache::new(name.into(), ttl, sharing, print_key))
    }

    /// Looks a call up; if it misses, it is on board of a flight.
    ///
    /// # Errors
    ///
    /// A miss.
    #[inline]
    pub fn begin<Q: ToKey<K>>(&self, key: &Q) -> Result<O, Miss<K, O>> {
        match self.0.engine.begin(key, Q::to_key) {
            Begin::Hit(output) => Ok(output),
            Begin::Miss(boarded) => Err(Miss::new(Arc::clone(&self.0.engine), boarded)),
        }
    }

    /// Boards a flight whatever is stored.
    pub fn begin_fresh<Q: ToKey<K>>(&self, key: &Q) -> Miss<K, O> {
        Miss::new(Arc::clone(&self.0.engine), self.0.engine.begin_fresh(key, Q::to_key))
    }

    /// Makes the key that a call is looked up by.
    pub fn key_of<Q: ToKey<K>>(&self, call: &Q) -> K {
        call.to_key()
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

/// A call on board of a flight; one of its methods has to be called.
#[derive(Debug)]
#[must_use]
pub struct Miss<K, O> {
    engine: Arc<Engine<K, O>>,
    boarded: Boarded<K, O>,
}

impl<K, O> Miss<K, O> {
    pub(super) fn new(engine: Arc<Engine<K, O>>, boarded: Boarded<K, O>) -> Self {
        Self { engine, boarded }
    }
}

impl<K: Key, O: Output> Miss<K, O> {
    /// Waits for the flight, whose load is a task of its own.
    pub fn detached<F>(self, start: F) -> impl Future<Output = O> + use<K, O, F>
    where
        F: FnOnce() -> BoxFuture<O>,
    {
        Call::new(self.engine, self.boarded, start, Some(|body| body))
    }

    /// Waits for the flight, or drives its load in place (`detach = false`).
    pub async fn in_place<F, B>(self, start: F) -> O
    where
        F: FnOnce() -> B,
        B: Future<Output = O>,
    {
        let mut place = pin!(None);
        let start = || {
            place.set(Some(start()));
            InPlace(place)
        };
        Call::new(self.engine, self.boarded, start, None).await
    }

    /// Parks the thread until the flight lands, or runs its load (functions that are not `async`).
    pub fn blocking<F: FnOnce() -> O>(self, body: F) -> O {
        blocking::wait(Call::new(self.engine, self.boarded, || Body(Some(body)), None))
    }
}

/// A load's body in a place inside its caller's future, which it needs no box for; out of it when this is dropped.
struct InPlace<'a, B>(Pin<&'a mut Option<B>>);

impl<B: Future> Future for InPlace<'_, B> {
    type Output = B::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<B::Output> {
        match self.0.as_mut().as_pin_mut() {
            Some(body) => body.poll(cx),
            None => Poll::Pending,
        }
    }
}

impl<B> Drop for InPlace<'_, B> {
    fn drop(&mut self) {
        self.0.set(None);
    }
}
