//! What a call waits for that was no hit: its flight, or nothing, because it is served what is stale.
//!
//! Each annotated function has a type of its own that makes its loads' bodies. What knows that type is short and hands over to
//! what does not: it is compiled anew for each function.

use crate::{
    engine::{
        Boarding, Key, Miss, Now, Output,
        body::Body,
        call::{Call, Ride, Slot, Start},
        load::{self, BoxFuture},
    },
    served::Served,
};
use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

/// How loads run; `P` is the body that a call makes of one.
#[derive(Debug)]
pub(crate) enum Way<O, P> {
    /// Each is a task, of what this makes of the body.
    Task(fn(P) -> BoxFuture<O>),
    /// Calls drive theirs in place, and nobody runs refreshes (`detach = false`).
    InPlace,
    /// The same, and refreshes run on threads of the pool. For bodies that end in their first poll.
    Thread(fn(P) -> BoxFuture<O>),
}

impl<O: Output, P> Way<O, P> {
    /// What makes a body into one that can be a task, if loads are tasks.
    fn task(self) -> Option<fn(P) -> BoxFuture<O>> {
        match self {
            Self::Task(detach) => Some(detach),
            Self::InPlace | Self::Thread(_) => None,
        }
    }

    /// Has the refresh run that a call has put in the air.
    fn refresh<K: Key>(self, boarding: Boarding<K, O>, start: Start<'_, P>) {
        let detach = match self {
            Self::Task(detach) | Self::Thread(detach) => detach,
            Self::InPlace => return boarding.abandon(),
        };
        let Some(body) = start.start() else { return };
        let body = detach(body);
        let ahead = boarding.engine().ahead(&boarding.flight, false);
        match self {
            Self::Task(_) => {
                let limit = boarding.engine().policy.time_limit();
                load::spawn(boarding, Body::new(ahead, body, limit));
            }
            // A thread can't be stopped, so there is no limit.
            _ => load::queue(boarding, Body::new(ahead, body, None)),
        }
    }
}

/// The future of a call that was no hit. `F` makes the load's body `P`, at most once.
///
/// # Cancel safety
///
/// As of [`Call`]. A refresh that it has started goes on.
pub(crate) enum Answer<K: Key, O: Output, F, P> {
    /// It is on board of a flight. In a box, because the future of a call has room for this whether it is a hit or not, and is
    /// moved as a whole to where it is awaited.
    Waits(Box<Call<K, O, P, Slot<F>>>),
    /// It is served at once.
    Given(Option<Now<O>>),
}

impl<K, O, F, P> Answer<K, O, F, P>
where
    K: Key,
    O: Output,
    F: FnOnce() -> P,
    P: Future<Output = O> + Unpin,
{
    /// Starts the refresh that the call has to start, if there is one; all else is for `poll` to do.
    ///
    /// # Panics
    ///
    /// If what makes the body of a refresh panics: it clones arguments.
    pub(crate) fn new(miss: Miss<K, O>, start: F, way: Way<O, P>) -> Self {
        let mut start = Slot::new(start);
        let begun = begin(miss, way, &mut start);
        Self::begun(begun, start)
    }

    /// The same, of a miss that is not moved by who does not know its size.
    ///
    /// # Panics
    ///
    /// As `new`.
    pub(crate) fn boxed(miss: Box<Miss<K, O>>, start: F, way: Way<O, P>) -> Self {
        let mut start = Slot::new(start);
        let begun = begin_boxed(miss, way, &mut start);
        Self::begun(begun, start)
    }

    fn begun(begun: Result<Now<O>, Ride<K, O, P>>, start: Slot<F>) -> Self {
        match begun {
            Ok(now) => Self::Given(Some(now)),
            Err(ride) => Self::Waits(Box::new(Call { ride, start })),
        }
    }
}

/// What a call is served at once, having started the refresh that it has to start, or its place on a flight.
fn begin<K: Key, O: Output, P>(
    miss: Miss<K, O>,
    way: Way<O, P>,
    start: Start<'_, P>,
) -> Result<Now<O>, Ride<K, O, P>> {
    match miss {
        Miss::Aboard(boarding) => Err(Ride::new(boarding, false, way.task())),
        Miss::Insists(boarding) => Err(Ride::new(boarding, true, way.task())),
        Miss::Answered { output, served, refresh } => {
            if let Some(boarding) = refresh {
                way.refresh(boarding, start);
            }
            Ok((output, served))
        }
    }
}

/// The same, with the move of the miss in here.
#[allow(clippy::boxed_local)]
fn begin_boxed<K: Key, O: Output, P>(
    miss: Box<Miss<K, O>>,
    way: Way<O, P>,
    start: Start<'_, P>,
) -> Result<Now<O>, Ride<K, O, P>> {
    begin(*miss, way, start)
}

impl<K, O, F, P> Future for Answer<K, O, F, P>
where
    K: Key,
    O: Output,
    F: FnOnce() -> P,
    P: Future<Output = O> + Unpin,
{
    type Output = (O, Served);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<(O, Served)> {
        match &mut *self {
            Self::Waits(call) => call.ride.poll(cx, &mut call.start),
            Self::Given(now) => give(now),
        }
    }
}

fn give<O>(now: &mut Option<Now<O>>) -> Poll<Now<O>> {
    Poll::Ready(now.take().expect("a call is not polled after it has returned"))
}

// No field is ever pinned: bodies are `Unpin`.
impl<K: Key, O: Output, F, P> Unpin for Answer<K, O, F, P> {}

impl<K: Key, O: Output, F, P> fmt::Debug for Answer<K, O, F, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waits(call) => call.fmt(f),
            Self::Given(_) => f.write_str("Given"),
        }
    }
}

/// The same without telling how the call came by its output.
#[derive(Debug)]
pub(crate) struct Plain<A>(pub(crate) A);

impl<K, O, F, P> Future for Plain<Answer<K, O, F, P>>
where
    K: Key,
    O: Output,
    F: FnOnce() -> P,
    P: Future<Output = O> + Unpin,
{
    type Output = O;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<O> {
        match &mut self.0 {
            Answer::Waits(call) => call.ride.poll_output(cx, &mut call.start),
            Answer::Given(now) => output(give(now)),
        }
    }
}

/// What a call returns that does not tell how it came by it.
pub(super) fn output<O>(polled: Poll<Now<O>>) -> Poll<O> {
    match polled {
        Poll::Ready((output, _)) => Poll::Ready(output),
        Poll::Pending => Poll::Pending,
    }
}
