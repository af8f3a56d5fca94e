//! Values as they lie in a tier: a header of 32 bytes, and what the value is encoded as.
//!
//! ```text
//! 0  "st"           4  fingerprint of the type    12  fresh for, in µs    20  kept for, in µs    28  length, uncompressed
//! 2  version        3  flags: kind, may be stale, compressed                                     32  the value
//! ```
//!
//! Times are lengths, counted from the end of the load (T4): how much of them is over, a reader sees by how long the tier will
//! still keep the value. What does not fit any of this is no value (T6).

use crate::sharing::Kind;
use std::{borrow::Cow, time::Duration};

const MAGIC: [u8; 2] = *b"st";
const VERSION: u8 = 1;
const HEADER: usize = 32;

const KIND: u8 = 0b0000_0011;
const MAY_BE_STALE: u8 = 0b0000_0100;
const COMPRESSED: u8 = 0b0000_1000;

/// Nothing is kept for longer: ten years.
pub(super) const LONGEST: Duration = Duration::from_secs(10 * 365 * 86_400);

/// What is known of a value without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Tells types apart.
    pub(super) fingerprint: u64,
    pub(super) kind: Kind,
    pub(super) may_be_stale: bool,
    /// `Duration::MAX` is for ever.
    pub(super) fresh: Duration,
    /// Its stale windows included.
    pub(super) total: Duration,
}

/// Puts a value in an envelope. None if it is too large for one.
pub(super) fn seal(header: &Header, value: &[u8], compress_above: usize) -> Option<Vec<u8>> {
    let length = u32::try_from(value.len()).ok()?;
    let compressed = (value.len() > compress_above).then(|| lz4_flex::block::compress(value));
    let compressed = compressed.filter(|compressed| compressed.len() < value.len());
    let mut flags = match header.kind {
        Kind::Value => 0,
        Kind::Nothing => 1,
        Kind::Error => 2,
    };
    if header.may_be_stale {
        flags |= MAY_BE_STALE;
    }
    if compressed.is_some() {
        flags |= COMPRESSED;
    }
    let body = compressed.as_deref().unwrap_or(value);
    let mut bytes = Vec::with_capacity(HEADER + body.len());
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&[VERSION, flags]);
    bytes.extend_from_slice(&header.fingerprint.to_le_bytes());
    bytes.extend_from_slice(&micros(header.fresh).to_le_bytes());
    bytes.extend_from_slice(&micros(header.total.min(LONGEST)).to_le_bytes());
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(body);
    Some(bytes)
}

/// Opens an envelope. None if it is none, or one of another version.
pub(super) fn open(bytes: &[u8]) -> Option<(Header, Cow<'_, [u8]>)> {
    let (header, body) = bytes.split_at_checked(HEADER)?;
    let [m0, m1, VERSION, flags, ..] = *header else { return None };
    if [m0, m1] != MAGIC || flags & !(KIND | MAY_BE_STALE | COMPRESSED) != 0 {
        return None;
    }
    let kind = match flags & KIND {
        0 => Kind::Value,
        1 => Kind::Nothing,
        2 => Kind::Error,
        _ => return None,
    };
    let number = |at: usize| header[at..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    let length = header[28..].first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes)) as usize;
    let body = if flags & COMPRESSED != 0 {
        // No LZ4 block grows by more than this: who claims so is not given the memory.
        if length > body.len().saturating_mul(255) {
            return None;
        }
        Cow::Owned(lz4_flex::block::decompress(body, length).ok()?)
    } else {
        Cow::Borrowed(body)
    };
    let header = Header {
        fingerprint: number(4),
        kind,
        may_be_stale: flags & MAY_BE_STALE != 0,
        fresh: duration(number(12)),
        total: duration(number(20)),
    };
    (body.len() == length).then_some((header, body))
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn duration(micros: u64) -> Duration {
    if micros == u64::MAX { Duration::MAX } else { Duration::from_micros(micros) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header(kind: Kind, fresh: Duration) -> Header {
        Header { fingerprint: 7, kind, may_be_stale: true, fresh, total: Duration::from_secs(9) }
    }

    proptest! {
        // T6: what was sealed is what is found, compressed or not.
        #[test]
        fn envelopes_hold_what_was_put_in(value: Vec<u8>, repeat in 1..50_usize, above in 0..2_000_usize, fresh: u32) {
            let value = value.repeat(repeat);
            let header = header(Kind::Nothing, Duration::from_micros(u64::from(fresh)));
            let sealed = seal(&header, &value, above).expect("it is small");
            let (found, body) = open(&sealed).expect("it was sealed");
            prop_assert_eq!(found, header);
            prop_assert_eq!(&*body, &value[..]);
            prop_assert!(sealed.len() <= value.len() + HEADER);
        }

        // T6: garbage is no value, and no panic.
        #[test]
        fn garbage_is_no_value(bytes: Vec<u8>) {
            prop_assert!(open(&bytes).is_none());
        }

        // T6: nor is what was sealed and then changed; at worst it is another value of the same kind of bytes.
        #[test]
        fn damage_is_no_panic(value: Vec<u8>, at: prop::sample::Index, byte: u8) {
            let mut sealed = seal(&header(Kind::Value, Duration::MAX), &value, 0).expect("it is small");
            let at = at.index(sealed.len());
            sealed[at] = byte;
            let _ = open(&sealed);
            sealed.truncate(at);
            prop_assert!(open(&sealed).is_none());
        }
    }

    #[test]
    fn other_versions_are_no_values() {
        // T6: an older and a newer format.
        let sealed = seal(&header(Kind::Value, Duration::MAX), b"value", 0).expect("it is small");
        for version in [0, 2, 255] {
            let mut other = sealed.clone();
            other[2] = version;
            assert!(open(&other).is_none(), "version {version}");
        }
        assert_eq!(open(&sealed).expect("it is whole").0.fresh, Duration::MAX);
    }

    #[test]
    fn nobody_is_given_memory_for_the_asking() {
        let mut sealed = seal(&header(Kind::Value, Duration::MAX), &[0; 10_000], 0).expect("it is small");
        assert!(sealed.len() < 200);
        sealed[28..32].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(open(&sealed).is_none());
    }
}
