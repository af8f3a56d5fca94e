//! Keys and values that let something happen while they are cloned: in the middle of a call that misses, or of a landing.

use std::{
    cell::RefCell,
    hash::{Hash, Hasher},
};

/// Where something may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spot {
    /// A call has found nothing, and has not boarded a flight yet.
    KeyClone,
    /// A load has ended, and its value is not stored yet.
    ValueClone,
}

type Hook = (Spot, Box<dyn FnOnce()>);

thread_local! {
    static HOOK: RefCell<Option<Hook>> = const { RefCell::new(None) };
}

/// Runs `hook` when this thread gets to `spot`, once.
pub(crate) fn arm(spot: Spot, hook: impl FnOnce() + 'static) {
    HOOK.set(Some((spot, Box::new(hook))));
}

/// Takes back what has not run.
pub(crate) fn disarm() {
    HOOK.set(None);
}

fn reach(spot: Spot) {
    if let Some((_, hook)) = HOOK.with_borrow_mut(|hook| hook.take_if(|(at, _)| *at == spot)) {
        hook();
    }
}

/// A key as the cache has it; hashes collide all the time (C1).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CacheKey(pub(crate) u8);

impl Hash for CacheKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u8(self.0 % 3);
    }
}

impl Clone for CacheKey {
    fn clone(&self) -> Self {
        reach(Spot::KeyClone);
        Self(self.0)
    }
}

// As if it held memory: such keys are cloned only where they have to be.
impl Drop for CacheKey {
    fn drop(&mut self) {}
}

/// A value.
#[derive(Debug)]
pub(crate) struct Token(pub(crate) u64);

impl Clone for Token {
    fn clone(&self) -> Self {
        reach(Spot::ValueClone);
        Self(self.0)
    }
}
