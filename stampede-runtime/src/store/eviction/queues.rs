//! Two queues of entries, oldest first, from the middle of which any can be taken: 20 bytes an entry, 24 with a weight.
//!
//! Their links live in slots. A slot is used again after its entry has gone; when all have gone the slots are released.

use super::{Victim, mark::Ticket};
use crate::store::chunked::Chunked;
use std::mem;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Queue {
    Small,
    Main,
}

impl Queue {
    fn state(self) -> u32 {
        match self {
            Self::Small => 0,
            Self::Main => MAIN,
        }
    }
}

/// Where a list ends.
const NONE: u32 = u32::MAX;

#[derive(Debug)]
pub(super) struct Queues {
    slots: Chunked<Slot>,
    /// By slot; None if every entry weighs one.
    weights: Option<Chunked<u32>>,
    lists: [List; 2],
    /// The first of the slots that wait to be used again.
    vacant: u32,
    len: usize,
    /// Of the next ticket.
    generation: u32,
}

#[derive(Debug)]
struct Slot {
    /// In halves, lest the whole is aligned to eight bytes.
    hash: [u32; 2],
    older: u32,
    /// The next vacant one, in a vacant slot.
    newer: u32,
    /// The generation of its ticket; above it what the slot is in.
    state: u32,
}

const GENERATION: u32 = Ticket::GENERATIONS - 1;
const MAIN: u32 = 1 << 24;
const TAKEN: u32 = 1 << 25;

#[derive(Clone, Copy, Debug)]
struct List {
    oldest: u32,
    newest: u32,
    weight: u64,
}

const EMPTY: List = List { oldest: NONE, newest: NONE, weight: 0 };

