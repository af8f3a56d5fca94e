//! The deadlines of entries, in buckets of at most a 32nd of what is left until then.
//!
//! A bucket holds hashes, eight bytes an entry: whoever empties it looks the entries up. So an entry may go up to a 32nd of
//! its ttl late, but it is never searched for. There are at most a few dozen buckets for each doubling of the ttls. Hashes of
//! entries that are long gone (replaced, removed) are weeded out when they outnumber the entries, by whoever sweeps.

use super::chunked::Chunked;
use crate::{
    clock::{NEVER, Ticks},
    sync::{Mutex, lock},
};
use std::mem;

#[derive(Debug, Default)]
pub(crate) struct Expiry(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    /// The earliest is the last of them.
    buckets: Vec<Bucket>,
    /// Where the last deadline went: the next one nearly always goes there too.
    latest: usize,
    queued: usize,
    /// The queue is weeded when it gets longer than this.
    weed_above: usize,
    weeding: bool,
}

#[derive(Debug)]
struct Bucket {
    end: Ticks,
    hashes: Chunked<u64>,
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
        let is_earliest = queue.push(deadline, now, hash);
        if queue.queued > queue.weed_above.max(SHORT) && !queue.weeding {
            // Weeding costs a look at every entry: it pays when there are more weeds than entries.
            queue.weed_above = 2 * entries();
            queue.weeding = queue.queued > queue.weed_above.max(SHORT);
            if queue.weeding {
                return Some(now);
            }
        }
        if is_earliest { queue.earliest() } else { None }
    }

    /// Takes out what is due.
    pub(crate) fn due(&self, now: Ticks) -> Vec<u64> {
        let mut queue = lock(&self.0);
        let mut due = Vec::new();
        while queue.earliest().is_some_and(|end| end <= now) {
            due.extend(queue.buckets.pop().into_iter().flat_map(|bucket| bucket.hashes));
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
        for Bucket { end, hashes } in meanwhile.buckets {
            let (known, _) = queue.bucket(end);
            hashes.into_iter().for_each(|hash| known.push(hash));
        }
    }
}

impl Queue {
    /// True if nothing that was there before ends as early.
    fn push(&mut self, deadline: Ticks, now: Ticks, hash: u64) -> bool {
        self.queued += 1;
        let (hashes, is_earliest) = self.bucket(end(deadline, now));
        hashes.push(hash);
        is_earliest
    }

    /// The bucket that ends then. True if it is new, and the earliest.
    fn bucket(&mut self, end: Ticks) -> (&mut Chunked<u64>, bool) {
        let is_latest = self.buckets.get(self.latest).is_some_and(|bucket| bucket.end == end);
        let is_earliest = !is_latest && self.find(end);
        (&mut self.buckets[self.latest].hashes, is_earliest)
    }

    /// Makes the bucket that ends then the latest. True if it is new, and the earliest.
    #[inline(never)]
    fn find(&mut self, end: Ticks) -> bool {
        let found = self.buckets.binary_search_by(|bucket| end.cmp(&bucket.end));
        self.latest = found.unwrap_or_else(|place| {
            self.buckets.insert(place, Bucket { end, hashes: Chunked::default() });
            place
        });
        found.is_err_and(|place| place + 1 == self.buckets.len())
    }

    fn earliest(&self) -> Option<Ticks> {
        self.buckets.last().map(|bucket| bucket.end)
    }
}

/// The end of the bucket that a deadline falls into.
fn end(deadline: Ticks, now: Ticks) -> Ticks {
    let width = (deadline.saturating_sub(now) / 64).max(NARROWEST).next_power_of_two();
    // The first multiple of the width at or after the deadline.
    deadline.saturating_add(width - 1) & !(width - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use std::{collections::BTreeMap, time::Duration};

    #[test]
    fn buckets_are_few_and_end_soon_after_their_deadlines() {
        let now = clock::exact();
        for ttl in [1, 100, 10_000, 3_600_000].map(Duration::from_millis) {
            let deadline = clock::after(now, ttl);
            let late = Duration::from_nanos(end(deadline, now) - deadline);
            assert!(late <= ttl / 32 + Duration::from_millis(9), "{late:?} after {ttl:?}");
        }
    }

    #[test]
    fn deadlines_in_any_order_come_due_when_they_should() {
        // M2
        let expiry = Expiry::default();
        let mut known = BTreeMap::<Ticks, Vec<u64>>::new();
        for hash in 0..5_000 {
            let deadline = NARROWEST * (1 + (hash * 7_919) % 3_001);
            let earliest = known.first_key_value().map(|(end, _)| *end);
            let is_earliest = earliest.is_none_or(|earliest| end(deadline, 0) < earliest);
            known.entry(end(deadline, 0)).or_default().push(hash);
            assert_eq!(expiry.push(deadline, 0, hash, &|| 5_000), is_earliest.then_some(end(deadline, 0)));
            assert_eq!(expiry.earliest(), known.first_key_value().map(|(end, _)| *end));
            if hash % 100 == 99 {
                let (first, hashes) = known.pop_first().unwrap();
                assert!(expiry.due(first - 1).is_empty());
                assert_eq!(expiry.due(first), hashes);
            }
        }
        let rest: Vec<_> = known.into_values().flatten().collect();
        assert_eq!(expiry.due(NEVER - 1), rest);
        assert_eq!((expiry.earliest(), lock(&expiry.0).queued), (None, 0));
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
