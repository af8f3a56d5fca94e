//! What a load runs: its future, for as long as it may take.

use crate::{
    contain::catch,
    engine::tier::Ahead,
    error::LoadTimeout,
    flight::{Flight, Payload, circle},
    policy::TimeLimit,
    timer::Deadline,
};
use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

/// The body of a load that runs; gone when the load has ended, whichever way.
pub(crate) struct Body<O, P> {
    /// Before the future.
    ahead: Ahead<O>,
    future: Option<P>,
    /// Seldom there, so it takes little room where it isn't.
    limit: Option<Box<Limit<O>>>,
}

/// How long a load may take, and what it comes to if it takes longer.
struct Limit<O> {
    after: Duration,
    deadline: Deadline,
    timed_out: fn(LoadTimeout) -> O,
}

impl<O, P: Future<Output = O> + Unpin> Body<O, P> {
    /// Starts the clock.
    pub(super) fn new(ahead: Ahead<O>, future: P, limit: Option<TimeLimit<O>>) -> Self {
        let limit = match limit {
            Some((after, timed_out)) => {
                Some(Box::new(Limit { after, deadline: Deadline::after(after), timed_out }))
            }
            None => None,
        };
        Self { ahead, future: Some(future), limit }
    }

    /// Polls the future and contains its panic. When it is done, whichever way, it is dropped before this returns.
    pub(super) fn poll<K>(
        &mut self,
        flight: &Arc<Flight<K, O>>,
        cx: &mut Context<'_>,
    ) -> Option<Result<O, Payload>>
    where
        K: Send + Sync + 'static,
        O: Send + Sync + 'static,
    {
        let _within = circle::enter(Arc::clone(flight) as _);
        let mut polled = Poll::Pending;
        let result = match (catch(&mut || polled = self.poll_future(cx)), polled) {
            (Ok(()), Poll::Pending) => self.time_out(flight.name(), cx)?,
            (Ok(()), Poll::Ready(output)) => Ok(output),
            (Err(payload), _) => Err(payload),
        };
        self.limit = None;
        self.ahead.close();
        // A body that panics while it is dropped has panicked.
        match catch(&mut || self.future = None) {
            Ok(()) => Some(result),
            Err(payload) => Some(Err(payload)),
        }
    }

    fn poll_future(&mut self, cx: &mut Context<'_>) -> Poll<O> {
        match self.ahead.poll(cx) {
            Poll::Ready(None) => {}
            Poll::Ready(Some(output)) => return Poll::Ready(output),
            Poll::Pending => return Poll::Pending,
        }
        match &mut self.future {
            Some(future) => Pin::new(future).poll(cx),
            None => Poll::Pending,
        }
    }

    /// What the load comes to if its time is over.
    fn time_out(&mut self, name: &str, cx: &mut Context<'_>) -> Option<Result<O, Payload>> {
        let Limit { after, deadline, timed_out } = self.limit.as_deref_mut()?;
        if !deadline.poll(cx) {
            return None;
        }
        let timeout = LoadTimeout::new(name, *after);
        let mut output = None;
        match catch(&mut || output = Some(timed_out(timeout.clone()))) {
            Ok(()) => output.map(Ok),
            Err(payload) => Some(Err(payload)),
        }
    }
}

impl<O, P> Body<O, P> {
    /// Whether the tier is still asked, which starts the load then.
    pub(super) fn asks(&self) -> bool {
        self.ahead.is_open()
    }

    /// Takes the future out of a load that does not go on.
    pub(super) fn take(&mut self) -> Option<P> {
        self.ahead.close();
        self.future.take()
    }
}
