//! Which entry goes when a cache is full (M1).
//!
//! S3-FIFO (Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023) with four changes. As there, new
//! entries go through a *small* queue; those that are used there move to the *main* one, the others leave the cache and are
//! remembered as *ghosts* for a while; a key that comes back while it is remembered goes to the main queue at once. A hit only
//! counts in the entry, up to three: nothing is moved, no lock is taken. What is different, and what for:
//!
//! - *The first entries fill the main queue*, while there is room. In a loop wider than the cache they are what it hits from then
//!   on; in small they would all have gone before their turn came.
//! - *Small starts narrow and widens with demand*: every ghost that comes back says that it was too narrow, every used entry
//!   that main has to spare says that main was. Recency is served by width, loops and scans by narrowness.
//! - *Two uses* lead from small to main, one does not: bursts are short.
//! - *Main's oldest entry is looked at once in so many evictions from small*, and if it is unused, changes places with small's.
//!   Else main would keep what was hot yesterday as long as small finds nothing worth its place.
//!
//! Looks are bounded: when main's oldest entries have all been used, the newcomer stays in small.
//!
//! # How a store is to use it
//!
//! An [`Eviction`] is kept under one mutex and used by writers. Every entry holds a [`Mark`], which is touched by hits.
//!
//! - A *new* entry is admitted before it is put in the map: under the lock [`Eviction::admit_into_room`], and, if that does not
//!   let it in, [`Eviction::admit`]; then, without the lock, the victims are removed from the map, then the entry goes in, with a
//!   mark made of the ticket, where there is none. So the map never holds more entries than the capacity allows (M1). (What they
//!   weigh may be more for the moment in which a heavy victim leaves.) Without a ticket the output is not stored.
//! - A victim is found in the map by its hash and its ticket: [`Mark::is_of`]. If it is not there, somebody has removed it, and
//!   nothing is to be done. If its key got a new output meanwhile, that holds the same ticket, and goes.
//! - An entry that *replaces* another, in one step with the look at it, takes over its place: [`Mark::inherited`]. No lock is
//!   needed. Where entries have weights it is admitted as a new one is, and the old one's ticket given back.
//! - *Every ticket is given back once*: as a victim by the eviction, or to [`Eviction::remove`] by whoever took its entry out of
//!   the map, or could not put it in. (A guard whose `Drop` does it is of use: `Clone` may panic.) Out of the map comes first,
//!   else there is room for one more while the entry is still there. A ticket that is not valid any more is known by its
//!   generation, and ignored.
//! - `find` looks an entry up in the map, by hash and ticket, under a guard that was made before the lock was taken and is dropped
//!   after it: papaya drops outputs when a guard goes. Entries that it doesn't find are on their way in or out, and are passed
//!   over. For an expired entry it may return a mark without uses.
//! - The map's own `len` is a sum of counters that are read one after another, so it may show more entries than there ever
//!   were at a time: [`Eviction::len`] is exact, and an upper bound.
//!
//! Invariants:
//! - The weights of all tickets that are out add up to no more than the capacity.
//! - For each victim a fixed number of entries is looked at, and no call allocates more than a few KiB. (The ghosts are
//!   allocated once, when the first entry is evicted.)
//! - No user code runs here. The policy draws no random numbers: equal calls have equal victims.

mod ghosts;
mod mark;
mod queues;
#[cfg(test)]
mod tests;

pub(crate) use mark::{Mark, Ticket};

use ghosts::Ghosts;
use queues::{Queue, Queues};
use smallvec::SmallVec;

/// Small is never narrower than one part in so many of the capacity.
const NARROWEST: u64 = 32;

/// Small is never wider than one part in so many of the capacity.
const WIDEST: u64 = 2;

/// Uses that lead from small to main.
const PROMOTING_USES: u32 = 2;

/// One in so many evictions from small looks at main.
const LOOK_AT_MAIN_EVERY: u32 = 32;

/// So many entries of a queue are looked at in search of one to evict.
const LOOKS: usize = 16;

/// An upper bound of the looks for one victim: at small, at main for what small promotes, at both if neither had any to give.
#[cfg(test)]
const MOST_LOOKS: usize = 5 * LOOKS;

/// An entry that is to leave the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Victim {
    pub(crate) hash: u64,
    pub(crate) ticket: Ticket,
}

/// Most admissions have one; of weighted entries a heavy one may push out many.
pub(crate) type Victims = SmallVec<[Victim; 1]>;

