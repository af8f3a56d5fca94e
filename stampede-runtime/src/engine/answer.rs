//! What a call waits for that was no hit: its flight, or nothing, because it is served what is stale.
//!
//! Each annotated function has a type of its own that makes its loads' bodies. What knows that type is short and hands over to
//! what does not: it is compiled anew for each function.

use crate::{
    engine::{
        Boarding, Key, Miss, Now, Output,
        body::Body,
        call::{Ride, Start},
        load::{self, BoxFuture},
    },
    served::Served,
};
use std::{
    fmt,
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll},
};

/// How loads run; `P` is the body that a call makes of one.
pub(crate) enum Way<K: Key, O: Output, P> {
    /// Each is a task, of what this makes of the body.
    Task(fn(P) -> BoxFuture<O>),
    /// Calls drive theirs in place, and nobody runs refreshes (`detach = false`).
    InPlace,
    /// The same, and refreshes run on threads of the pool. For bodies that end in their first poll.
    Thread(fn(P) -> BoxFuture<O>, Queue<K, O>),
}

/// Leaves a load to the pool; only functions that do need the code for it.
type Queue<K, O> = fn(Boarding<K, O>, Body<O, BoxFuture<O>>);

impl<K: Key, O: Output, P> Way<K, O, P> {
    /// Loads run in place, and refreshes on the pool.
    pub(crate) fn thread(detach: fn(P) -> BoxFuture<O>) -> Self {
        Self::Thread(detach, load::queue)
    }

    /// What makes a body into one that can be a task, if loads are tasks.
    fn task(&self) -> Option<fn(P) -> BoxFuture<O>> {
        match self {
            Self::Task(detach) => Some(*detach),
            Self::InPlace | Self::Thread(..) => None,
        }
    }

    /// Has the refresh run that a call has put in the air.
    fn refresh(&self, boarding: Boarding<K, O>, start: Start<'_, P>) {
        let detach = match self {
            Self::Task(detach) | Self::Thread(detach, _) => detach,
            Self::InPlace => return boarding.abandon(),
        };
        let Some(body) = start.start() else { return };
        let body = detach(body);
        let engine = boarding.engine();
        let ahead = engine.ahead(&boarding.flight, false);
        match self {
            // A thread can't be stopped, so there is no limit.
            Self::Thread(_, queue) => queue(boarding, Body::new(ahead, body, None)),
            _ => {
                let limit = engine.policy.time_limit();
                load::spawn(boarding, Body::new(ahead, body, limit));
            }
        }
    }
}

/// A call that was no hit, all of it but what makes its body: compiled once for all functions of the same types.
pub(crate) struct Journey<K: Key, O: Output, P> {
    stage: Stage<K, O, P>,
    way: Way<K, O, P>,
}

/// How far it has come.
enum Stage<K: Key, O: Output, P> {
    /// It has not been polled.
    Misses(Miss<K, O>),
    /// It is on board of a flight.
    Rides(Ride<K, O, P>),
    /// It has returned.
    Ends,
}

impl<K: Key, O: Output, P> Journey<K, O, P> {
    fn new(miss: Miss<K, O>, way: Way<K, O, P>) -> Self {
        Self { stage: Stage::Misses(miss), way }
    }

    /// Has its loads run in another way, as long as it has not been polled.
    pub(crate) fn set_way(&mut self, way: Way<K, O, P>) {
        self.way = way;
    }

    /// Has another kind of body, as long as it has not been polled.
    pub(crate) fn with_body<Q>(self, way: Way<K, O, Q>) -> Journey<K, O, Q> {
        match self.stage {
            Stage::Misses(miss) => Journey::new(miss, way),
            Stage::Rides(_) | Stage::Ends => unreachable!("the body is known before the first poll"),
        }
    }
}

impl<K: Key, O: Output> Journey<K, O, BoxFuture<O>> {
    /// That of a call whose load is a task.
    pub(crate) fn detached(miss: Miss<K, O>) -> Self {
        Self::new(miss, Way::Task(|body| body))
    }
}

