//! One key of a cache, reduced to its flight and its entry, which callers, loads and cuts treat in the order in which the engine
//! does: the order is what is tried here.

use crate::{
    call::{Call, Flight},
    model_up_to,
    state::Step,
    sync::{Mutex, lock},
};
use loom::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

/// What a flight lands with that is abandoned, or whose load panicked.
const ABANDONED: u32 = 0;
const PANICKED: u32 = u32::MAX;

#[derive(Debug, Default)]
struct Key {
    /// The flight that owns the key: a slot of the flight table.
    flight: Mutex<Option<Flight>>,
    /// What is stored, and whether it may be seen.
    entry: Mutex<Option<(u32, bool)>>,
    loads: AtomicUsize,
}

/// What a call has that has looked the key up.
enum Begun {
    Hit(u32),
    Waits(Call),
    Leads(Call),
}

impl Key {
    fn new() -> Arc<Self> {
        Arc::default()
    }

    /// A key with a flight in the air, and its leader.
    fn in_flight(leader: Call) -> (Arc<Self>, Call) {
        let key = Self::new();
        *lock(&key.flight) = Some(Arc::clone(&leader.flight));
        key.loads.store(1, SeqCst);
        (key, leader)
    }

    fn look(&self) -> Option<u32> {
        lock(&self.entry).filter(|(_, is_shown)| *is_shown).map(|(value, _)| value)
    }

    /// `Engine::begin` and `board_unless_served`.
    fn begin(&self) -> Begun {
        if let Some(value) = self.look() {
            return Begun::Hit(value);
        }
        let mut slot = lock(&self.flight);
        if let Some(call) = slot.as_ref().and_then(Call::join) {
            return Begun::Waits(call);
        }
        let leader = Call::first();
        *slot = Some(Arc::clone(&leader.flight));
        drop(slot);
        if let Some(value) = self.look() {
            self.abandon(&leader.flight);
            return Begun::Hit(value);
        }
        Begun::Leads(leader)
    }

    /// A call from its beginning to its end; its load comes to `value`.
    fn call(&self, value: u32) -> u32 {
        loop {
            let mut call = match self.begin() {
                Begun::Hit(value) => return value,
                Begun::Waits(call) => call,
                Begun::Leads(call) => return self.drive(&call, value),
            };
            match call.wait() {
                Step::Drive => return self.drive(&call, value),
                _ => match *call.flight.landing().expect("it has landed") {
                    ABANDONED => {}
                    landed => return landed,
                },
            }
        }
    }

    /// Drives a flight to its end.
    fn drive(&self, call: &Call, value: u32) -> u32 {
        self.loads.fetch_add(1, SeqCst);
        self.land(&call.flight, value);
        value
    }

    /// `Engine::land`: the outcome is stored, the flight leaves the table, it lands.
    fn land(&self, flight: &Flight, value: u32) {
        if value != PANICKED && flight.is_attached() {
            self.store(flight, value);
        }
        self.remove(flight);
        flight.land(value);
    }

    /// `Store::insert`: over an entry in one step with the look at the cut; where there is none, hidden until that look.
    fn store(&self, flight: &Flight, value: u32) {
        let mut entry = lock(&self.entry);
        if entry.is_some() {
            if flight.is_attached() {
                *entry = Some((value, true));
            }
            return;
        }
        *entry = Some((value, false));
        drop(entry);
        let may_be_shown = flight.cabin().commit();
        let mut entry = lock(&self.entry);
        // Others may have put another one in its place.
        if *entry == Some((value, false)) {
            *entry = may_be_shown.then_some((value, true));
        }
    }

    fn abandon(&self, flight: &Flight) {
        self.remove(flight);
        flight.land(ABANDONED);
    }

    /// A call joins flights in the table alone, under its lock.
    fn join(&self) -> Option<Call> {
        lock(&self.flight).as_ref().and_then(Call::join)
    }

    /// Takes this flight out of the table, and no other.
    fn remove(&self, flight: &Flight) {
        let mut slot = lock(&self.flight);
        if slot.as_ref().is_some_and(|there| Arc::ptr_eq(there, flight)) {
            *slot = None;
        }
    }

