//! Flights by the hash of their key, whatever the types of key and output are.
//!
//! The compiler makes this once, not anew for each pair of types that functions have: it is most of what a table of flights
//! costs to compile. [`Table`](super::table::Table) knows the types.

use super::{circle::Number, claims::Claims};
use crate::{
    keyed::Identity,
    sync::{Mutex, OnceLock, lock},
};
use dashmap::{DashMap, SharedValue};
use std::{
    any::Any,
    cell::{Cell, RefCell},
    mem, ptr,
    sync::Arc,
};

/// A flight.
pub(super) type Erased = Arc<dyn Any + Send + Sync>;

/// Flights are sought in the shards by what they are compared with, not by their hash alone: those of keys whose hashes are equal
/// stand side by side. A visit is one lock and one search, whatever it finds.
///
/// A claim on a key is in no slot. A flight that is made because of one waits beside the map until the claim ends.
pub(super) struct Slots {
    map: DashMap<u64, Erased, Identity>,
    /// Made for the first claim, under the locks of all shards: who has one of them need not look twice.
    claims: OnceLock<Claims>,
    promises: Mutex<Vec<Promise>>,
}

/// The flight of those who wait for a claim. It may be one of another key of the same hash.
struct Promise {
    hash: u64,
    flight: Erased,
}

/// What enters the table.
pub(super) trait Visit {
    /// Whether this is the flight that it looks for. Compares keys.
    fn is_it(&self, flight: &Erased) -> bool;

    /// Sees that flight, if there is one, and returns the one that is to be there from then on, if another.
    fn act(&mut self, found: Option<&Erased>) -> Option<Erased>;

    /// Whether it waits for a flight that is there, or for a claim.
    fn joins(&self) -> bool;

    /// Sees that somebody else has claimed the key, or another one of this hash, under this number; returns the flight for which it
    /// waits until the claim ends.
    fn promise(&mut self, number: Number) -> Option<Erased>;
}

impl Slots {
    pub(super) fn new() -> Self {
        Self {
            map: DashMap::with_hasher(Identity::default()),
            claims: OnceLock::new(),
            promises: Mutex::default(),
        }
    }

    /// Returns the flight of a hash that is looked for.
    pub(super) fn find(&self, hash: u64, is_it: &dyn Fn(&Erased) -> bool) -> Option<Erased> {
        let shard = self.map.shards()[self.shard(hash)].read();
        let (_, flight) = shard.get(hash, |slot| self.is_sought(slot, hash, is_it))?;
        Some(Arc::clone(flight.get()))
    }

    /// Lets `visit` see the flight of a hash that it looks for, under its lock, and put another one there; or wait for who has claimed
    /// the hash.
    pub(super) fn enter(&self, hash: u64, visit: &mut dyn Visit) {
        let mut shard = self.map.shards()[self.shard(hash)].write();
        let replaced =
            match shard.get_mut(hash, |slot| self.is_sought(slot, hash, &|flight| visit.is_it(flight))) {
                Some((_, flight)) => {
                    let new = visit.act(Some(flight.get()));
                    new.map(|new| mem::replace(flight.get_mut(), new))
                }
                None => {
                    if self.takes_off(hash, visit) {
                        if let Some(new) = visit.act(None) {
                            shard.insert(hash, (hash, SharedValue::new(new)), |slot| slot.0);
                        }
                    }
                    None
                }
            };
        drop(shard);
        drop(replaced);
    }

    /// Takes the flight of a hash out that is at this address; compares no keys.
    pub(super) fn take_this(&self, hash: u64, flight: *const ()) -> Option<Erased> {
        let mut shard = self.map.shards()[self.shard(hash)].write();
        let is_it = |slot: &(u64, SharedValue<Erased>)| ptr::addr_eq(Arc::as_ptr(slot.1.get()), flight);
        let (_, flight) = shard.remove_entry(hash, is_it)?;
        if let Some(claims) = self.claims.get() {
            claims.leave(hash);
        }
        Some(flight.into_inner())
    }

