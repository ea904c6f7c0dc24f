//! Locks whose holders do not panic half way through a change.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks. A holder that panicked left the value as it was, so its panic is no reason to panic too.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
