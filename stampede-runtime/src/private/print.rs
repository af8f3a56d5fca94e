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

    /// Writes it for a tier.
    #[cfg(feature = "redis")]
    const WRITE: Option<crate::attached::WriteKey<Self::Key>> = None;

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

#[cfg(feature = "redis")]
impl<K: serde::Serialize> Keys<K> {
    /// Writes the key for a tier.
    pub const WRITE: Option<crate::attached::WriteKey<K>> = Some(crate::tier::write_key);
}
