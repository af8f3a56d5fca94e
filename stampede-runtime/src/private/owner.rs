//! Owns what a reference points at, where only bounds tell whether that can be done (see `bounds`).

use std::{borrow::Borrow, fmt, marker::PhantomData};

/// Stands for the type of an argument that is passed by reference.
pub struct Owner<T: ?Sized>(PhantomData<fn() -> PhantomData<T>>);

impl<T: ?Sized> fmt::Debug for Owner<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Owner")
    }
}

impl<T: ?Sized + ToOwned> Owner<T> {
    /// Makes what is kept.
    pub fn own(argument: &T) -> T::Owned {
        argument.to_owned()
    }

    /// Gives a reference again.
    pub fn lend(owned: &T::Owned) -> &T {
        owned.borrow()
    }
}

/// Stands in for what can't be owned; never run, as such a function does not compile.
pub trait Unowned {
    /// The type that is passed by reference.
    type Type: ?Sized;

    #[doc(hidden)]
    fn own(_: &Self::Type) {}

    #[doc(hidden)]
    fn lend((): &()) -> &Self::Type {
        unreachable!("a function whose types don't fit does not compile")
    }
}

impl<T: ?Sized> Unowned for Owner<T> {
    type Type = T;
}
