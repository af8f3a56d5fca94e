//! The state machine of a flight, and claims, under every interleaving of calls: the very source files, on loom's primitives.

#[path = "loom/call.rs"]
mod call;
#[path = "loom/claim.rs"]
mod claim;
#[path = "../stampede-runtime/src/flight/claims.rs"]
mod claims;
#[path = "loom/key.rs"]
mod key;
#[path = "../stampede-runtime/src/flight/state.rs"]
mod state;
#[path = "loom/sync.rs"]
mod sync;

use call::{Call, Counted};
use loom::{
    model::Builder,
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicUsize,
            Ordering::{AcqRel, Acquire, Release, SeqCst},
        },
    },
    thread,
};
use state::{Seat, State, Step};
use std::{
    sync::Weak,
    task::{Wake, Waker},
};

/// Tries every interleaving.
fn model(run: impl Fn() + Send + Sync + 'static) {
    loom::model(run);
}

/// Tries every interleaving in which threads are interrupted up to `preemptions` times: enough for three threads.
fn model_up_to(preemptions: usize, run: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(run);
}

#[test]
fn a_waiter_that_falls_asleep_while_the_flight_lands_is_woken() {
    model(|| {
        let mut waiter = Call::first_of_a_task();
        let flight = Arc::clone(&waiter.flight);
        let task = thread::spawn(move || flight.land(7));
        assert_eq!(waiter.wait_for_landing(), 7);
        task.join().unwrap();
    });
}

#[test]
fn all_waiters_are_woken_by_the_landing() {
    model_up_to(3, || {
        let mut one = Call::first_of_a_task();
        let mut other = Call::beside(&one);
        let flight = Arc::clone(&one.flight);
        let task = thread::spawn(move || flight.land(7));
        let waiter = thread::spawn(move || other.wait_for_landing());
        assert_eq!(one.wait_for_landing(), 7);
        assert_eq!(waiter.join().unwrap(), 7);
        task.join().unwrap();
    });
}

#[test]
fn a_waiter_takes_over_when_the_driver_leaves() {
    // X2
    model(|| {
        let driver = Call::first();
        let mut waiter = Call::beside(&driver);
        let leaving = thread::spawn(move || driver.leave());
        assert_eq!(waiter.wait(), Step::Drive);
        assert!(!leaving.join().unwrap(), "a waiter is on board");
        assert!(waiter.leave(), "the last one has left");
    });
}

#[test]
fn a_flight_that_is_offered_is_driven_by_one_of_those_on_board() {
    // F2: a refresh that waits for a thread of the pool, and a call that waits for the refresh.
    model_up_to(3, || {
        let mut refresh = Call::first();
        let mut waiter = Call::beside(&refresh);
        let calling = thread::spawn(move || match waiter.wait() {
            Step::Drive => {
                waiter.flight.land(7);
                assert_eq!(waiter.wait_for_landing(), 7);
                1
            }
            _ => 0,
        });
        refresh.offer();
        let (_, nobody) = Counted::new();
        let drives = match refresh.poll(&nobody) {
            Step::Drive => {
                refresh.flight.land(7);
                1
            }
            Step::Wait | Step::Land => 0,
        };
        assert_eq!(calling.join().unwrap() + drives, 1);
        assert!(!refresh.leave(), "it has landed");
    });
}

#[test]
fn one_of_many_waiters_takes_over_and_lands_for_all() {
    // X2
    model_up_to(3, || {
        let driver = Call::first();
        let driving = Arc::new(AtomicUsize::new(1));
        let takeovers = Arc::new(AtomicUsize::new(0));
        let ride = |mut waiter: Call| {
            let (driving, takeovers) = (Arc::clone(&driving), Arc::clone(&takeovers));
            move || {
                if waiter.wait() == Step::Drive {
                    assert_eq!(driving.fetch_add(1, SeqCst), 0, "never two at a time");
                    takeovers.fetch_add(1, SeqCst);
                    driving.fetch_sub(1, SeqCst);
                    waiter.flight.land(7);
                    assert_eq!(waiter.wait_for_landing(), 7);
                }
            }
        };
        let one = thread::spawn(ride(Call::beside(&driver)));
        let mut other = ride(Call::beside(&driver));
        // The body is gone before its driver leaves.
        driving.fetch_sub(1, SeqCst);
        assert!(!driver.leave());
        other();
        one.join().unwrap();
        assert_eq!(takeovers.load(SeqCst), 1);
    });
}

