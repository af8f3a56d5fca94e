//! The cache of a function whose types fit, as generated code works with it.

use crate::{
    __private::{blocking::Body, output::IntoOutput, view::Again},
    attached::Attached,
    cache::ToKey,
    engine::{Answer, Begin, BoxFuture, Journey, Key, Miss, Output, Plain, Refresher, Way},
    fn_cache::{Blueprint, FnCache},
    keyed::Form,
    park,
    served::Served,
};
use std::{
    future::Future,
    ops::Deref,
    pin::{Pin, pin},
    task::{Context, Poll},
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
            Begin::Hit(output) => {
                Missed::new(Miss::Answered { output, served: Served::Fresh, refresh: None })
            }
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
pub struct Missed<K: Key, O: Output>(Box<Journey<K, O, BoxFuture<O>>>);

impl<K: Key, O: Output> Missed<K, O> {
    #[cold]
    #[inline(never)]
    pub(super) fn new(miss: Miss<K, O>) -> Self {
        Self(Box::new(Journey::detached(miss)))
    }

    /// Goes on with another kind of body.
    fn with_body<P>(self, way: Way<K, O, P>) -> Journey<K, O, P> {
        self.0.with_body(way)
    }

    /// Waits for a load that is a task of its own.
    pub fn detached<F>(self, start: F) -> impl Future<Output = O> + use<K, O, F>
    where
        F: FnOnce() -> BoxFuture<O>,
    {
        Plain::new(self.0, start)
    }

    /// The same, and tells how the output came to the call.
    pub fn detached_with_info<F>(self, start: F) -> impl Future<Output = (O, Served)> + use<K, O, F>
    where
        F: FnOnce() -> BoxFuture<O>,
    {
        Answer::new(self.0, start)
    }

    /// Waits for a load, or drives it in place (`detach = false`).
    pub async fn in_place<F, B>(self, start: F) -> O
    where
        F: FnOnce() -> B,
        B: Future<Output = O>,
    {
        let place = pin!(None);
        let start = InPlace::start(place, start);
        Plain::new(Box::new(self.with_body(Way::InPlace)), start).await
    }

    /// The same, and tells how the output came to the call.
    pub async fn in_place_with_info<F, B>(self, start: F) -> (O, Served)
    where
        F: FnOnce() -> B,
        B: Future<Output = O>,
    {
        let place = pin!(None);
        let start = InPlace::start(place, start);
        Answer::new(Box::new(self.with_body(Way::InPlace)), start).await
    }

    /// Parks the thread until the flight lands, or runs its load (functions that are not `async`).
    pub fn blocking<F: FnOnce() -> O>(self, body: F) -> O {
        self.blocking_with_info(body).0
    }

    /// The same, and tells how the output came to the call.
    pub fn blocking_with_info<F: FnOnce() -> O>(self, body: F) -> (O, Served) {
        park::wait(Answer::new(Box::new(self.with_body(Way::InPlace)), || Body(Some(body))))
    }

    /// Parks the thread until the flight lands, or runs its load, which owns its arguments: a refresh runs on a thread of the
    /// pool. It has to end in its first poll.
    pub fn blocking_or_pooled<F: FnOnce() -> BoxFuture<O>>(self, start: F) -> O {
        self.blocking_or_pooled_with_info(start).0
    }

    /// The same, and tells how the output came to the call.
    pub fn blocking_or_pooled_with_info<F: FnOnce() -> BoxFuture<O>>(mut self, start: F) -> (O, Served) {
        self.0.set_way(Way::thread(|body| body));
        park::wait(Answer::new(self.0, start))
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

/// A load's body in a place inside its caller's future, which it needs no box for; out of it when this is dropped.
struct InPlace<'a, B>(Pin<&'a mut Option<B>>);

impl<'a, B> InPlace<'a, B> {
    /// Makes what puts a body in its place.
    fn start(mut place: Pin<&'a mut Option<B>>, start: impl FnOnce() -> B) -> impl FnOnce() -> Self {
        move || {
            place.set(Some(start()));
            Self(place)
        }
    }
}

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
