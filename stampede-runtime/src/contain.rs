//! Keeps the panics of users' code away from those who happen to run it.
//!
//! What knows no types is compiled once: there is a guard wherever user code runs, for every pair of types that functions have.

use std::{
    any::Any,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// What may panic. The table of methods of a `dyn FnMut` has more in it, which is compiled for every closure.
pub(crate) trait Run {
    fn run(&mut self);
}

impl<F: FnMut()> Run for F {
    fn run(&mut self) {
        self();
    }
}

/// Runs `run`; the panic hook has reported it if that panics.
///
/// # Errors
///
/// What it panicked with.
pub(crate) fn catch(run: &mut dyn Run) -> Result<(), Box<dyn Any + Send>> {
    catch_unwind(AssertUnwindSafe(|| run.run()))
}

/// Runs `run`; if that panics, there is nobody to hand the payload to. True if it does not.
pub(crate) fn contain(run: &mut dyn Run) -> bool {
    let Err(payload) = catch(run) else { return true };
    let mut payload = Some(payload);
    // A payload may panic when it is dropped, and that one's payload too: there it ends.
    if let Err(payload) = catch(&mut || drop(payload.take())) {
        mem::forget(payload);
    }
    false
}
