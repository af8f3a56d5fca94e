//! A load as a task of its own: nothing that happens to callers touches it (X1).

use crate::{
    contain::contain,
    engine::{Boarding, Key, Output, body::Body},
    flight::Flight,
    stats::Event,
};
use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::runtime::Handle;

/// A load that owns all it needs.
pub type BoxFuture<O> = Pin<Box<dyn Future<Output = O> + Send + 'static>>;

/// Starts the load of a flight that its leader leaves.
///
/// # Panics
///
/// Outside of a runtime.
pub(super) fn spawn<K: Key, O: Output>(mut boarding: Boarding<K, O>, body: Body<O, BoxFuture<O>>) {
    start(&mut boarding, body, &Handle::current());
}

/// The same for a leader that stays on board.
pub(super) fn start<K: Key, O: Output>(
    boarding: &mut Boarding<K, O>,
    body: Body<O, BoxFuture<O>>,
    runtime: &Handle,
) {
    // Made first: from then on the load answers for the flight.
    let load = Load::new(Arc::clone(&boarding.flight), body);
    boarding.drive_by_task();
    runtime.spawn(load);
}

/// The task of one load.
///
/// # Cancel safety
///
/// Dropped before it is done, as by a runtime that shuts down, it abandons its flight: waiters on other runtimes start over
/// (X4).
pub(crate) struct Load<K: Key, O: Output> {
    flight: Arc<Flight<K, O>>,
    body: Body<O, BoxFuture<O>>,
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

impl<K: Key, O: Output> Load<K, O> {
    pub(super) fn new(flight: Arc<Flight<K, O>>, body: Body<O, BoxFuture<O>>) -> Self {
        if !body.asks() {
            flight.engine.load_starts();
        }
        Self {
            flight,
            body,
            #[cfg(feature = "tracing")]
            span: tracing::Span::current(),
        }
    }
}

impl<K: Key, O: Output> Future for Load<K, O> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        #[cfg(feature = "tracing")]
        let _entered = this.span.enter();
        let Some(result) = this.body.poll(&this.flight, cx) else { return Poll::Pending };
        this.flight.engine.land(&this.flight, result);
        Poll::Ready(())
    }
}

impl<K: Key, O: Output> Drop for Load<K, O> {
    fn drop(&mut self) {
        if let Some(body) = self.body.take() {
            self.flight.engine.count_end(&self.flight, Event::LoadAbandoned);
            // The body goes first: a waiter that starts over must not meet what it still holds.
            contain(|| drop(body));
            self.flight.abandon();
        }
    }
}