/// What [`Eviction::admit`] decides.
#[derive(Debug)]
pub(crate) struct Admission {
    /// None if the entry must not go in: it is heavier than the cache, or everything else is on its way in or out.
    pub(crate) ticket: Option<Ticket>,
    /// Have to leave the map, whether there is a ticket or not.
    pub(crate) victims: Victims,
}

/// The order in which the entries of one cache are evicted.
#[derive(Debug)]
pub(crate) struct Eviction {
    capacity: u64,
    queues: Queues,
    ghosts: Ghosts,
    /// How wide small is to be, in halves of a weight.
    small_halves: u64,
    /// Evictions from small until one looks at main.
    until_look_at_main: u32,
}

impl Eviction {
    /// Bounds the total weight of the entries. If they are not `weighted`, each weighs one.
    pub(crate) fn new(capacity: u64, weighted: bool) -> Self {
        Self {
            capacity,
            queues: Queues::new(weighted),
            ghosts: Ghosts::default(),
            small_halves: narrowest(capacity),
            until_look_at_main: LOOK_AT_MAIN_EVERY,
        }
    }

    /// The number of entries that have tickets.
    pub(crate) fn len(&self) -> usize {
        self.queues.len()
    }

    /// Their total weight.
    pub(crate) fn weight(&self) -> u64 {
        self.queues.weight(Queue::Small) + self.queues.weight(Queue::Main)
    }

    /// Lets a new entry in where nobody has to go for it, and it is no ghost: none has been remembered yet. None says nothing; then
    /// [`Eviction::admit`] decides.
    pub(crate) fn admit_into_room(&mut self, hash: u64, weight: u32) -> Option<Ticket> {
        let weight = self.queues.counted(weight);
        if !self.ghosts.is_empty() || !self.has_room_for(weight.into()) {
            return None;
        }
        self.queues.push(self.queue_with_room(weight.into()), hash, weight)
    }

    /// Makes room for a new entry. A weight of zero counts as one, so that the number of entries has a bound.
    pub(crate) fn admit(&mut self, hash: u64, weight: u32, find: Find<'_, '_>) -> Admission {
        let weight = self.queues.counted(weight);
        let mut room = Room { eviction: self, find, victims: Victims::new() };
        let queue = room.make(hash, weight.into());
        let victims = room.victims;
        let ticket = queue.and_then(|queue| self.queues.push(queue, hash, weight));
        Admission { ticket, victims }
    }

    /// Takes a ticket back. False if it was not valid any more.
    pub(crate) fn remove(&mut self, ticket: Ticket) -> bool {
        let removed = self.queues.remove(ticket).is_some();
        if self.queues.release_if_empty() {
            self.ghosts = Ghosts::default();
        }
        removed
    }

    fn has_room_for(&self, weight: u64) -> bool {
        self.weight().saturating_add(weight) <= self.capacity
    }

    /// Where an entry goes that there is room for, if it is no ghost: the first ones fill main.
    fn queue_with_room(&self, weight: u64) -> Queue {
        if self.main_has_room_for(weight) { Queue::Main } else { Queue::Small }
    }

    fn main_has_room_for(&self, weight: u64) -> bool {
        let main = self.queues.weight(Queue::Main) + weight;
        main.saturating_mul(2).saturating_add(self.small_halves) <= self.capacity.saturating_mul(2)
    }

    /// A ghost of this weight came back.
    fn widen_small(&mut self, weight: u64) {
        let widest = (self.capacity / WIDEST).max(1).saturating_mul(2);
        self.small_halves = self.small_halves.saturating_add(2 * weight).min(widest);
    }

    /// Main had to spare an entry of this weight.
    fn narrow_small(&mut self, weight: u64) {
        self.small_halves = self.small_halves.saturating_sub(weight).max(narrowest(self.capacity));
    }
}

/// In halves of a weight.
fn narrowest(capacity: u64) -> u64 {
    (capacity.saturating_mul(2) / NARROWEST).max(2)
}

/// Finds the mark of an entry that has a ticket. A trait object, so that evicting is not compiled anew for each cache's types.
type Find<'a, 'e> = &'a dyn Fn(u64, Ticket) -> Option<&'e Mark>;

/// The search for entries to evict, in one call.
struct Room<'a, 'e> {
    eviction: &'a mut Eviction,
    find: Find<'a, 'e>,
    victims: Victims,
}