impl<K: Key, O: Output, P: Future<Output = O> + Unpin> Journey<K, O, P> {
    /// Does what the call has to do by now. `start` makes the body of its load, or of the refresh that it has to start.
    ///
    /// # Panics
    ///
    /// If what makes the body panics: it clones arguments.
    fn poll(&mut self, cx: &mut Context<'_>, start: Start<'_, P>) -> Poll<Now<O>> {
        if let Some(now) = self.set_out(start) {
            return Poll::Ready(now);
        }
        match &mut self.stage {
            Stage::Rides(ride) => ride.poll(cx, start),
            Stage::Misses(_) | Stage::Ends => panic!("a call was polled after it had returned"),
        }
    }

    /// The same without telling how the call came by its output.
    fn poll_output(&mut self, cx: &mut Context<'_>, start: Start<'_, P>) -> Poll<O> {
        match self.poll(cx, start) {
            Poll::Ready((output, _)) => Poll::Ready(output),
            Poll::Pending => Poll::Pending,
        }
    }

    /// What the call is served at once, having started the refresh that it has to start; else it rides, or has for a while.
    fn set_out(&mut self, start: Start<'_, P>) -> Option<Now<O>> {
        if !matches!(self.stage, Stage::Misses(_)) {
            return None;
        }
        let Stage::Misses(miss) = mem::replace(&mut self.stage, Stage::Ends) else { return None };
        let (boarding, insists) = match miss {
            Miss::Aboard(boarding) => (boarding, false),
            Miss::Insists(boarding) => (boarding, true),
            Miss::Answered { output, served, refresh } => {
                if let Some(boarding) = refresh {
                    self.way.refresh(boarding, start);
                }
                return Some((output, served));
            }
        };
        self.stage = Stage::Rides(Ride::new(boarding, insists, self.way.task()));
        None
    }
}

impl<K: Key, O: Output, P> fmt::Debug for Journey<K, O, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journey").finish_non_exhaustive()
    }
}

/// The future of a call that was no hit, which tells how its output came to it if it is `INFORMED`. `F` makes the load's body `P`,
/// at most once.
///
/// # Cancel safety
///
/// Dropping it leaves the flight. A load that is a task goes on without it (X1). A load that it drives is dropped, and one of
/// the waiters drives the flight on with its own body (X2). A refresh that it has started goes on.
pub(crate) struct Waiting<K: Key, O: Output, F, P, const INFORMED: bool> {
    /// In a box, because the future of a call has room for this whether it is a hit or not, and is moved as a whole to where
    /// it is awaited.
    journey: Box<Journey<K, O, P>>,
    start: Option<F>,
}

/// One that tells how its output came to it.
pub(crate) type Answer<K, O, F, P> = Waiting<K, O, F, P, true>;

/// One that does not: each annotated function has one, and another future around an [`Answer`] would be compiled as often.
pub(crate) type Plain<K, O, F, P> = Waiting<K, O, F, P, false>;

impl<K: Key, O: Output, F, P, const INFORMED: bool> Waiting<K, O, F, P, INFORMED> {
    #[inline]
    pub(crate) fn new(journey: Box<Journey<K, O, P>>, start: F) -> Self {
        Self { journey, start: Some(start) }
    }
}

impl<K, O, F, P> Future for Answer<K, O, F, P>
where
    K: Key,
    O: Output,
    F: FnOnce() -> P,
    P: Future<Output = O> + Unpin,
{
    type Output = (O, Served);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<(O, Served)> {
        let this = self.get_mut();
        this.journey.poll(cx, &mut this.start)
    }
}

impl<K, O, F, P> Future for Plain<K, O, F, P>
where
    K: Key,
    O: Output,
    F: FnOnce() -> P,
    P: Future<Output = O> + Unpin,
{
    type Output = O;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<O> {
        let this = self.get_mut();
        this.journey.poll_output(cx, &mut this.start)
    }
}

// No field is ever pinned: bodies are `Unpin`.
impl<K: Key, O: Output, F, P, const INFORMED: bool> Unpin for Waiting<K, O, F, P, INFORMED> {}

impl<K: Key, O: Output, F, P, const INFORMED: bool> fmt::Debug for Waiting<K, O, F, P, INFORMED> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").finish_non_exhaustive()
    }
}
