//! A call's place on a flight, from when it boards until it leaves.

use crate::{
    engine::Engine,
    flight::{
        Flight,
        state::{Seat, Step},
    },
};
use std::{fmt, mem, sync::Arc, task::Waker};

/// A place on a flight. Whatever happens to a call that has boarded, it leaves the flight: dropping this does.
pub(crate) struct Boarding<K, O> {
    pub(super) flight: Arc<Flight<K, O>>,
    seat: Seat,
    duty: Duty,
}

/// What a call owes to its flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Duty {
    /// Nothing: another call, or a task, drives the flight.
    None,
    /// To drive it, or to start a task that does.
    Drive,
    /// The call is not on board any more.
    Left,
}

impl<K, O> Boarding<K, O> {
    /// For a call that has just joined `flight`, or put it in the air: then it `leads`.
    pub(super) fn new(flight: Arc<Flight<K, O>>, leads: bool) -> Self {
        let duty = if leads { Duty::Drive } else { Duty::None };
        Self { flight, seat: Seat::default(), duty }
    }

    /// The cache whose flight it is.
    pub(super) fn engine(&self) -> &Arc<Engine<K, O>> {
        &self.flight.engine
    }

    /// Whether the call has to drive the flight.
    pub(super) fn leads(&self) -> bool {
        self.duty == Duty::Drive
    }

    /// What the call does next.
    pub(super) fn poll(&mut self, waker: &Waker) -> Step {
        let step = self.flight.state.poll(&mut self.seat, waker);
        if step == Step::Drive {
            self.duty = Duty::Drive;
        }
        step
    }

    /// Stays on board, but leaves the driving to whoever is polled first.
    pub(super) fn offer(&mut self) {
        self.flight.state.offer();
        self.duty = Duty::None;
    }

    /// A task drives the flight from now on.
    pub(super) fn drive_by_task(&mut self) {
        self.flight.state.drive_by_task();
        self.duty = Duty::None;
    }

    /// The flight has landed, or is about to with nobody else on board.
    pub(super) fn disembark(&mut self) {
        self.duty = Duty::Left;
    }

    /// Ends a flight whose load turns out not to be needed: those on board start over.
    pub(super) fn abandon(mut self) {
        self.disembark();
        self.flight.abandon();
    }

    /// Leaves a flight that has not landed.
    pub(super) fn leave(&mut self) {
        let driving = match mem::replace(&mut self.duty, Duty::Left) {
            Duty::Left => return,
            Duty::None => false,
            Duty::Drive => true,
        };
        if self.flight.state.leave(&mut self.seat, driving) {
            self.flight.abandon();
        }
    }
}

impl<K, O> Drop for Boarding<K, O> {
    fn drop(&mut self) {
        self.leave();
    }
}

impl<K, O> fmt::Debug for Boarding<K, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Boarding").field("duty", &self.duty).finish_non_exhaustive()
    }
}
