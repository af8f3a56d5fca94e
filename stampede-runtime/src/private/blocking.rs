//! Loads of functions that are not `async`: a call that leads runs its body in place.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

/// A body that is run by its first poll.
pub(super) struct Body<F>(pub(super) Option<F>);

// The function is never pinned.
impl<F> Unpin for Body<F> {}

impl<O, F: FnOnce() -> O> Future for Body<F> {
    type Output = O;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<O> {
        match self.0.take() {
            Some(body) => Poll::Ready(body()),
            None => Poll::Pending,
        }
    }
}
