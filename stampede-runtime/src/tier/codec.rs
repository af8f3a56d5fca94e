//! Keys and outputs as bytes: `MessagePack`, by serde.
//!
//! Values with the names of their fields, so that processes of two versions read each other's as far as serde lets them; keys
//! without, because they are only ever compared.

use super::nested::nested_nils;
use crate::sharing::Kind;
use serde::{Serialize, de::DeserializeOwned};
use std::{any::type_name, fmt};

/// How outputs of type `O` are written for a tier, and read.
pub struct Codec<O> {
    /// Tells types apart, as far as their names do.
    pub(super) fingerprint: fn() -> u64,
    /// False if the output is not for others.
    pub(super) write: fn(&O, &mut Vec<u8>) -> bool,
    pub(super) read: fn(Kind, &[u8]) -> Option<O>,
}

// Derived, these would ask for `O: Clone`.
impl<O> Clone for Codec<O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O> Copy for Codec<O> {}

impl<O> fmt::Debug for Codec<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Codec")
    }
}

impl<O: Serialize + DeserializeOwned> Codec<O> {
    /// Outputs of one kind.
    pub(crate) const fn whole() -> Self {
        Self { fingerprint: fingerprint::<O>, write: write_named, read: |_, bytes| read(bytes) }
    }
}

impl<T: Serialize + DeserializeOwned, E> Codec<Result<T, E>> {
    /// Values; errors stay in their process.
    pub(crate) const fn of_values() -> Self {
        Self {
            fingerprint: fingerprint::<T>,
            write: |output, bytes| output.as_ref().is_ok_and(|value| write_named(value, bytes)),
            read: |kind, bytes| if kind == Kind::Error { None } else { read(bytes).map(Ok) },
        }
    }
}

impl<T: Serialize + DeserializeOwned, E: Serialize + DeserializeOwned> Codec<Result<T, E>> {
    /// Values and errors.
    pub(crate) const fn of_results() -> Self {
        Self {
            fingerprint: fingerprint::<(T, E)>,
            write: |output, bytes| match output {
                Ok(value) => write_named(value, bytes),
                Err(error) => write_named(error, bytes),
            },
            read: |kind, bytes| match kind {
                Kind::Error => read(bytes).map(Err),
                Kind::Value | Kind::Nothing => read(bytes).map(Ok),
            },
        }
    }
}

/// Writes a key; None if its `Serialize` fails.
///
/// What is not told apart by its encoding follows it: no two keys are one.
pub(crate) fn write_key<K: Serialize>(key: &K) -> Option<Vec<u8>> {
    let mut bytes = rmp_serde::to_vec(key).ok()?;
    for nil in nested_nils(key)? {
        bytes.extend_from_slice(&nil.place.to_le_bytes());
        bytes.extend_from_slice(&nil.depth.to_le_bytes());
    }
    Some(bytes)
}

/// Writes a value, unless it would be read as another one.
fn write_named<T: Serialize>(value: &T, bytes: &mut Vec<u8>) -> bool {
    nested_nils(value).is_some_and(|nils| nils.is_empty())
        && rmp_serde::encode::write_named(bytes, value).is_ok()
}

/// Reads a value that takes up all of the bytes.
fn read<T: DeserializeOwned>(mut bytes: &[u8]) -> Option<T> {
    let value = T::deserialize(&mut rmp_serde::Deserializer::new(&mut bytes)).ok()?;
    bytes.is_empty().then_some(value)
}

/// FNV-1a (Fowler, Noll, Vo; 64 bits) of a type's name: the same in all processes of a build, which a hasher's need not be.
fn fingerprint<T>() -> u64 {
    type_name::<T>().bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use std::collections::HashSet;

    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    struct Old {
        name: String,
        gone: u8,
    }

    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    struct New {
        #[serde(default)]
        added: Vec<u8>,
        name: String,
    }

    #[test]
    fn types_may_gain_and_lose_fields() {
        // T6: two versions of a service run side by side.
        let mut bytes = Vec::new();
        assert!(write_named(&Old { name: "a".into(), gone: 1 }, &mut bytes));
        assert_eq!(read(&bytes), Some(New { added: Vec::new(), name: "a".into() }));
        assert_eq!(read::<u64>(&bytes), None);
        bytes.push(0);
        assert_eq!(read::<Old>(&bytes), None, "something follows the value");
    }

    #[test]
    fn errors_travel_only_if_they_are_meant_to() {
        // T6.
        let (values, results) =
            (Codec::<Result<u8, String>>::of_values(), Codec::<Result<u8, String>>::of_results());
        let (error, mut bytes) = (Err("down".to_owned()), Vec::new());
        assert!(!(values.write)(&error, &mut bytes));
        assert!((results.write)(&error, &mut bytes));
        assert_eq!((results.read)(Kind::Error, &bytes), Some(error));
        assert_eq!((values.read)(Kind::Error, &bytes), None);
        assert_ne!((values.fingerprint)(), (results.fingerprint)());
    }

    #[test]
    fn keys_are_framed() {
        // T6: no two keys are one.
        assert_ne!(write_key(&("ab", "c")), write_key(&("a", "bc")));
        assert_ne!(write_key(&("a", None::<u8>)), write_key(&("a", Some(0_u8))));
        let nested: [Option<Option<Option<u8>>>; 4] =
            [None, Some(None), Some(Some(None)), Some(Some(Some(0)))];
        let all: HashSet<_> =
            nested.iter().flat_map(|a| nested.iter().map(move |b| write_key(&(a, b)))).collect();
        assert_eq!(all.len(), 16);
        assert_ne!(write_key(&None::<()>), write_key(&Some(())));
    }

    #[test]
    fn values_that_would_change_are_not_written() {
        // T6.
        let writes = |value: &Option<Option<u8>>| (Codec::whole().write)(value, &mut Vec::new());
        assert!(writes(&None) && writes(&Some(Some(1))) && !writes(&Some(None)));
        let page = Ok::<_, String>((7, Some(())));
        assert!(!(Codec::of_values().write)(&page, &mut Vec::new()));
    }
}
