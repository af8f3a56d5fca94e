//! The deadlines of entries, in buckets of at most a 32nd of what is left until then.
//!
//! A bucket holds hashes, eight bytes an entry: whoever empties it looks the entries up. So an entry may go up to a 32nd of
//! its ttl late, but it is never searched for. Hashes of entries that are long gone (replaced, removed) are weeded out when
//! they outnumber the entries, by whoever sweeps.

use super::chunked::Chunked;
use crate::{
    clock::{NEVER, Ticks},
    sync::{Mutex, lock},
};
use std::{collections::BTreeMap, mem};

#[derive(Debug, Default)]
pub(crate) struct Expiry(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    buckets: BTreeMap<Ticks, Chunked<u64>>,
    queued: usize,
    /// The queue is weeded when it gets longer than this.
    weed_above: usize,
    weeding: bool,
}

/// Buckets are at least this wide, in nanoseconds: 2^23 are 8.4 ms.
const NARROWEST: u64 = 1 << 23;

/// For how long, in nanoseconds, entries are put off that can't be judged.
const POSTPONED: u64 = 1_000_000_000;

/// A queue of this length is never worth weeding.
const SHORT: usize = 1_024;

impl Expiry {
    /// Notes a deadline. Some if whoever sweeps has to come at this time, for all that was known before. `entries` counts the
    /// entries that there are.
    pub(crate) fn push(
        &self,
        deadline: Ticks,
        now: Ticks,
        hash: u64,
        entries: &dyn Fn() -> usize,
    ) -> Option<Ticks> {
        if deadline == NEVER {
            return None;
        }
        let mut queue = lock(&self.0);
        let before = queue.earliest();
        queue.push(deadline, now, hash);
        if queue.queued > queue.weed_above.max(SHORT) && !queue.weeding {
            // Weeding costs a look at every entry: it pays when there are more weeds than entries.
            queue.weed_above = 2 * entries();
            queue.weeding = queue.queued > queue.weed_above.max(SHORT);
            if queue.weeding {
                return Some(now);
            }
        }
        let after = queue.earliest();
        after.filter(|_| before.is_none() || after < before)
    }

    /// Takes out what is due.
    pub(crate) fn due(&self, now: Ticks) -> Vec<u64> {
        let mut queue = lock(&self.0);
        let mut due = Vec::new();
        while let Some(bucket) = queue.buckets.first_entry() {
            if *bucket.key() > now {
                break;
            }
            due.extend(bucket.remove());
        }
        queue.queued -= due.len();
        due
    }

    /// Puts a hash back whose entry could not be judged.
    pub(crate) fn postpone(&self, hash: u64, now: Ticks) {
        lock(&self.0).push(now.saturating_add(POSTPONED), now, hash);
    }

    pub(crate) fn earliest(&self) -> Option<Ticks> {
        lock(&self.0).earliest()
    }

    pub(crate) fn clear(&self) {
        *lock(&self.0) = Queue::default();
    }

    /// Weeds the queue, if it is time to; `all` lists the deadlines of all entries.
    ///
    /// An entry is in the map before its deadline is in the queue, so none is missed. One that comes meanwhile may be noted
    /// twice, which costs a look.
    pub(crate) fn weed(&self, now: Ticks, all: &dyn Fn() -> Vec<(Ticks, u64)>) {
        let mut queue = lock(&self.0);
        if !queue.weeding {
            return;
        }
        let weeds = mem::take(&mut *queue);
        drop(queue);
        drop(weeds);
        let mut weeded = Queue::default();
        for (deadline, hash) in all() {
            weeded.push(deadline, now, hash);
        }
        weeded.weed_above = 2 * weeded.queued;
        let mut queue = lock(&self.0);
        let meanwhile = mem::replace(&mut *queue, weeded);
        queue.queued += meanwhile.queued;
        for (bucket, hashes) in meanwhile.buckets {
            let known = queue.buckets.entry(bucket).or_default();
            hashes.into_iter().for_each(|hash| known.push(hash));
        }
    }
}

impl Queue {
    fn push(&mut self, deadline: Ticks, now: Ticks, hash: u64) {
        self.buckets.entry(bucket(deadline, now)).or_default().push(hash);
        self.queued += 1;
    }

    fn earliest(&self) -> Option<Ticks> {
        self.buckets.first_key_value().map(|(bucket, _)| *bucket)
    }
}

/// The end of the bucket that a deadline falls into.
fn bucket(deadline: Ticks, now: Ticks) -> Ticks {
    let width = (deadline.saturating_sub(now) / 64).max(NARROWEST).next_power_of_two();
    // The first multiple of the width at or after the deadline.
    deadline.saturating_add(width - 1) & !(width - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use std::time::Duration;

    #[test]
    fn buckets_are_few_and_end_soon_after_their_deadlines() {
        let now = clock::exact();
        for ttl in [1, 100, 10_000, 3_600_000].map(Duration::from_millis) {
            let deadline = clock::after(now, ttl);
            let late = Duration::from_nanos(bucket(deadline, now) - deadline);
            assert!(late <= ttl / 32 + Duration::from_millis(9), "{late:?} after {ttl:?}");
        }
    }

    #[test]
    fn hashes_of_entries_that_are_gone_are_weeded_out() {
        let expiry = Expiry::default();
        let now = clock::exact();
        let deadline = clock::after(now, Duration::from_secs(3_600));
        for hash in 0..100_000 {
            if expiry.push(deadline, now, hash, &|| 2) == Some(now) {
                expiry.weed(now, &|| vec![(deadline, 1), (deadline, 2)]);
                assert_eq!(lock(&expiry.0).queued, 2);
            }
            assert!(lock(&expiry.0).queued <= SHORT + 1);
        }
    }
}
