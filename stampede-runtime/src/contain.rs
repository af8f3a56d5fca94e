//! Keeps the panics of users' destructors away from those who happen to run them.

use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Runs `run`; if that panics, the panic hook has reported it, and there is nobody to hand the payload to.
pub(crate) fn contain<R>(run: impl FnOnce() -> R) -> Option<R> {
    let payload = match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => return Some(result),
        Err(payload) => payload,
    };
    // A payload may panic when it is dropped, and that one's payload too: there it ends.
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        mem::forget(payload);
    }
    None
}
