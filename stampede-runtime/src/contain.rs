//! Keeps the panics of users' code away from those who happen to run it.
//!
//! What knows no types is compiled once: there is a guard wherever user code runs, for every pair of types that functions have.

use std::{
    any::Any,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Runs `run`; the panic hook has reported it if that panics.
///
/// # Errors
///
/// What it panicked with.
pub(crate) fn catch(run: &mut dyn FnMut()) -> Result<(), Box<dyn Any + Send>> {
    catch_unwind(AssertUnwindSafe(run))
}

/// The same, for what returns something.
///
/// # Errors
///
/// What it panicked with.
pub(crate) fn catch_result<R>(run: &mut dyn FnMut() -> R) -> Result<R, Box<dyn Any + Send>> {
    let mut result = None;
    catch(&mut || result = Some(run()))?;
    Ok(result.expect("what has not panicked has run"))
}

/// Runs `run`; if that panics, there is nobody to hand the payload to. True if it does not.
pub(crate) fn contain(run: &mut dyn FnMut()) -> bool {
    let Err(payload) = catch(run) else { return true };
    let mut payload = Some(payload);
    // A payload may panic when it is dropped, and that one's payload too: there it ends.
    if let Err(payload) = catch(&mut || drop(payload.take())) {
        mem::forget(payload);
    }
    false
}

/// The same, for what returns something.
pub(crate) fn contain_result<R>(run: &mut dyn FnMut() -> R) -> Option<R> {
    let mut result = None;
    contain(&mut || result = Some(run()));
    result
}
