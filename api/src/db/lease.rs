//! Rows that one node at a time works on. A node claims a row for some time with a conditional update. If the node dies, the claim ends and
//! another node claims the row.

use entity::UnixMillis;
use sea_orm::{ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, UpdateMany, sea_query::Expr};

/// The columns of such a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lease<C> {
    /// When the next attempt is due.
    pub(crate) next_attempt_at: C,
    /// Until when a node works on it.
    pub(crate) claimed_until: C,
    /// How often it was attempted.
    pub(crate) attempts: C,
    /// Why the last attempt failed.
    pub(crate) failure: C,
}

/// The claim that a row had when it was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    /// Until when a node works on it.
    pub(crate) until: UnixMillis,
    /// How often it was attempted.
    pub(crate) attempts: i32,
}

/// The maximum length of a stored failure, in characters.
const MAX_FAILURE: usize = 200;

impl<C: ColumnTrait> Lease<C> {
    /// Whether a row is due and no node works on it. A time after `never` was written by a clock that was wrong.
    pub(crate) fn is_due(&self, now: UnixMillis, never: UnixMillis) -> Condition {
        let is_over = |time: C| Condition::any().add(time.lte(now)).add(time.gt(never));
        Condition::all().add(is_over(self.next_attempt_at)).add(is_over(self.claimed_until))
    }

    /// Claims a row, unless another node was faster: then no row is affected.
    pub(crate) fn claim<E: EntityTrait<Column = C>>(&self, held: Held, until: UnixMillis) -> UpdateMany<E> {
        E::update_many()
            .col_expr(self.claimed_until, Expr::value(until))
            .col_expr(self.attempts, Expr::col(self.attempts).add(1))
            .filter(self.claimed_until.eq(held.until))
            .filter(self.attempts.eq(held.attempts))
    }

    /// Ends a claim that failed: the row is due again at `next`.
    pub(crate) fn release<E: EntityTrait<Column = C>>(&self, claim: Held, next: UnixMillis, failure: &str) -> UpdateMany<E> {
        E::update_many()
            .col_expr(self.claimed_until, Expr::value(UnixMillis(0)))
            .col_expr(self.next_attempt_at, Expr::value(next))
            .col_expr(self.attempts, Expr::value(claim.attempts))
            .col_expr(self.failure, Expr::value(shortened(failure)))
            .filter(self.claimed_until.eq(claim.until))
    }

    /// Ends a claim for good.
    pub(crate) fn end<E: EntityTrait<Column = C>>(&self, failure: Option<&str>) -> UpdateMany<E> {
        E::update_many()
            .col_expr(self.claimed_until, Expr::value(UnixMillis(0)))
            .col_expr(self.failure, Expr::value(failure.map(shortened)))
    }

    /// Makes a row due again.
    pub(crate) fn revive<E: EntityTrait<Column = C>>(&self, now: UnixMillis) -> UpdateMany<E> {
        E::update_many().col_expr(self.next_attempt_at, Expr::value(now)).col_expr(self.claimed_until, Expr::value(UnixMillis(0)))
    }
}

fn shortened(failure: &str) -> String {
    failure.chars().take(MAX_FAILURE).collect()
}
