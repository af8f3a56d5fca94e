//! What the attribute's expansion calls. No part of the public API: it changes with the attribute, in any release.

mod argument;
mod output;
mod print;
mod view;

pub use crate::{
    cache::ToKey,
    engine::BoxFuture,
    fn_cache::FnCache,
    sharing::{Kept, Kind, Sharing},
    stats::Stats,
};
pub use argument::{KeyArgument, KeySource, OwnArgument, own, own_option};
pub use output::{
    CloneOption, ClonePlain, CloneResult, IntoOutput, Outputs, ReturnType, ShareError, ShareHeldError,
    ShareableError, ShareableValue, UnshareableError, UnshareablePlain, UnshareableValue,
};
pub use print::{Keys, PrintDebug, PrintNothing};
pub use view::{Of, One, Part, View};

use crate::engine::{Begin, Boarded, Call, Engine, Key, Output};
use std::{
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

/// Makes the cache of a function.
pub fn fn_cache<K: Key, O: Output>(
    name: &'static str,
    ttl: Duration,
    sharing: Sharing<O>,
    print_key: fn(&K) -> Option<String>,
) -> FnCache<K, O> {
    FnCache::new(name, ttl, sharing, print_key)
}

/// Looks a call up; if it misses, it is on board of a flight.
///
/// # Errors
///
/// A miss.
#[inline]
pub fn begin<K: Key, O: Output, Q: ToKey<K>>(cache: &FnCache<K, O>, key: &Q) -> Result<O, Miss<K, O>> {
    match cache.engine.begin(key, Q::to_key) {
        Begin::Hit(output) => Ok(output),
        Begin::Miss(boarded) => Err(Miss { engine: Arc::clone(&cache.engine), boarded }),
    }
}

/// Boards a flight whatever is stored.
pub fn begin_fresh<K: Key, O: Output, Q: ToKey<K>>(cache: &FnCache<K, O>, key: &Q) -> Miss<K, O> {
    Miss { engine: Arc::clone(&cache.engine), boarded: cache.engine.begin_fresh(key, Q::to_key) }
}

/// A call on board of a flight; one of its two methods has to be called.
#[derive(Debug)]
#[must_use]
pub struct Miss<K, O> {
    engine: Arc<Engine<K, O>>,
    boarded: Boarded<K, O>,
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
