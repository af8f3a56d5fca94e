//! Chooses by a key's type whether it can be printed, as `probe` does.

use std::{fmt, marker::PhantomData};

/// Stands for a key type.
pub struct Keys<K>(PhantomData<fn() -> K>);

impl<K> fmt::Debug for Keys<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}

/// The answer for keys that are not `Debug`.
pub trait Unprinted {
    /// The key type.
    type Key;

    /// Prints nothing.
    const PRINT: fn(&Self::Key) -> Option<String> = |_| None;
}

impl<K> Unprinted for Keys<K> {
    type Key = K;
}

impl<K: fmt::Debug> Keys<K> {
    /// Prints the key.
    pub const PRINT: fn(&K) -> Option<String> = |key| Some(format!("{key:?}"));
}
