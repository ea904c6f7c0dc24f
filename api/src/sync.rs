//! Locks whose holders do not panic half way through a change. In unit tests a model checker can decide who gets them: `model`.

use std::sync::PoisonError;

#[cfg(test)]
pub(crate) mod model;

#[cfg(test)]
pub use model::{Condvar, Mutex, MutexGuard};
#[cfg(not(test))]
pub use std::sync::{Condvar, Mutex, MutexGuard};

/// Locks. A holder that panicked left the value as it was, so its panic is no reason to panic too.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
