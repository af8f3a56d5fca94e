//! Claims on keys: what a call takes that drives its load in place, until somebody else needs to know of the load.
//!
//! Most loads that end in their first poll are met by nobody. A flight is much work for that: it is made, put into a table under a
//! lock, found there again and taken out. A claim is one step of a word, which has room for the hash of the key; what else there is to
//! know the call has by itself. Whoever comes meanwhile waits for the claim: that is noted, and the one who has made it hands over
//! what it comes to.
//!
//! Hashes are dealt out to stripes. The word of a stripe has one claim at most, and counts the flights whose keys are dealt to it.
//!
//! Invariants:
//! - A key is claimed only while its stripe has neither a claim nor a flight, in one step with that look. A flight is put in the air
//!   only while its hash is not claimed, in one step with that look too (C1).
//! - A claim that somebody waits for ends under the lock under which the others wait for it; so nobody waits for one that has ended.
//! - Once a claim is cut, nothing that it brings is stored (I1, I2), and nobody comes to wait for it. As in `state.rs`, `commit` and
//!   `cut` are steps of one word.
//! - A cut is a step of the word even where there is no claim: one that is made after it sees all that was done before it.
//!
//! A claim knows 46 bits of a hash, and no key. So claims are for types of keys whose `Hash` tells apart what `Eq` does, by all but
//! chance ([`fits`]): who waits for the claim of another key starts over when that ends.

use crate::sync::{
    AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};
use std::{any::TypeId, sync::Arc};

/// The claims on the keys of one cache.
#[derive(Debug)]
pub(crate) struct Claims(Box<[Stripe]>);

#[derive(Debug)]
struct Stripe {
    /// Flags, the number of flights times [`FLIGHT`], and the upper bits of the hash that is claimed.
    word: AtomicU64,
    /// The number of the claim (`circle.rs`), given by who asks for it first; zero is none yet.
    number: AtomicU64,
}

/// As many claims can there be at a time. A power of two; a stripe takes 16 bytes.
const STRIPES: usize = 64;

/// There is a claim.
const CLAIMED: u64 = 1;
/// Others wait for it.
const WANTED: u64 = 1 << 1;
/// It does not own its key any more.
const CUT: u64 = 1 << 2;
/// What it has brought may be shown.
const COMMITTED: u64 = 1 << 3;
/// One flight. There is room for a million in each stripe.
const FLIGHT: u64 = 1 << 4;
/// The bits of a hash.
const HASH: u64 = !0 << 24;
/// All that belongs to a claim.
const CLAIM: u64 = HASH | CLAIMED | WANTED | CUT | COMMITTED;

/// Whether this hash is claimed, and the claim owns its key.
fn is_claimed(word: u64, hash: u64) -> bool {
    word & (HASH | CLAIMED | CUT) == hash & HASH | CLAIMED
}

impl Claims {
    /// No claims, but these flights, by the hashes of their keys.
    pub(crate) fn new(flights: impl IntoIterator<Item = u64>) -> Self {
        let stripe = || Stripe { word: AtomicU64::new(0), number: AtomicU64::new(0) };
        let claims = Self((0..STRIPES).map(|_| stripe()).collect());
        flights.into_iter().for_each(|hash| assert!(claims.take_off(hash), "nothing is claimed yet"));
        claims
    }

    /// Whether a hash could be claimed a moment ago.
    #[inline]
    pub(crate) fn is_free(&self, hash: u64) -> bool {
        self.stripe(hash).word.load(Relaxed) == 0
    }

    /// Claims a hash. The claim has the number that is returned, which is `number` unless somebody has given it one already.
    #[inline]
    pub(crate) fn claim(&self, hash: u64, number: u64) -> Option<u64> {
        let Stripe { word, number: named } = self.stripe(hash);
        word.compare_exchange(0, hash & HASH | CLAIMED, AcqRel, Relaxed).ok()?;
        Some(name(named, number))
    }

    /// Whether a claim still owns its key.
    #[inline]
    pub(crate) fn is_attached(&self, hash: u64) -> bool {
        self.stripe(hash).word.load(Acquire) & CUT == 0
    }

    /// Whether what a claim has brought, and has put where a cut finds it, may be shown, as `Cabin::commit`.
    #[inline]
    pub(crate) fn commit(&self, hash: u64) -> bool {
        self.stripe(hash).word.fetch_or(COMMITTED, AcqRel);
        self.is_attached(hash)
    }

    /// Ends a claim. False if somebody waits for it: then it has to be ended under their lock.
    #[inline]
    pub(crate) fn release(&self, hash: u64) -> bool {
        let Stripe { word, number } = self.stripe(hash);
        number.store(0, Relaxed);
        let mut now = word.load(Relaxed);
        while now & WANTED == 0 {
            match word.compare_exchange_weak(now, now & !CLAIM, AcqRel, Relaxed) {
                Ok(_) => return true,
                Err(changed) => now = changed,
            }
        }
        false
    }