#[test]
fn driving_goes_from_one_leaving_driver_to_the_next() {
    // X2, M4
    model_up_to(2, || {
        let driver = Call::first();
        let flight = Arc::clone(&driver.flight);
        let driving = Arc::new(AtomicBool::new(true));
        let ride = |mut waiter: Call| {
            let driving = Arc::clone(&driving);
            move || {
                assert_eq!(waiter.wait(), Step::Drive);
                assert!(!driving.swap(true, SeqCst), "never two at a time");
                driving.store(false, SeqCst);
                usize::from(waiter.leave())
            }
        };
        let one = thread::spawn(ride(Call::beside(&driver)));
        let other = ride(Call::beside(&driver));
        driving.store(false, SeqCst);
        assert!(!driver.leave());
        let dead = other() + one.join().unwrap();
        assert_eq!(dead, 1, "exactly one of them was the last");
        assert!(!flight.join());
    });
}

#[test]
fn one_of_two_that_leave_finds_the_flight_dead() {
    // M4
    model(|| {
        let driver = Call::first();
        let mut waiter = Call::beside(&driver);
        let flight = Arc::clone(&driver.flight);
        let (counted, waker) = Counted::new();
        assert_eq!(waiter.poll(&waker), Step::Wait);
        drop(waker);
        let leaving = thread::spawn(move || usize::from(waiter.leave()));
        let dead = usize::from(driver.leave()) + leaving.join().unwrap();
        assert_eq!(dead, 1);
        assert!(!flight.join());
        assert_eq!(std::sync::Arc::strong_count(&counted), 1, "the waker has left too");
    });
}

#[test]
fn who_joins_while_the_last_one_leaves_is_refused_or_drives() {
    // M4: a call on a dead flight would wait for ever.
    model(|| {
        let driver = Call::first();
        let flight = Arc::clone(&driver.flight);
        let leaving = thread::spawn(move || driver.leave());
        let joined = Call::join(&flight);
        let on_board = joined.is_some();
        if let Some(mut call) = joined {
            assert_eq!(call.wait(), Step::Drive);
            assert!(call.leave());
        }
        assert_eq!(leaving.join().unwrap(), !on_board);
        assert!(!flight.join());
    });
}

#[test]
fn a_task_is_joined_and_lands_when_nobody_is_on_board() {
    // X1
    model(|| {
        let leader = Call::first_of_a_task();
        let flight = Arc::clone(&leader.flight);
        let leaving = thread::spawn(move || leader.leave());
        let mut late = Call::join(&flight).expect("a flight with a task is open until it lands");
        flight.land(7);
        assert_eq!(late.wait_for_landing(), 7);
        assert!(!leaving.join().unwrap(), "a flight with a task never dies");
    });
}

#[test]
fn a_flight_of_a_task_is_deserted_once_all_have_left() {
    model(|| {
        let first = Call::first_of_a_task();
        let flight = Arc::clone(&first.flight);
        let second = Call::beside(&first);
        let other = thread::spawn(move || first.leave());
        let watched = flight.is_deserted();
        assert!(!watched, "one is still on board");
        second.leave();
        other.join().unwrap();
        assert!(flight.is_deserted());
    });
}

