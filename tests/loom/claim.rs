//! One key of a cache whose calls drive their loads in place, reduced to its claim, its flight and its entry, as `key.rs` is: the very
//! source of the claims, used in the order in which the engine does.

use crate::{
    call::{Call, Flight},
    claims::Claims,
    model_up_to,
    state::Step,
    sync::{Mutex, lock},
};
use loom::{
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicU32, AtomicUsize,
            Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst},
        },
    },
    thread,
};

/// What a flight lands with that is abandoned.
const ABANDONED: u32 = 0;

/// Of the key.
const HASH: u64 = 7 << 40 | 7;

/// The number of the one claim, and the one that who waits for it would give it.
const NUMBER: u64 = 1;

struct Key {
    claims: Claims,
    /// A slot of the flight table.
    flight: Mutex<Option<Flight>>,
    promises: Mutex<Vec<Flight>>,
    entry: Mutex<Option<Entry>>,
    loads: AtomicUsize,
    /// What loads read.
    source: AtomicU32,
}

/// What is stored.
#[derive(Clone, Copy)]
struct Entry {
    value: u32,
    /// Which store it is of: entries are told apart by their address.
    of: thread::ThreadId,
    is_shown: bool,
}

impl Key {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            claims: Claims::new([]),
            flight: Mutex::default(),
            promises: Mutex::default(),
            entry: Mutex::default(),
            loads: AtomicUsize::new(0),
            source: AtomicU32::new(1),
        })
    }

    fn look(&self) -> Option<u32> {
        lock(&self.entry).filter(|entry| entry.is_shown).map(|entry| entry.value)
    }

    fn load(&self) -> u32 {
        self.loads.fetch_add(1, SeqCst);
        self.source.load(Relaxed)
    }

    /// A call from its beginning to its end. Its load, if it has claimed the key, `waits` after its first poll.
    fn call(&self, waits: bool) -> u32 {
        loop {
            if let Some(value) = self.look() {
                return value;
            }
            let mut call = if self.claims.claim(HASH, NUMBER).is_some() {
                if let Some(value) = self.look() {
                    self.release(ABANDONED);
                    return value;
                }
                let value = self.load();
                if !waits {
                    self.store(value, &|| self.claims.is_attached(HASH), &|| self.claims.commit(HASH));
                    self.release(value);
                    return value;
                }
                let call = self.redeem();
                self.land(&call.flight, value);
                return value;
            } else {
                match self.board() {
                    Ok(call) => call,
                    Err(leader) => {
                        if let Some(value) = self.look() {
                            self.remove(&leader.flight);
                            leader.flight.land(ABANDONED);
                            return value;
                        }
                        let value = self.load();
                        self.land(&leader.flight, value);
                        return value;
                    }
                }
            };
            assert_ne!(call.wait(), Step::Drive, "who drives stays to the end");
            match *call.flight.landing().expect("it has landed") {
                ABANDONED => {}
                landed => return landed,
            }
        }
    }

    /// `Slots::enter`: a flight that is there, or the one of a claim, or as an error a new one.
    fn board(&self) -> Result<Call, Call> {
        let mut slot = lock(&self.flight);
        if let Some(call) = slot.as_ref().and_then(Call::join) {
            return Ok(call);
        }
        while !self.claims.take_off(HASH) {
            let mut promises = lock(&self.promises);
            if self.claims.want(HASH, NUMBER + 1).is_some() {
                if promises.is_empty() {
                    promises.push(Call::first().flight);
                }
                return Ok(Call::join(&promises[0]).expect("who has made the claim is on board"));
            }
        }
        let leader = Call::first();
        *slot = Some(Arc::clone(&leader.flight));
        Err(leader)
    }

    /// `Slots::release`, and what the flights of those who wait land with.
    fn release(&self, value: u32) {
        if self.claims.release(HASH) {
            return;
        }
        let mut promises = lock(&self.promises);
        self.claims.end(HASH);
        let flights = std::mem::take(&mut *promises);
        drop(promises);
        assert!(!flights.is_empty(), "somebody waits");
        for flight in flights {
            flight.land(value);
        }
    }

    /// `Slots::redeem`.
    fn redeem(&self) -> Call {
        let mut slot = lock(&self.flight);
        let mut promises = lock(&self.promises);
        let call = promises.pop().map_or_else(Call::first, Call::driving);
        let is_attached = self.claims.redeem(HASH);
        drop(promises);
        if is_attached {
            let before = slot.replace(Arc::clone(&call.flight));
            assert!(before.is_none(), "a key that is claimed has no flight");
        } else {
            call.flight.cut();
        }
        call
    }

    /// `Engine::land`.
    fn land(&self, flight: &Flight, value: u32) {
        if flight.is_attached() {
            self.store(value, &|| flight.is_attached(), &|| flight.cabin().commit());
        }
        self.remove(flight);
        flight.land(value);
    }

    /// `Store::insert`, as in `key.rs`.
    fn store(&self, value: u32, is_attached: &dyn Fn() -> bool, commit: &dyn Fn() -> bool) {
        if !is_attached() {
            return;
        }
        let mine = Entry { value, of: thread::current().id(), is_shown: true };
        let mut entry = lock(&self.entry);
        if entry.is_some() {
            if is_attached() {
                *entry = Some(mine);
            }
            return;
        }
        *entry = Some(Entry { is_shown: false, ..mine });
        drop(entry);
        let may_be_shown = commit();
        let mut entry = lock(&self.entry);
        if entry.is_some_and(|entry| entry.of == mine.of && !entry.is_shown) {
            *entry = may_be_shown.then_some(mine);
        }
    }

    fn remove(&self, flight: &Flight) {
        let mut slot = lock(&self.flight);
        if slot.as_ref().is_some_and(|there| Arc::ptr_eq(there, flight)) {
            *slot = None;
            self.claims.leave(HASH);
        }
    }

    /// `Engine::invalidate`.
    fn invalidate(&self) -> bool {
        let mut slot = lock(&self.flight);
        let flight = slot.take();
        if flight.is_some() {
            self.claims.leave(HASH);
        }
        let is_claimed = self.claims.cut(HASH);
        drop(slot);
        let flight = flight.inspect(|flight| flight.cut());
        let entry = lock(&self.entry).take();
        is_claimed || flight.is_some() || entry.is_some()
    }

    fn assert_rest(&self) {
        assert!(lock(&self.flight).is_none() && lock(&self.promises).is_empty());
        assert!(self.claims.is_free(HASH) && self.claims.len() == 0);
        assert!(lock(&self.entry).is_none_or(|entry| entry.is_shown));
    }
}

