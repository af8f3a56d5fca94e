//! A load as a task of its own: nothing that happens to callers touches it (X1).

use crate::{
    contain::contain,
    engine::{Engine, Key, Output},
    flight::{Flight, Payload, circle},
    stats::Event,
};
use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

/// A load that owns all it needs.
pub type BoxFuture<O> = Pin<Box<dyn Future<Output = O> + Send + 'static>>;

/// The task of one load.
///
/// # Cancel safety
///
/// Dropped before it is done, as by a runtime that shuts down, it abandons its flight: waiters on other runtimes start over
/// (X4).
pub(crate) struct Load<K: Key, O: Output> {
    engine: Arc<Engine<K, O>>,
    flight: Arc<Flight<K, O>>,
    /// None when it is done.
    body: Option<BoxFuture<O>>,
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

impl<K: Key, O: Output> Load<K, O> {
    pub(crate) fn new(engine: Arc<Engine<K, O>>, flight: Arc<Flight<K, O>>, body: BoxFuture<O>) -> Self {
        engine.load_starts();
        Self {
            engine,
            flight,
            body: Some(body),
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
        let flight = Arc::clone(&this.flight);
        let Some(result) = poll_body(flight, &mut this.body, cx) else { return Poll::Pending };
        this.engine.land(&this.flight, result);
        Poll::Ready(())
    }
}

impl<K: Key, O: Output> Drop for Load<K, O> {
    fn drop(&mut self) {
        if let Some(body) = self.body.take() {
            self.engine.counters.count(Event::LoadAbandoned);
            // The body goes first: a waiter that starts over must not meet what it still holds.
            contain(|| drop(body));
            self.engine.abandon(&self.flight);
        }
    }
}

/// Polls the body of a load and contains its panic. When it is done, whichever way, it is dropped before this returns.
pub(super) fn poll_body<K, O, P>(
    flight: Arc<Flight<K, O>>,
    body: &mut Option<P>,
    cx: &mut Context<'_>,
) -> Option<Result<O, Payload>>
where
    K: Send + Sync + 'static,
    O: Send + Sync + 'static,
    P: Future<Output = O> + Unpin,
{
    circle::within(flight, || {
        let polled = catch_unwind(AssertUnwindSafe(|| match body {
            Some(future) => Pin::new(future).poll(cx),
            None => Poll::Pending,
        }));
        let result = match polled {
            Ok(Poll::Pending) => return None,
            Ok(Poll::Ready(output)) => Ok(output),
            Err(payload) => Err(payload),
        };
        // A body that panics while it is dropped has panicked.
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(body.take())));
        Some(dropped.and(result))
    })
}
