//! What other processes change, and whether a message of it was lost.
//!
//! Every change has a number. A gap in the numbers, or another number after a lost connection than before it, means that
//! changes have been missed: then all local entries are given up, and looked up again as they are asked for (T5). A tier that
//! has lost everything, and has had no change since, is no reason: nobody knows better than who has an entry.

use super::{Local, TierState, Watcher, journal::Journal};
use crate::sync::{Mutex, lock};
use std::sync::{Arc, Weak};

/// Follows the changes of one namespace for one cache.
pub(super) struct Watch {
    local: Weak<dyn Local>,
    origin: Arc<str>,
    journal: Arc<Journal>,
    /// The last change that is known of.
    seen: Mutex<Option<TierState>>,
}

impl Watch {
    pub(super) fn new(local: Weak<dyn Local>, origin: Arc<str>, journal: Arc<Journal>) -> Self {
        Self { local, origin, journal, seen: Mutex::new(None) }
    }

    /// The first look at the tier, if it comes before the first message: what follows it must not be missed.
    pub(super) fn looked(&self, state: &TierState) {
        let mut seen = lock(&self.seen);
        if seen.is_none() {
            *seen = Some(state.clone());
        }
    }

    /// Takes note of a state; true if changes before it have been missed. `is_change` if the last one is not among those.
    fn advance(&self, state: TierState, is_change: bool) -> bool {
        let before = state.changes - u64::from(is_change && state.changes > 0);
        let mut seen = lock(&self.seen);
        let (missed, is_new) = match &*seen {
            None => (false, false),
            Some(seen) if seen.epoch == state.epoch => (before > seen.changes, false),
            Some(_) => (before > 0, true),
        };
        match &mut *seen {
            // Messages of what was known already may still come.
            Some(seen) if seen.epoch == state.epoch => seen.changes = seen.changes.max(state.changes),
            seen => *seen = Some(state),
        }
        drop(seen);
        if is_new {
            self.journal.lost_all();
        }
        missed
    }

    fn give_up(&self) {
        self.journal.missed();
        if let Some(local) = self.local.upgrade() {
            local.forget();
        }
    }
}

impl Watcher for Watch {
    fn connected(&self, state: TierState) {
        if self.advance(state, false) {
            self.give_up();
        }
    }

    fn changed(&self, state: TierState, origin: &str, key: Option<&[u8]>) {
        let missed = self.advance(state, true);
        if missed {
            self.give_up();
        }
        if *origin == *self.origin {
            return;
        }
        let Some(local) = self.local.upgrade() else { return };
        match key {
            _ if missed => {}
            Some(key) => local.cut(key),
            None => local.forget(),
        }
        // Last: who reads the count finds the change made.
        self.journal.heard(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    #[derive(Default)]
    struct Entries {
        cut: AtomicUsize,
        forgotten: AtomicUsize,
    }

    impl Local for Entries {
        fn cut(&self, _: &[u8]) {
            self.cut.fetch_add(1, SeqCst);
        }

        fn forget(&self) {
            self.forgotten.fetch_add(1, SeqCst);
        }
    }

    fn state(epoch: &str, changes: u64) -> TierState {
        TierState { epoch: epoch.to_owned(), changes }
    }

    fn watch() -> (Arc<Entries>, Watch) {
        let entries = Arc::new(Entries::default());
        let local = Arc::downgrade(&entries) as Weak<dyn Local>;
        (entries, Watch::new(local, "me".into(), Journal::new("cache".into())))
    }

    fn done(entries: &Entries) -> (usize, usize) {
        (entries.cut.load(SeqCst), entries.forgotten.load(SeqCst))
    }

    #[test]
    fn messages_in_order_touch_their_keys_alone() {
        let (entries, watch) = watch();
        watch.connected(state("a", 3));
        watch.changed(state("a", 4), "other", Some(b"key"));
        watch.changed(state("a", 5), "me", Some(b"key"));
        watch.changed(state("a", 6), "other", Some(b"key"));
        assert_eq!(done(&entries), (2, 0));
        watch.changed(state("a", 7), "other", None);
        assert_eq!(done(&entries), (2, 1));
    }

    #[test]
    fn a_lost_message_gives_all_up() {
        // T5.
        let (entries, watch) = watch();
        watch.connected(state("a", 3));
        watch.changed(state("a", 5), "me", Some(b"key"));
        assert_eq!(done(&entries), (0, 1));
        // It was late, not lost.
        watch.changed(state("a", 4), "other", Some(b"key"));
        assert_eq!(done(&entries), (1, 1));
    }

    #[test]
    fn a_lost_connection_does_if_anything_has_changed() {
        // T5.
        let (entries, watch) = watch();
        watch.looked(&state("a", 0));
        watch.connected(state("a", 0));
        watch.connected(state("a", 0));
        assert_eq!(done(&entries), (0, 0));
        watch.connected(state("a", 1));
        assert_eq!(done(&entries), (0, 1));
    }

    #[test]
    fn a_tier_that_starts_empty_is_no_change() {
        // T3: nothing is loaded again because of it.
        let (entries, watch) = watch();
        watch.connected(state("a", 9));
        watch.connected(state("b", 0));
        watch.changed(state("b", 1), "other", Some(b"key"));
        assert_eq!(done(&entries), (1, 0));
        watch.connected(state("c", 2));
        assert_eq!(done(&entries), (1, 1));
    }
}
