//! Stands in for the cache of a function whose types don't fit. It is never run: such a function does not compile.
//!
//! Everything that `Fit` has is here under the same name, without a bound on any type.

use crate::{
    __private::output::IntoOutput, engine::Refresher, fn_cache::FnCache, served::Served, stats::Stats,
};
use std::{
    future::{Future, Pending, pending},
    marker::PhantomData,
};

const NEVER: &str = "a function whose types don't fit does not compile";

/// Stands in for a function's cache.
#[derive(Debug)]
pub struct Misfit<K, O>(PhantomData<fn() -> (K, O)>);

impl<K, O> Misfit<K, O> {
    pub(super) const fn new() -> Self {
        Self(PhantomData)
    }

    #[doc(hidden)]
    #[allow(clippy::missing_errors_doc)]
    pub fn begin<Q>(&self, _: &Q, _: Refresher) -> Result<O, MisfitMissed<O>> {
        Err(MisfitMissed(PhantomData))
    }

    #[doc(hidden)]
    pub fn begin_fresh<Q>(&self, _: &Q) -> MisfitMissed<O> {
        MisfitMissed(PhantomData)
    }

    #[doc(hidden)]
    pub fn begin_with_info<Q>(&self, _: &Q, _: Refresher, _: bool) -> MisfitMissed<O> {
        MisfitMissed(PhantomData)
    }

    #[doc(hidden)]
    pub fn reveal(&self) -> &FnCache<K, O> {
        unreachable!("{NEVER}")
    }

    #[doc(hidden)]
    pub fn peek<Q>(&self, _: &Q) -> Option<O> {
        None
    }

    #[doc(hidden)]
    pub fn put<Q>(&self, _: &Q, _: impl IntoOutput<O>) {}

    #[doc(hidden)]
    pub fn insert(&self, _: K, _: O) {}

    #[doc(hidden)]
    pub fn invalidate<Q>(&self, _: &Q) -> bool {
        false
    }

    #[doc(hidden)]
    pub fn clear(&self) {}

    #[doc(hidden)]
    pub fn stats(&self) -> Stats {
        unreachable!("{NEVER}")
    }
}

/// Stands in for a miss.
#[derive(Debug)]
#[must_use]
pub struct MisfitMissed<O>(PhantomData<fn() -> O>);

impl<O> MisfitMissed<O> {
    #[doc(hidden)]
    pub fn detached<F: FnOnce() -> B, B: Future<Output = O>>(self, _: F) -> Pending<O> {
        pending()
    }

    #[doc(hidden)]
    pub fn detached_with_info<F: FnOnce() -> B, B: Future<Output = O>>(self, _: F) -> Pending<(O, Served)> {
        pending()
    }

    #[doc(hidden)]
    pub fn in_place_with_info<F: FnOnce() -> B, B: Future<Output = O>>(self, _: F) -> Pending<(O, Served)> {
        pending()
    }

    #[doc(hidden)]
    pub fn blocking_with_info<F: FnOnce() -> O>(self, _: F) -> (O, Served) {
        unreachable!("{NEVER}")
    }

    #[doc(hidden)]
    pub fn blocking_or_pooled<F: FnOnce() -> B, B: Future<Output = O>>(self, _: F) -> O {
        unreachable!("{NEVER}")
    }

    #[doc(hidden)]
    pub fn blocking_or_pooled_with_info<F: FnOnce() -> B, B: Future<Output = O>>(self, _: F) -> (O, Served) {
        unreachable!("{NEVER}")
    }

    #[doc(hidden)]
    pub fn in_place<F: FnOnce() -> B, B: Future<Output = O>>(self, _: F) -> Pending<O> {
        pending()
    }

    #[doc(hidden)]
    pub fn blocking<F: FnOnce() -> O>(self, _: F) -> O {
        unreachable!("{NEVER}")
    }
}
