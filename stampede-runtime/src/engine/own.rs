//! The load of a call, as its function has it: where its body is made, and where it is then.
//!
//! What is here knows the function, so it is compiled anew for each, and short.

use crate::engine::{Key, Output, answer::Way, body::Body, load::BoxFuture};
use std::{
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll},
};

/// A load that has not been started, or is driven by its call.
pub(crate) trait OwnLoad<K, O> {
    /// Shows its body to what works on it, and how it runs; one that is in a box has `room` there.
    fn show<R>(
        &mut self,
        room: &mut Option<BoxFuture<O>>,
        work: impl FnOnce(Way<K, O>, &mut dyn Body<O>) -> R,
    ) -> R;
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

impl<K: Key, O: Output, F> OwnLoad<K, O> for Boxed<F, false>
where
    F: FnOnce() -> BoxFuture<O>,
{
    fn show<R>(
        &mut self,
        room: &mut Option<BoxFuture<O>>,
        work: impl FnOnce(Way<K, O>, &mut dyn Body<O>) -> R,
    ) -> R {
        work(Way::Task, &mut InBox { start: &mut self.0, body: room })
    }
}

impl<K: Key, O: Output, F> OwnLoad<K, O> for Boxed<F, true>
where
    F: FnOnce() -> BoxFuture<O>,
{
    fn show<R>(
        &mut self,
        room: &mut Option<BoxFuture<O>>,
        work: impl FnOnce(Way<K, O>, &mut dyn Body<O>) -> R,
    ) -> R {
        work(Way::THREAD, &mut InBox { start: &mut self.0, body: room })
    }
}

/// The same where the function is not known.
struct InBox<'a, O> {
    start: &'a mut dyn Make<O>,
    body: &'a mut Option<BoxFuture<O>>,
}

/// Makes a body, once.
trait Make<O> {
    fn make(&mut self) -> Option<BoxFuture<O>>;
}

impl<O, F: FnOnce() -> BoxFuture<O>> Make<O> for Option<F> {
    #[allow(clippy::manual_map, reason = "it is compiled for each function, and `map` with it")]
    fn make(&mut self) -> Option<BoxFuture<O>> {
        match self.take() {
            Some(start) => Some(start()),
            None => None,
        }
    }
}

impl<O> Body<O> for InBox<'_, O> {
    fn make(&mut self) -> bool {
        *self.body = self.start.make();
        self.body.is_some()
    }

    fn detach(&mut self) -> Option<BoxFuture<O>> {
        self.start.make()
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<O> {
        self.body.poll(cx)
    }

    fn end(&mut self) {
        self.body.end();
    }
}

/// A load that is driven by its call, whose future has a place for the body: it borrows what it likes.
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
    #[inline]
    fn show<R>(
        &mut self,
        _: &mut Option<BoxFuture<O>>,
        work: impl FnOnce(Way<K, O>, &mut dyn Body<O>) -> R,
    ) -> R {
        work(Way::InPlace, self)
    }
}

impl<O, F: FnOnce() -> B, B: Future<Output = O>> Body<O> for InPlace<'_, F, B> {
    fn make(&mut self) -> bool {
        let Some(start) = self.start.take() else { return false };
        self.place.set(Some(start()));
        true
    }

    fn detach(&mut self) -> Option<BoxFuture<O>> {
        None
    }

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
    fn show<R>(
        &mut self,
        _: &mut Option<BoxFuture<O>>,
        work: impl FnOnce(Way<K, O>, &mut dyn Body<O>) -> R,
    ) -> R {
        work(Way::InPlace, self)
    }
}

impl<O, F: FnOnce() -> O> Body<O> for Blocking<F> {
    fn make(&mut self) -> bool {
        !mem::replace(&mut self.is_made, true)
    }

    fn detach(&mut self) -> Option<BoxFuture<O>> {
        None
    }

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
