//! What a load runs: its body, wherever that is, for as long as it may take.

use crate::{
    contain::catch,
    engine::{load::BoxFuture, tier::Ahead},
    error::LoadTimeout,
    flight::{
        Payload,
        circle::{self, Number},
    },
    policy::TimeLimit,
    timer::Deadline,
};
use std::{
    task::{Context, Poll},
    time::Duration,
};

/// The body of a load, where it is: in the future of the call that drives it, or in a box.
pub(crate) trait Body<O> {
    /// Polls it; pending for ever if it is not there.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<O>;

    /// Drops it.
    fn end(&mut self);
}

impl<O> Body<O> for Option<BoxFuture<O>> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<O> {
        match self {
            Some(body) => body.as_mut().poll(cx),
            None => Poll::Pending,
        }
    }

    fn end(&mut self) {
        *self = None;
    }
}

/// A load that is on its way: all of it but its body.
pub(crate) struct Run<O> {
    /// Before the body.
    ahead: Ahead<O>,
    /// Seldom there, so it takes little room where it isn't.
    limit: Option<Box<Limit<O>>>,
}

/// How long a load may take, and what it comes to if it takes longer.
struct Limit<O> {
    after: Duration,
    deadline: Deadline,
    timed_out: fn(LoadTimeout) -> O,
}

impl<O> Run<O> {
    /// Starts the clock.
    pub(super) fn new(ahead: Ahead<O>, limit: Option<TimeLimit<O>>) -> Self {
        let limit = match limit {
            Some((after, timed_out)) => {
                Some(Box::new(Limit { after, deadline: Deadline::after(after), timed_out }))
            }
            None => None,
        };
        Self { ahead, limit }
    }

    /// Whether the tier is still asked, which starts the load then.
    pub(super) fn asks(&self) -> bool {
        self.ahead.is_open()
    }

    /// Polls the body, as the load of this number in the cache of this name, and contains its panic. When it is done, whichever way,
    /// it is dropped before this returns.
    pub(super) fn poll(
        &mut self,
        number: Number,
        name: &str,
        cx: &mut Context<'_>,
        body: &mut dyn Body<O>,
    ) -> Option<Result<O, Payload>> {
        let _within = circle::enter(number);
        let mut polled = Poll::Pending;
        let caught = catch(&mut || {
            polled = self.poll_body(cx, body);
            if polled.is_ready() {
                // A body that panics while it is dropped has panicked.
                self.end(body);
            }
        });
        let result = match (caught, polled) {
            (Ok(()), Poll::Ready(output)) => return Some(Ok(output)),
            (Ok(()), Poll::Pending) => self.time_out(name, cx)?,
            (Err(payload), _) => Err(payload),
        };
        match catch(&mut || self.end(body)) {
            Ok(()) => Some(result),
            Err(payload) => Some(Err(payload)),
        }
    }

    /// Drops what there is of it.
    pub(super) fn end(&mut self, body: &mut dyn Body<O>) {
        self.limit = None;
        self.ahead.close();
        body.end();
    }

    fn poll_body(&mut self, cx: &mut Context<'_>, body: &mut dyn Body<O>) -> Poll<O> {
        match self.ahead.poll(cx) {
            Poll::Ready(None) => body.poll(cx),
            Poll::Ready(Some(output)) => Poll::Ready(output),
            Poll::Pending => Poll::Pending,
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