    /// Ends a claim that others wait for, under their lock.
    pub(crate) fn end(&self, hash: u64) {
        let Stripe { word, number } = self.stripe(hash);
        number.store(0, Relaxed);
        word.fetch_and(!CLAIM, AcqRel);
    }

    /// Ends a claim that others may wait for, under their lock, and counts its flight instead: unless it has been cut, then there is
    /// none to count, and this is false.
    pub(crate) fn redeem(&self, hash: u64) -> bool {
        let Stripe { word, number } = self.stripe(hash);
        number.store(0, Relaxed);
        let redeem = |word: u64| Some(if word & CUT == 0 { (word & !CLAIM) + FLIGHT } else { word & !CLAIM });
        word.fetch_update(AcqRel, Acquire, redeem).is_ok_and(|word| word & CUT == 0)
    }

    /// Notes under their lock that somebody waits for the claim of a hash; returns its number, which is `number` if nobody has given
    /// it one before, or if its load has ended: then nobody asks for it. None if there is no claim any more.
    pub(crate) fn want(&self, hash: u64, number: u64) -> Option<u64> {
        let Stripe { word, number: named } = self.stripe(hash);
        let want = |word| is_claimed(word, hash).then_some(word | WANTED);
        word.fetch_update(AcqRel, Acquire, want).ok()?;
        Some(name(named, number))
    }

    /// Counts a flight that is about to be put in the air; false if its hash is claimed.
    pub(crate) fn take_off(&self, hash: u64) -> bool {
        let take_off = |word| (!is_claimed(word, hash)).then_some(word + FLIGHT);
        self.stripe(hash).word.fetch_update(AcqRel, Acquire, take_off).is_ok()
    }

    /// A flight has been taken out of the table.
    pub(crate) fn leave(&self, hash: u64) {
        self.stripe(hash).word.fetch_sub(FLIGHT, Release);
    }

    /// Whether a hash is claimed.
    pub(crate) fn is_claimed(&self, hash: u64) -> bool {
        is_claimed(self.stripe(hash).word.load(Acquire), hash)
    }

    /// Cuts the claim of a hash from its key; true if there was one.
    pub(crate) fn cut(&self, hash: u64) -> bool {
        self.stripe(hash).cut(&|word| is_claimed(word, hash))
    }

    /// Cuts all claims from their keys.
    pub(crate) fn cut_all(&self) {
        for stripe in &self.0 {
            stripe.cut(&|word| word & CLAIMED != 0);
        }
    }

    /// The number of claims that own their keys.
    pub(crate) fn len(&self) -> usize {
        self.0.iter().filter(|stripe| stripe.word.load(Acquire) & (CLAIMED | CUT) == CLAIMED).count()
    }

    /// Whether a claim of one hash is taken for one of the other.
    pub(crate) fn are_one(one: u64, other: u64) -> bool {
        let bits = HASH | (STRIPES as u64 - 1);
        one & bits == other & bits
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "the lower bits are asked for")]
    fn stripe(&self, hash: u64) -> &Stripe {
        &self.0[hash as usize % STRIPES]
    }
}

/// Whether keys of a type can be claimed: a number, a text, or two of these. Their `Hash` is known to take all in that they are
/// compared by.
pub(crate) fn fits<K: 'static>() -> bool {
    macro_rules! is_one {
        ($($type:ty),*) => {
            is_pair!([$($type),*] $($type),*)
        };
    }
    macro_rules! is_pair {
        ($types:tt $($first:ty),*) => {
            $(TypeId::of::<K>() == TypeId::of::<$first>() || is_with!($first, $types) ||)* false
        };
    }
    macro_rules! is_with {
        ($first:ty, [$($second:ty),*]) => {
            $(TypeId::of::<K>() == TypeId::of::<($first, $second)>() ||)* false
        };
    }
    is_one!(
        u8,
        u16,
        u32,
        u64,
        u128,
        usize,
        i8,
        i16,
        i32,
        i64,
        i128,
        isize,
        bool,
        char,
        String,
        Box<str>,
        Arc<str>
    )
}

impl Stripe {
    /// Writes the word in any case.
    fn cut(&self, is_meant: &dyn Fn(u64) -> bool) -> bool {
        let mut is_cut = false;
        let cut = |word| {
            is_cut = is_meant(word);
            Some(if is_cut { word | CUT } else { word })
        };
        let _ = self.word.fetch_update(AcqRel, Acquire, cut);
        is_cut
    }
}

/// Gives a claim a number, unless it has one.
#[inline]
fn name(named: &AtomicU64, number: u64) -> u64 {
    match named.compare_exchange(0, number, Relaxed, Relaxed) {
        Ok(_) => number,
        Err(named) => named,
    }
}

#[cfg(test)]
mod tests {
    use super::fits;
    use std::sync::Arc;

    #[test]
    fn claims_are_for_keys_that_hashes_tell_apart() {
        assert!(fits::<u64>() && fits::<String>() && fits::<(u64, String)>() && fits::<(Arc<str>, bool)>());
        assert!(!fits::<Vec<u8>>() && !fits::<(u64, Vec<u8>)>() && !fits::<Option<u64>>());
    }
}
