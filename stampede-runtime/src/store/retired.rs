//! What has been taken out of the maps and not been dropped yet (M3).
//!
//! A map drops an entry when no thread that may still read it is inside the map. Threads are inside for the time of a lookup and
//! of a `Clone`, so that is soon. But each thread collects what it has taken out in a batch of its own, and hands it over only
//! when the batch is longer than there are threads inside: a thread that goes idle would keep what is left in its batch. So
//! batches are lengthened by nothings and handed over at once. And who writes faster than others leave gives way.

use papaya::Guard;
use seize::Collector;
use std::{
    ptr,
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

pub(super) fn add() {
    RETIRED.fetch_add(1, Relaxed);
}

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
    (0..THREADS).for_each(|_| lengthen(guard));
    guard.flush();
}

/// Puts a nothing into the batch.
#[allow(unsafe_code)]
fn lengthen(guard: &impl Guard) {
    fn nothing(_: *mut u8, _: &Collector) {}
    // SAFETY: the pointer is not one to anything. Nobody has it but the collector, which hands it to `nothing`, and that does
    // not read through it.
    unsafe { guard.defer_retire(ptr::dangling_mut::<u8>(), nothing) }
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
