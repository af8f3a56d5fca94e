//! How a call came by its output.

use std::time::Duration;

/// How a call came by its output; returned beside it by [`Cache::get_with_info`](crate::Cache::get_with_info) and by the
/// companion's `call_with_info`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Served {
    /// From an entry within its ttl.
    Fresh,
    /// From an entry after its ttl, within one of the stale windows.
    Stale {
        /// How long ago the entry's load ended, to about a microsecond.
        age: Duration,
        /// Why it was served all the same.
        reason: StaleReason,
    },
    /// From a load that this call started.
    Loaded,
    /// From a load that another call started.
    Coalesced,
    /// From the tier: another process had loaded it.
    #[cfg(feature = "redis")]
    Tier,
}

/// Why a call was served a stale entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StaleReason {
    /// It is within `stale_while_revalidate`: a load in the background replaces it.
    Revalidating,
    /// The last load failed: it stands in for the error, or the source is left alone for a while.
    Failing,
}
