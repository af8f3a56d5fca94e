//! The state machine of one flight: who waits, who drives, how it ends. It knows neither keys nor maps, and
//! `tests/loom.rs` runs it under loom.
//!
//! Invariants:
//! - A flight lands once. What it landed with is set before its waiters are woken, and never changes (C2).
//! - At most one call drives a flight (X2). When it leaves, all waiters are woken and the first to be polled takes over: a
//!   single chosen one might not be polled again for long.
//! - A flight that no task drives and whose last caller has left is dead: no one joins it any more (M4). One that has left the
//!   table is not joined either, and a flight leaves the table before it lands.
//! - Once a flight is cut from its key, nothing that it brings is stored (I1, I2): `commit` and `cut` are steps of one word, so
//!   one of them sees the other. What is to be stored is where a cut finds it before `commit`.
//! - No lock is held while a waker is copied, run or dropped, or an outcome is copied or dropped (C4). A waker that panics
//!   keeps no other one from being woken.
//!
//! Who is on board, who drives, and whether the flight is cut or dead is one word, because a locked instruction is a good part
//! of what a miss costs; wakers are under a lock, which only those take who sleep or wake.

use crate::sync::{AtomicUsize, Mutex, OnceLock, Ordering::AcqRel, Ordering::Acquire, lock};
use slab::Slab;
use std::{
    mem,
    panic::{self, AssertUnwindSafe},
    task::Waker,
};

/// One load in progress and those who wait for it; `T` is how it ends.
#[derive(Debug)]
pub(crate) struct State<T> {
    cabin: Cabin,
    landing: OnceLock<T>,
}

/// Who is on board, and whose the key is. It does not know how flights end, so it is compiled once.
#[derive(Debug)]
pub(crate) struct Cabin {
    /// Its flags, and the number of calls on board, asleep or not, times [`CALLER`].
    word: AtomicUsize,
    seats: Mutex<Seats>,
}

/// The flight does not own its key any more.
const CUT: usize = 1;
/// Its last caller has left, and no task drives it: nobody joins any more.
const DEAD: usize = 1 << 1;
/// A task of its own drives; callers come and go as they like.
const TASK: usize = 1 << 2;
/// The caller that drove has left, or has given the driving up. Without this and without a task one of the callers drives.
const VACANT: usize = 1 << 3;
/// What it has brought may be shown.
const COMMITTED: usize = 1 << 4;
/// One call on board.
const CALLER: usize = 1 << 5;

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
#[derive(Debug)]
pub(crate) struct Seat(u32);

impl Seat {
    const NONE: u32 = u32::MAX;
}

impl Default for Seat {
    fn default() -> Self {
        Self(Self::NONE)
    }
}

impl<T> State<T> {
    /// A flight with one caller on board, who drives it.
    pub(crate) fn new() -> Self {
        Self { cabin: Cabin::new(), landing: OnceLock::new() }
    }

    /// Takes one more caller on board; false if the flight is dead.
    pub(crate) fn join(&self) -> bool {
        self.cabin.join()
    }

    /// Hands the driving from a caller to a task.
    pub(crate) fn drive_by_task(&self) {
        self.cabin.word.fetch_or(TASK, AcqRel);
    }

    /// Gives the driving up, by a caller that stays on board: whoever is polled first takes over.
    pub(crate) fn offer(&self) {
        self.cabin.offer();
    }

    /// What a caller on board does next.
    pub(crate) fn poll(&self, seat: &mut Seat, waker: &Waker) -> Step {
        self.cabin.poll(seat, waker, &|| self.landing.get().is_some())
    }

    /// Lets a caller go, who was `driving` or not. True if it was the last and the flight is dead: the key has to be freed.
    #[must_use]
    pub(crate) fn leave(&self, seat: &mut Seat, driving: bool) -> bool {
        self.cabin.leave(seat, driving)
    }

    /// Cuts the flight from its key. What it has brought until then, who cuts has to remove; it brings nothing more.
    pub(crate) fn cut(&self) {
        self.cabin.word.fetch_or(CUT, AcqRel);
    }

    pub(crate) fn is_attached(&self) -> bool {
        self.cabin.is_attached()
    }

    /// Whether nobody is on board.
    pub(crate) fn is_deserted(&self) -> bool {
        self.cabin.word.load(Acquire) < CALLER
    }

    /// What stores its outcome asks.
    pub(crate) fn cabin(&self) -> &Cabin {
        &self.cabin
    }

    /// Whether one caller at most is on board of a flight that nobody joins any more, because it has left the table.
    pub(crate) fn is_alone(&self) -> bool {
        self.cabin.word.load(Acquire) < 2 * CALLER
    }

    /// Ends the flight and wakes all who wait. Only the first landing counts.
    pub(crate) fn land(&self, landing: T) {
        if let Err(late) = self.landing.set(landing) {
            drop(late);
            return;
        }
        self.cabin.empty();
    }

    /// How the flight ended, if it has.
    pub(crate) fn landing(&self) -> Option<&T> {
        self.landing.get()
    }
}

impl Cabin {
    fn new() -> Self {
        Self { word: AtomicUsize::new(CALLER), seats: Mutex::new(Seats::default()) }
    }

    fn join(&self) -> bool {
        let join = |word| (word & DEAD == 0).then_some(word + CALLER);
        self.word.fetch_update(AcqRel, Acquire, join).is_ok()
    }

    fn offer(&self) {
        let mut seats = lock(&self.seats);
        self.word.fetch_or(VACANT, AcqRel);
        let heirs = seats.take_wakers();
        drop(seats);
        wake(heirs);
    }