    /// Cuts a hash off: what is looked for leaves the table and is returned, and what has claimed the hash does not own it any more. True
    /// if there is a claim.
    pub(super) fn cut(&self, hash: u64, is_it: &dyn Fn(&Erased) -> bool) -> (bool, Option<Erased>) {
        // Under the lock: a claim becomes a flight under it.
        let mut shard = self.map.shards()[self.shard(hash)].write();
        let taken = shard.remove_entry(hash, |slot| self.is_sought(slot, hash, is_it));
        let taken = taken.map(|(_, flight)| flight.into_inner());
        let Some(claims) = self.claims.get() else { return (false, taken) };
        if taken.is_some() {
            claims.leave(hash);
        }
        (claims.cut(hash), taken)
    }

    /// The same for all hashes; `cut` sees all flights.
    pub(super) fn cut_all(&self, cut: &dyn Fn(Erased)) {
        loop {
            let claims = self.claims.get();
            // Before the flights: a claim becomes one.
            claims.inspect(|claims| claims.cut_all());
            self.all().into_iter().for_each(cut);
            // Claims that have come into being while the shards were looked at.
            if claims.is_some() || self.claims.get().is_none() {
                return;
            }
        }
    }

    /// Whether a hash has what is looked for, or is claimed.
    pub(super) fn contains(&self, hash: u64, is_it: &dyn Fn(&Erased) -> bool) -> bool {
        let shard = self.map.shards()[self.shard(hash)].read();
        self.claims.get().is_some_and(|claims| claims.is_claimed(hash))
            || shard.get(hash, |slot| self.is_sought(slot, hash, is_it)).is_some()
    }

    /// Returns all flights.
    fn all(&self) -> Vec<Erased> {
        self.forbid_nesting();
        self.map.iter().map(|flight| Arc::clone(&flight)).collect()
    }

    /// Returns the number of flights and claims.
    pub(super) fn len(&self) -> usize {
        self.forbid_nesting();
        // The claims first: one that becomes a flight meanwhile is counted twice rather than not at all.
        let claims = self.claims.get().map_or(0, Claims::len);
        claims + self.map.len()
    }
}

/// For who makes claims.
impl Slots {
    /// Whether a hash could be claimed a moment ago.
    #[inline]
    pub(super) fn is_free(&self, hash: u64) -> bool {
        self.claims.get().is_none_or(|claims| claims.is_free(hash))
    }

    /// Claims a hash; None if it has a flight, or may have one.
    #[inline]
    pub(super) fn claim(&self, hash: u64) -> Option<Number> {
        self.forbid_nesting();
        let claims = self.claims.get().unwrap_or_else(|| self.make_claims());
        claims.claim(hash, Number::new().to_bits()).map(Number::from_bits)
    }

    #[cold]
    #[inline(never)]
    fn make_claims(&self) -> &Claims {
        let mut shards: Vec<_> = self.map.shards().iter().map(|shard| shard.write()).collect();
        let mut hashes = Vec::new();
        for shard in &mut shards {
            let slots: Vec<_> = shard.drain().collect();
            for slot in slots {
                hashes.push(slot.0);
                shard.insert(slot.0, slot, |slot| slot.0);
            }
        }
        self.claims.get_or_init(|| Claims::new(hashes))
    }

    /// The claims, for who has made one.
    #[inline]
    pub(super) fn claimed(&self) -> &Claims {
        self.claims.get().expect("a claim has been made")
    }

    /// Ends a claim; Some are the flights of those who wait for it, of other keys among them.
    #[inline]
    pub(super) fn release(&self, hash: u64) -> Option<Vec<Erased>> {
        if self.claimed().release(hash) { None } else { Some(self.end(hash)) }
    }

    #[cold]
    #[inline(never)]
    fn end(&self, hash: u64) -> Vec<Erased> {
        let mut promises = lock(&self.promises);
        self.claimed().end(hash);
        take_promises(&mut promises, hash)
    }

