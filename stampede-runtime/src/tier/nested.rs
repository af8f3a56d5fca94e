//! Finds what `MessagePack` does not tell apart: a `Some` of which nothing is to be seen.
//!
//! There `None`, `Some(None)` and `Some(())` are one and the same nil. A walk over a value finds those that are more than that:
//! each by its place among all nils, and by how many `Some`s it is in.

use serde::{Serialize, Serializer, ser};
use std::fmt;

/// The nils of a value that stand for a `Some`; empty for nearly all values. None if its `Serialize` fails.
pub(super) fn nested_nils<T: Serialize + ?Sized>(value: &T) -> Option<Vec<NestedNil>> {
    let mut walk = Walk { depth: 0, nils: 0, nested: Vec::new() };
    value.serialize(&mut walk).ok()?;
    Some(walk.nested)
}

/// A nil that stands for a `Some`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NestedNil {
    /// Its place among the nils.
    pub(super) place: u64,
    /// How many `Some`s it is in.
    pub(super) depth: u32,
}

struct Walk {
    /// How many `Some`s are around what comes next.
    depth: u32,
    nils: u64,
    nested: Vec<NestedNil>,
}

impl Walk {
    #[expect(clippy::unnecessary_wraps)]
    fn nil(&mut self) -> Result<(), Failed> {
        if self.depth > 0 {
            self.nested.push(NestedNil { place: self.nils, depth: self.depth });
        }
        self.nils += 1;
        self.depth = 0;
        Ok(())
    }

    /// Something that is seen.
    #[expect(clippy::unnecessary_wraps)]
    fn seen(&mut self) -> Result<(), Failed> {
        self.depth = 0;
        Ok(())
    }

    #[expect(clippy::unnecessary_wraps)]
    fn opened(&mut self) -> Result<&mut Self, Failed> {
        self.depth = 0;
        Ok(self)
    }
}

macro_rules! seen {
    ($($method:ident: $type:ty),+) => {
        $(fn $method(self, _: $type) -> Result<(), Failed> {
            self.seen()
        })+
    };
}

impl Serializer for &mut Walk {
    type Ok = ();
    type Error = Failed;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    seen! {
        serialize_bool: bool, serialize_char: char, serialize_str: &str, serialize_bytes: &[u8],
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128,
        serialize_f32: f32, serialize_f64: f64, serialize_unit_struct: &'static str
    }

    // As values are written.
    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_none(self) -> Result<(), Failed> {
        self.nil()
    }

    fn serialize_unit(self) -> Result<(), Failed> {
        self.nil()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Failed> {
        self.depth += 1;
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Failed> {
        // Nothing is seen of it.
        value.serialize(self)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), Failed> {
        self.seen()
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Failed> {
        value.serialize(self.opened()?)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Failed> {
        self.opened()
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Failed> {
        self.opened()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Failed> {
        self.opened()
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Failed> {
        self.opened()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Failed> {
        self.opened()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Failed> {
        self.opened()
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Failed> {
        self.opened()
    }
}

/// The parts of what has parts.
macro_rules! parts {
    ($($of:ident { $($method:ident($($name:ty)?)),+ })+) => {
        $(impl ser::$of for &mut Walk {
            type Ok = ();
            type Error = Failed;

            $(fn $method<T: Serialize + ?Sized>(&mut self, $(_: $name,)? part: &T) -> Result<(), Failed> {
                part.serialize(&mut **self)
            })+

            fn end(self) -> Result<(), Failed> {
                Ok(())
            }
        })+
    };
}

parts! {
    SerializeSeq { serialize_element() }
    SerializeTuple { serialize_element() }
    SerializeTupleStruct { serialize_field() }
    SerializeTupleVariant { serialize_field() }
    SerializeMap { serialize_key(), serialize_value() }
    SerializeStruct { serialize_field(&'static str) }
    SerializeStructVariant { serialize_field(&'static str) }
}

/// The user's `Serialize` has failed.
#[derive(Debug)]
struct Failed;

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it can't be written")
    }
}

impl std::error::Error for Failed {}

impl ser::Error for Failed {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[derive(Serialize)]
    struct New<T>(T);

    #[derive(Serialize)]
    struct Unit;

    #[derive(Serialize)]
    enum Kind<T> {
        Unit,
        New(T),
        Pair(T, T),
        Named { part: T },
    }

    #[derive(Serialize)]
    struct Page<T> {
        id: u64,
        part: T,
    }

    fn found<T: Serialize>(value: T) -> Vec<(u64, u32)> {
        let nils = nested_nils(&value).expect("it can be written");
        nils.into_iter().map(|NestedNil { place, depth }| (place, depth)).collect()
    }

    #[test]
    fn what_is_seen_is_no_nested_nil() {
        // T6.
        assert_eq!(found(()), []);
        assert_eq!(found(None::<u8>), []);
        assert_eq!(found(Some(Some(7_u8))), []);
        assert_eq!(found(Some(Unit)), [], "it is an empty list");
        assert_eq!(found((Some(vec![None::<u8>]), Some([(); 2]), Some(Kind::<()>::Unit))), []);
        assert_eq!(found(Some(Kind::New(None::<u8>))), []);
        assert_eq!(found(Some(BTreeMap::from([(1, None::<u8>)]))), []);
        assert_eq!(found(Page { id: 7, part: Kind::Named { part: Some("text") } }), []);
    }

    #[test]
    fn nested_nils_are_found_wherever_they_are() {
        // T6.
        assert_eq!(found(Some(())), [(0, 1)]);
        assert_eq!(found(Some(None::<u8>)), [(0, 1)]);
        assert_eq!(found(Some(Some(None::<u8>))), [(0, 2)]);
        assert_eq!(found(Some(New(None::<u8>))), [(0, 1)]);
        assert_eq!(found((None::<u8>, Some(None::<u8>), Some(1), Some(()))), [(1, 1), (2, 1)]);
        assert_eq!(found(Page { id: 7, part: Kind::Pair(None, Some(None::<u8>)) }), [(1, 1)]);
        assert_eq!(found(vec![Kind::Named { part: Some(()) }]), [(0, 1)]);
        assert_eq!(found(BTreeMap::from([(1, Some(()))])), [(0, 1)]);
    }
}
