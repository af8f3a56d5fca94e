//! The primitives of flights and claims, so that their loom tests can put loom's in their place.

pub(crate) use std::sync::{
    Mutex, MutexGuard, OnceLock, PoisonError,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

/// Locks `mutex`. No user code runs under our locks, so a poisoned one still guards whole data.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
