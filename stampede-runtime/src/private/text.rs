//! Texts among the arguments: short ones, as keys are, are compared without a call.

use crate::__private::Part;
use std::{
    hash::{Hash, Hasher},
    ops::Deref,
};

/// An argument that looks like a text, to become that part of a view which suits its type.
#[derive(Debug)]
pub struct Lent<A>(AnyLent<A>);

/// The same of any type.
#[derive(Debug)]
pub struct AnyLent<A>(A);

impl<A> Lent<A> {
    /// Takes a reference to the argument.
    #[inline]
    pub const fn new(argument: A) -> Self {
        Self(AnyLent(argument))
    }
}

impl<'a> Lent<&'a str> {
    /// Makes it a part.
    #[inline]
    #[must_use]
    pub fn part(&self) -> Text<'a> {
        Text(self.0.0)
    }
}

impl<'a> Lent<&'a String> {
    /// Makes it a part.
    #[inline]
    #[must_use]
    pub fn part(&self) -> Text<'a> {
        Text(self.0.0)
    }
}

/// Types of other names, and of the user's that have taken these: what has no method of its own has this one's.
impl<A> Deref for Lent<A> {
    type Target = AnyLent<A>;

    #[inline]
    fn deref(&self) -> &AnyLent<A> {
        &self.0
    }
}

impl<A: Copy> AnyLent<A> {
    /// Makes it a part.
    #[inline]
    #[must_use]
    pub fn part(&self) -> A {
        self.0
    }
}

/// A text.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a>(&'a str);

impl Part for Text<'_> {
    type Owned = String;

    #[inline]
    fn hash_part<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }

    #[inline]
    fn is_same(&self, owned: &String) -> bool {
        are_same(self.0.as_bytes(), owned.as_bytes())
    }

    fn own(&self) -> String {
        self.0.to_owned()
    }
}

/// Compares bytes as `==` does. Of 16 at most two words are all: the first ones and the last ones, which may overlap.
#[inline]
fn are_same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    if one.len() > 16 {
        return one == other;
    }
    if let (Some(one), Some(other)) = (ends::<8>(one), ends::<8>(other)) {
        return one == other;
    }
    if let (Some(one), Some(other)) = (ends::<4>(one), ends::<4>(other)) {
        return one == other;
    }
    if let (Some(one), Some(other)) = (ends::<2>(one), ends::<2>(other)) {
        return one == other;
    }
    one.first() == other.first()
}

#[inline]
fn ends<const N: usize>(bytes: &[u8]) -> Option<([u8; N], [u8; N])> {
    Some((*bytes.first_chunk()?, *bytes.last_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_the_same_if_all_of_them_are() {
        for len in 0..40 {
            let one = vec![b'a'; len];
            assert!(are_same(&one, &one.clone()), "{len}");
            for at in 0..len {
                let mut other = one.clone();
                other[at] = b'b';
                assert!(!are_same(&one, &other), "{at} of {len}");
            }
            assert!(!are_same(&one, &vec![b'a'; len + 1]), "{len}");
        }
    }

    #[test]
    fn a_text_is_told_by_its_type() {
        #[derive(Clone, Copy)]
        struct Name(u8);

        let text: Text<'_> = Lent::new("a").part();
        assert!(text.is_same(&"a".to_owned()) && !text.is_same(&"b".to_owned()));
        let owned = "a".to_owned();
        let text: Text<'_> = Lent::new(&owned).part();
        assert_eq!(text.own(), "a");
        let name: &Name = Lent::new(&Name(7)).part();
        assert_eq!(name.0, 7);
    }
}
