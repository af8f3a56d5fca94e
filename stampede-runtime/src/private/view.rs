//! The arguments of a call as it is looked up: borrowed, so that a hit clones and allocates nothing.

use crate::{cache::ToKey, engine::Key};
use equivalent::Equivalent;
use std::{
    borrow::Borrow,
    hash::{Hash, Hasher},
};

/// One argument of a view: `&T` for arguments `T` and `&T`, and `Option<&T>`.
pub trait Part: Copy {
    /// What the key keeps of it.
    type Owned;

    #[doc(hidden)]
    fn hash_part<H: Hasher>(&self, state: &mut H);

    #[doc(hidden)]
    fn is_same(&self, owned: &Self::Owned) -> bool;

    #[doc(hidden)]
    fn own(&self) -> Self::Owned;
}

impl<T> Part for &T
where
    T: ToOwned + Hash + Eq + ?Sized,
    T::Owned: Key,
{
    type Owned = T::Owned;

    #[inline]
    fn hash_part<H: Hasher>(&self, state: &mut H) {
        self.hash(state);
    }

    #[inline]
    fn is_same(&self, owned: &T::Owned) -> bool {
        **self == *owned.borrow()
    }

    fn own(&self) -> T::Owned {
        (*self).to_owned()
    }
}

impl<T> Part for Option<&T>
where
    T: ToOwned + Hash + Eq + ?Sized,
    T::Owned: Key,
{
    type Owned = Option<T::Owned>;

    #[inline]
    fn hash_part<H: Hasher>(&self, state: &mut H) {
        self.hash(state);
    }

    #[inline]
    fn is_same(&self, owned: &Option<T::Owned>) -> bool {
        match (self, owned) {
            (Some(argument), Some(owned)) => **argument == *owned.borrow(),
            (None, None) => true,
            _ => false,
        }
    }

    fn own(&self) -> Option<T::Owned> {
        self.map(T::to_owned)
    }
}

/// A view, of which there can be two. None is `Clone`, or it would be a key.
pub trait Again {
    #[doc(hidden)]
    #[must_use]
    fn again(&self) -> Self;
}

/// The view of a key that is one argument.
#[derive(Debug)]
pub struct One<A>(pub A);

impl<A: Part> Hash for One<A> {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash_part(state);
    }
}

impl<A: Part> Equivalent<A::Owned> for One<A> {
    #[inline]
    fn equivalent(&self, key: &A::Owned) -> bool {
        self.0.is_same(key)
    }
}

impl<A: Part> ToKey<A::Owned> for One<A> {
    fn to_key(&self) -> A::Owned {
        self.0.own()
    }
}

impl<A: Part> Again for One<A> {
    #[inline]
    fn again(&self) -> Self {
        Self(self.0)
    }
}

/// The view of a key that is a tuple of arguments.
#[derive(Debug)]
pub struct View<T>(pub T);

macro_rules! tuple_views {
    ($([$($part:ident $number:tt)*])+) => {$(
        // Without arguments there is nothing to hash, compare or own.
        #[allow(unused_variables)]
        impl<$($part: Part),*> Hash for View<($($part,)*)> {
            #[inline]
            fn hash<S: Hasher>(&self, state: &mut S) {
                $(self.0.$number.hash_part(state);)*
            }
        }

        #[allow(unused_variables)]
        impl<$($part: Part),*> Equivalent<($($part::Owned,)*)> for View<($($part,)*)> {
            #[inline]
            fn equivalent(&self, key: &($($part::Owned,)*)) -> bool {
                true $(&& self.0.$number.is_same(&key.$number))*
            }
        }

        impl<$($part: Part),*> Again for View<($($part,)*)> {
            #[inline]
            fn again(&self) -> Self {
                Self(self.0)
            }
        }

        impl<$($part: Part),*> ToKey<($($part::Owned,)*)> for View<($($part,)*)> {
            #[allow(clippy::unused_unit)]
            fn to_key(&self) -> ($($part::Owned,)*) {
                ($(self.0.$number.own(),)*)
            }
        }
    )+};
}

// As far as the standard library's tuples can be hashed and compared.
tuple_views! {
    []
    [A 0 B 1]
    [A 0 B 1 C 2]
    [A 0 B 1 C 2 D 3]
    [A 0 B 1 C 2 D 3 E 4]
    [A 0 B 1 C 2 D 3 E 4 F 5]
    [A 0 B 1 C 2 D 3 E 4 F 5 G 6]
    [A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7]
    [A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8]
    [A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9]
    [A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10]
    [A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11]
}
