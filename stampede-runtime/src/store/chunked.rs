//! A list in pieces: growing copies none of them, and leaves no half of them empty.

use std::ops::{Index, IndexMut};

/// Items of a piece.
const CHUNK: usize = 512;

/// A vector in pieces, which stay where they are when it grows.
#[derive(Debug)]
pub(super) struct Chunked<T>(Vec<Vec<T>>);

impl<T> Default for Chunked<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Chunked<T> {
    pub(super) fn len(&self) -> usize {
        self.0.last().map_or(0, |last| (self.0.len() - 1) * CHUNK + last.len())
    }

    /// Whether it holds more than it takes a page or two of memory for.
    pub(super) fn is_large(&self) -> bool {
        self.0.len() > 1
    }

    #[inline]
    pub(super) fn push(&mut self, item: T) {
        // The item is not handed on where there is no room yet: then it is written once, to its place.
        if self.0.last().is_none_or(|last| last.len() == last.capacity().min(CHUNK)) {
            self.make_room();
        }
        if let Some(last) = self.0.last_mut() {
            last.push(item);
        }
    }

    #[cold]
    #[inline(never)]
    fn make_room(&mut self) {
        match self.0.last_mut() {
            Some(last) if last.len() < CHUNK => last.reserve(1),
            // The first grows as it is needed: most caches are small.
            Some(_) => self.0.push(Vec::with_capacity(CHUNK)),
            None => self.0.push(Vec::with_capacity(1)),
        }
    }
}

impl<T> Index<u32> for Chunked<T> {
    type Output = T;

    fn index(&self, at: u32) -> &T {
        &self.0[at as usize / CHUNK][at as usize % CHUNK]
    }
}

impl<T> IndexMut<u32> for Chunked<T> {
    fn index_mut(&mut self, at: u32) -> &mut T {
        &mut self.0[at as usize / CHUNK][at as usize % CHUNK]
    }
}

impl<T> IntoIterator for Chunked<T> {
    type Item = T;
    type IntoIter = std::iter::Flatten<std::vec::IntoIter<Vec<T>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_keep_their_places_and_their_order() {
        let mut list = Chunked::default();
        for item in 0..2_000_u32 {
            assert_eq!(list.len(), item as usize);
            list.push(item);
            assert_eq!((list[item], list[0]), (item, 0));
        }
        list[1_999] = 7;
        assert!(list.is_large());
        assert!(list.into_iter().eq((0..1_999).chain([7])));
    }
}
