//! Where the cache of a function is that has one: made by its first call, of what the function's `static` says.

use crate::{
    __private::{fit::Fit, misfit::Misfit},
    attached::Attached,
    engine::{Key, Output},
    fn_cache::Blueprint,
};
use std::{fmt, sync::OnceLock};

/// A function's cache, of type `C`, and what it is made of: as constants, so that it takes no code in each function.
pub struct Place<C, K, O> {
    cache: OnceLock<C>,
    blueprint: Blueprint<K, O>,
    tier: fn() -> Attached<K, O>,
}

impl<C, K, O> Place<C, K, O> {
    /// A place without a cache.
    pub const fn new(blueprint: Blueprint<K, O>, tier: fn() -> Attached<K, O>) -> Self {
        Self { cache: OnceLock::new(), blueprint, tier }
    }
}

impl<K: Key, O: Output> Place<Fit<K, O>, K, O> {
    /// Returns the cache, and makes it first.
    ///
    /// # Panics
    ///
    /// If there is no way to share outputs; a function with such outputs has a `Misfit`.
    #[inline]
    pub fn get(&self) -> &Fit<K, O> {
        match self.cache.get() {
            Some(cache) => cache,
            None => self.make(),
        }
    }

    #[cold]
    #[inline(never)]
    fn make(&self) -> &Fit<K, O> {
        self.cache.get_or_init(|| Fit::new(&self.blueprint, (self.tier)()))
    }
}

impl<K, O> Place<Misfit<K, O>, K, O> {
    #[doc(hidden)]
    pub fn get(&self) -> &Misfit<K, O> {
        self.cache.get_or_init(Misfit::new)
    }
}

impl<C, K, O> fmt::Debug for Place<C, K, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Place")
    }
}