#[test]
fn no_two_calls_load_a_key_of_which_one_has_made_a_claim() {
    // C1, C3
    for waits in [[false, false], [false, true], [true, true]] {
        model_up_to(3, move || {
            let key = Key::new();
            let other = {
                let key = Arc::clone(&key);
                thread::spawn(move || key.call(waits[0]))
            };
            assert_eq!((key.call(waits[1]), other.join().unwrap()), (1, 1));
            assert_eq!((key.loads.load(SeqCst), key.look()), (1, Some(1)));
            key.assert_rest();
        });
    }
}

#[test]
fn three_calls_load_a_key_once() {
    // C1
    model_up_to(2, || {
        let key = Key::new();
        let others = [false, true].map(|waits| {
            let key = Arc::clone(&key);
            thread::spawn(move || key.call(waits))
        });
        assert_eq!(key.call(false), 1);
        for other in others {
            assert_eq!(other.join().unwrap(), 1);
        }
        assert_eq!(key.loads.load(SeqCst), 1);
        key.assert_rest();
    });
}

#[test]
fn what_a_claim_brings_that_is_cut_is_not_served_afterwards() {
    // I1: with a source that tells nobody when it changes, the cut alone makes the load that comes after it see the change.
    for waits in [false, true] {
        model_up_to(3, move || {
            let key = Key::new();
            let loading = {
                let key = Arc::clone(&key);
                thread::spawn(move || key.call(waits))
            };
            key.source.store(2, Relaxed);
            key.invalidate();
            assert_eq!(key.call(false), 2);
            loading.join().unwrap();
            // What has come after the cut may be taken for what was there before.
            assert_ne!(key.look(), Some(1));
            key.assert_rest();
        });
    }
}

