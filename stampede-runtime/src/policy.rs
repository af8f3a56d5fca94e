//! How long an outcome is kept and whether an entry may be served: pure functions of policy, entry and time (F6).

use crate::{
    clock::{self, Ticks},
    sharing::Kind,
};
use std::time::Duration;

/// The freshness options of one cache.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    /// How long a value is fresh; zero stores nothing, `Duration::MAX` is for ever.
    pub(crate) ttl: Duration,
}

impl Policy {
    /// How long an outcome of this kind lives that was loaded at `now`; `None` if it is not kept at all (C5).
    pub(crate) fn lifetime(&self, kind: Kind, now: Ticks) -> Option<Lifetime> {
        match kind {
            Kind::Error => None,
            Kind::Value | Kind::Nothing => {
                self.keeps_values().then(|| Lifetime { from: now, fresh_until: clock::after(now, self.ttl) })
            }
        }
    }

    /// Whether any outcome is ever stored.
    pub(crate) fn keeps_values(&self) -> bool {
        !self.ttl.is_zero()
    }
}

/// The life of an entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lifetime {
    /// When its load ended.
    pub(crate) from: Ticks,
    pub(crate) fresh_until: Ticks,
}

/// Whether an entry that is fresh until `fresh_until` may be served at `now`. It is stale at its deadline, not after it.
#[inline]
pub(crate) fn is_fresh(fresh_until: Ticks, now: Ticks) -> bool {
    now < fresh_until
}
