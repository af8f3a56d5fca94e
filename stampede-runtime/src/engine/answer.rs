//! What a call waits for that was no hit: its flight, or nothing, because it is served what is stale.
//!
//! Each annotated function has a type of its own that makes its loads' bodies. What knows that type is short and hands over to
//! what does not: it is compiled anew for each function.

use crate::{
    engine::{
        Boarding, Key, Now, Output,
        body::{Body, Run},
        call::Ride,
        load::{self, BoxFuture},
        own::OwnLoad,
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

/// How loads run.
pub(crate) enum Way<K, O> {
    /// Each is a task.
    Task,
    /// Calls drive theirs in place, and nobody runs refreshes (`detach = false`).
    InPlace,
    /// The same, and refreshes run on threads of the pool. For bodies that end in their first poll.
    Thread(Queue<K, O>),
}

/// Leaves a load to the pool; only functions that do need the code for it.
type Queue<K, O> = fn(Boarding<K, O>, Run<O>, BoxFuture<O>);

impl<K: Key, O: Output> Way<K, O> {
    /// Loads run in place, and refreshes on the pool.
    pub(super) const THREAD: Self = Self::Thread(load::queue);

    /// Has the refresh run that a call has put in the air.
    fn refresh(self, boarding: Boarding<K, O>, body: &mut dyn Body<O>) {
        if matches!(self, Self::InPlace) {
            return boarding.abandon();
        }
        let Some(body) = body.detach() else { return };
        let engine = boarding.engine();
        let ahead = engine.ahead(&boarding.flight, false);
        match self {
            // A thread can't be stopped, so there is no limit.
            Self::Thread(queue) => queue(boarding, Run::new(ahead, None), body),
            _ => {
                let limit = engine.policy.time_limit();
                load::spawn(boarding, Run::new(ahead, limit), body);
            }
        }
    }
}

// Derived, it would ask for `K: Copy`.
impl<K, O> Clone for Way<K, O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, O> Copy for Way<K, O> {}

/// A call that was no hit, all of it but its load's body: compiled once for all functions of the same types.
///
/// In a box, because the future of a call has room for this whether it is a hit or not.
pub(crate) struct Journey<K, O>(Box<Trip<K, O>>);

struct Trip<K, O> {
    stage: Stage<K, O>,
    /// Room for the body of its load, if the call drives that and it is in a box.
    body: Option<BoxFuture<O>>,
}

/// How far it has come.
enum Stage<K, O> {
    /// It is served something that is there.
    Answered { now: Now<O>, refresh: Option<Boarding<K, O>> },
    /// It is on board of a flight.
    Rides(Ride<K, O>),
    /// It has returned.
    Ends,
}

impl<K: Key, O: Output> Journey<K, O> {
    /// That of a call that is served what is there, and has to start a refresh.
    pub(super) fn answered(now: Now<O>, refresh: Option<Boarding<K, O>>) -> Self {
        Self::new(Stage::Answered { now, refresh })
    }

    /// That of a call that is served what is there.
    pub(crate) fn served(output: O, served: Served) -> Self {
        Self::answered((output, served), None)
    }

    /// That of a call on board of a flight, which takes its outcome whatever is stored if it `insists` (I3).
    pub(super) fn aboard(boarding: Boarding<K, O>, insists: bool) -> Self {
        Self::new(Stage::Rides(Ride::new(boarding, insists)))
    }

    fn new(stage: Stage<K, O>) -> Self {
        Self(Box::new(Trip { stage, body: None }))
    }
}

impl<K: Key, O: Output> Stage<K, O> {
    /// Does what the call has to do by now. `body` is that of its load, or of the refresh that it has to start.
    ///
    /// # Panics
    ///
    /// If what makes the body panics: it clones arguments.
    fn poll(&mut self, cx: &mut Context<'_>, way: Way<K, O>, body: &mut dyn Body<O>) -> Poll<Now<O>> {
        match self {
            Self::Rides(ride) => ride.poll(cx, way, body),
            Self::Answered { .. } => Poll::Ready(self.answer(way, body)),
            Self::Ends => panic!("a call was polled after it had returned"),
        }
    }

    /// What the call is served at once, having started the refresh that it has to start.
    #[cold]
    fn answer(&mut self, way: Way<K, O>, body: &mut dyn Body<O>) -> Now<O> {
        let Self::Answered { now, refresh } = mem::replace(self, Self::Ends) else {
            unreachable!("asked of what has been answered")
        };
        if let Some(boarding) = refresh {
            way.refresh(boarding, body);
        }
        now
    }
}

impl<K, O> fmt::Debug for Journey<K, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journey").finish_non_exhaustive()
    }
}

/// The future of a call that was no hit, which tells how its output came to it if it is `INFORMED`. `L` is its load.
///
/// # Cancel safety
///
/// Dropping it leaves the flight. A load that is a task goes on without it (X1). A load that it drives is dropped, and one of
/// the waiters drives the flight on with its own body (X2). A refresh that it has started goes on.
pub(crate) struct Waiting<K: Key, O: Output, L: OwnLoad<K, O>, const INFORMED: bool> {
    journey: Journey<K, O>,
    load: L,
}

/// One that tells how its output came to it.
pub(crate) type Answer<K, O, L> = Waiting<K, O, L, true>;

/// One that does not: each annotated function has one, and another future around an [`Answer`] would be compiled as often.
pub(crate) type Plain<K, O, L> = Waiting<K, O, L, false>;

impl<K: Key, O: Output, L: OwnLoad<K, O>, const INFORMED: bool> Waiting<K, O, L, INFORMED> {
    #[inline]
    pub(crate) fn new(journey: Journey<K, O>, load: L) -> Self {
        Self { journey, load }
    }
}

impl<K: Key, O: Output, L: OwnLoad<K, O>> Future for Answer<K, O, L> {
    type Output = (O, Served);

    #[inline(never)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<(O, Served)> {
        let Self { journey, load } = self.get_mut();
        let Trip { stage, body } = &mut *journey.0;
        load.show(body, |way, body| stage.poll(cx, way, body))
    }
}

impl<K: Key, O: Output, L: OwnLoad<K, O>> Future for Plain<K, O, L> {
    type Output = O;

    // Apart from the function that a hit is in.
    #[inline(never)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<O> {
        let Self { journey, load } = self.get_mut();
        let Trip { stage, body } = &mut *journey.0;
        match load.show(body, |way, body| stage.poll(cx, way, body)) {
            Poll::Ready((output, _)) => Poll::Ready(output),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<K: Key, O: Output, L: OwnLoad<K, O>, const INFORMED: bool> Drop for Waiting<K, O, L, INFORMED> {
    #[inline(never)]
    fn drop(&mut self) {
        let Trip { stage, body } = &mut *self.journey.0;
        if let Stage::Rides(ride) = stage {
            self.load.show(body, |_, body| ride.leave(body));
        }
    }
}

// No field is ever pinned: bodies are in boxes, or pinned elsewhere.
impl<K: Key, O: Output, L: OwnLoad<K, O>, const INFORMED: bool> Unpin for Waiting<K, O, L, INFORMED> {}

impl<K: Key, O: Output, L: OwnLoad<K, O>, const INFORMED: bool> fmt::Debug for Waiting<K, O, L, INFORMED> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").finish_non_exhaustive()
    }
}
