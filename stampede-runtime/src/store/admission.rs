//! Room for new entries: the store's side of its eviction policy (M1).

use super::{
    RemovalCause, Store,
    entry::Entry,
    eviction::{Admission, Eviction, Mark, Ticket},
};
use crate::{
    keyed::ByHash,
    sync::{Mutex, MutexGuard, lock},
};
use papaya::Guard;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Who holds the tickets of one cache.
#[derive(Debug)]
pub(super) struct Admissions {
    eviction: Mutex<Eviction>,
    evictions: AtomicU64,
}

impl Admissions {
    pub(super) fn new(capacity: u64, weighted: bool) -> Self {
        Self { eviction: Mutex::new(Eviction::new(capacity, weighted)), evictions: AtomicU64::new(0) }
    }

    /// The number of tickets that are out: at least that of the entries.
    pub(super) fn len(&self) -> usize {
        lock(&self.eviction).len()
    }

    /// Hands out a ticket, if that costs nobody theirs.
    fn admit_into_room(&self, hash: u64, weight: u32) -> Result<Ticket, MutexGuard<'_, Eviction>> {
        let mut eviction = lock(&self.eviction);
        eviction.admit_into_room(hash, weight).ok_or(eviction)
    }

    pub(super) fn evictions(&self) -> u64 {
        self.evictions.load(Relaxed)
    }

    /// Takes back the ticket of an entry that is out of the map.
    pub(super) fn give_back(&self, mark: &Mark) {
        if let Some(ticket) = mark.ticket() {
            lock(&self.eviction).remove(ticket);
        }
    }
}

/// A ticket of an entry that is on its way into the map; given back unless it gets there.
#[derive(Debug)]
pub(super) struct Admitted<'a> {
    admissions: &'a Admissions,
    ticket: Option<Ticket>,
}

impl Admitted<'_> {
    #[inline]
    pub(super) fn mark(&self) -> Mark {
        self.ticket.map_or_else(Mark::unbounded, Mark::new)
    }

    /// The entry is in the map.
    #[inline]
    pub(super) fn stays(mut self) {
        self.ticket = None;
    }
}

impl Drop for Admitted<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            lock(&self.admissions.eviction).remove(ticket);
        }
    }
}

impl<K: Eq + Clone, O> Store<K, O> {
    /// Lets a new entry in; None if there is no room to be had for it.
    #[inline]
    pub(super) fn admit<'a>(
        &self,
        admissions: &'a Admissions,
        hash: u64,
        weight: u32,
        guard: &impl Guard,
    ) -> Option<Admitted<'a>> {
        match admissions.admit_into_room(hash, weight) {
            Ok(ticket) => Some(Admitted { admissions, ticket: Some(ticket) }),
            Err(full) => self.make_room(admissions, full, hash, weight, guard),
        }
    }

    /// The same where others may have to go.
    #[inline(never)]
    fn make_room<'a>(
        &self,
        admissions: &'a Admissions,
        mut eviction: MutexGuard<'_, Eviction>,
        hash: u64,
        weight: u32,
        guard: &impl Guard,
    ) -> Option<Admitted<'a>> {
        let find = |hash, ticket| self.find_mark(hash, ticket, guard);
        let Admission { ticket, victims } = eviction.admit(hash, weight, &find);
        drop(eviction);
        // Before a listener can panic: from here on the ticket is given back.
        let admitted = ticket.map(|ticket| Admitted { admissions, ticket: Some(ticket) });
        for victim in victims {
            let is_victim = |entry: &Entry<O>| entry.head.mark.is_of(victim.ticket);
            if self.remove_where(victim.hash, &is_victim, RemovalCause::Capacity, guard) {
                admissions.evictions.fetch_add(1, Relaxed);
            }
        }
        admitted
    }

    fn find_mark<'g>(&'g self, hash: u64, ticket: Ticket, guard: &'g impl Guard) -> Option<&'g Mark> {
        let mut others = 0;
        loop {
            let entry = self.map.get(&ByHash::behind(others, hash), guard)?;
            if entry.head.mark.is_of(ticket) {
                return Some(&entry.head.mark);
            }
            others += 1;
        }
    }
}