#[test]
fn what_a_cut_flight_brings_is_not_to_be_seen() {
    // I1, I2: the flight puts its outcome into a map, hidden, and shows it if it may. Who cuts removes what is in the map.
    model(|| {
        let flight = Call::first_of_a_task().flight;
        let (in_map, shown) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let task = {
            let (flight, in_map, shown) = (Arc::clone(&flight), Arc::clone(&in_map), Arc::clone(&shown));
            thread::spawn(move || {
                in_map.store(true, Release);
                if flight.cabin().commit() {
                    shown.store(true, Release);
                } else {
                    in_map.store(false, Release);
                }
            })
        };
        flight.cut();
        in_map.swap(false, AcqRel);
        assert!(!flight.is_attached() && !flight.cabin().commit());
        let is_seen = || in_map.load(Acquire) && shown.load(Acquire);
        assert!(!is_seen(), "seen after the cut");
        task.join().unwrap();
        assert!(!is_seen(), "seen in the end");
    });
}

#[test]
fn the_last_waker_is_the_one_that_is_woken() {
    model(|| {
        let mut waiter = Call::first_of_a_task();
        let flight = Arc::clone(&waiter.flight);
        let (counted, waker) = Counted::new();
        let task = thread::spawn(move || flight.land(7));
        // Polled by one task, then moved to another.
        waiter.poll(&waker);
        drop(waker);
        assert_eq!(waiter.wait_for_landing(), 7);
        task.join().unwrap();
        assert!(counted.times() <= 1);
        assert_eq!(std::sync::Arc::strong_count(&counted), 1, "the first waker is not kept");
    });
}

#[test]
fn a_waiter_has_one_seat_and_none_when_it_drives() {
    model(|| {
        let driver = Call::first();
        let mut waiter = Call::beside(&driver);
        let kept = |counted: &std::sync::Arc<Counted>| std::sync::Arc::strong_count(counted) - 2;
        let ((first, its_waker), (second, other_waker)) = (Counted::new(), Counted::new());
        assert_eq!(waiter.poll(&its_waker), Step::Wait);
        assert_eq!(waiter.poll(&its_waker), Step::Wait);
        assert_eq!([kept(&first), kept(&second)], [1, 0]);
        assert_eq!(waiter.poll(&other_waker), Step::Wait);
        assert_eq!([kept(&first), kept(&second)], [0, 1]);
        let leaving = thread::spawn(move || driver.leave());
        while waiter.poll(&other_waker) == Step::Wait {
            thread::yield_now();
        }
        assert_eq!([kept(&first), kept(&second)], [0, 0]);
        assert!(!leaving.join().unwrap());
        assert!(first.times() == 0 && second.times() <= 1);
    });
}

#[test]
fn a_waiter_may_leave_while_the_flight_lands() {
    model_up_to(3, || {
        let mut waiter = Call::first_of_a_task();
        let mut other = Call::beside(&waiter);
        let (counted, waker) = Counted::new();
        assert_eq!(waiter.poll(&waker), Step::Wait);
        drop(waker);
        let flight = Arc::clone(&waiter.flight);
        let task = thread::spawn(move || flight.land(7));
        assert!(!waiter.leave());
        assert_eq!(other.wait_for_landing(), 7);
        task.join().unwrap();
        assert_eq!(std::sync::Arc::strong_count(&counted), 1, "no waker is kept");
    });
}

#[test]
fn a_waiter_that_leaves_takes_no_seat_but_its_own() {
    model_up_to(3, || {
        let mut one = Call::first_of_a_task();
        let mut other = Call::beside(&one);
        let (_, waker) = Counted::new();
        assert_eq!(one.poll(&waker), Step::Wait);
        let flight = Arc::clone(&one.flight);
        let leaving = thread::spawn(move || one.leave());
        let task = thread::spawn(move || flight.land(7));
        assert_eq!(other.wait_for_landing(), 7);
        assert!(!leaving.join().unwrap());
        task.join().unwrap();
    });
}

#[test]
fn only_the_first_landing_counts() {
    // C2
    model_up_to(3, || {
        let mut waiter = Call::first_of_a_task();
        let (one, other) = (Arc::clone(&waiter.flight), Arc::clone(&waiter.flight));
        let one = thread::spawn(move || one.land(1));
        let other = thread::spawn(move || other.land(2));
        let first = waiter.wait_for_landing();
        one.join().unwrap();
        other.join().unwrap();
        assert_eq!(waiter.flight.landing(), Some(&first));
    });
}