impl<'e> Room<'_, 'e> {
    /// Makes room for a new entry. Some is the queue that it goes to.
    fn make(&mut self, hash: u64, weight: u64) -> Option<Queue> {
        let this = &mut *self.eviction;
        if weight > this.capacity {
            return None;
        }
        let remembered = this.ghosts.take(hash);
        if remembered {
            this.widen_small(weight);
        }
        let mut queue = match remembered {
            true => Queue::Main,
            false if this.has_room_for(weight) => this.queue_with_room(weight),
            false => Queue::Small,
        };
        while !self.eviction.has_room_for(weight) {
            let made = match queue {
                Queue::Main if self.eviction.main_has_room_for(weight) => self.evict_from_small(),
                Queue::Main => {
                    self.evict_from_main(LOOKS) || {
                        queue = Queue::Small;
                        self.evict_from_small()
                    }
                }
                Queue::Small => self.evict_for_small(),
            };
            if !made && !self.evict_anything() {
                return None;
            }
        }
        Some(queue)
    }

    fn evict_for_small(&mut self) -> bool {
        let is_wide = 2 * self.eviction.queues.weight(Queue::Small) >= self.eviction.small_halves;
        (!is_wide && self.evict_from_main(LOOKS)) || self.evict_from_small()
    }

    /// Evicts an entry, from small or for one that small promotes; false if small had none to give.
    fn evict_from_small(&mut self) -> bool {
        for _ in 0..LOOKS {
            let Some((oldest, mark)) = self.oldest(Queue::Small) else { return false };
            let Some(mark) = mark else {
                self.eviction.queues.requeue(oldest.ticket, Queue::Small);
                continue;
            };
            let promote = if mark.uses() >= PROMOTING_USES {
                if self.eviction.main_has_room_for(self.eviction.queues.weight_of(oldest.ticket)) {
                    self.promote(oldest, mark);
                    continue;
                }
                self.evict_from_main(LOOKS)
            } else {
                self.is_time_to_look_at_main() && self.evict_from_main(1)
            };
            if promote {
                self.promote(oldest, mark);
            } else {
                self.eviction.ghosts.remember(oldest.hash, self.eviction.queues.len());
                self.evict(oldest);
            }
            return true;
        }
        false
    }

    /// Evicts the first unused one among so many of main's oldest entries; the used ones get another round.
    fn evict_from_main(&mut self, looks: usize) -> bool {
        for _ in 0..looks {
            let Some((oldest, mark)) = self.oldest(Queue::Main) else { return false };
            match mark.map(|mark| (mark, mark.uses())) {
                Some((_, 0)) => {
                    self.evict(oldest);
                    return true;
                }
                Some((mark, uses)) => {
                    mark.set_uses(uses - 1);
                    self.eviction.narrow_small(self.eviction.queues.weight_of(oldest.ticket));
                }
                None => {}
            }
            self.eviction.queues.requeue(oldest.ticket, Queue::Main);
        }
        false
    }

    /// Evicts the first entry that is in the map, used or not, if there is one nearby.
    fn evict_anything(&mut self) -> bool {
        for queue in [Queue::Small, Queue::Main] {
            for _ in 0..LOOKS {
                let Some((oldest, mark)) = self.oldest(queue) else { break };
                if mark.is_some() {
                    self.evict(oldest);
                    return true;
                }
                self.eviction.queues.requeue(oldest.ticket, queue);
            }
        }
        false
    }

    fn is_time_to_look_at_main(&mut self) -> bool {
        self.eviction.until_look_at_main -= 1;
        let is_time = self.eviction.until_look_at_main == 0;
        if is_time {
            self.eviction.until_look_at_main = LOOK_AT_MAIN_EVERY;
        }
        is_time
    }

    /// The oldest entry of a queue; its mark, if it is in the map.
    fn oldest(&self, queue: Queue) -> Option<(Victim, Option<&'e Mark>)> {
        let oldest = self.eviction.queues.oldest(queue)?;
        Some((oldest, (self.find)(oldest.hash, oldest.ticket)))
    }

    fn promote(&mut self, entry: Victim, mark: &Mark) {
        mark.set_uses(0);
        self.eviction.queues.requeue(entry.ticket, Queue::Main);
    }

    fn evict(&mut self, victim: Victim) {
        self.eviction.queues.remove(victim.ticket);
        self.victims.push(victim);
    }
}
