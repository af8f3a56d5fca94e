//! Finds local entries by what their keys are in the tier.
//!
//! A message names a key by its bytes, of which no key can be made again. So the hash that the cache has for a key is kept by the
//! hash of its bytes; where hashes collide, more entries go than have to.

use crate::keyed::Identity;
use dashmap::{DashMap, mapref::entry::Entry};
use foldhash::fast::RandomState;
use smallvec::{SmallVec, smallvec};
use std::hash::BuildHasher;

/// The cache's own hashes of keys, by the hashes of their bytes.
#[derive(Debug, Default)]
pub(super) struct Index {
    hashes: DashMap<u64, SmallVec<[u64; 1]>, Identity>,
    hasher: RandomState,
}

impl Index {
    /// Notes a key before anything is stored for it.
    pub(super) fn add(&self, bytes: &[u8], hash: u64) {
        match self.hashes.entry(self.hasher.hash_one(bytes)) {
            Entry::Occupied(mut known) => {
                if !known.get().contains(&hash) {
                    known.get_mut().push(hash);
                }
            }
            Entry::Vacant(vacant) => drop(vacant.insert(smallvec![hash])),
        }
    }

    /// The cache's hashes of a key, and maybe of others.
    pub(super) fn find(&self, bytes: &[u8]) -> SmallVec<[u64; 1]> {
        self.hashes.get(&self.hasher.hash_one(bytes)).map(|known| known.clone()).unwrap_or_default()
    }

    /// Forgets the keys that the cache has nothing of, if they are many.
    pub(super) fn weed(&self, entries: usize, is_there: impl Fn(u64) -> bool) {
        if self.hashes.len() > 2 * entries + 1_024 {
            self.hashes.retain(|_, hashes| {
                hashes.retain(|hash| is_there(*hash));
                !hashes.is_empty()
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Index;

    // T5: whatever changes under a key, all that the cache may have of it is found.
    #[test]
    fn all_hashes_of_a_key_are_found() {
        let index = Index::default();
        for hash in [7, 8, 7] {
            index.add(b"key", hash);
        }
        assert_eq!(index.find(b"key")[..], [7, 8]);
        assert!(index.find(b"another").is_empty());
    }

    // M2: what the cache has nothing of takes no room for ever; nothing else is forgotten.
    #[test]
    fn keys_that_are_gone_are_forgotten_once_they_are_many() {
        let index = Index::default();
        for key in 0..2_000_u64 {
            index.add(&key.to_le_bytes(), key);
        }
        let known = || (0..2_000_u64).filter(|key| !index.find(&key.to_le_bytes()).is_empty()).count();
        index.weed(1_000, |_| false);
        assert_eq!(known(), 2_000, "they are not many yet");
        index.weed(400, |hash| hash % 5 == 0);
        assert_eq!(known(), 400);
    }
}
