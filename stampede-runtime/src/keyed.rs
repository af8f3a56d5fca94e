//! Keys with their hashes, computed once, so that no map runs the user's `Hash` (C4).

use crate::contain::contain;
use equivalent::Equivalent;
use std::{
    cell::Cell,
    hash::{BuildHasherDefault, Hash, Hasher},
    mem::{self, ManuallyDrop},
};

/// An owned key and its hash.
///
/// A panic in the key's `Drop` ends here: papaya drops keys on whatever call reclaims them, and is not sound if that unwinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Keyed<K> {
    hash: u64,
    // Not an `Option`, out of which it could be taken: that costs every entry eight bytes, and every hit a branch.
    key: ManuallyDrop<K>,
}

impl<K> Keyed<K> {
    pub(crate) fn new(hash: u64, key: K) -> Self {
        Self { hash, key: ManuallyDrop::new(key) }
    }

    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }

    pub(crate) fn lookup(&self) -> AnyLookup<'_, K>
    where
        K: Eq + Clone,
    {
        Lookup { hash: self.hash, key: self }
    }

    #[inline]
    pub(crate) fn key(&self) -> &K {
        &self.key
    }
}

impl<K> Drop for Keyed<K> {
    #[inline]
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        if mem::needs_drop::<K>() {
            // SAFETY: the key is dropped here and nowhere else, and nobody uses it afterwards: this is the destructor of what
            // it is in. What is contained is run once.
            contain(&mut || unsafe { ManuallyDrop::drop(&mut self.key) });
        }
    }
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
        self.hash == other.hash && self.key.equivalent(other.key())
    }
}

/// What a key is sought by, whatever that is: what works with this is compiled once for a cache, not for every form of its keys.
pub(crate) trait Sought<K> {
    fn is(&self, key: &K) -> bool;

    /// Makes the key.
    fn to_key(&self) -> K;
}

impl<K> Equivalent<K> for dyn Sought<K> + '_ {
    fn equivalent(&self, key: &K) -> bool {
        self.is(key)
    }
}

/// A form of a key, and what makes the key of it.
pub(crate) struct Form<'a, Q: ?Sized, F> {
    pub(crate) form: &'a Q,
    pub(crate) to_key: F,
}

impl<K, Q: Equivalent<K> + ?Sized, F: Fn(&Q) -> K> Sought<K> for Form<'_, Q, F> {
    fn is(&self, key: &K) -> bool {
        self.form.equivalent(key)
    }

    fn to_key(&self) -> K {
        (self.to_key)(self.form)
    }
}

impl<K: Eq + Clone> Sought<K> for Keyed<K> {
    fn is(&self, key: &K) -> bool {
        self.key() == key
    }

    fn to_key(&self) -> K {
        self.key().clone()
    }
}

/// A key as it is looked up where its form does not matter.
pub(crate) type AnyLookup<'a, K> = Lookup<'a, dyn Sought<K> + 'a>;

/// The first key with this hash.
pub(crate) struct FirstByHash(pub(crate) u64);

impl Hash for FirstByHash {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0);
    }
}

impl<K> Equivalent<Keyed<K>> for FirstByHash {
    #[inline]
    fn equivalent(&self, other: &Keyed<K>) -> bool {
        self.0 == other.hash
    }
}

/// Any key with this hash, behind some others: for those who hold no key, as the expiry queue.
pub(crate) struct ByHash {
    hash: u64,
    /// Keys of this hash that are still to be passed over.
    pass: Cell<usize>,
}

impl ByHash {
    pub(crate) fn behind(others: usize, hash: u64) -> Self {
        Self { hash, pass: Cell::new(others) }
    }
}

impl Hash for ByHash {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl<K> Equivalent<Keyed<K>> for ByHash {
    fn equivalent(&self, other: &Keyed<K>) -> bool {
        if self.hash != other.hash {
            return false;
        }
        let pass = self.pass.get();
        self.pass.set(pass.saturating_sub(1));
        pass == 0
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
