//! What has been taken out of the maps and not been dropped yet (M3).
//!
//! A map drops an entry when no thread that may still read it is inside the map. Threads are inside for the time of a lookup and
//! of a `Clone`, so that is soon. But each thread collects what it has taken out in a batch of its own, and hands it over only
//! when the batch is longer than there are threads inside: a thread that goes idle would keep what is left in its batch. So
//! batches are lengthened by nothings and handed over at once. And who writes faster than others leave gives way.
//!
//! What is taken out while the map grows stays with the old table, and goes into the batch of whoever drops that: the last to
//! leave, who may only have read. So each batch that is handed over has that thread hand on what comes to it.

use super::entry::Head;
use papaya::Guard;
use seize::Collector;
use std::{
    mem, ptr,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
};

/// Entries of all caches that are out and not dropped, as far as they have something to drop.
static RETIRED: AtomicUsize = AtomicUsize::new(0);

/// More than so many are not left behind without giving way.
const MANY: usize = 16;

/// Nor is anybody waited for who stays inside a map for long, as in a slow `Clone`.
const TURNS: usize = 1_024;

/// Handed over at once while no more threads than these are inside a map at the same moment.
const THREADS: usize = 24;

/// An entry that is about to be taken out. It is counted before it is: while the map grows, another thread may come by the old
/// table, and with it what was taken out of that, and hands it over if it knows that there is something.
#[must_use]
pub(super) struct Leaving {
    is_counted: bool,
}

impl Leaving {
    /// `counts` if the entries of this cache have something to drop.
    pub(super) fn new(counts: bool) -> Self {
        if counts {
            RETIRED.fetch_add(1, Relaxed);
        }
        Self { is_counted: counts }
    }

    /// It has been taken out, and counts until it is dropped.
    pub(super) fn has_left(mut self, head: &Head) {
        if mem::take(&mut self.is_counted) {
            head.retire();
        }
    }
}

/// If it stays where it is after all.
impl Drop for Leaving {
    fn drop(&mut self) {
        if self.is_counted {
            remove();
        }
    }
}

/// One has been dropped.
pub(super) fn remove() {
    RETIRED.fetch_sub(1, Relaxed);
}

/// Whether any of the caches has something left to drop.
pub(super) fn any() -> bool {
    RETIRED.load(Relaxed) > 0
}

/// Whether they have too much.
pub(super) fn many() -> bool {
    RETIRED.load(Relaxed) > MANY
}

/// Hands over what this thread has taken out of a map.
pub(super) fn flush(guard: &impl Guard) {
    // Before the nothings: in the same batch as what is there now, and dropped after it.
    lengthen(guard, hand_on);
    hand_over(guard);
}

fn hand_over(guard: &impl Guard) {
    (0..THREADS).for_each(|_| lengthen(guard, nothing));
    guard.flush();
}

/// Puts a nothing into the batch.
#[allow(unsafe_code)]
fn lengthen(guard: &impl Guard, reclaim: fn(*mut u8, &Collector)) {
    // SAFETY: the pointer is not one to anything. Nobody has it but the collector, which hands it to `reclaim`: one of the two
    // below, which don't read through it.
    unsafe { guard.defer_retire(ptr::dangling_mut::<u8>(), reclaim) }
}

fn nothing(_: *mut u8, _: &Collector) {}

/// Hands over what this thread has come by when it dropped what stood before this in the batch.
fn hand_on(_: *mut u8, collector: &Collector) {
    if any() {
        hand_over(&collector.enter());
    }
}

/// Gives way while there are many. To be called outside of the map: who is inside keeps them from being dropped.
pub(super) fn settle() {
    for _ in 0..TURNS {
        if !many() {
            return;
        }
        thread::yield_now();
    }
}
