//! How keys are hashed: by foldhash, but for the byte that ends a text.
//!
//! `str` hashes its bytes and one more, 255, so that two texts in a row are not taken for two others. foldhash mixes the length of
//! bytes in with them, and would spend a second multiplication on that one byte. Here it waits: it is written if something
//! follows, and if nothing does it turns the bits of the hash over.

use foldhash::fast::{FoldHasher, RandomState};
use std::hash::{BuildHasher, Hasher};

/// What `str` writes behind its bytes.
const END: u8 = 0xff;

/// Makes the hashers of one cache: a seed of its own for each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hashing(RandomState);

impl BuildHasher for Hashing {
    type Hasher = KeyHasher;

    #[inline]
    fn build_hasher(&self) -> KeyHasher {
        KeyHasher { inner: self.0.build_hasher(), ended: false }
    }
}

/// Hashes one key.
pub(crate) struct KeyHasher {
    inner: FoldHasher<'static>,
    /// An [`END`] has come that has not been written.
    ended: bool,
}

impl KeyHasher {
    /// What is to be written to, when something follows.
    #[inline]
    fn go_on(&mut self) -> &mut FoldHasher<'static> {
        if self.ended {
            self.ended = false;
            self.inner.write_u8(END);
        }
        &mut self.inner
    }
}

impl Hasher for KeyHasher {
    #[inline]
    fn finish(&self) -> u64 {
        let hash = self.inner.finish();
        if self.ended { !hash } else { hash }
    }

    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        self.go_on().write(bytes);
    }

    #[inline]
    fn write_u8(&mut self, byte: u8) {
        let inner = self.go_on();
        if byte == END {
            self.ended = true;
        } else {
            inner.write_u8(byte);
        }
    }

    #[inline]
    fn write_u16(&mut self, number: u16) {
        self.go_on().write_u16(number);
    }

    #[inline]
    fn write_u32(&mut self, number: u32) {
        self.go_on().write_u32(number);
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        self.go_on().write_u64(number);
    }

    #[inline]
    fn write_u128(&mut self, number: u128) {
        self.go_on().write_u128(number);
    }

    #[inline]
    fn write_usize(&mut self, number: usize) {
        self.go_on().write_usize(number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::HashSet, hash::Hash};

    #[test]
    fn texts_are_told_apart_wherever_they_end() {
        let hashing = Hashing::default();
        let pairs = [("ab", "c"), ("a", "bc"), ("abc", ""), ("", "abc"), ("", ""), ("c", "ab")];
        let hashes: HashSet<u64> = pairs.iter().map(|pair| hashing.hash_one(pair)).collect();
        assert_eq!(hashes.len(), pairs.len());
        let ends = ["", "\0", "\0\0", "a", "a\0", "aa"];
        let hashes: HashSet<u64> = ends.iter().map(|text| hashing.hash_one(text)).collect();
        assert_eq!(hashes.len(), ends.len());
    }

    #[test]
    fn an_end_counts_last_and_in_between() {
        let hashing = Hashing::default();
        let hash = |writes: &[&[u8]]| {
            let mut hasher = hashing.build_hasher();
            for bytes in writes {
                match bytes {
                    [byte] => hasher.write_u8(*byte),
                    _ => hasher.write(bytes),
                }
            }
            hasher.finish()
        };
        let all: [&[&[u8]]; 8] = [
            &[],
            &[&[END]],
            &[&[END], &[END]],
            &[b"text"],
            &[b"text", &[END]],
            &[b"text", &[END], &[END]],
            &[b"text", b"more"],
            &[b"text", &[END], b"more"],
        ];
        let hashes: HashSet<u64> = all.iter().map(|writes| hash(writes)).collect();
        assert_eq!(hashes.len(), all.len());
    }

    #[test]
    fn a_form_of_a_key_is_hashed_as_the_key() {
        let hashing = Hashing::default();
        assert_eq!(hashing.hash_one("text"), hashing.hash_one("text".to_owned()));
        assert_eq!(hashing.hash_one((7, "text")), hashing.hash_one((7, "text".to_owned())));
        assert_eq!(hashing.hash_one(Some("text")), hashing.hash_one(Some("text".to_owned())));
    }

    /// How many of the keys share their place in a table of twice as many with another. Of several seeds the median: one in some
    /// hundreds is unlucky.
    fn crowded<I: Iterator<Item: Hash>>(keys: impl Fn() -> I, place: impl Fn(u64) -> u64) -> usize {
        let mut counts = [(); 5].map(|()| {
            let hashing = Hashing::default();
            let places: Vec<u64> = keys().map(|key| place(hashing.hash_one(key))).collect();
            let taken: HashSet<&u64> = places.iter().collect();
            places.len() - taken.len()
        });
        counts.sort_unstable();
        counts[2]
    }

    #[test]
    fn short_texts_spread_as_well_as_chance_would_have_it() {
        // Of 2^15 keys in 2^16 places chance puts a fifth into places that are taken: 6,980, give or take 70.
        const PLACES: u32 = 16;
        let texts = || (0..1_u32 << (PLACES - 1)).map(|number| number.to_string());
        let low = crowded(texts, |hash| hash & ((1 << PLACES) - 1));
        let high = crowded(texts, |hash| hash >> (u64::BITS - PLACES));
        assert!(low < 8_000 && high < 8_000, "{low} and {high}");
        let long = |number: String| format!("https://example.com/{number:0>30}/page");
        let low = crowded(|| texts().map(long), |hash| hash & ((1 << PLACES) - 1));
        let high = crowded(|| texts().map(long), |hash| hash >> (u64::BITS - PLACES));
        assert!(low < 8_000 && high < 8_000, "{low} and {high}");
    }
}
