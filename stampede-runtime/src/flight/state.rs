//! The state machine of one flight: who waits, who drives, how it ends. It knows neither keys nor maps, and
//! `tests/loom.rs` runs it under loom.
//!
//! Invariants:
//! - A flight lands once. What it landed with is set before its waiters are woken, and never changes (C2).
//! - At most one call drives a flight (X2). When it leaves, all waiters are woken and the first to be polled takes over: a
//!   single chosen one might not be polled again for long.
//! - A flight that no task drives and whose last caller has left is dead: no one joins it any more (M4).
//! - Once a flight is cut from its key, nothing that it brings is stored (I1, I2): `commit` and `cut` exclude each other.
//! - No lock is held while a waker is copied, run or dropped, or an outcome is copied or dropped (C4). A waker that panics
//!   keeps no other one from being woken.

use crate::sync::{Mutex, OnceLock, lock};
use slab::Slab;
use std::{
    mem,
    panic::{self, AssertUnwindSafe},
    task::Waker,
};

/// One load in progress and those who wait for it; `T` is how it ends.
#[derive(Debug)]
pub(crate) struct State<T> {
    inner: Mutex<Inner>,
    landing: OnceLock<T>,
}

#[derive(Debug)]
struct Inner {
    /// Calls on board, asleep or not.
    callers: usize,
    driver: Driver,
    /// Still owns its key.
    attached: bool,
    /// Nobody joins any more.
    closed: bool,
    /// One for each seat; None once it was woken, until the waiter is polled again.
    wakers: Slab<Option<Waker>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Driver {
    /// A task of its own; callers come and go as they like.
    Task,
    /// One of the callers.
    Caller,
    /// The caller that drove has left, or has given the driving up.
    Vacant,
}

/// What a waiter does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Take the outcome.
    Land,
    /// Drive the flight: it is yours now.
    Drive,
    /// Sleep; the waker is registered.
    Wait,
}

/// A waiter's place among the wakers, if it has slept.
#[derive(Debug, Default)]
pub(crate) struct Seat(Option<usize>);

impl<T> State<T> {
    /// A flight with one caller on board, who drives it.
    pub(crate) fn new() -> Self {
        let inner =
            Inner { callers: 1, driver: Driver::Caller, attached: true, closed: false, wakers: Slab::new() };
        Self { inner: Mutex::new(inner), landing: OnceLock::new() }
    }

    /// Takes one more caller on board; false if the flight is closed.
    pub(crate) fn join(&self) -> bool {
        let mut inner = lock(&self.inner);
        if inner.closed {
            return false;
        }
        inner.callers += 1;
        true
    }

    /// Hands the driving from a caller to a task.
    pub(crate) fn drive_by_task(&self) {
        lock(&self.inner).driver = Driver::Task;
    }

    /// Gives the driving up, by a caller that stays on board: whoever is polled first takes over.
    pub(crate) fn offer(&self) {
        let mut inner = lock(&self.inner);
        inner.driver = Driver::Vacant;
        let heirs = inner.take_wakers();
        drop(inner);
        wake(heirs);
    }

    /// What a caller on board does next.
    pub(crate) fn poll(&self, seat: &mut Seat, waker: &Waker) -> Step {
        if self.landing.get().is_some() {
            return Step::Land;
        }
        // Who has no seat will most likely need a copy; who has one, seldom.
        let mut copy = seat.0.is_none().then(|| waker.clone());
        loop {
            let mut inner = lock(&self.inner);
            // Once more under the lock: `land` sets the outcome before it takes the wakers.
            if self.landing.get().is_some() {
                return Step::Land;
            }
            if inner.driver == Driver::Vacant {
                // Its seat, if it has one, is empty: who left it to drive has taken all wakers.
                inner.driver = Driver::Caller;
                return Step::Drive;
            }
            if inner.will_wake(seat, waker) {
                return Step::Wait;
            }
            let Some(copy) = copy.take() else {
                drop(inner);
                copy = Some(waker.clone());
                continue;
            };
            let replaced = inner.sit_down(seat, copy);
            drop(inner);
            drop(replaced);
            return Step::Wait;
        }
    }

