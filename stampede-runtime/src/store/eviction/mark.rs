//! What an entry knows of its eviction: eight bytes.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// More uses than this are not counted.
const MOST_USES: u32 = 3;

/// The place of an entry in the order of eviction: a slot, and above it what tells those who hold the slot one after another
/// apart, 24 bits. One number, so that it is handed on in a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Ticket(u64);

impl Ticket {
    pub(super) const GENERATIONS: u32 = 1 << 24;
    const NO_SLOT: u32 = u32::MAX;

    pub(super) fn new(slot: u32, generation: u32) -> Self {
        Self(u64::from(generation) << u32::BITS | u64::from(slot))
    }

    #[allow(clippy::cast_possible_truncation, reason = "the low half is what is wanted")]
    pub(super) fn slot(self) -> u32 {
        self.0 as u32
    }

    #[allow(clippy::cast_possible_truncation, reason = "all of the high half is there")]
    pub(super) fn generation(self) -> u32 {
        (self.0 >> u32::BITS) as u32
    }
}

/// An entry's ticket, and how often it was used lately.
///
/// Uses are counted without locked instructions: two at the same moment may count as one.
#[derive(Debug)]
pub(crate) struct Mark {
    slot: u32,
    /// The generation of the ticket; above it the uses, which alone ever change.
    state: AtomicU32,
}

const GENERATION: u32 = Ticket::GENERATIONS - 1;
const ONE_USE: u32 = Ticket::GENERATIONS;

impl Mark {
    #[inline]
    pub(crate) fn new(ticket: Ticket) -> Self {
        Self { slot: ticket.slot(), state: AtomicU32::new(ticket.generation()) }
    }

    /// The mark of an entry that is never evicted. It is not written to.
    #[inline]
    pub(crate) fn unbounded() -> Self {
        Self { slot: Ticket::NO_SLOT, state: AtomicU32::new(MOST_USES * ONE_USE) }
    }

    /// The mark of an entry that takes the place of this one's.
    pub(crate) fn inherited(&self) -> Self {
        Self { slot: self.slot, state: AtomicU32::new(self.state.load(Relaxed)) }
    }

    /// None if the entry is never evicted.
    pub(crate) fn ticket(&self) -> Option<Ticket> {
        let ticket = Ticket::new(self.slot, self.state.load(Relaxed) & GENERATION);
        (self.slot != Ticket::NO_SLOT).then_some(ticket)
    }

    pub(crate) fn is_of(&self, ticket: Ticket) -> bool {
        self.ticket() == Some(ticket)
    }

    /// Counts a use. Writes only while that changes anything, so that a hot entry stays in the caches of all cores.
    #[inline]
    pub(crate) fn touch(&self) {
        let state = self.state.load(Relaxed);
        if state < MOST_USES * ONE_USE {
            self.state.store(state + ONE_USE, Relaxed);
        }
    }

    pub(super) fn uses(&self) -> u32 {
        self.state.load(Relaxed) / ONE_USE
    }

    pub(super) fn set_uses(&self, uses: u32) {
        let generation = self.state.load(Relaxed) & GENERATION;
        self.state.store((uses * ONE_USE) | generation, Relaxed);
    }
}
