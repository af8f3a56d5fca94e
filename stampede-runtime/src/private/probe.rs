//! Asks at compile time what a type can do, so that the expansion says in words of ours what it lacks.
//!
//! An associated constant of an inherent `impl` is preferred to a trait's of the same name. So `Probe::<T>::KEY` is true where
//! `T` meets the bounds of the `impl` that says so, and else the `false` of the trait [`Otherwise`], which has to be in scope.
//! That is decided where it is written: `T` has to be a type there, not a type parameter.

use crate::engine::Key;
use std::{hash::Hash, marker::PhantomData};

/// Stands for a type of which something is asked.
#[derive(Debug)]
pub struct Probe<T: ?Sized>(PhantomData<fn() -> Box<T>>);

/// The answers for types that can't.
pub trait Otherwise {
    /// A reference to it, or it, can be a part of a key.
    const KEY: bool = false;
    /// A reference to it can be owned by a load that is a task.
    const TASK: bool = false;
    /// It can be kept for callers on all threads.
    const OUTPUT: bool = false;
    /// It is `Hash`.
    const HASH: bool = false;
    /// It is `Eq`.
    const EQ: bool = false;
    /// It is `Clone`, or `ToOwned` without a size.
    const CLONE: bool = false;
    /// It is `Send`.
    const SEND: bool = false;
    /// It is `Sync`.
    const SYNC: bool = false;
    /// It is `Serialize`, or is so when it is owned; asked only with the feature `redis`.
    const WRITE: bool = false;
    /// It is `DeserializeOwned`; asked only with the feature `redis`.
    const READ: bool = false;
}

impl<T: ?Sized> Otherwise for Probe<T> {}

impl<T: ?Sized + ToOwned + Hash + Eq> Probe<T>
where
    T::Owned: Key,
{
    /// A reference to it, or it, can be a part of a key.
    pub const KEY: bool = true;
}

impl<T: ?Sized + ToOwned> Probe<T>
where
    T::Owned: Send + 'static,
{
    /// A reference to it can be owned by a load that is a task.
    pub const TASK: bool = true;
}

impl<T: Send + Sync + 'static> Probe<T> {
    /// It can be kept for callers on all threads.
    pub const OUTPUT: bool = true;
}

impl<T: ?Sized + Hash> Probe<T> {
    /// It is `Hash`.
    pub const HASH: bool = true;
}

impl<T: ?Sized + Eq> Probe<T> {
    /// It is `Eq`.
    pub const EQ: bool = true;
}

impl<T: ?Sized + ToOwned> Probe<T> {
    /// It is `Clone`, or `ToOwned` without a size.
    pub const CLONE: bool = true;
}

impl<T: ?Sized + Send> Probe<T> {
    /// It is `Send`.
    pub const SEND: bool = true;
}

impl<T: ?Sized + Sync> Probe<T> {
    /// It is `Sync`.
    pub const SYNC: bool = true;
}

#[cfg(feature = "redis")]
impl<T: ?Sized + ToOwned> Probe<T>
where
    T::Owned: serde::Serialize,
{
    /// It is `Serialize`, or is so when it is owned.
    pub const WRITE: bool = true;
}

#[cfg(feature = "redis")]
impl<T: serde::de::DeserializeOwned> Probe<T> {
    /// It is `DeserializeOwned`.
    pub const READ: bool = true;
}

/// Ends the compilation: `subject`, what it lacks of `needs`, and the `way_out`.
///
/// # Panics
///
/// Always. While a constant is evaluated, that is a compile error at the place of the call.
#[track_caller]
pub const fn reject(subject: &str, needs: &[(&str, bool)], way_out: &str) -> ! {
    let mut text = Text::new();
    text.push(subject);
    let (mut lacks, mut need) = (0, 0);
    while need < needs.len() {
        lacks += !needs[need].1 as usize;
        need += 1;
    }
    if lacks == 0 {
        text.push(" can't be owned as one");
    }
    let mut left = lacks;
    need = 0;
    while need < needs.len() {
        if !needs[need].1 {
            text.push(if left == lacks {
                " lacks `"
            } else if left == 1 {
                " and `"
            } else {
                ", `"
            });
            text.push(needs[need].0);
            text.push("`");
            left -= 1;
        }
        need += 1;
    }
    text.push("; ");
    text.push(way_out);
    panic!("{}", text.as_str())
}

/// Ends the compilation with a message.
///
/// # Panics
///
/// Always; see [`reject`].
#[track_caller]
pub const fn refuse(message: &str) -> ! {
    panic!("{}", message)
}

/// A string that is put together while a constant is evaluated.
struct Text {
    bytes: [u8; 2_048],
    len: usize,
}

impl Text {
    const fn new() -> Self {
        Self { bytes: [0; 2_048], len: 0 }
    }

    /// Appends as much as there is room for.
    const fn push(&mut self, part: &str) {
        let part = part.as_bytes();
        let mut at = 0;
        while at < part.len() && self.len < self.bytes.len() {
            self.bytes[self.len] = part[at];
            self.len += 1;
            at += 1;
        }
    }

    const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "a type of this function can't be memoized",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Otherwise as _, Probe, reject};
    use std::{cell::Cell, path::Path, rc::Rc};

    #[test]
    fn bounds_are_told_apart() {
        struct Opaque;
        const {
            assert!(
                Probe::<str>::KEY && Probe::<[u8]>::KEY && Probe::<Path>::KEY && Probe::<(u8, String)>::KEY
            );
            assert!(
                !Probe::<f64>::KEY && !Probe::<[f32]>::KEY && !Probe::<Rc<str>>::KEY && !Probe::<Opaque>::KEY
            );
            assert!(Probe::<str>::TASK && Probe::<f64>::TASK);
            assert!(!Probe::<Rc<str>>::TASK && !Probe::<Opaque>::TASK);
            assert!(Probe::<Opaque>::OUTPUT && !Probe::<Rc<str>>::OUTPUT && !Probe::<Cell<u8>>::OUTPUT);
            assert!(!Probe::<f64>::HASH && !Probe::<f64>::EQ && Probe::<f64>::CLONE);
            assert!(Probe::<Cell<u8>>::SEND && !Probe::<Cell<u8>>::SYNC);
        }
    }

    fn rejection(needs: &'static [(&str, bool)]) -> String {
        let payload = std::panic::catch_unwind(|| reject("a `T`", needs, "leave it out")).unwrap_err();
        *payload.downcast::<String>().unwrap()
    }

    #[test]
    fn a_rejection_names_what_is_lacking() {
        assert_eq!(rejection(&[("Hash", true), ("Eq", false)]), "a `T` lacks `Eq`; leave it out");
        assert_eq!(rejection(&[("Hash", false), ("Eq", false)]), "a `T` lacks `Hash` and `Eq`; leave it out");
        let all = [("Hash", false), ("Eq", false), ("Clone", false)];
        assert_eq!(rejection(Box::leak(Box::new(all))), "a `T` lacks `Hash`, `Eq` and `Clone`; leave it out");
        assert_eq!(rejection(&[]), "a `T` can't be owned as one; leave it out");
    }
}