#[test]
fn a_claim_that_is_cut_is_told_of() {
    // I1: there is a load in flight, or an entry, or the load comes after it.
    model_up_to(3, || {
        let key = Key::new();
        let loading = {
            let key = Arc::clone(&key);
            thread::spawn(move || key.call(false))
        };
        let was_there = key.invalidate();
        loading.join().unwrap();
        assert_ne!(key.look().is_some(), was_there, "what was there is gone, and what was not comes");
        key.assert_rest();
    });
}

#[test]
fn a_claim_has_one_number() {
    // X5
    model_up_to(3, || {
        let key = Key::new();
        let claimed = key.claims.claim(HASH, NUMBER + 1);
        let waiting = {
            let key = Arc::clone(&key);
            thread::spawn(move || key.claims.want(HASH, NUMBER))
        };
        let number = waiting.join().unwrap();
        assert_eq!(number, claimed);
        key.claims.end(HASH);
        key.assert_rest();
    });
    model_up_to(3, || {
        let key = Key::new();
        let waiting = {
            let key = Arc::clone(&key);
            thread::spawn(move || key.claims.want(HASH, NUMBER + 1))
        };
        let claimed = key.claims.claim(HASH, NUMBER);
        let wanted = waiting.join().unwrap();
        assert!(claimed.is_some() && (wanted.is_none() || wanted == claimed));
        key.claims.end(HASH);
        key.assert_rest();
    });
}

#[test]
fn keys_that_are_told_apart_have_nothing_to_do_with_each_other() {
    // C4: one stripe, two keys.
    model_up_to(3, || {
        let (one, other) = (HASH, HASH + (1 << 50));
        assert!(!Claims::are_one(one, other) && Claims::are_one(one, one));
        let claims = Arc::new(Claims::new([]));
        let claiming = {
            let claims = Arc::clone(&claims);
            thread::spawn(move || claims.claim(other, NUMBER).inspect(|_| assert!(claims.release(other))))
        };
        assert!(claims.take_off(one), "whoever has claimed the other");
        assert!(!claims.cut(one) && !claims.is_claimed(one) && claims.want(one, NUMBER).is_none());
        claims.leave(one);
        claiming.join().unwrap();
        assert!(claims.is_free(one) && claims.is_free(other));
    });
}

#[test]
fn what_a_cut_claim_brings_is_not_to_be_seen() {
    // I1, I2: as of a flight. What it has brought is in a map, hidden, and is shown if it may be. Who cuts removes what is in the map.
    for clears in [false, true] {
        model_up_to(3, move || {
            let claims = Arc::new(Claims::new([]));
            let (in_map, shown) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
            claims.claim(HASH, NUMBER).expect("the first claim");
            let loading = {
                let (claims, in_map, shown) = (Arc::clone(&claims), Arc::clone(&in_map), Arc::clone(&shown));
                thread::spawn(move || {
                    in_map.store(true, Release);
                    if claims.commit(HASH) {
                        shown.store(true, Release);
                    } else {
                        in_map.store(false, Release);
                    }
                })
            };
            if clears {
                claims.cut_all();
            } else {
                assert!(claims.cut(HASH) && !claims.cut(HASH));
            }
            assert!(!claims.is_attached(HASH) && claims.len() == 0);
            in_map.swap(false, AcqRel);
            let is_seen = || in_map.load(Acquire) && shown.load(Acquire);
            assert!(!is_seen(), "seen after the cut");
            loading.join().unwrap();
            assert!(!is_seen(), "seen in the end");
            assert!(claims.release(HASH) && claims.is_free(HASH));
        });
    }
}
