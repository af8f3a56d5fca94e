//! The load of a call, as its function has it: where its body is made, and where it is then.
//!
//! What knows the function is compiled anew for each, and short.

use crate::engine::{
    Boarding, Key, Output,
    body::{Body, Run},
    load::{self, BoxFuture},
};
use std::{
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll},
};

/// The load of a call, lent to the call's [`Journey`](super::Journey): how its body is made, and how it runs.
pub(crate) enum Load<'a, K, O> {
    /// As a task.
    Task(&'a mut dyn Make<O>),
    /// The call drives it in place, and nobody runs refreshes (`detach = false`).
    InPlace(&'a mut dyn Place<O>),
    /// The call drives it, and refreshes run on threads of the pool. For bodies that end in their first poll.
    Thread(&'a mut dyn Make<O>, Queue<K, O>),
}

/// Leaves a load to the pool; only functions that do need the code for it.
type Queue<K, O> = fn(Boarding<K, O>, Run<O>, BoxFuture<O>);

/// Makes a body that owns its arguments, once.
pub(crate) trait Make<O> {
    fn make(&mut self) -> Option<BoxFuture<O>>;
}

/// A place for a body that borrows what it likes.
pub(crate) trait Place<O>: Body<O> {
    /// Makes the body; false if it has been made before.
    fn make(&mut self) -> bool;
}

impl<K: Key, O: Output> Load<'_, K, O> {
    /// Has the refresh run that a call has put in the air.
    pub(super) fn refresh(mut self, boarding: Boarding<K, O>) {
        let body = match &mut self {
            Self::InPlace(_) => return boarding.abandon(),
            Self::Task(make) | Self::Thread(make, _) => make.make(),
        };
        let Some(body) = body else { return };
        let engine = boarding.engine();
        let ahead = engine.ahead(&boarding.flight, false);
        match self {
            // A thread can't be stopped, so there is no limit.
            Self::Thread(_, queue) => queue(boarding, Run::new(ahead, None), body),
            Self::Task(_) | Self::InPlace(_) => {
                let limit = engine.policy.time_limit();
                load::spawn(boarding, Run::new(ahead, limit), body);
            }
        }
    }
}

impl<'a, K, O> Load<'a, K, O> {
    /// The body, if the call drives it; one in a box is in the `room` that the call has for it.
    pub(super) fn body<'b>(&'b mut self, room: &'b mut Option<BoxFuture<O>>) -> &'b mut dyn Body<O>
    where
        'a: 'b,
    {
        match self {
            Self::InPlace(place) => *place,
            Self::Task(_) | Self::Thread(..) => room,
        }
    }
}

/// The load of a call, in its future.
pub(crate) trait OwnLoad<K, O> {
    fn lend(&mut self) -> Load<'_, K, O>;
}

/// A load whose body owns its arguments, so that it can be a task; `F` makes it. With `POOLED` refreshes alone are apart from their
/// calls, on threads of the pool.
pub(crate) struct Boxed<F, const POOLED: bool>(Option<F>);

impl<F, const POOLED: bool> Boxed<F, POOLED> {
    #[inline]
    pub(crate) fn new(start: F) -> Self {
        Self(Some(start))
    }
}

impl<K, O, F: FnOnce() -> BoxFuture<O>> OwnLoad<K, O> for Boxed<F, false> {
    fn lend(&mut self) -> Load<'_, K, O> {
        Load::Task(&mut self.0)
    }
}

impl<K: Key, O: Output, F: FnOnce() -> BoxFuture<O>> OwnLoad<K, O> for Boxed<F, true> {
    fn lend(&mut self) -> Load<'_, K, O> {
        Load::Thread(&mut self.0, load::queue)
    }
}

/// There until it has made one.
impl<O, F: FnOnce() -> BoxFuture<O>> Make<O> for Option<F> {
    #[allow(clippy::manual_map, reason = "it is compiled for each function, and `map` with it")]
    fn make(&mut self) -> Option<BoxFuture<O>> {
        match self.take() {
            Some(start) => Some(start()),
            None => None,
        }
    }
}

/// A load that is driven by its call, whose future has a place for the body.
pub(crate) struct InPlace<'a, F, B> {
    start: Option<F>,
    place: Pin<&'a mut Option<B>>,
}

impl<'a, F: FnOnce() -> B, B> InPlace<'a, F, B> {
    #[inline]
    pub(crate) fn new(start: F, place: Pin<&'a mut Option<B>>) -> Self {
        Self { start: Some(start), place }
    }
}

impl<K, O, F: FnOnce() -> B, B: Future<Output = O>> OwnLoad<K, O> for InPlace<'_, F, B> {
    fn lend(&mut self) -> Load<'_, K, O> {
        Load::InPlace(self)
    }
}

impl<O, F: FnOnce() -> B, B: Future<Output = O>> Place<O> for InPlace<'_, F, B> {
    fn make(&mut self) -> bool {
        let Some(start) = self.start.take() else { return false };
        self.place.set(Some(start()));
        true
    }
}

impl<O, F: FnOnce() -> B, B: Future<Output = O>> Body<O> for InPlace<'_, F, B> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<O> {
        match self.place.as_mut().as_pin_mut() {
            Some(body) => body.poll(cx),
            None => Poll::Pending,
        }
    }

    fn end(&mut self) {
        self.place.set(None);
    }
}

/// A load of a function that is not `async`: its body is run by its first poll.
pub(crate) struct Blocking<F> {
    start: Option<F>,
    is_made: bool,
}

impl<F> Blocking<F> {
    pub(crate) fn new(start: F) -> Self {
        Self { start: Some(start), is_made: false }
    }
}

impl<K, O, F: FnOnce() -> O> OwnLoad<K, O> for Blocking<F> {
    fn lend(&mut self) -> Load<'_, K, O> {
        Load::InPlace(self)
    }
}

impl<O, F: FnOnce() -> O> Place<O> for Blocking<F> {
    fn make(&mut self) -> bool {
        !mem::replace(&mut self.is_made, true)
    }
}

impl<O, F: FnOnce() -> O> Body<O> for Blocking<F> {
    fn poll(&mut self, _: &mut Context<'_>) -> Poll<O> {
        match self.start.take() {
            Some(start) => Poll::Ready(start()),
            None => Poll::Pending,
        }
    }

    fn end(&mut self) {
        self.start = None;
    }
}
