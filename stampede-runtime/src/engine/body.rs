//! What a load runs: its future, for as long as it may take.

use crate::{
    error::LoadTimeout,
    flight::{Flight, Payload, circle},
    policy::TimeLimit,
    timer::Deadline,
};
use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

/// The body of a load that runs; gone when the load has ended, whichever way.
pub(super) struct Body<O, P> {
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
    pub(super) fn new(future: P, limit: Option<TimeLimit<O>>) -> Self {
        let limit = limit
            .map(|(after, timed_out)| Box::new(Limit { after, deadline: Deadline::after(after), timed_out }));
        Self { future: Some(future), limit }
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
        circle::within(Arc::clone(flight) as _, || {
            let polled = catch_unwind(AssertUnwindSafe(|| match &mut self.future {
                Some(future) => Pin::new(future).poll(cx),
                None => Poll::Pending,
            }));
            let result = match polled {
                Ok(Poll::Pending) => self.time_out(flight.name(), cx)?,
                Ok(Poll::Ready(output)) => Ok(output),
                Err(payload) => Err(payload),
            };
            self.limit = None;
            // A body that panics while it is dropped has panicked.
            let dropped = catch_unwind(AssertUnwindSafe(|| drop(self.future.take())));
            Some(dropped.and(result))
        })
    }

    /// What the load comes to if its time is over.
    fn time_out(&mut self, name: &str, cx: &mut Context<'_>) -> Option<Result<O, Payload>> {
        let Limit { after, deadline, timed_out } = self.limit.as_deref_mut()?;
        if !deadline.poll(cx) {
            return None;
        }
        let timeout = LoadTimeout::new(name, *after);
        Some(catch_unwind(AssertUnwindSafe(|| timed_out(timeout))))
    }
}

impl<O, P> Body<O, P> {
    /// Takes the future out of a load that does not go on.
    pub(super) fn take(&mut self) -> Option<P> {
        self.future.take()
    }
}