    fn poll(&self, seat: &mut Seat, waker: &Waker, has_landed: &dyn Fn() -> bool) -> Step {
        if has_landed() {
            return Step::Land;
        }
        // Who has no seat will most likely need a copy; who has one, seldom.
        let mut copy = (seat.0 == Seat::NONE).then(|| waker.clone());
        loop {
            let mut seats = lock(&self.seats);
            // Once more under the lock: `land` sets the outcome before it takes the wakers.
            if has_landed() {
                return Step::Land;
            }
            if self.word.load(Acquire) & VACANT != 0 {
                // Its seat, if it has one, is empty: who left it to drive has taken all wakers. The flag goes under the lock.
                self.word.fetch_and(!VACANT, AcqRel);
                return Step::Drive;
            }
            if seats.will_wake(seat, waker) {
                return Step::Wait;
            }
            let Some(copy) = copy.take() else {
                drop(seats);
                copy = Some(waker.clone());
                continue;
            };
            let replaced = seats.sit_down(seat, copy);
            drop(seats);
            drop(replaced);
            return Step::Wait;
        }
    }

    fn leave(&self, seat: &mut Seat, driving: bool) -> bool {
        let left = |word: usize| {
            let word = if driving { (word - CALLER) | VACANT } else { word - CALLER };
            let dead = word < CALLER && word & TASK == 0;
            (if dead { word | DEAD } else { word }, dead)
        };
        // Who drove leaves and takes the wakers in one step, as waiters see it.
        let mut seats = (driving || seat.0 != Seat::NONE).then(|| lock(&self.seats));
        let before = self.word.fetch_update(AcqRel, Acquire, |word| Some(left(word).0));
        let dead = left(before.unwrap_or_else(|word| word)).1;
        let sleeper = seats.as_mut().and_then(|seats| seats.stand_up(seat));
        let heirs = seats.as_mut().filter(|_| driving && !dead).map(|seats| seats.take_wakers());
        drop(seats);
        wake(heirs.unwrap_or_default());
        drop(sleeper);
        dead
    }

    /// Whether the flight still owns its key.
    #[inline]
    pub(crate) fn is_attached(&self) -> bool {
        self.word.load(Acquire) & CUT == 0
    }

    /// Whether what the flight has brought, and has put where a cut finds it, may be shown. A cut that this does not see comes
    /// after it, and finds that.
    #[inline]
    pub(crate) fn commit(&self) -> bool {
        // Nobody asks for the flag: writing it takes a place before or after a cut. The look is a step of its own, because a write
        // that tells what it has found is a loop. It may see a cut that came after the write too, which is one the more to obey.
        self.word.fetch_or(COMMITTED, AcqRel);
        self.is_attached()
    }

    /// After the landing: all who sleep are woken.
    fn empty(&self) {
        let Seats { first, others } = mem::take(&mut *lock(&self.seats));
        wake(first.flatten());
        if let Some(others) = others {
            wake(others.into_iter().filter_map(|(_, seated)| seated));
        }
    }
}

/// The wakers of those who sleep, one for each seat; None once it was woken, until the waiter is polled again.
#[derive(Debug, Default)]
struct Seats {
    /// Most flights have one waiter, the call that put it in the air: its seat is here, if it is taken.
    #[allow(clippy::option_option, reason = "a seat that is taken may have no waker, as those in the slab")]
    first: Option<Option<Waker>>,
    /// Made for the second.
    others: Option<Box<Slab<Option<Waker>>>>,
}

impl Seats {
    fn at(&mut self, number: u32) -> Option<&mut Option<Waker>> {
        match number {
            Seat::NONE => None,
            0 => self.first.as_mut(),
            // Seats of the past are asked for after the landing: then they are gone.
            _ => self.others.as_mut()?.get_mut(number as usize - 1),
        }
    }

    /// Whether who has this seat will be woken through `waker`.
    fn will_wake(&mut self, seat: &Seat, waker: &Waker) -> bool {
        let seated = self.at(seat.0).and_then(|seated| seated.as_ref());
        seated.is_some_and(|seated| seated.will_wake(waker))
    }

    /// Takes a seat or changes its waker; the old one is dropped by the caller, outside of the lock.
    fn sit_down(&mut self, seat: &mut Seat, waker: Waker) -> Option<Waker> {
        if let Some(seated) = self.at(seat.0) {
            return seated.replace(waker);
        }
        seat.0 = match &mut self.first {
            first @ None => {
                *first = Some(Some(waker));
                0
            }
            Some(_) => {
                let number = self.others.get_or_insert_default().insert(Some(waker)) + 1;
                u32::try_from(number).expect("fewer than four thousand million calls wait for one load")
            }
        };
        None
    }

    /// Gives up a seat; its waker is dropped by the caller, outside of the lock.
    fn stand_up(&mut self, seat: &mut Seat) -> Option<Waker> {
        match mem::take(seat).0 {
            Seat::NONE => None,
            0 => self.first.take().flatten(),
            // After the landing the wakers are gone.
            number => self.others.as_mut()?.try_remove(number as usize - 1).flatten(),
        }
    }

    fn take_wakers(&mut self) -> Vec<Waker> {
        let others = self.others.iter_mut().flat_map(|others| others.iter_mut());
        self.first.iter_mut().chain(others.map(|(_, seated)| seated)).filter_map(Option::take).collect()
    }
}

/// Wakes all of them: that the waker of one task panics is nothing to the others. The panic hook has reported it.
fn wake(wakers: impl IntoIterator<Item = Waker>) {
    for waker in wakers {
        let _ = panic::catch_unwind(AssertUnwindSafe(|| waker.wake()));
    }
}