    /// Makes a flight of a claim: the one of those who wait for it, or else this `new` one. It is in the air if the claim still owned its
    /// key.
    pub(super) fn redeem(&self, hash: u64, is_it: &dyn Fn(&Erased) -> bool, new: &Erased) -> Redeemed {
        let mut shard = self.map.shards()[self.shard(hash)].write();
        let mut promises = lock(&self.promises);
        let mine = promises
            .iter()
            .position(|promise| promise.hash == hash && self.compare(&|| is_it(&promise.flight)));
        let flight = mine.map_or_else(|| Arc::clone(new), |at| promises.swap_remove(at).flight);
        let others = take_promises(&mut promises, hash);
        let is_attached = self.claimed().redeem(hash);
        drop(promises);
        if is_attached {
            shard.insert(hash, (hash, SharedValue::new(Arc::clone(&flight))), |slot| slot.0);
        }
        Redeemed { flight, is_attached, others }
    }
}

/// What has become of a claim.
pub(super) struct Redeemed {
    pub(super) flight: Erased,
    /// Whether the flight owns its key.
    pub(super) is_attached: bool,
    /// Those of other keys, who wait for nothing.
    pub(super) others: Vec<Erased>,
}

fn take_promises(promises: &mut Vec<Promise>, hash: u64) -> Vec<Erased> {
    let (taken, others): (Vec<_>, Vec<_>) =
        mem::take(promises).into_iter().partition(|promise| Claims::are_one(promise.hash, hash));
    *promises = others;
    taken.into_iter().map(|promise| promise.flight).collect()
}

/// For who comes while a hash is claimed.
impl Slots {
    /// Counts a flight that is about to be put in the air, under the lock of its shard. False if the hash is claimed: then `visit`
    /// waits for the claim, if it joins what is there.
    #[inline]
    fn takes_off(&self, hash: u64, visit: &mut dyn Visit) -> bool {
        match self.claims.get() {
            Some(claims) => self.takes_off_beside(claims, hash, visit),
            None => true,
        }
    }

    #[inline(never)]
    fn takes_off_beside(&self, claims: &Claims, hash: u64, visit: &mut dyn Visit) -> bool {
        while !claims.take_off(hash) {
            if !visit.joins() || self.wait_for_claim(claims, hash, visit) {
                return false;
            }
        }
        true
    }

    /// False if there is no claim any more.
    #[cold]
    fn wait_for_claim(&self, claims: &Claims, hash: u64, visit: &mut dyn Visit) -> bool {
        let mut promises = lock(&self.promises);
        let Some(number) = claims.want(hash, Number::new().to_bits()) else { return false };
        let mut sought = promises.iter().filter(|promise| promise.hash == hash);
        if let Some(promise) = sought.find(|promise| self.compare(&|| visit.is_it(&promise.flight))) {
            let new = visit.act(Some(&promise.flight));
            debug_assert!(new.is_none(), "who has made the claim is on board");
        } else if let Some(flight) = visit.promise(Number::from_bits(number)) {
            promises.push(Promise { hash, flight });
        }
        true
    }
}

