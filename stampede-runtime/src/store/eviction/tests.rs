use super::*;
use std::{
    cell::Cell,
    collections::{HashMap, HashSet},
};

/// A cache of the keys `0..`, whose hashes are mixed keys.
struct Cache {
    eviction: Eviction,
    entries: HashMap<u64, Entry>,
    most_looks: usize,
}

struct Entry {
    mark: Mark,
    weight: u64,
}

/// A bijection, so that no two keys have one hash.
fn hash(key: u64) -> u64 {
    let mixed = (key ^ (key >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

impl Cache {
    fn new(capacity: u64) -> Self {
        Self::with(Eviction::new(capacity, false))
    }

    fn with(eviction: Eviction) -> Self {
        Self { eviction, entries: HashMap::new(), most_looks: 0 }
    }

    /// True for a hit.
    fn get(&mut self, key: u64) -> bool {
        let found = self.entries.get(&hash(key));
        found.inspect(|entry| entry.mark.touch()).is_some()
    }

    fn insert(&mut self, key: u64, weight: u32) {
        let looks = Cell::new(0);
        let entries = &self.entries;
        let find = |hash, ticket| {
            looks.set(looks.get() + 1);
            entries.get(&hash).map(|entry| &entry.mark).filter(|mark| mark.is_of(ticket))
        };
        let admission = match self.eviction.admit_into_room(hash(key), weight) {
            Some(ticket) => Admission { ticket: Some(ticket), victims: Victims::new() },
            None => self.eviction.admit(hash(key), weight, &find),
        };
        self.most_looks = self.most_looks.max(looks.get() / admission.victims.len().max(1));
        self.evict(admission.victims);
        if let Some(ticket) = admission.ticket {
            let entry = Entry { mark: Mark::new(ticket), weight: weight.max(1).into() };
            assert!(self.entries.insert(hash(key), entry).is_none());
        }
    }

    fn evict(&mut self, victims: Victims) {
        for victim in victims {
            let evicted = self.entries.remove(&victim.hash).expect("victims are entries");
            assert!(evicted.mark.is_of(victim.ticket));
            assert!(!self.eviction.remove(victim.ticket), "the eviction has taken this ticket back");
        }
    }

    fn remove(&mut self, key: u64) {
        if let Some(entry) = self.entries.remove(&hash(key)) {
            assert!(entry.mark.ticket().is_some_and(|ticket| self.eviction.remove(ticket)));
        }
    }

    /// The ratio of hits, in percent, if every miss is followed by an insertion.
    fn hits(&mut self, keys: impl IntoIterator<Item = u64>) -> f64 {
        let (mut hits, mut calls) = (0, 0);
        for key in keys {
            calls += 1;
            if self.get(key) {
                hits += 1;
            } else {
                self.insert(key, 1);
            }
        }
        100.0 * f64::from(hits) / f64::from(calls)
    }

    fn check(&self) {
        let weight: u64 = self.entries.values().map(|entry| entry.weight).sum();
        assert_eq!((self.eviction.len(), self.eviction.weight()), (self.entries.len(), weight));
        assert!(weight <= self.eviction.capacity);
        let queued = [Queue::Small, Queue::Main].map(|queue| self.eviction.queues.walk(queue)).concat();
        let held: HashSet<_> = self.entries.values().filter_map(|entry| entry.mark.ticket()).collect();
        assert!(queued.len() == held.len() && queued.iter().all(|ticket| held.contains(ticket)));
    }
}

/// Numbers that look random and are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

#[test]
fn whatever_happens_the_capacity_holds_and_no_entry_is_lost() {
    // M1
    for (capacity, weighted) in [1, 2, 3, 10, 100, 1_000].into_iter().flat_map(|c| [(c, false), (c, true)]) {
        let mut cache = Cache::with(Eviction::new(capacity, weighted));
        let mut random = Random(capacity);
        for step in 0..20_000 {
            let key = random.below(3 * capacity).min(random.below(3 * capacity));
            // Some are heavier than the cache.
            let weight = if weighted { u32::try_from(random.below(1 + capacity / 3)).unwrap() } else { 1 };
            match random.below(16) {
                0 => cache.remove(key),
                2 if weighted && !cache.get(key) => cache.insert(key, 4 * weight),
                _ if cache.get(key) => {}
                _ => cache.insert(key, weight),
            }
            assert!(cache.eviction.weight() <= capacity);
            if step % 97 == 0 {
                cache.check();
            }
        }
        cache.check();
        assert!(cache.most_looks <= MOST_LOOKS, "{}", cache.most_looks);
    }
}

#[test]
fn a_cache_fills_to_its_capacity_before_anything_leaves_it() {
    let mut cache = Cache::new(1_000);
    assert!(cache.hits(0..1_000) < 1.0);
    assert!(cache.hits(0..1_000) > 99.0);
    cache.hits(1_000..10_000);
    assert_eq!(cache.eviction.len(), 1_000);
}

#[test]
fn the_short_way_in_leads_where_the_long_one_does() {
    for (capacity, weighted) in [1, 2, 50, 1_000].into_iter().flat_map(|c| [(c, false), (c, true)]) {
        let [mut short, mut long] = [(); 2].map(|()| Eviction::new(capacity, weighted));
        let mut random = Random(capacity);
        let (mut tickets, mut ways) = (Vec::new(), [0, 0]);
        for key in 0..3 * capacity {
            let weight = u32::try_from(random.below(5)).unwrap();
            let admitted = long.admit(hash(key), weight, &|_, _| None);
            match short.admit_into_room(hash(key), weight) {
                Some(ticket) => {
                    ways[0] += 1;
                    assert_eq!((Some(ticket), admitted.victims.len()), (admitted.ticket, 0));
                }
                None => {
                    ways[1] += 1;
                    assert_eq!(short.admit(hash(key), weight, &|_, _| None).ticket, admitted.ticket);
                }
            }
            tickets.extend(admitted.ticket);
            if key % 3 == 0 && !tickets.is_empty() {
                let gone = tickets.swap_remove(usize::try_from(random.below(tickets.len() as u64)).unwrap());
                assert!(short.remove(gone) && long.remove(gone));
            }
            assert_eq!(
                [Queue::Small, Queue::Main].map(|queue| short.queues.walk(queue)),
                [Queue::Small, Queue::Main].map(|queue| long.queues.walk(queue)),
            );
        }
        assert!(ways.iter().all(|way| *way > 0), "{ways:?}");
    }
}

#[test]
fn a_loop_wider_than_the_cache_hits_what_fits() {
    let mut cache = Cache::new(500);
    let ratio = cache.hits((0..100_000).map(|at| at % 1_000));
    assert!(ratio > 45.0, "{ratio}");
}

#[test]
fn entries_that_are_used_survive_a_scan() {
    let mut cache = Cache::new(1_000);
    cache.hits((0..20_000).map(|at| at % 500));
    cache.hits(1_000_000..1_020_000);
    let ratio = cache.hits(0..500);
    assert!(ratio > 90.0, "{ratio}");
}

#[test]
fn small_widens_until_keys_that_come_back_soon_are_still_there() {
    let mut cache = Cache::new(1_000);
    let mut random = Random(1);
    // Every key comes once more, at most 400 new keys later.
    let keys = (1_000..101_000).flat_map(|key| [key, key - random.below(400)]);
    let ratio = cache.hits(keys.collect::<Vec<_>>());
    assert!(ratio > 40.0, "{ratio}");
}

#[test]
fn what_was_hot_yesterday_leaves() {
    let mut cache = Cache::new(1_000);
    cache.hits((0..20_000).map(|at| at % 900));
    // A loop so wide that no ghost comes back.
    let ratio = cache.hits((0..200_000).map(|at| 10_000 + at % 2_000));
    assert!(ratio > 20.0, "{ratio}");
    assert!(cache.hits(0..900) < 10.0);
}

#[test]
fn an_entry_on_its_way_into_the_map_is_not_evicted() {
    // M1: however many writers are between their admission and their insertion.
    let mut eviction = Eviction::new(3, false);
    let tickets: Vec<_> = (0..3).map(|key| eviction.admit(hash(key), 1, &|_, _| None).ticket).collect();
    assert!(tickets.iter().all(Option::is_some));
    let refused = eviction.admit(hash(3), 1, &|_, _| None);
    assert!(refused.ticket.is_none() && refused.victims.is_empty());
    let there = Mark::new(tickets[1].unwrap());
    (0..9).for_each(|_| there.touch());
    let admitted = eviction.admit(hash(3), 1, &|_, ticket| Some(&there).filter(|mark| mark.is_of(ticket)));
    assert_eq!(admitted.victims[..], [Victim { hash: hash(1), ticket: tickets[1].unwrap() }]);
    assert!(admitted.ticket.is_some_and(|ticket| eviction.remove(ticket)));
    assert_eq!(eviction.len(), 2);
}

#[test]
fn an_entry_heavier_than_the_cache_is_refused_and_costs_nobody_their_place() {
    let mut cache = Cache::with(Eviction::new(100, true));
    (0..10).for_each(|key| cache.insert(key, 10));
    cache.insert(10, 101);
    assert_eq!((cache.eviction.len(), cache.eviction.weight()), (10, 100));
    cache.insert(11, 100);
    assert_eq!((cache.eviction.len(), cache.eviction.weight()), (1, 100));
    // Another of its key that is too heavy has no place.
    cache.remove(11);
    cache.insert(11, 101);
    assert_eq!((cache.eviction.len(), cache.eviction.weight()), (0, 0));
}

#[test]
fn a_ticket_that_was_given_back_is_not_valid_for_who_holds_its_slot_next() {
    let mut eviction = Eviction::new(10_000, false);
    let admit = |eviction: &mut Eviction| eviction.admit(1, 1, &|_, _| None).ticket.unwrap();
    let first = admit(&mut eviction);
    assert!(eviction.remove(first) && !eviction.remove(first));
    let second = admit(&mut eviction);
    assert_eq!(second.slot(), first.slot());
    assert!(!eviction.remove(first));
    // Nor when all slots were released in between.
    let all: Vec<_> = (0..1_000).map(|_| admit(&mut eviction)).collect();
    assert!(all.into_iter().chain([second]).all(|ticket| eviction.remove(ticket)));
    assert_eq!(eviction.queues.slots(), 0);
    let third = admit(&mut eviction);
    assert!(third.slot() == first.slot() && !eviction.remove(first) && !eviction.remove(second));
}

#[test]
fn an_heir_takes_over_the_place_and_the_uses() {
    let mark = Mark::new(Ticket::new(7, Ticket::GENERATIONS - 2));
    mark.touch();
    let heir = mark.inherited();
    assert_eq!((heir.ticket(), heir.uses()), (mark.ticket(), 1));
    assert!(Mark::unbounded().ticket().is_none() && Mark::unbounded().inherited().ticket().is_none());
}

#[test]
fn slots_are_used_again_and_small() {
    let mut cache = Cache::new(10_000);
    for key in 0..100_000 {
        cache.insert(key, 1);
        if key >= 500 {
            cache.remove(key - 500);
        }
    }
    assert!(cache.eviction.queues.slots() <= 501);
    assert_eq!((Queues::SLOT, size_of::<Mark>()), (20, 8));
}
