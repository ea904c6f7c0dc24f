//! A part of the configuration that is replaced while the service runs.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

/// A part of the configuration that is replaced while the service runs.
pub struct Live<T>(RwLock<Arc<T>>);

impl<T> Live<T> {
    pub(super) fn new(value: T) -> Self {
        Self(RwLock::new(Arc::new(value)))
    }

    /// The value now. A request gets it once, so that its checks agree with each other.
    pub fn get(&self) -> Arc<T> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts another value in its place.
    pub fn replace(&self, value: T) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(value);
    }
}

/// The copy is replaced on its own.
impl<T: Clone> Clone for Live<T> {
    fn clone(&self) -> Self {
        Self::new(T::clone(&self.get()))
    }
}

impl<T: fmt::Debug> fmt::Debug for Live<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}