impl Queues {
    pub(super) fn new(weighted: bool) -> Self {
        Self {
            slots: Chunked::default(),
            weights: weighted.then(Chunked::default),
            lists: [EMPTY; 2],
            vacant: NONE,
            len: 0,
            generation: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn weight(&self, queue: Queue) -> u64 {
        self.lists[queue as usize].weight
    }

    /// What a weight counts as.
    pub(super) fn counted(&self, weight: u32) -> u32 {
        if self.weights.is_some() { weight.max(1) } else { 1 }
    }

    /// The weight of an entry whose ticket is valid.
    pub(super) fn weight_of(&self, ticket: Ticket) -> u64 {
        self.weight_at(ticket.slot())
    }

    pub(super) fn holds(&self, ticket: Ticket) -> bool {
        let state = ticket.generation() | TAKEN;
        (ticket.slot() as usize) < self.slots.len() && self.slots[ticket.slot()].state & !MAIN == state
    }

    pub(super) fn oldest(&self, queue: Queue) -> Option<Victim> {
        let slot = self.lists[queue as usize].oldest;
        (slot != NONE).then(|| {
            let taken = &self.slots[slot];
            Victim { hash: taken.hash(), ticket: Ticket::new(slot, taken.state & GENERATION) }
        })
    }

    /// Queues a new entry. None if there are four thousand million already.
    pub(super) fn push(&mut self, queue: Queue, hash: u64, weight: u32) -> Option<Ticket> {
        let generation = self.generation;
        let vacant = self.vacant;
        let is_new = vacant == NONE;
        let at =
            if is_new { u32::try_from(self.slots.len()).ok().filter(|next| *next != NONE)? } else { vacant };
        let older = self.append(at, queue, weight.into());
        let slot = Slot { hash: halves(hash), older, newer: NONE, state: generation | TAKEN | queue.state() };
        if is_new {
            self.slots.push(slot);
            if let Some(weights) = &mut self.weights {
                weights.push(weight);
            }
        } else {
            self.vacant = mem::replace(&mut self.slots[at], slot).newer;
            if let Some(weights) = &mut self.weights {
                weights[at] = weight;
            }
        }
        self.generation = (generation + 1) & GENERATION;
        self.len += 1;
        Some(Ticket::new(at, generation))
    }

    /// Makes an entry whose ticket is valid the newest of a queue.
    pub(super) fn requeue(&mut self, ticket: Ticket, queue: Queue) {
        self.unlink(ticket.slot());
        self.link(ticket.slot(), queue);
    }

    /// Takes an entry out; Some is its hash, if the ticket was valid.
    pub(super) fn remove(&mut self, ticket: Ticket) -> Option<u64> {
        if !self.holds(ticket) {
            return None;
        }
        self.unlink(ticket.slot());
        self.len -= 1;
        let slot = &mut self.slots[ticket.slot()];
        slot.state = 0;
        slot.newer = self.vacant;
        self.vacant = ticket.slot();
        Some(slot.hash())
    }

    /// Gives memory back when it is worth it; true if it was.
    pub(super) fn release_if_empty(&mut self) -> bool {
        let release = self.len == 0 && self.slots.is_large();
        if release {
            // Tickets of the past must stay invalid.
            *self = Self { generation: self.generation, ..Self::new(self.weights.is_some()) };
        }
        release
    }

    fn weight_at(&self, slot: u32) -> u64 {
        self.weights.as_ref().map_or(1, |weights| weights[slot].into())
    }

    fn link(&mut self, slot: u32, queue: Queue) {
        let older = self.append(slot, queue, self.weight_at(slot));
        let this = &mut self.slots[slot];
        (this.older, this.newer) = (older, NONE);
        this.state = this.state & !MAIN | queue.state();
    }

    /// Lets a list end with this slot; tells with which it ended before.
    fn append(&mut self, slot: u32, queue: Queue, weight: u64) -> u32 {
        let list = &mut self.lists[queue as usize];
        list.weight += weight;
        let older = mem::replace(&mut list.newest, slot);
        if older == NONE {
            list.oldest = slot;
        } else {
            self.slots[older].newer = slot;
        }
        older
    }

    fn unlink(&mut self, slot: u32) {
        let weight = self.weight_at(slot);
        let &Slot { older, newer, .. } = &self.slots[slot];
        let list = &mut self.lists[self.slots[slot].queue() as usize];
        list.weight -= weight;
        if older == NONE {
            list.oldest = newer;
        } else {
            self.slots[older].newer = newer;
        }
        if newer == NONE {
            list.newest = older;
        } else {
            self.slots[newer].older = older;
        }
    }
}

impl Slot {
    fn hash(&self) -> u64 {
        u64::from(self.hash[0]) << 32 | u64::from(self.hash[1])
    }

    fn queue(&self) -> Queue {
        if self.state & MAIN == 0 { Queue::Small } else { Queue::Main }
    }
}

// The low half is what is wanted.
#[allow(clippy::cast_possible_truncation)]
fn halves(hash: u64) -> [u32; 2] {
    [(hash >> 32) as u32, hash as u32]
}

#[cfg(test)]
impl Queues {
    /// The tickets of a queue, oldest first; checks its links.
    pub(super) fn walk(&self, queue: Queue) -> Vec<Ticket> {
        let list = self.lists[queue as usize];
        let (mut tickets, mut weight, mut before, mut slot) = (Vec::new(), 0, NONE, list.oldest);
        while slot != NONE {
            let at = &self.slots[slot];
            assert_eq!((at.older, at.queue(), at.state & TAKEN), (before, queue, TAKEN));
            tickets.push(Ticket::new(slot, at.state & GENERATION));
            weight += self.weight_at(slot);
            (before, slot) = (slot, at.newer);
        }
        assert_eq!((list.newest, list.weight), (before, weight));
        tickets
    }

    /// Slots there are, taken or vacant.
    pub(super) fn slots(&self) -> usize {
        self.slots.len()
    }

    /// The bytes of a slot.
    pub(super) const SLOT: usize = size_of::<Slot>();
}
