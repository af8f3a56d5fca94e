//! One thread that removes expired entries from all caches of the process (M2).
//!
//! Invariants:
//! - The thread runs while a cache has something to expire, and ends when none has. It sleeps until the next deadline.
//! - It holds caches weakly, and no lock while it sweeps one: sweeping drops users' values.
//!
//! There is none under `test-util`, where calls sweep.

use crate::clock::Ticks;

/// A cache, as the reaper sees it.
pub(crate) trait Sweep: Send + Sync {
    /// Removes expired entries and tells when to come again.
    fn sweep(&self) -> Option<Ticks>;
}

#[cfg(feature = "test-util")]
pub(crate) use absent::{forget, schedule};
#[cfg(not(feature = "test-util"))]
pub(crate) use thread::{forget, schedule};

#[cfg(feature = "test-util")]
mod absent {
    use super::{Sweep, Ticks};
    use std::sync::Weak;

    pub(crate) fn schedule(_: Ticks, _: Weak<dyn Sweep>) {}

    pub(crate) fn forget(_: *const ()) {}
}

#[cfg(not(feature = "test-util"))]
mod thread {
    use super::Sweep;
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

    struct Reaper {
        /// Caches by the time of their next visit; few, so a list does.
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
        contain(|| {
            if let Some(live) = cache.upgrade() {
                if let Some(at) = live.sweep() {
                    schedule(at, cache.clone());
                }
            }
        });
    }
}