thread_local! {
    /// The table, by its address, under whose lock this thread compares keys; 0 is none.
    static COMPARING: Cell<usize> = const { Cell::new(0) };
    /// Those around it: an `Eq` may call another cache.
    static AROUND: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

impl Slots {
    /// The shard of a hash, which is to be locked.
    ///
    /// # Panics
    ///
    /// As `forbid_nesting`.
    fn shard(&self, hash: u64) -> usize {
        self.forbid_nesting();
        #[allow(clippy::cast_possible_truncation, reason = "as the map itself does it")]
        self.map.determine_shard(hash as usize)
    }

    /// Whether a slot is what is looked for. Compares keys, under the lock of a shard.
    fn is_sought(
        &self,
        slot: &(u64, SharedValue<Erased>),
        hash: u64,
        is_it: &dyn Fn(&Erased) -> bool,
    ) -> bool {
        slot.0 == hash && self.compare(&|| is_it(slot.1.get()))
    }

    /// Runs what compares keys, under a lock.
    fn compare(&self, compare: &dyn Fn() -> bool) -> bool {
        struct Compared(usize);
        impl Drop for Compared {
            fn drop(&mut self) {
                COMPARING.set(self.0);
                if self.0 != 0 {
                    AROUND.with_borrow_mut(Vec::pop);
                }
            }
        }
        let around = COMPARING.replace(self.address());
        if around != 0 {
            AROUND.with_borrow_mut(|tables| tables.push(around));
        }
        let _compared = Compared(around);
        compare()
    }

    /// # Panics
    ///
    /// If this thread compares keys under a lock of this table: it would wait for itself.
    fn forbid_nesting(&self) {
        let comparing = COMPARING.get();
        let is_nested = comparing != 0
            && (comparing == self.address() || AROUND.with_borrow(|tables| tables.contains(&self.address())));
        assert!(!is_nested, "the `Eq` of a key must not call the cache that compares it");
    }

    fn address(&self) -> usize {
        ptr::from_ref(self).addr()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks for a flight that is a number, and waits for claims.
    struct Caller {
        key: u32,
        joined: Option<Erased>,
        number: Option<Number>,
    }

    impl Visit for Caller {
        fn is_it(&self, flight: &Erased) -> bool {
            flight.downcast_ref() == Some(&self.key)
        }

        fn act(&mut self, found: Option<&Erased>) -> Option<Erased> {
            self.joined = found.cloned();
            found.is_none().then(|| Arc::new(self.key) as Erased)
        }

        fn joins(&self) -> bool {
            true
        }

        fn promise(&mut self, number: Number) -> Option<Erased> {
            self.number = Some(number);
            self.joined = Some(Arc::new(self.key));
            self.joined.clone()
        }
    }

    fn enter(slots: &Slots, hash: u64, key: u32) -> Caller {
        let mut caller = Caller { key, joined: None, number: None };
        slots.enter(hash, &mut caller);
        caller
    }

    fn keys(flights: &[Erased]) -> Vec<u32> {
        let mut keys: Vec<u32> = flights.iter().filter_map(|flight| flight.downcast_ref().copied()).collect();
        keys.sort_unstable();
        keys
    }

    #[test]
    fn all_who_wait_for_a_claim_are_handed_over_whatever_their_keys() {
        // C1: by chance the claim is taken for one of their keys; hashes that differ where a claim knows nothing of them are as good.
        let (slots, hash, other) = (Slots::new(), 7 << 40, 7 << 40 | 1 << 10);
        let number = slots.claim(hash).unwrap();
        assert!(slots.claim(hash).is_none() && slots.claim(other).is_none());
        for _ in 0..2 {
            let callers = [enter(&slots, hash, 1), enter(&slots, hash, 2), enter(&slots, other, 3)];
            assert!(callers.iter().all(|caller| caller.joined.is_some()));
            assert!(callers.iter().all(|caller| caller.number.is_none_or(|given| given == number)));
        }
        assert_eq!(slots.len(), 1);
        assert_eq!(keys(&slots.release(hash).unwrap()), [1, 2, 3]);
        assert_eq!(slots.len(), 0);

        slots.claim(hash).unwrap();
        for key in [1, 2, 3] {
            enter(&slots, hash, key);
        }
        let redeemed =
            slots.redeem(hash, &|flight| flight.downcast_ref() == Some(&2_u32), &(Arc::new(9_u32) as Erased));
        assert_eq!((keys(&[redeemed.flight]), keys(&redeemed.others)), (vec![2], vec![1, 3]));
        assert!(
            redeemed.is_attached && enter(&slots, hash, 2).joined.is_some() && slots.claim(hash).is_none()
        );
        assert!(slots.take(hash, 2) && slots.len() == 0);
        assert!(slots.claim(hash).is_some() && slots.release(hash).is_none());
    }

    impl Slots {
        fn take(&self, hash: u64, key: u32) -> bool {
            self.cut(hash, &|flight| flight.downcast_ref() == Some(&key)).1.is_some()
        }
    }
}
