//! Keys with their hashes, computed once, so that no map runs the user's `Hash` (C4).

use equivalent::Equivalent;
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// An owned key and its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Keyed<K> {
    pub(crate) hash: u64,
    pub(crate) key: K,
}

impl<K> Hash for Keyed<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// A key as it is looked up: borrowed, with its hash.
pub(crate) struct Lookup<'a, Q: ?Sized> {
    pub(crate) hash: u64,
    pub(crate) key: &'a Q,
}

impl<Q: ?Sized> Hash for Lookup<'_, Q> {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl<K, Q: Equivalent<K> + ?Sized> Equivalent<Keyed<K>> for Lookup<'_, Q> {
    #[inline]
    fn equivalent(&self, other: &Keyed<K>) -> bool {
        self.hash == other.hash && self.key.equivalent(&other.key)
    }
}

/// Any key with this hash: for those who hold no key, as the expiry queue.
pub(crate) struct ByHash(pub(crate) u64);

impl Hash for ByHash {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0);
    }
}

impl<K> Equivalent<Keyed<K>> for ByHash {
    fn equivalent(&self, other: &Keyed<K>) -> bool {
        self.0 == other.hash
    }
}

/// The hasher of maps whose keys are hashes already.
pub(crate) type Identity = BuildHasherDefault<IdentityHasher>;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct IdentityHasher(u64);

impl Hasher for IdentityHasher {
    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }

    #[inline]
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only 64-bit hashes are written to this hasher");
    }
}
