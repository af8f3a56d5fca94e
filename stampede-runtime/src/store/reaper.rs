//! One thread that removes expired entries from all caches of the process (M2), and rings the alarms of loads that have no
//! runtime's timer.
//!
//! Invariants:
//! - The thread runs while there is somebody to visit, and ends when there is nobody. It sleeps until the next visit.
//! - It holds those whom it visits weakly, and no lock while it is there: sweeping drops users' values.
//!
//! Under `test-util` no cache asks for visits: calls sweep.

use crate::{
    clock::{self, Ticks},
    contain::contain,
    sync::{Mutex, lock},
};
use std::{
    sync::{Condvar, PoisonError, Weak},
    thread,
    time::Duration,
};

/// Who is visited: a cache, to remove its expired entries.
pub(crate) trait Sweep: Send + Sync {
    /// Does what is due and tells when to come again.
    fn sweep(&self) -> Option<Ticks>;
}

struct Reaper {
    /// By the time of their next visit; few, so a list does.
    visits: Vec<(Ticks, Weak<dyn Sweep>)>,
    running: bool,
}

static REAPER: Mutex<Reaper> = Mutex::new(Reaper { visits: Vec::new(), running: false });
static CHANGED: Condvar = Condvar::new();

/// Visits `cache` at `at`, or earlier if that is planned already.
pub(crate) fn schedule(at: Ticks, cache: Weak<dyn Sweep>) {
    let mut reaper = lock(&REAPER);
    match reaper.visits.iter_mut().find(|(_, known)| Weak::ptr_eq(known, &cache)) {
        Some((planned, _)) => *planned = at.min(*planned),
        None => reaper.visits.push((at, cache)),
    }
    if !reaper.running {
        let spawned = thread::Builder::new().name("stampede-reaper".into()).spawn(run);
        // Without a thread expired entries stay until they are asked for; the next deadline tries again.
        reaper.running = spawned.is_ok();
    }
    drop(reaper);
    CHANGED.notify_one();
}

/// Visits the cache at this address no more.
pub(crate) fn forget(cache: *const ()) {
    let mut reaper = lock(&REAPER);
    let (gone, visits) = reaper.visits.drain(..).partition(|(_, known)| known.as_ptr().cast() == cache);
    reaper.visits = visits;
    drop(reaper);
    drop::<Vec<_>>(gone);
    CHANGED.notify_one();
}

fn run() {
    let mut reaper = lock(&REAPER);
    loop {
        let Some(next) = (0..reaper.visits.len()).min_by_key(|at| reaper.visits[*at].0) else {
            reaper.running = false;
            return;
        };
        let now = clock::exact();
        let at = reaper.visits[next].0;
        if at > now {
            let wait = Duration::from_nanos(at - now);
            let waited = CHANGED.wait_timeout(reaper, wait);
            reaper = waited.unwrap_or_else(PoisonError::into_inner).0;
            continue;
        }
        let (_, cache) = reaper.visits.swap_remove(next);
        drop(reaper);
        visit(&cache);
        drop(cache);
        reaper = lock(&REAPER);
    }
}

fn visit(cache: &Weak<dyn Sweep>) {
    // The last handle of a cache may go here; whatever its parts do when they are dropped, the thread lives on.
    contain(&mut || {
        if let Some(live) = cache.upgrade() {
            if let Some(at) = live.sweep() {
                schedule(at, cache.clone());
            }
        }
    });
}
