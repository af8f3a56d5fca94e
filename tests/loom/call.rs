//! Calls as the engine makes them, reduced to what they do to the state of their flight.

use crate::{
    state::{Seat, State, Step},
    sync::{Mutex, lock},
};
use loom::sync::{Arc, Condvar};
use std::{
    sync::{
        PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Wake, Waker},
};

/// A flight that lands with a number.
pub(crate) type Flight = Arc<State<u32>>;

/// A call on board.
pub(crate) struct Call {
    pub(crate) flight: Flight,
    seat: Seat,
    driving: bool,
}

impl Call {
    /// A flight, and the call that put it in the air and drives it.
    pub(crate) fn first() -> Self {
        Self { flight: Arc::new(State::new()), seat: Seat::default(), driving: true }
    }

    /// A flight that a task drives, and the call that put it in the air.
    pub(crate) fn first_of_a_task() -> Self {
        let flight = State::new();
        flight.drive_by_task();
        Self { flight: Arc::new(flight), seat: Seat::default(), driving: false }
    }

    /// The call that drives a flight, for which others have put it in the air.
    pub(crate) fn driving(flight: Flight) -> Self {
        Self { flight, seat: Seat::default(), driving: true }
    }

    /// One more call, unless the flight is dead.
    pub(crate) fn join(flight: &Flight) -> Option<Self> {
        flight.join().then(|| Self { flight: Arc::clone(flight), seat: Seat::default(), driving: false })
    }

    /// One more call on a flight that is not dead for sure.
    pub(crate) fn beside(other: &Self) -> Self {
        Self::join(&other.flight).expect("the flight is not dead")
    }

    /// Stays on board, and leaves the driving to whoever is polled first.
    pub(crate) fn offer(&mut self) {
        self.flight.offer();
        self.driving = false;
    }

    pub(crate) fn poll(&mut self, waker: &Waker) -> Step {
        let step = self.flight.poll(&mut self.seat, waker);
        self.driving |= step == Step::Drive;
        step
    }

    /// Sleeps until there is something to do. Loom reports a deadlock if nobody wakes it.
    pub(crate) fn wait(&mut self) -> Step {
        let sleeper = std::sync::Arc::new(Sleeper::default());
        let waker = Waker::from(std::sync::Arc::clone(&sleeper));
        loop {
            match self.poll(&waker) {
                Step::Wait => sleeper.sleep(),
                step => return step,
            }
        }
    }

    /// Waits for the landing, and no chance to drive.
    pub(crate) fn wait_for_landing(&mut self) -> u32 {
        assert_eq!(self.wait(), Step::Land);
        *self.flight.landing().expect("a flight that has landed has an outcome")
    }

    /// True if the flight is dead.
    pub(crate) fn leave(mut self) -> bool {
        self.flight.leave(&mut self.seat, self.driving)
    }
}

/// A thread that sleeps until it is woken; loom's own executor asks for a feature of loom.
#[derive(Debug, Default)]
struct Sleeper {
    woken: Mutex<bool>,
    changed: Condvar,
}

impl Sleeper {
    fn sleep(&self) {
        let mut woken = lock(&self.woken);
        while !*woken {
            woken = self.changed.wait(woken).unwrap_or_else(PoisonError::into_inner);
        }
        *woken = false;
    }
}

impl Wake for Sleeper {
    fn wake(self: std::sync::Arc<Self>) {
        *lock(&self.woken) = true;
        self.changed.notify_one();
    }
}

/// A task's waker that only counts.
#[derive(Debug, Default)]
pub(crate) struct Counted(AtomicUsize);

impl Wake for Counted {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

impl Counted {
    pub(crate) fn new() -> (std::sync::Arc<Self>, Waker) {
        let counted = std::sync::Arc::new(Self::default());
        (std::sync::Arc::clone(&counted), Waker::from(counted))
    }

    pub(crate) fn times(&self) -> usize {
        self.0.load(Relaxed)
    }
}
