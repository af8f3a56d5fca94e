//! What an entry knows of its eviction: eight bytes.

use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// More uses than this are not counted.
const MOST_USES: u8 = 3;

/// The place of an entry in the order of eviction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Ticket {
    pub(super) slot: u32,
    /// Tells those who hold the slot one after another apart; 24 bits.
    pub(super) generation: u32,
}

impl Ticket {
    pub(super) const GENERATIONS: u32 = 1 << 24;
    const NO_SLOT: u32 = u32::MAX;
}

/// An entry's ticket, and how often it was used lately.
///
/// Uses are counted without locked instructions: two at the same moment may count as one.
#[derive(Debug)]
pub(crate) struct Mark {
    slot: u32,
    generation: [u8; 3],
    uses: AtomicU8,
}

impl Mark {
    #[inline]
    pub(crate) fn new(ticket: Ticket) -> Self {
        let [generation @ .., _] = ticket.generation.to_le_bytes();
        Self { slot: ticket.slot, generation, uses: AtomicU8::new(0) }
    }

    /// The mark of an entry that is never evicted. It is not written to.
    #[inline]
    pub(crate) fn unbounded() -> Self {
        Self { slot: Ticket::NO_SLOT, generation: [0; 3], uses: AtomicU8::new(MOST_USES) }
    }

    /// The mark of an entry that takes the place of this one's.
    pub(crate) fn inherited(&self) -> Self {
        Self { slot: self.slot, generation: self.generation, uses: AtomicU8::new(self.uses()) }
    }

    /// None if the entry is never evicted.
    pub(crate) fn ticket(&self) -> Option<Ticket> {
        let [low, middle, high] = self.generation;
        let ticket = Ticket { slot: self.slot, generation: u32::from_le_bytes([low, middle, high, 0]) };
        (self.slot != Ticket::NO_SLOT).then_some(ticket)
    }

    pub(crate) fn is_of(&self, ticket: Ticket) -> bool {
        self.ticket() == Some(ticket)
    }

    /// Counts a use. Writes only while that changes anything, so that a hot entry stays in the caches of all cores.
    #[inline]
    pub(crate) fn touch(&self) {
        let uses = self.uses.load(Relaxed);
        if uses < MOST_USES {
            self.uses.store(uses + 1, Relaxed);
        }
    }

    pub(super) fn uses(&self) -> u8 {
        self.uses.load(Relaxed)
    }

    pub(super) fn set_uses(&self, uses: u8) {
        self.uses.store(uses, Relaxed);
    }
}