    /// A caller goes away: the last one takes the flight along.
    fn leave(&self, call: Call) {
        let flight = Arc::clone(&call.flight);
        if call.leave() {
            self.abandon(&flight);
        }
    }

    fn cut(&self) {
        let flight = lock(&self.flight).take();
        if let Some(flight) = flight {
            flight.cut();
        }
    }

    /// `Engine::invalidate`.
    fn invalidate(&self) {
        self.cut();
        lock(&self.entry).take();
    }

    /// `Engine::insert`.
    fn insert(&self, value: u32) {
        self.cut();
        *lock(&self.entry) = Some((value, true));
        self.cut();
    }

    fn is_at_rest(&self) -> bool {
        lock(&self.flight).is_none() && lock(&self.entry).is_none_or(|(_, is_shown)| is_shown)
    }
}

#[test]
fn no_interleaving_of_calls_loads_twice() {
    // C3: neither the end of a flight nor the second look leaves a gap.
    model_up_to(3, || {
        let key = Key::new();
        let other = {
            let key = Arc::clone(&key);
            thread::spawn(move || key.call(1))
        };
        let outcome = key.call(2);
        assert_eq!(outcome, other.join().unwrap());
        assert_eq!((key.loads.load(SeqCst), key.look()), (1, Some(outcome)));
        assert!(key.is_at_rest());
    });
}

#[test]
fn at_most_one_caller_has_a_landing_that_is_for_one() {
    // C2: with one caller on board the outcome is moved, not copied.
    model_up_to(3, || {
        let (key, mut first) = Key::in_flight(Call::first_of_a_task());
        let flight = Arc::clone(&first.flight);
        let joining = {
            let key = Arc::clone(&key);
            thread::spawn(move || key.join().map(|mut call| call.wait_for_landing()))
        };
        let task = thread::spawn(move || {
            key.remove(&flight);
            let sole = flight.is_alone();
            assert!(key.join().is_none(), "nobody joins after the count");
            flight.land(u32::from(sole));
        });
        let sole = first.wait_for_landing();
        let joined = joining.join().unwrap();
        task.join().unwrap();
        assert_eq!(sole, u32::from(joined.is_none()));
        assert!(joined.is_none() || joined == Some(sole));
    });
}

#[test]
fn a_caller_that_leaves_before_the_count_is_not_counted() {
    // C2
    model_up_to(3, || {
        let (key, first) = Key::in_flight(Call::first_of_a_task());
        let flight = Arc::clone(&first.flight);
        let leaving = thread::spawn(move || assert!(!first.leave()));
        let joining = {
            let key = Arc::clone(&key);
            thread::spawn(move || key.join().map(|mut call| call.wait_for_landing()))
        };
        leaving.join().unwrap();
        key.remove(&flight);
        let sole = flight.is_alone();
        flight.land(u32::from(sole));
        assert!(sole, "one caller at most is on board");
        assert_ne!(joining.join().unwrap(), Some(0));
    });
}

#[test]
fn who_leaves_while_a_flight_lands_does_not_end_it_once_more() {
    // X2, M4: its driver is on board to the end, so it is not dead.
    model_up_to(3, || {
        let (key, driver) = Key::in_flight(Call::first());
        let waiter = Call::beside(&driver);
        let leaving = thread::spawn(move || waiter.leave());
        key.land(&driver.flight, 7);
        assert!(!leaving.join().unwrap(), "the driver is on board");
        assert!(key.is_at_rest());
    });
}

#[test]
fn what_an_invalidation_has_cut_is_not_served_afterwards() {
    // I1: while the flight lands, and while its driver leaves it to another.
    model_up_to(2, || {
        let (key, driver) = Key::in_flight(Call::first());
        let waiter = Call::beside(&driver);
        let landing = {
            let key = Arc::clone(&key);
            thread::spawn(move || key.land(&driver.flight, 1))
        };
        let leaving = {
            let key = Arc::clone(&key);
            thread::spawn(move || key.leave(waiter))
        };
        key.invalidate();
        assert_eq!(key.call(2), 2, "the load started before the cut");
        landing.join().unwrap();
        leaving.join().unwrap();
        assert_eq!(key.look(), Some(2));
        assert!(key.is_at_rest());
    });
}

