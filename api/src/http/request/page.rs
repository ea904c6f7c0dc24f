//! The part of a list that a request asks for.

use uuid::Uuid;

use super::{
    parameter_types::{Digits, Id},
    query::Query,
};

/// The part of a list that a request asks for, by `limit` and `after`.
pub(in crate::http) struct Page {
    limit: usize,
    /// The last item of the part before.
    pub(in crate::http) after: Option<Uuid>,
}

impl Page {
    pub(in crate::http) fn new(limit: &Query<Digits>, after: &Query<Option<Id>>) -> Self {
        Self { limit: usize::try_from(limit.0.0).unwrap_or(1), after: after.0.map(|Id(id)| id) }
    }

    /// How many items to read: one more than the answer has shows whether there are more.
    pub(in crate::http) fn to_read(&self) -> u64 {
        u64::try_from(self.limit + 1).unwrap_or(u64::MAX)
    }

    /// The items of the answer, and its `next` if there are more.
    pub(in crate::http) fn cut<T>(&self, mut found: Vec<T>, id: impl FnOnce(&T) -> Uuid) -> (Vec<T>, Option<Uuid>) {
        let has_more = found.len() > self.limit;
        found.truncate(self.limit);
        let next = found.last().filter(|_| has_more).map(id);
        (found, next)
    }
}

/// The `limit` of a request without one.
pub(in crate::http) fn default_limit() -> Digits {
    Digits(50)
}
