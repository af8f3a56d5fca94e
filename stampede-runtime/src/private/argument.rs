//! What arguments have to be able to, with one worded error each.
//!
//! The blanket implementations are hidden from the compiler's explanations, so that it names our trait, with our words, and
//! not each of the bounds that a type misses.

use std::{
    borrow::Borrow,
    hash::{Hash, Hasher},
};

/// A type of which an argument in the key is: `T` for arguments `T`, `&T`, `Option<&T>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a part of the key",
    label = "a key is hashed, compared and kept: `Hash`, `Eq`, `Clone`, `Send`, `Sync`",
    note = "leave the argument out with `skip(…)`, or say with `key = …` what identifies a call"
)]
pub trait KeyArgument {
    /// What is kept.
    type Owned: Eq + Hash + Clone + Send + Sync + 'static;

    #[doc(hidden)]
    fn hash_argument<H: Hasher>(&self, state: &mut H);

    #[doc(hidden)]
    fn is_same(&self, owned: &Self::Owned) -> bool;

    #[doc(hidden)]
    fn to_owned_argument(&self) -> Self::Owned;
}

#[diagnostic::do_not_recommend]
impl<T> KeyArgument for T
where
    T: ToOwned + Hash + Eq + ?Sized,
    T::Owned: Eq + Hash + Clone + Send + Sync + 'static,
{
    type Owned = T::Owned;

    #[inline]
    fn hash_argument<H: Hasher>(&self, state: &mut H) {
        self.hash(state);
    }

    #[inline]
    fn is_same(&self, owned: &T::Owned) -> bool {
        *self == *owned.borrow()
    }

    fn to_owned_argument(&self) -> T::Owned {
        self.to_owned()
    }
}

/// A type whose references are owned for a load that is a task of its own.
#[diagnostic::on_unimplemented(
    message = "a load of its own needs an owned `{Self}`",
    label = "`&{Self}` can't be owned: `{Self}` is not `Clone`, or not `Send`",
    note = "take the argument by value or in an `Arc`, or let callers drive the load with `detach = false`"
)]
pub trait OwnArgument {
    /// What the load holds.
    type Owned: Borrow<Self> + Send + 'static;

    #[doc(hidden)]
    fn own_argument(&self) -> Self::Owned;
}

#[diagnostic::do_not_recommend]
impl<T> OwnArgument for T
where
    T: ToOwned + ?Sized,
    T::Owned: Send + 'static,
{
    type Owned = T::Owned;

    fn own_argument(&self) -> T::Owned {
        self.to_owned()
    }
}

/// Owns an argument `&T` for a load.
pub fn own<T: OwnArgument + ?Sized>(argument: &T) -> T::Owned {
    argument.own_argument()
}

/// Owns an argument `Option<&T>` for a load.
pub fn own_option<T: OwnArgument + ?Sized>(argument: Option<&T>) -> Option<T::Owned> {
    argument.map(T::own_argument)
}

/// An expression that makes a declared key: the key itself, or a borrowed form of it.
#[diagnostic::on_unimplemented(
    message = "this does not make a key of type `{K}`",
    label = "found `{Self}`",
    note = "the expression of `key: T = …` is a `T`, a reference to one, or a `&str` or slice for a `String` or `Vec`"
)]
pub trait KeySource<K>: Hash {
    #[doc(hidden)]
    fn is_same(&self, key: &K) -> bool;

    #[doc(hidden)]
    fn to_key(&self) -> K;
}

impl<K: Hash + Eq + Clone> KeySource<K> for K {
    #[inline]
    fn is_same(&self, key: &K) -> bool {
        self == key
    }

    fn to_key(&self) -> K {
        self.clone()
    }
}

impl<K: Hash + Eq + Clone> KeySource<K> for &K {
    #[inline]
    fn is_same(&self, key: &K) -> bool {
        *self == key
    }

    fn to_key(&self) -> K {
        (*self).clone()
    }
}

macro_rules! borrowed_source {
    ($([$($generics:tt)*] $borrowed:ty => $owned:ty),+ $(,)?) => {$(
        impl<$($generics)*> KeySource<$owned> for &$borrowed {
            #[inline]
            fn is_same(&self, key: &$owned) -> bool {
                **self == **key
            }

            fn to_key(&self) -> $owned {
                (*self).to_owned()
            }
        }

        impl<$($generics)*> KeySource<$owned> for &&$borrowed {
            #[inline]
            fn is_same(&self, key: &$owned) -> bool {
                ***self == **key
            }

            fn to_key(&self) -> $owned {
                (**self).to_owned()
            }
        }
    )+};
}

borrowed_source! {
    [] str => String,
    [T: Hash + Eq + Clone] [T] => Vec<T>,
    [] std::path::Path => std::path::PathBuf,
    [] std::ffi::OsStr => std::ffi::OsString,
}