#[test]
fn what_is_put_in_by_hand_stays() {
    // I2: whatever lands meanwhile.
    model_up_to(3, || {
        let (key, driver) = Key::in_flight(Call::first());
        let landing = {
            let key = Arc::clone(&key);
            thread::spawn(move || key.land(&driver.flight, 1))
        };
        key.insert(2);
        assert_eq!(key.look(), Some(2));
        landing.join().unwrap();
        assert_eq!(key.look(), Some(2));
        assert!(key.is_at_rest());
    });
}

#[test]
fn a_flight_that_all_leave_while_it_is_cut_frees_no_other() {
    // X2, M4, I1: the key belongs to the next flight by then.
    model_up_to(2, || {
        let (key, driver) = Key::in_flight(Call::first());
        let waiter = Call::beside(&driver);
        let leaving = [driver, waiter].map(|call| {
            let key = Arc::clone(&key);
            thread::spawn(move || key.leave(call))
        });
        key.invalidate();
        let next = match key.begin() {
            Begun::Leads(next) => next,
            Begun::Hit(_) | Begun::Waits(_) => unreachable!("there is nothing to be served or joined"),
        };
        for left in leaving {
            left.join().unwrap();
        }
        assert!(next.flight.is_attached() && next.flight.join());
        assert!(lock(&key.flight).as_ref().is_some_and(|there| Arc::ptr_eq(there, &next.flight)));
        key.land(&next.flight, 2);
        assert!(key.is_at_rest());
    });
}

#[test]
fn a_driver_that_leaves_frees_nothing_that_others_wait_for() {
    // X2, C3: the waiter takes over or has a call beside it that does; one load is enough.
    model_up_to(2, || {
        let (key, driver) = Key::in_flight(Call::first());
        key.loads.store(0, SeqCst);
        let mut waiter = Call::beside(&driver);
        let leaving = {
            let key = Arc::clone(&key);
            thread::spawn(move || key.leave(driver))
        };
        let calling = {
            let key = Arc::clone(&key);
            thread::spawn(move || key.call(2))
        };
        let outcome = match waiter.wait() {
            Step::Drive => key.drive(&waiter, 1),
            _ => waiter.wait_for_landing(),
        };
        assert_eq!(calling.join().unwrap(), outcome);
        leaving.join().unwrap();
        assert_eq!(key.loads.load(SeqCst), 1);
        assert!(key.is_at_rest());
    });
}

#[test]
fn a_panic_ends_the_flight_for_all_and_stores_nothing() {
    // X3, M4: while one leaves and one comes.
    model_up_to(2, || {
        let (key, mut waiter) = Key::in_flight(Call::first_of_a_task());
        let leaving = Call::beside(&waiter);
        let flight = Arc::clone(&waiter.flight);
        let task = {
            let key = Arc::clone(&key);
            thread::spawn(move || key.land(&flight, PANICKED))
        };
        let other = {
            let key = Arc::clone(&key);
            thread::spawn(move || {
                key.leave(leaving);
                key.call(2)
            })
        };
        assert_eq!(waiter.wait_for_landing(), PANICKED);
        task.join().unwrap();
        let late = other.join().unwrap();
        assert!(late == PANICKED || late == 2, "it joined the flight or came after it");
        assert_eq!(key.look(), (late == 2).then_some(2));
        assert!(key.is_at_rest());
    });
}

#[test]
fn wakers_that_change_while_drivers_leave_lose_nobody() {
    // X2: a waiter that moves from task to task is woken in the last of them.
    model_up_to(2, || {
        let (key, driver) = Key::in_flight(Call::first());
        let mut moving = Call::beside(&driver);
        let mut staying = Call::beside(&driver);
        let (_, first) = crate::call::Counted::new();
        assert_eq!(staying.poll(&first), Step::Wait);
        assert_eq!(moving.poll(&first), Step::Wait);
        let leaving = {
            let key = Arc::clone(&key);
            thread::spawn(move || {
                key.leave(driver);
                key.leave(staying);
            })
        };
        let (_, second) = crate::call::Counted::new();
        let step = moving.poll(&second);
        assert!(step == Step::Drive || moving.wait() == Step::Drive);
        leaving.join().unwrap();
        key.leave(moving);
        assert!(key.is_at_rest());
    });
}
