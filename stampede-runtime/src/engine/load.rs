//! A load that is apart from its callers, as a task or on a thread of the pool: nothing that happens to callers touches it (X1).

use crate::{
    contain::contain,
    engine::{Boarding, Key, Output, body::Run},
    flight::{Flight, state::Step},
    park,
    pool::POOL,
    stats::Event,
};
use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};
use tokio::runtime::Handle;

/// A load that owns all it needs.
pub type BoxFuture<O> = Pin<Box<dyn Future<Output = O> + Send + 'static>>;

/// Starts the load of a flight that its leader leaves.
///
/// # Panics
///
/// Outside of a runtime.
pub(super) fn spawn<K: Key, O: Output>(mut boarding: Boarding<K, O>, run: Run<O>, body: BoxFuture<O>) {
    start(&mut boarding, run, body, &Handle::current());
}

/// The same for a leader that stays on board.
pub(super) fn start<K: Key, O: Output>(
    boarding: &mut Boarding<K, O>,
    run: Run<O>,
    body: BoxFuture<O>,
    runtime: &Handle,
) {
    // Made first: from then on the load answers for the flight.
    let load = Load::new(Arc::clone(&boarding.flight), run, body);
    boarding.drive_by_task();
    spawn_task(runtime, Box::pin(load));
}

/// To the runtime all loads are alike: its part is compiled once.
fn spawn_task(runtime: &Handle, load: BoxFuture<()>) {
    runtime.spawn(load);
}

/// Leaves the load of a flight, which ends in its first poll, to a thread of the pool.
///
/// As long as no thread has come to it, the flight is offered to whoever is on board: a call that has to wait for it runs the
/// load itself. So nobody ever waits for the pool, which might be busy with loads that wait for this one.
pub(super) fn queue<K: Key, O: Output>(mut boarding: Boarding<K, O>, run: Run<O>, body: BoxFuture<O>) {
    boarding.offer();
    let surroundings = Surroundings::current();
    POOL.run(Box::new(move || surroundings.within(|| run_queued(boarding, run, body))));
}

/// Runs the load of a flight that was offered, unless somebody else does, or nobody asks for it any more.
fn run_queued<K: Key, O: Output>(mut boarding: Boarding<K, O>, run: Run<O>, body: BoxFuture<O>) {
    if !boarding.flight.state.is_attached() || boarding.poll(Waker::noop()) != Step::Drive {
        return;
    }
    let load = Load::new(Arc::clone(&boarding.flight), run, body);
    boarding.drive_by_task();
    drop(boarding);
    // The body of a function that is not `async` never waits, but a tier may be asked before it.
    park::wait(load);
}

/// What a body sees that it is not given: the same on a thread of the pool as on the one that it was called on.
struct Surroundings {
    /// By which the body finds its runtime's handle, and under `test-util` caches find their clock (F7).
    runtime: Option<Handle>,
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

impl Surroundings {
    fn current() -> Self {
        Self {
            runtime: Handle::try_current().ok(),
            #[cfg(feature = "tracing")]
            span: tracing::Span::current(),
        }
    }

    fn within(self, run: impl FnOnce()) {
        let _entered = self.runtime.as_ref().map(Handle::enter);
        #[cfg(feature = "tracing")]
        let _span = self.span.enter();
        run();
    }
}

/// A load apart from its callers.
///
/// # Cancel safety
///
/// Dropped before it is done, as by a runtime that shuts down, it abandons its flight: waiters on other runtimes start over
/// (X4).
pub(crate) struct Load<K: Key, O: Output> {
    flight: Arc<Flight<K, O>>,
    run: Run<O>,
    body: Option<BoxFuture<O>>,
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

impl<K: Key, O: Output> Load<K, O> {
    pub(super) fn new(flight: Arc<Flight<K, O>>, run: Run<O>, body: BoxFuture<O>) -> Self {
        if !run.asks() {
            flight.engine.load_starts();
        }
        Self {
            flight,
            run,
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
        let Some(result) = this.run.poll(this.flight.number, this.flight.name(), cx, &mut this.body) else {
            return Poll::Pending;
        };
        this.flight.engine.land(&this.flight, result);
        Poll::Ready(())
    }
}

impl<K: Key, O: Output> Drop for Load<K, O> {
    fn drop(&mut self) {
        if self.body.is_some() {
            self.flight.engine.count_end(&self.flight, Event::LoadAbandoned);
            // The body goes first: a waiter that starts over must not meet what it still holds.
            contain(&mut || self.run.end(&mut self.body));
            self.flight.abandon();
        }
    }
}
