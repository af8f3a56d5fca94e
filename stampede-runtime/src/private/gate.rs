//! Chooses, by the bounds of a generic function or a method, between its cache and a stand-in.
//!
//! What `verdict` does for types, for type parameters: `(&Gate::<D, K, O>::NEW).open(…)` is the cache where the bounds suffice
//! for the key `K`, the output `O` and all else that the load needs (`D`), and else a stand-in, by autoref.

use crate::{
    __private::{fit::Fit, misfit::Misfit, slot::Slot, verdict::Verdict},
    cache::ToKey,
    engine::{Key, Output},
    fn_cache::MakeBlueprint,
};
use std::{
    any::TypeId,
    fmt,
    future::{Future, Pending, pending},
    marker::PhantomData,
};

/// Stands for all that is asked of a function's types.
pub struct Gate<D, K, O>(PhantomData<fn(D, K) -> O>);

impl<D, K, O> Gate<D, K, O> {
    /// Its only value.
    pub const NEW: Self = Self(PhantomData);
}

impl<D, K, O> fmt::Debug for Gate<D, K, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate")
    }
}

/// A load that needs a `T` to be moved to it.
#[derive(Debug)]
pub struct Value<T>(PhantomData<fn() -> T>);

/// A load that needs what a `&T` points at.
#[derive(Debug)]
pub struct Reference<T: ?Sized>(PhantomData<fn() -> PhantomData<T>>);

/// Needs that are met.
pub trait Met {}

impl Met for () {}
impl<D: Met, E: Met> Met for (D, E) {}
impl Met for Verdict<true> {}
impl<T: Send> Met for Value<T> {}
impl<T: ?Sized + ToOwned> Met for Reference<T> where T::Owned: Send {}

/// What stands behind a gate where the bounds suffice.
pub trait Open<K, O> {
    /// Returns the cache of this instantiation.
    fn open(&self, place: (&'static Slot, TypeId), blueprint: MakeBlueprint<K, O>) -> &'static Fit<K, O>;

    /// Makes the key that a call is looked up by.
    fn key_of<Q: ToKey<K>>(&self, call: &Q) -> K {
        call.to_key()
    }

    /// Returns a call as it is.
    fn run<F: Future<Output = O>>(&self, call: F) -> F {
        call
    }
}

impl<D: Met, K: Key, O: Output> Open<K, O> for &Gate<D, K, O> {
    #[inline]
    fn open(
        &self,
        (slot, id): (&'static Slot, TypeId),
        blueprint: MakeBlueprint<K, O>,
    ) -> &'static Fit<K, O> {
        slot.get(id, blueprint)
    }
}

/// What stands behind a gate where they don't; never run, as such a function does not compile.
pub trait Shut<K, O> {
    #[doc(hidden)]
    fn open(&self, _: (&'static Slot, TypeId), _: MakeBlueprint<K, O>) -> &'static Misfit<K, O> {
        unreachable!("a function whose types don't fit does not compile")
    }

    #[doc(hidden)]
    fn key_of<Q>(&self, _: &Q) -> K {
        unreachable!("a function whose types don't fit does not compile")
    }

    #[doc(hidden)]
    fn run<F: Future<Output = O>>(&self, _: F) -> Pending<O> {
        pending()
    }
}

impl<D, K, O> Shut<K, O> for Gate<D, K, O> {}