/// A waker whose task does something to the flight at once, when it is woken and when it is dropped.
struct Meddler(Weak<State<u32>>);

impl Meddler {
    fn meddle(&self) {
        if let Some(flight) = self.0.upgrade() {
            flight.join();
        }
    }
}

impl Wake for Meddler {
    fn wake(self: std::sync::Arc<Self>) {
        self.meddle();
    }
}

impl Drop for Meddler {
    fn drop(&mut self) {
        self.meddle();
    }
}

#[test]
fn no_lock_is_held_while_wakers_run_or_go() {
    // C4: loom reports a thread that locks twice as a deadlock.
    model(|| {
        let flight = std::sync::Arc::new(State::<u32>::new());
        let waker = || Waker::from(std::sync::Arc::new(Meddler(std::sync::Arc::downgrade(&flight))));
        let (mut sleeper, mut changing, mut leaving) = (Seat::default(), Seat::default(), Seat::default());
        assert!(flight.join() && flight.join() && flight.join());
        assert_eq!(flight.poll(&mut sleeper, &waker()), Step::Wait);
        assert_eq!(flight.poll(&mut changing, &waker()), Step::Wait);
        assert_eq!(flight.poll(&mut changing, &waker()), Step::Wait);
        assert_eq!(flight.poll(&mut leaving, &waker()), Step::Wait);
        assert!(!flight.leave(&mut leaving, false));
        assert!(!flight.leave(&mut Seat::default(), true));
        assert_eq!(flight.poll(&mut changing, &waker()), Step::Drive);
        assert_eq!(flight.poll(&mut sleeper, &waker()), Step::Wait);
        flight.land(7);
        assert_eq!(flight.poll(&mut sleeper, &waker()), Step::Land);
    });
}

#[test]
fn a_waiter_that_was_woken_for_nothing_is_woken_again() {
    // X2: the first to be polled drives, the others go back to sleep.
    model(|| {
        let driver = Call::first();
        let (mut heir, mut other) = (Call::beside(&driver), Call::beside(&driver));
        let (counted, waker) = Counted::new();
        assert_eq!(other.poll(&waker), Step::Wait);
        assert!(!driver.leave());
        assert_eq!(heir.wait(), Step::Drive);
        assert_eq!(counted.times(), 1);
        let leaving = thread::spawn(move || heir.leave());
        assert_eq!(other.wait(), Step::Drive);
        assert!(!leaving.join().unwrap());
        assert!(other.leave());
    });
}

#[test]
fn an_heir_that_leaves_without_a_look_leaves_it_to_the_others() {
    // X2: it may be woken and dropped before it is polled.
    model_up_to(3, || {
        let driver = Call::first();
        let (mut heir, mut other) = (Call::beside(&driver), Call::beside(&driver));
        let (_, waker) = Counted::new();
        assert_eq!(heir.poll(&waker), Step::Wait);
        let leaving = thread::spawn(move || {
            assert!(!driver.leave());
            assert!(!heir.leave());
        });
        assert_eq!(other.wait(), Step::Drive);
        leaving.join().unwrap();
        assert!(other.leave());
    });
}

/// A waker that panics.
struct Broken;

impl Wake for Broken {
    fn wake(self: std::sync::Arc<Self>) {
        panic!("the waker of somebody else");
    }
}

#[test]
fn a_waker_that_panics_keeps_nobody_asleep() {
    // C4
    model(|| {
        let driver = Call::first();
        let (mut one, mut other) = (Call::beside(&driver), Call::beside(&driver));
        let broken = Waker::from(std::sync::Arc::new(Broken));
        let (counted, waker) = Counted::new();
        assert_eq!([one.poll(&broken), other.poll(&waker)], [Step::Wait; 2]);
        assert!(!driver.leave());
        assert_eq!(counted.times(), 1);
        let mut heir = Call::beside(&one);
        assert_eq!(heir.poll(&waker), Step::Drive);
        assert_eq!([one.poll(&broken), other.poll(&waker)], [Step::Wait; 2]);
        heir.flight.land(7);
        assert_eq!(counted.times(), 2);
    });
}
