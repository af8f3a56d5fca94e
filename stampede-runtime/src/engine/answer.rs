//! What a call waits for that was no hit: its flight, or nothing, because it is served what is stale.
//!
//! Each annotated function has a type of its own that makes its loads' bodies. What knows that type is short and hands over to
//! what does not: it is compiled anew for each function.

use crate::{
    engine::{
        Boarding, Key, Now, Output,
        call::Ride,
        claim::{Claim, Next},
        own::{Load, OwnLoad},
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

/// A call that was no hit, all of it but its load: compiled once for all functions of the same types.
///
/// In a box, because the future of a call has room for this whether it is a hit or not.
pub(crate) struct Journey<K: Key, O: Output>(Box<Stage<K, O>>);

/// How far it has come.
enum Stage<K: Key, O: Output> {
    /// It is served something that is there, and has to start this refresh.
    Answered { now: Now<O>, refresh: Option<Boarding<K, O>> },
    /// It is on board of a flight.
    Rides(Ride<K, O>),
    /// It has claimed its key.
    Claims(Claim<K, O>),
    /// It has returned.
    Ends,
}

impl<K: Key, O: Output> Journey<K, O> {
    /// That of a call that is served what is there, and has to start a refresh.
    pub(super) fn answered(now: Now<O>, refresh: Option<Boarding<K, O>>) -> Self {
        Self(Box::new(Stage::Answered { now, refresh }))
    }

    /// That of a call that is served what is there.
    pub(crate) fn served(output: O, served: Served) -> Self {
        Self::answered((output, served), None)
    }

    /// That of a call on board of a flight, which takes its outcome whatever is stored if it `insists` (I3).
    pub(super) fn aboard(boarding: Boarding<K, O>, insists: bool) -> Self {
        Self(Box::new(Stage::Rides(Ride::new(boarding, insists))))
    }

    /// That of a call that has claimed its key.
    pub(super) fn claims(claim: Claim<K, O>) -> Self {
        Self(Box::new(Stage::Claims(claim)))
    }

    /// Notes that there is no entry of the key that the call has claimed.
    pub(super) fn found_none(&mut self) {
        if let Stage::Claims(claim) = &mut *self.0 {
            claim.found_none = true;
        }
    }

    /// Does what the call has to do by now.
    ///
    /// # Panics
    ///
    /// If what makes the load's body panics: it clones arguments.
    #[inline]
    fn poll(&mut self, cx: &mut Context<'_>, mut load: Load<'_, K, O>) -> Poll<Now<O>> {
        match &mut *self.0 {
            Stage::Rides(ride) => ride.poll(cx, &mut load),
            Stage::Claims(_) => self.poll_claim(cx, load),
            Stage::Answered { .. } | Stage::Ends => Poll::Ready(self.answer(load)),
        }
    }

    /// Polls the load of a call that has claimed its key.
    #[inline(never)]
    fn poll_claim(&mut self, cx: &mut Context<'_>, mut load: Load<'_, K, O>) -> Poll<Now<O>> {
        let Stage::Claims(claim) = &mut *self.0 else { return self.poll(cx, load) };
        let next = match &mut load {
            Load::InPlace(place) => claim.poll(cx, *place),
            // Claims are made for loads that are driven in place; a flight does for all.
            Load::Task(_) | Load::Thread(..) => Next::Lands(Ride::new(claim.board(), false)),
        };
        match next {
            Next::Arrives(now) => {
                *self.0 = Stage::Ends;
                Poll::Ready(now)
            }
            Next::Sleeps(ride) => {
                *self.0 = Stage::Rides(ride);
                Poll::Pending
            }
            Next::Lands(ride) => {
                *self.0 = Stage::Rides(ride);
                self.poll(cx, load)
            }
        }
    }

    /// What the call is served at once, having started the refresh that it has to start.
    #[cold]
    fn answer(&mut self, load: Load<'_, K, O>) -> Now<O> {
        let Stage::Answered { now, refresh } = mem::replace(&mut *self.0, Stage::Ends) else {
            panic!("a call was polled after it had returned")
        };
        if let Some(boarding) = refresh {
            load.refresh(boarding);
        }
        now
    }
}

impl<K: Key, O: Output> fmt::Debug for Journey<K, O> {
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
        journey.poll(cx, load.lend())
    }
}

impl<K: Key, O: Output, L: OwnLoad<K, O>> Future for Plain<K, O, L> {
    type Output = O;

    // Apart from the function that a hit is in.
    #[inline(never)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<O> {
        let Self { journey, load } = self.get_mut();
        match journey.poll(cx, load.lend()) {
            Poll::Ready((output, _)) => Poll::Ready(output),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<K: Key, O: Output, L: OwnLoad<K, O>, const INFORMED: bool> Drop for Waiting<K, O, L, INFORMED> {
    #[inline(never)]
    fn drop(&mut self) {
        if let Stage::Rides(ride) = &mut *self.journey.0 {
            ride.leave(&mut self.load.lend());
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
