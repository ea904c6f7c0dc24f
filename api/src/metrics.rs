//! What the service counts.

use std::sync::atomic::{AtomicU64, Ordering};

/// Where a session was read from.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// The memory of this process.
    Process,
    /// Redis.
    Redis,
    /// The database.
    Sql,
}

/// Counters. They only grow, and start at zero with the process.
#[derive(Debug, Default)]
pub struct Metrics {
    from_process: AtomicU64,
    from_redis: AtomicU64,
    from_sql: AtomicU64,
    answers: [AtomicU64; 5],
}

impl Metrics {
    /// A session was read to verify a credential.
    pub fn session_read(&self, from: Source) {
        self.counter(from).fetch_add(1, Ordering::Relaxed);
    }

    /// How many were.
    pub fn session_reads(&self, from: Source) -> u64 {
        self.counter(from).load(Ordering::Relaxed)
    }

    /// A request was answered.
    pub fn answered(&self, status: u16) {
        if let Some(answers) = usize::from(status / 100).checked_sub(1).and_then(|class| self.answers.get(class)) {
            answers.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many requests were answered with a status of this class: 1 to 5.
    pub fn answers(&self, class: usize) -> u64 {
        class.checked_sub(1).and_then(|class| self.answers.get(class)).map_or(0, |answers| answers.load(Ordering::Relaxed))
    }

    fn counter(&self, from: Source) -> &AtomicU64 {
        match from {
            Source::Process => &self.from_process,
            Source::Redis => &self.from_redis,
            Source::Sql => &self.from_sql,
        }
    }
}
