//! How much a cache may hold, and who is told when something goes.

use crate::{contain::contain, sharing::Kept};
use std::fmt;

/// Why an entry is not in its cache any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RemovalCause {
    /// To make room for another.
    Capacity,
    /// Its ttl, and the stale windows after it, were over.
    Expired,
    /// Its key got another output.
    Replaced,
    /// By `invalidate` or `clear`.
    Invalidated,
}

/// Weighs an entry.
pub(crate) type Weigh<K, O> = Box<dyn Fn(&K, &O) -> u32 + Send + Sync>;

/// Is told of an entry that is gone.
pub(crate) type Listen<K, O> = Box<dyn Fn(&K, &O, RemovalCause) + Send + Sync>;

/// How much a cache may hold, and who is told when something goes.
pub(crate) struct Bounds<K, O> {
    /// The most entries; or, if they are weighed, the most that they weigh. None is no bound.
    pub(crate) capacity: Option<u64>,
    pub(crate) weigh: Option<Weigh<K, O>>,
    pub(crate) listen: Option<Listen<K, O>>,
}

/// The bound of a cache whose author has set none.
pub const DEFAULT_CAPACITY: u64 = 65_536;

impl<K, O> Default for Bounds<K, O> {
    fn default() -> Self {
        Self { capacity: Some(DEFAULT_CAPACITY), weigh: None, listen: None }
    }
}

impl<K, O> Bounds<K, O> {
    /// Runs the user's weigher. Shared errors weigh one.
    pub(super) fn weight(&self, key: &K, kept: &Kept<O>) -> u32 {
        match (&self.weigh, kept.as_output()) {
            (Some(weigh), Some(output)) => weigh(key, output),
            _ => 1,
        }
    }

    /// Runs the user's listener; a panic there is contained.
    pub(super) fn tell(&self, key: &K, kept: &Kept<O>, cause: RemovalCause) {
        if let (Some(listen), Some(output)) = (&self.listen, kept.as_output()) {
            contain(&mut || listen(key, output, cause));
        }
    }
}

impl<K, O> fmt::Debug for Bounds<K, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bounds").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}
