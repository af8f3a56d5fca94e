//! The tier that a cache is built with; nothing without the feature `redis`.

#[cfg(feature = "redis")]
use crate::tier::{Codec, Spec, Tier, TierError};
#[cfg(feature = "redis")]
use std::sync::Arc;
use std::{fmt, marker::PhantomData};

/// The tier that a cache is built with, if there is one.
pub struct Attached<K, O> {
    #[cfg(feature = "redis")]
    pub(crate) spec: Option<Spec<K, O>>,
    types: PhantomData<fn(K) -> O>,
}

impl<K, O> Attached<K, O> {
    /// No tier.
    #[must_use]
    pub fn none() -> Self {
        Self {
            #[cfg(feature = "redis")]
            spec: None,
            types: PhantomData,
        }
    }
}

/// Writes a key for a tier; None if that fails.
#[cfg(feature = "redis")]
pub type WriteKey<K> = fn(&K) -> Option<Vec<u8>>;

#[cfg(feature = "redis")]
impl<K, O> Attached<K, O> {
    /// Takes the tier of a function; with `strict`, callers get that in place of a load that can't ask it.
    ///
    /// # Panics
    ///
    /// If there is no way to write keys or outputs; a function with such does not compile.
    pub fn of(
        tier: Arc<dyn Tier>,
        write_key: Option<WriteKey<K>>,
        codec: Option<Codec<O>>,
        strict: Option<fn(TierError) -> O>,
    ) -> Self {
        let (write_key, codec) = write_key.zip(codec).expect("types that fit can be written");
        Spec::with(tier, write_key, codec, strict).into()
    }
}

#[cfg(feature = "redis")]
impl<K, O> From<Spec<K, O>> for Attached<K, O> {
    fn from(spec: Spec<K, O>) -> Self {
        Self { spec: Some(spec), types: PhantomData }
    }
}

impl<K, O> fmt::Debug for Attached<K, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attached")
    }
}
