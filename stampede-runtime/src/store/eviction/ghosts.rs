//! The keys that were evicted lately, as 16 bits of their hashes: four bytes a key.
//!
//! A table of buckets, each of which forgets its oldest key for a new one. Keys are as old as the number of those remembered
//! since; beyond a reach of 70 % of the entries they count as forgotten, wherever they are still written. So nothing has to be
//! queued or swept. One in about 10,000 strangers is taken for a key that was evicted.

/// Keys are remembered for so many tenths of an entry's number of evictions.
const REACH_TENTHS: usize = 7;

const WAYS: usize = 8;

/// A reach is divided into so many ticks, so that times fit 16 bits and stay far from wrapping around.
const TICKS: u64 = 256;

#[derive(Clone, Copy, Debug, Default)]
struct Ghost {
    /// Zero where there is none.
    print: u16,
    tick: u16,
}

#[derive(Debug, Default)]
pub(super) struct Ghosts {
    /// Empty until the first key is remembered.
    buckets: Box<[[Ghost; WAYS]]>,
    /// How long a key is remembered, in keys.
    reach: u64,
    /// Keys remembered so far.
    count: u64,
}

impl Ghosts {
    /// Whether no key has been remembered yet.
    pub(super) fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }

    /// Remembers a key that is evicted from among so many entries.
    pub(super) fn remember(&mut self, hash: u64, entries: usize) {
        self.fit(entries);
        self.count += 1;
        let tick = self.tick();
        let (bucket, print) = self.place(hash);
        let ghosts = &mut self.buckets[bucket];
        let oldest = ghosts.iter_mut().max_by_key(|ghost| match ghost.print {
            0 => u32::MAX,
            _ => tick.wrapping_sub(ghost.tick).into(),
        });
        if let Some(oldest) = oldest {
            *oldest = Ghost { print, tick };
        }
    }

    /// Whether a key is remembered; it is not any more.
    pub(super) fn take(&mut self, hash: u64) -> bool {
        if self.is_empty() {
            return false;
        }
        let (now, length, reach) = (self.tick(), self.ticks_are(), self.reach);
        let (bucket, print) = self.place(hash);
        let is_recent = |tick: u16| u64::from(now.wrapping_sub(tick)) * length < reach;
        let mut ghosts = self.buckets[bucket].iter_mut();
        match ghosts.find(|ghost| ghost.print == print && is_recent(ghost.tick)) {
            Some(ghost) => {
                *ghost = Ghost::default();
                true
            }
            None => false,
        }
    }

    /// Grows to a new number of entries: that of weighted ones is known only by and by. What was remembered is forgotten then.
    fn fit(&mut self, entries: usize) {
        let reach = (entries * REACH_TENTHS / 10).max(1) as u64;
        if self.buckets.is_empty() || reach > 2 * self.reach {
            *self = Self {
                buckets: vec![[Ghost::default(); WAYS]; entries.div_ceil(WAYS).max(1)].into(),
                reach,
                count: 0,
            };
        }
    }

    /// Keys in a tick.
    fn ticks_are(&self) -> u64 {
        (self.reach / TICKS).max(1)
    }

    // The low bits are what is wanted.
    #[allow(clippy::cast_possible_truncation)]
    fn tick(&self) -> u16 {
        (self.count / self.ticks_are()) as u16
    }

    /// A key's bucket, and what is written there. Parts of the hash may be weak, so all of it takes part.
    #[allow(clippy::cast_possible_truncation)]
    fn place(&self, hash: u64) -> (usize, u16) {
        let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let bucket = ((mixed >> 32) * self.buckets.len() as u64) >> 32;
        (bucket as usize, ((mixed >> 16) as u16).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hashes of keys that are told apart.
    fn hash(key: u64) -> u64 {
        (key + 1).wrapping_mul(0xd134_2543_de82_ef95).rotate_left(29).wrapping_mul(0xaf25_1af3_b0f0_25b5)
    }

    #[test]
    fn a_key_is_remembered_once_and_not_for_long() {
        let mut ghosts = Ghosts::default();
        assert!(!ghosts.take(hash(1)));
        (0..20_000).for_each(|key| ghosts.remember(hash(key), 1_000));
        let remembered: Vec<_> = (0..20_000).filter(|key| ghosts.take(hash(*key))).collect();
        // Some are forgotten early, for others of their bucket.
        let (recent, old): (Vec<_>, Vec<_>) = remembered.iter().copied().partition(|key| *key >= 19_300);
        assert!((600..=700).contains(&recent.len()) && old.len() < 20, "{} {}", recent.len(), old.len());
        assert!(remembered.iter().all(|key| !ghosts.take(hash(*key))));
    }

    #[test]
    fn strangers_are_seldom_taken_for_ghosts() {
        let mut ghosts = Ghosts::default();
        (0..10_000).for_each(|key| ghosts.remember(hash(key), 10_000));
        let mistaken = (1_000_000..1_100_000).filter(|key| ghosts.take(hash(*key))).count();
        assert!(mistaken < 100, "{mistaken}");
    }
}
