//! What stands behind an annotated function: its cache, or a stand-in where its types don't fit.
//!
//! A type that does not fit (an argument without `Hash`, say) is told once, by a constant of the expansion's own. All other
//! generated code then works on the stand-ins, which ask nothing of any type: so that one mistake stays one error.

use crate::{
    __private::{fit::Fit, misfit::Misfit},
    engine::BoxFuture,
};
use std::{borrow::Borrow, future::Future, pin::Pin};

/// Whether the types of a function fit.
#[derive(Debug)]
pub enum Verdict<const FITS: bool> {}

/// A companion, of which it is known whether the types of its function fit.
pub trait Judged {
    /// A [`Verdict`].
    type Verdict;
}

/// Chooses what a function with keys `K` and outputs `O` works with.
pub trait Choose<K, O> {
    /// The cache.
    type Cache;
    /// A load that owns its arguments.
    type Load;
}

impl<K, O> Choose<K, O> for Verdict<true> {
    type Cache = Fit<K, O>;
    type Load = BoxFuture<O>;
}

impl<K, O> Choose<K, O> for Verdict<false> {
    type Cache = Misfit<K, O>;
    type Load = Pin<Box<dyn Future<Output = O>>>;
}

/// Owns what `&T` points at, for a key or for a load that is a task.
pub trait Own<T: ?Sized> {
    /// What is kept.
    type Owned;

    /// Makes what is kept.
    fn own(argument: &T) -> Self::Owned;

    /// Gives a reference again.
    fn lend(owned: &Self::Owned) -> &T;
}

impl<T: ToOwned + ?Sized> Own<T> for Verdict<true> {
    type Owned = T::Owned;

    fn own(argument: &T) -> T::Owned {
        argument.to_owned()
    }

    fn lend(owned: &T::Owned) -> &T {
        owned.borrow()
    }
}

impl<T: ?Sized> Own<T> for Verdict<false> {
    type Owned = ();

    fn own(_: &T) {}

    fn lend((): &()) -> &T {
        unreachable!("a function whose types don't fit does not compile")
    }
}
