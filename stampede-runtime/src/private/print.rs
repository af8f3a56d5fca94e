//! Chooses by a key's type whether it can be printed, as `output` chooses how outputs are shared.
//!
//! The expansion calls `(&&Keys::<K>::new()).printer()`.

use std::{fmt, marker::PhantomData};

/// Stands for a key type.
pub struct Keys<K>(PhantomData<fn() -> K>);

impl<K> Keys<K> {
    /// Stands for `K`.
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<K> Default for Keys<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K> fmt::Debug for Keys<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}

/// A key that is `Debug`.
pub trait PrintDebug<K> {
    #[doc(hidden)]
    fn printer(&self) -> fn(&K) -> Option<String>;
}

impl<K: fmt::Debug> PrintDebug<K> for &Keys<K> {
    fn printer(&self) -> fn(&K) -> Option<String> {
        |key| Some(format!("{key:?}"))
    }
}

/// Any other key.
pub trait PrintNothing<K> {
    #[doc(hidden)]
    fn printer(&self) -> fn(&K) -> Option<String>;
}

impl<K> PrintNothing<K> for Keys<K> {
    fn printer(&self) -> fn(&K) -> Option<String> {
        |_| None
    }
}