    /// Lets a caller go, who was `driving` or not. True if it was the last and the flight is dead: the key has to be freed.
    #[must_use]
    pub(crate) fn leave(&self, seat: &mut Seat, driving: bool) -> bool {
        let mut inner = lock(&self.inner);
        inner.callers -= 1;
        let sleeper = inner.stand_up(seat);
        if driving {
            inner.driver = Driver::Vacant;
        }
        let dead = inner.callers == 0 && inner.driver != Driver::Task && !inner.closed;
        inner.closed |= dead;
        let heirs: Vec<Waker> = if driving && !dead { inner.take_wakers() } else { Vec::new() };
        drop(inner);
        wake(heirs);
        drop(sleeper);
        dead
    }

    /// Cuts the flight from its key.
    pub(crate) fn cut(&self) {
        lock(&self.inner).attached = false;
    }

    pub(crate) fn is_attached(&self) -> bool {
        lock(&self.inner).attached
    }

    /// Whether nobody is on board.
    pub(crate) fn is_deserted(&self) -> bool {
        lock(&self.inner).callers == 0
    }

    /// Runs `reveal` unless the flight has been cut; no cut happens meanwhile. `reveal` runs under the lock.
    pub(crate) fn commit(&self, reveal: impl FnOnce()) -> bool {
        let inner = lock(&self.inner);
        if inner.attached {
            reveal();
        }
        inner.attached
    }

    /// Lets nobody join any more, and tells whether one caller at most is on board.
    pub(crate) fn close(&self) -> bool {
        let mut inner = lock(&self.inner);
        inner.closed = true;
        inner.callers <= 1
    }

    /// Ends the flight and wakes all who wait. Only the first landing counts.
    pub(crate) fn land(&self, landing: T) {
        if let Err(late) = self.landing.set(landing) {
            drop(late);
            return;
        }
        let mut inner = lock(&self.inner);
        inner.closed = true;
        let wakers = mem::take(&mut inner.wakers);
        drop(inner);
        wake(wakers.into_iter().filter_map(|(_, waker)| waker));
    }

    /// How the flight ended, if it has.
    pub(crate) fn landing(&self) -> Option<&T> {
        self.landing.get()
    }
}

impl Inner {
    /// Whether who has this seat will be woken through `waker`.
    fn will_wake(&self, seat: &Seat, waker: &Waker) -> bool {
        let seated = seat.0.and_then(|number| self.wakers[number].as_ref());
        seated.is_some_and(|seated| seated.will_wake(waker))
    }

    /// Takes a seat or changes its waker; the old one is dropped by the caller, outside of the lock.
    fn sit_down(&mut self, seat: &mut Seat, waker: Waker) -> Option<Waker> {
        if let Some(number) = seat.0 {
            return self.wakers[number].replace(waker);
        }
        seat.0 = Some(self.wakers.insert(Some(waker)));
        None
    }

    /// Those who sleep; all keep their seats.
    fn take_wakers(&mut self) -> Vec<Waker> {
        self.wakers.iter_mut().filter_map(|(_, waker)| waker.take()).collect()
    }

    /// Gives up a seat; its waker is dropped by the caller, outside of the lock.
    fn stand_up(&mut self, seat: &mut Seat) -> Option<Waker> {
        // After the landing the wakers are gone.
        seat.0.take().and_then(|number| self.wakers.try_remove(number)).flatten()
    }
}

/// Wakes all of them: that the waker of one task panics is nothing to the others. The panic hook has reported it.
fn wake(wakers: impl IntoIterator<Item = Waker>) {
    for waker in wakers {
        let _ = panic::catch_unwind(AssertUnwindSafe(|| waker.wake()));
    }
}
