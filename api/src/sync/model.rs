//! Locks for unit tests. Within [`check`] the model checker shuttle runs the test many times, and decides at every lock and every wait
//! which thread goes on. Elsewhere they are the locks of the standard library.

use std::{
    cell::Cell,
    ops::{Deref, DerefMut},
    sync::{LockResult, PoisonError},
    time::Duration,
};

use shuttle::scheduler::{PctScheduler, RandomScheduler};

/// How many schedules each scheduler tries.
const SCHEDULES: usize = 1000;

/// How many preemptions the second scheduler looks for: enough for every known kind of race (Burckhardt et al., ASPLOS 2010).
const DEPTH: usize = 3;

thread_local! {
    // All threads of a checked test run on one thread of the system.
    static IS_CHECKED: Cell<bool> = const { Cell::new(false) };
}

/// Runs a test under many schedules. A panic or a deadlock in any of them fails it, and prints the schedule.
pub(crate) fn check(test: impl Fn() + Send + Sync + Clone + 'static) {
    let checked = move || {
        IS_CHECKED.set(true);
        test();
    };
    shuttle::Runner::new(RandomScheduler::new(SCHEDULES), shuttle::Config::default()).run(checked.clone());
    shuttle::Runner::new(PctScheduler::new(DEPTH, SCHEDULES), shuttle::Config::default()).run(checked);
    IS_CHECKED.set(false);
}

#[derive(Debug)]
pub enum Mutex<T> {
    Standard(std::sync::Mutex<T>),
    Checked(shuttle::sync::Mutex<T>),
}

pub enum MutexGuard<'a, T> {
    Standard(std::sync::MutexGuard<'a, T>),
    Checked(shuttle::sync::MutexGuard<'a, T>),
}

impl<T> Mutex<T> {
    pub fn new(value: T) -> Self {
        if IS_CHECKED.get() {
            Self::Checked(shuttle::sync::Mutex::new(value))
        } else {
            Self::Standard(std::sync::Mutex::new(value))
        }
    }

    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        match self {
            Self::Standard(mutex) => map(mutex.lock(), MutexGuard::Standard),
            Self::Checked(mutex) => map(mutex.lock(), MutexGuard::Checked),
        }
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Standard(guard) => guard,
            Self::Checked(guard) => guard,
        }
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        match self {
            Self::Standard(guard) => guard,
            Self::Checked(guard) => guard,
        }
    }
}

#[derive(Debug)]
pub enum Condvar {
    Standard(std::sync::Condvar),
    Checked(shuttle::sync::Condvar),
}

impl Default for Condvar {
    fn default() -> Self {
        Self::new()
    }
}

impl Condvar {
    pub fn new() -> Self {
        if IS_CHECKED.get() { Self::Checked(shuttle::sync::Condvar::new()) } else { Self::Standard(std::sync::Condvar::new()) }
    }

    pub fn notify_one(&self) {
        match self {
            Self::Standard(condvar) => condvar.notify_one(),
            Self::Checked(condvar) => condvar.notify_one(),
        }
    }

    pub fn notify_all(&self) {
        match self {
            Self::Standard(condvar) => condvar.notify_all(),
            Self::Checked(condvar) => condvar.notify_all(),
        }
    }

    /// In a checked test the timeout never ends: a wake-up that is lost is a deadlock.
    pub fn wait_timeout_while<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        timeout: Duration,
        condition: impl FnMut(&mut T) -> bool,
    ) -> LockResult<(MutexGuard<'a, T>, ())> {
        match (self, guard) {
            (Self::Standard(condvar), MutexGuard::Standard(guard)) => {
                map(condvar.wait_timeout_while(guard, timeout, condition), |(guard, _)| (MutexGuard::Standard(guard), ()))
            }
            (Self::Checked(condvar), MutexGuard::Checked(guard)) => {
                map(condvar.wait_while(guard, condition), |guard| (MutexGuard::Checked(guard), ()))
            }
            _ => unreachable!("a condition variable and a lock are made together"),
        }
    }
}

fn map<T, U>(result: LockResult<T>, convert: impl Fn(T) -> U) -> LockResult<U> {
    match result {
        Ok(value) => Ok(convert(value)),
        Err(poisoned) => Err(PoisonError::new(convert(poisoned.into_inner()))),
    }
}
