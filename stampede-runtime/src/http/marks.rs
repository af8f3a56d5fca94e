//! Numbers of invalidations, so that what was loaded before one is not put in after it (I1).
//!
//! Loads that are flights are cut by the engine. These numbers are for what is put in otherwise. Keys that nobody watches have
//! none: there are as many as requests on their way, whatever else is invalidated meanwhile.
//!
//! Invariants:
//! - An invalidation changes the number before it removes anything. So what was put in before the change is removed, and who puts
//!   something in after it sees another number than before the load.
//! - Each key has its own number, and no number is given twice: what is invalidated for one key is nothing to the others, and who
//!   watches after all others have left does not meet them.

use super::key::{Key, KeyBuf};
use crate::sync::{Mutex, MutexGuard, lock};
use foldhash::fast::RandomState;
use std::{
    collections::HashMap,
    fmt,
    hash::BuildHasher,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// The watched keys of a cache, in parts that are locked apart.
pub(super) struct Marks {
    parts: [Mutex<HashMap<Key, Mark, RandomState>>; 16],
    numbers: AtomicU64,
    hasher: RandomState,
}

struct Mark {
    number: u64,
    watches: usize,
}

/// Has a key numbered for as long as it lives.
pub(super) struct Watch {
    marks: Arc<Marks>,
    key: Key,
}

impl Marks {
    pub(super) fn watch(self: &Arc<Self>, key: &KeyBuf) -> Watch {
        let key = key.to_key();
        let mut part = self.part(key.as_slice());
        let new = || Mark { number: self.unused(), watches: 0 };
        part.entry(key.clone()).or_insert_with(new).watches += 1;
        drop(part);
        Watch { marks: Arc::clone(self), key }
    }

    /// Notes that a key is being invalidated.
    pub(super) fn change(&self, key: &KeyBuf) {
        if let Some(mark) = self.part(key.as_slice()).get_mut(key.as_slice()) {
            mark.number = self.unused();
        }
    }

    /// Notes that all of them are.
    pub(super) fn change_all(&self) {
        for part in &self.parts {
            lock(part).values_mut().for_each(|mark| mark.number = self.unused());
        }
    }

    /// A number that nobody else has.
    pub(super) fn unused(&self) -> u64 {
        self.numbers.fetch_add(1, Relaxed)
    }

    fn part(&self, key: &[u8]) -> MutexGuard<'_, HashMap<Key, Mark, RandomState>> {
        // The remainder is small.
        #[allow(clippy::cast_possible_truncation)]
        let at = (self.hasher.hash_one(key) % self.parts.len() as u64) as usize;
        lock(&self.parts[at])
    }
}

impl Default for Marks {
    fn default() -> Self {
        // Parts and what is in them go by other hashes.
        Self { parts: Default::default(), numbers: AtomicU64::new(1), hasher: RandomState::default() }
    }
}

impl Watch {
    /// Another number after each invalidation.
    pub(super) fn invalidations(&self) -> u64 {
        let part = self.marks.part(self.key.as_slice());
        part.get(self.key.as_slice()).map_or(0, |mark| mark.number)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut part = self.marks.part(self.key.as_slice());
        if let Some(mark) = part.get_mut(self.key.as_slice()) {
            mark.watches -= 1;
            if mark.watches == 0 {
                part.remove(self.key.as_slice());
            }
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("invalidations", &self.invalidations()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(path: &'static str) -> KeyBuf {
        KeyBuf::of_custom(&http::Method::GET, path.as_bytes())
    }

    #[test]
    fn each_key_has_its_own_number_while_it_is_watched() {
        // I1
        let marks = Arc::new(Marks::default());
        let (one, again, other) = (marks.watch(&key("/a")), marks.watch(&key("/a")), marks.watch(&key("/b")));
        let (number, others) = (one.invalidations(), other.invalidations());
        assert_eq!(again.invalidations(), number);
        (0..10_000).for_each(|_| marks.change(&key("/c")));
        assert_eq!(one.invalidations(), number);
        marks.change(&key("/a"));
        assert_ne!(one.invalidations(), number);
        assert_eq!((again.invalidations(), other.invalidations()), (one.invalidations(), others));
        marks.change_all();
        assert_ne!(other.invalidations(), others);
        let last = one.invalidations();
        drop((one, again));
        assert!(marks.watch(&key("/a")).invalidations() > last, "who comes later does not meet them");
        drop(other);
        assert!(marks.parts.iter().all(|part| lock(part).is_empty()), "nobody watches");
    }
}
