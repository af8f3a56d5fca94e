//! What a cache can be asked for: its key, or a borrowed form of it.

use equivalent::Equivalent;
use std::hash::Hash;

/// A form of a key that it can be looked up by: `str` for `String`, a view of borrowed parts for a tuple.
///
/// Implemented for every `Q: ToOwned<Owned = K>`. Implement it for a type of your own to look up keys of several parts without
/// cloning them: hash like the key, compare with it ([`Equivalent`]), and become one.
///
/// # Examples
///
/// ```
/// use stampede::{Equivalent, ToKey};
///
/// #[derive(Hash)]
/// struct PageId<'a>(u64, &'a str);
///
/// impl Equivalent<(u64, String)> for PageId<'_> {
///     fn equivalent(&self, key: &(u64, String)) -> bool {
///         self.0 == key.0 && self.1 == key.1
///     }
/// }
///
/// impl ToKey<(u64, String)> for PageId<'_> {
///     fn to_key(&self) -> (u64, String) {
///         (self.0, self.1.to_owned())
///     }
/// }
///
/// let pages: stampede::Cache<(u64, String), u32> = stampede::Cache::builder().build();
/// assert_eq!(pages.peek(&PageId(7, "en")), None);
/// ```
pub trait ToKey<K>: Hash + Equivalent<K> {
    /// Makes the key.
    fn to_key(&self) -> K;
}

impl<K, Q> ToKey<K> for Q
where
    Q: Hash + Equivalent<K> + ToOwned<Owned = K> + ?Sized,
{
    fn to_key(&self) -> K {
        self.to_owned()
    }
}

/// What [`Cache::get`](crate::Cache::get) takes: a key by value, or a reference to anything that is [`ToKey`].
///
/// `Form` tells the two apart and is always inferred.
pub trait AsKey<K, Form> {
    /// What the key is looked up by.
    type Lookup: ToKey<K> + ?Sized;

    /// Borrows it.
    fn as_lookup(&self) -> &Self::Lookup;
}

/// A key by value.
#[derive(Debug)]
pub enum Owned {}

/// A reference to a form of a key.
#[derive(Debug)]
pub enum Borrowed {}

impl<K: Hash + Eq + Clone> AsKey<K, Owned> for K {
    type Lookup = K;

    fn as_lookup(&self) -> &K {
        self
    }
}

impl<K, Q: ToKey<K> + ?Sized> AsKey<K, Borrowed> for &Q {
    type Lookup = Q;

    fn as_lookup(&self) -> &Q {
        self
    }
}
