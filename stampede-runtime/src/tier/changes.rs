//! Changes that this process has made and the tier does not know of yet.
//!
//! Invariants:
//! - A key with such a change is not looked up in the tier: what is there is older than the change (I1 across the tier).
//! - The last change of a key is the last that the tier gets of this process: one task a key, which goes on until what it has
//!   handed on is the last.
//! - A change that fails is tried again until it is made (T5). One of a value is then a removal: the value grows old.
//! - There are never more than [`MOST`] keys that fail: then all of the namespace goes.

use super::{Change, Tier, TierKey, Value, journal::Journal, token, worker};
use crate::sync::{Mutex, lock};
use std::{
    collections::HashMap,
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Notify;

/// More keys than this are not remembered one by one while the tier can't be reached.
const MOST: usize = 1_024;

/// How long a change that failed waits before it is tried again; doubles up to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The changes of one cache.
pub(super) struct Changes {
    tier: Arc<dyn Tier>,
    namespace: Arc<str>,
    /// Whose changes they are.
    origin: Arc<str>,
    journal: Arc<Journal>,
    pending: Mutex<Pending>,
    settled: Notify,
}

#[derive(Default)]
struct Pending {
    keys: HashMap<TierKey, Step>,
    /// `clear`.
    all: Option<Step>,
}

/// The last change of a key.
struct Step {
    /// Counts the changes of the key since a task hands them on.
    number: u64,
    /// What is put there, and since when; None is a removal.
    value: Option<(Value, Instant)>,
    fails: bool,
}

/// Whether a key can be looked up in the tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Readiness {
    Ready,
    /// The tier will soon have been told.
    Soon,
    /// It can't be told now.
    Fails,
}

impl Changes {
    pub(super) fn new(
        tier: Arc<dyn Tier>,
        namespace: Arc<str>,
        origin: Arc<str>,
        journal: Arc<Journal>,
    ) -> Arc<Self> {
        Arc::new(Self { tier, namespace, origin, journal, pending: Mutex::default(), settled: Notify::new() })
    }

    /// Waits until the tier knows of the changes of a key; false if it can't be told.
    pub(super) async fn settle(&self, key: &TierKey) -> bool {
        loop {
            let mut settled = std::pin::pin!(self.settled.notified());
            // Before the look: what is settled after it wakes this up.
            settled.as_mut().enable();
            match self.readiness(key) {
                Readiness::Ready => return true,
                Readiness::Soon => settled.await,
                Readiness::Fails => return false,
            }
        }
    }

    fn readiness(&self, key: &TierKey) -> Readiness {
        let pending = lock(&self.pending);
        match pending.all.as_ref().or_else(|| pending.keys.get(key)) {
            None => Readiness::Ready,
            Some(step) if step.fails => Readiness::Fails,
            Some(_) => Readiness::Soon,
        }
    }

    /// The value of a key is removed, or replaced.
    pub(super) fn change(self: &Arc<Self>, key: TierKey, value: Option<Value>) {
        let mut pending = lock(&self.pending);
        if let Some(all) = &mut pending.all {
            // What is put in while all goes may come before it: it goes too.
            all.number += 1;
            return;
        }
        let value = value.map(|value| (value, Instant::now()));
        if let Some(step) = pending.keys.get_mut(&key) {
            step.number += 1;
            step.value = value;
            return;
        }
        if pending.keys.len() >= MOST && pending.keys.values().any(|step| step.fails) {
            drop(pending);
            self.clear();
            return;
        }
        pending.keys.insert(key.clone(), Step { number: 0, value, fails: false });
        drop(pending);
        worker::commands().spawn(Arc::clone(self).hand_on(Some(key)));
    }

    /// All values are removed.
    pub(super) fn clear(self: &Arc<Self>) {
        let mut pending = lock(&self.pending);
        pending.keys.clear();
        if let Some(all) = &mut pending.all {
            all.number += 1;
            return;
        }
        pending.all = Some(Step { number: 0, value: None, fails: false });
        drop(pending);
        worker::commands().spawn(Arc::clone(self).hand_on(None));
    }

    /// Hands on the changes of a key, or of all, until none is left.
    async fn hand_on(self: Arc<Self>, key: Option<TierKey>) {
        let mut pause = FIRST_PAUSE;
        while let Some((number, change)) = self.next(key.as_ref()) {
            let what = change.name();
            let made = self.tier.change(&self.namespace, &self.origin, change).await;
            self.note(key.as_ref(), number, made.is_err());
            self.settled.notify_waiters();
            match made {
                Ok(()) => self.journal.sent(key.as_ref(), what),
                Err(error) => {
                    self.journal.failed("change", &error);
                    tokio::time::sleep(pause.mul_f64(0.5 + token::chance() / 2.0)).await;
                    pause = (2 * pause).min(LONGEST_PAUSE);
                }
            }
        }
    }

    /// The last change of a key, if the tier has not got it.
    fn next(&self, key: Option<&TierKey>) -> Option<(u64, Change)> {
        let pending = lock(&self.pending);
        let Some(key) = key else {
            return pending.all.as_ref().map(|all| (all.number, Change::Clear));
        };
        let step = pending.keys.get(key)?;
        let value = step.value.as_ref().and_then(|(value, since)| {
            let life = value.life.checked_sub(since.elapsed())?;
            Some(Value { bytes: value.bytes.clone(), life })
        });
        let change = match value {
            Some(value) => Change::Insert(key.clone(), value),
            None => Change::Remove(key.clone()),
        };
        Some((step.number, change))
    }

    /// Notes what became of a change.
    fn note(&self, key: Option<&TierKey>, number: u64, fails: bool) {
        let mut pending = lock(&self.pending);
        let Pending { keys, all } = &mut *pending;
        let step = match key {
            Some(key) => keys.get_mut(key),
            None => all.as_mut(),
        };
        let Some(step) = step else { return };
        step.fails = fails;
        if fails {
            step.value = None;
        } else if step.number == number {
            match key {
                Some(key) => drop(keys.remove(key)),
                None => *all = None,
            }
        }
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes").field("namespace", &self.namespace).finish_non_exhaustive()
    }
}
