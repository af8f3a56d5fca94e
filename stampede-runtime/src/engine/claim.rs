//! A call that has claimed its key, and drives its load in place (`flight/claims.rs`).
//!
//! It does only what ends well in the first poll: a value is stored, and handed to those who have come meanwhile. If the load has to
//! wait, fails, or comes to what is not kept, the claim becomes a flight, and the call rides on that (`call.rs`). If there is no load,
//! or the call goes away, the claim ends, and those who wait for it start over.

use crate::{
    contain::catch,
    engine::{Boarding, Engine, Key, Now, Output, body::Run, call::Ride, own::Place, tier::Ahead},
    flight::{Flight, Landing, Payload, circle::Number},
    keyed::Keyed,
    served::Served,
    sharing::{Kept, Kind},
    stats::Event,
    store::Owner,
};
use std::{
    panic::resume_unwind,
    sync::{Arc, atomic::Ordering::Relaxed},
    task::{Context, Poll},
};

/// A claim. Whatever happens to a call that has made one, it ends: dropping this does.
pub(crate) struct Claim<K: Key, O: Output> {
    engine: Arc<Engine<K, O>>,
    key: Keyed<K>,
    number: Number,
    /// Whether there was no entry of the key when it was made. Seldom it is wrong.
    pub(super) found_none: bool,
    phase: Phase,
}

/// How far a claim has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Made,
    /// Its load has been started.
    Loads,
    /// It has ended, or has become a flight.
    Over,
}

/// What a call does after the first poll of its load.
pub(super) enum Next<K, O> {
    /// It returns.
    Arrives(Now<O>),
    /// It rides on a flight, whose load waits.
    Sleeps(Ride<K, O>),
    /// It rides on a flight, which has landed.
    Lands(Ride<K, O>),
}

impl<K: Key, O: Output> Claim<K, O> {
    pub(super) fn new(engine: Arc<Engine<K, O>>, key: Keyed<K>, number: Number) -> Self {
        Self { engine, key, number, found_none: false, phase: Phase::Made }
    }

    /// Makes a flight of it, on board of which the call is.
    pub(super) fn board(&mut self) -> Boarding<K, O> {
        let flight = self.engine.flights.redeem(&self.key, self.number, &self.engine);
        self.phase = Phase::Over;
        flight.found_none.store(self.found_none, Relaxed);
        Boarding::new(flight, true)
    }

    /// Makes the body of the load and polls it.
    ///
    /// # Panics
    ///
    /// If what makes the body panics.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, place: &mut dyn Place<O>) -> Next<K, O> {
        // Whatever it clones: if that panics, the panic is this call's alone.
        if let Err(payload) = catch(&mut || {
            place.make();
        }) {
            self.end();
            resume_unwind(payload);
        }
        self.engine.load_starts();
        self.phase = Phase::Loads;
        let mut run = Run::new(Ahead::nothing(), self.engine.policy.time_limit());
        let Some(result) = run.poll(self.number, self.engine.labels.name(), cx, place) else {
            return Next::Sleeps(self.ride(run));
        };
        let result = match result {
            Ok(output) => match self.settle(output) {
                Ok(output) => return Next::Arrives((output, Served::Loaded)),
                Err(output) => Ok(output),
            },
            Err(payload) => Err(payload),
        };
        self.land(run, result)
    }

    /// Lands as a flight.
    #[cold]
    #[inline(never)]
    fn land(&mut self, run: Run<O>, result: Result<O, Payload>) -> Next<K, O> {
        let mut ride = self.ride(run);
        match ride.land(result) {
            Poll::Ready(now) => Next::Arrives(now),
            Poll::Pending => Next::Lands(ride),
        }
    }

    #[cold]
    #[inline(never)]
    fn ride(&mut self, run: Run<O>) -> Ride<K, O> {
        Ride::driving(self.board(), run)
    }

    /// Stores a value and ends the claim. Gives back what it can't deal with.
    fn settle(&mut self, output: O) -> Result<O, O> {
        let engine = &*self.engine;
        let kind = (engine.sharing.kind)(&output);
        if kind == Kind::Error {
            return Err(output);
        }
        let Some(lifetime) = engine.lifetime(kind, &output, self.key.hash()) else { return Err(output) };
        let copy = || Kept::output((engine.sharing.copy)(&output));
        engine.store_outcome(&self.key, copy, lifetime, self, self.found_none);
        self.phase = Phase::Over;
        let flights = engine.flights.release(self.key.hash());
        engine.counters.count(Event::LoadOk);
        match flights {
            None => Ok(output),
            Some(flights) => Ok(self.share(output, flights)),
        }
    }

    /// Hands an output to those who wait for it.
    #[cold]
    #[inline(never)]
    fn share(&self, output: O, flights: Vec<Arc<Flight<K, O>>>) -> O {
        let sharing = &self.engine.sharing;
        let mut kept = Some((sharing.share)(output));
        let mut mine = None;
        for flight in flights {
            match kept.take_if(|_| flight.key == self.key) {
                Some(kept) => {
                    flight.state.land(Landing::Shared(kept));
                    mine = Some(flight);
                }
                None => flight.state.land(Landing::Abandoned),
            }
        }
        match (kept, mine.as_ref().and_then(|flight| flight.state.landing())) {
            (Some(kept), _) => kept.into_own(sharing),
            (None, Some(Landing::Shared(kept))) => kept.to_output(sharing),
            (None, _) => unreachable!("it was kept, or handed over"),
        }
    }

    /// Ends it without an outcome; those who wait start over.
    fn end(&mut self) {
        if self.phase == Phase::Loads {
            self.engine.counters.count(Event::LoadAbandoned);
        }
        self.phase = Phase::Over;
        for flight in self.engine.flights.release(self.key.hash()).into_iter().flatten() {
            flight.state.land(Landing::Abandoned);
        }
    }
}

impl<K: Key, O: Output> Owner for Claim<K, O> {
    fn is_attached(&self) -> bool {
        self.engine.flights.claimed().is_attached(self.key.hash())
    }

    fn commit(&self) -> bool {
        self.engine.flights.claimed().commit(self.key.hash())
    }
}

impl<K: Key, O: Output> Drop for Claim<K, O> {
    fn drop(&mut self) {
        if self.phase != Phase::Over {
            self.end();
        }
    }
}
