//! How the embedded database of a testbed is. What is wrong happens below the service: each statement meets it, whichever operation or task
//! sends it.

use std::time::Duration;

use sea_orm::{DbErr, RuntimeErr};
use tokio::sync::watch;

/// How a database is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Condition {
    /// As it should be.
    #[default]
    Up,
    /// Connections are lost, with the transactions on them, and no new one opens.
    Away,
    /// It answers, and refuses every write, as with a full disk.
    ReadOnly,
    /// Each statement takes so much longer.
    Slow(Duration),
}

/// The condition of all connections to one database, and since which change it is so.
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions(watch::Sender<(u64, Condition)>);

impl Conditions {
    /// Changes the condition, and returns the former one.
    pub(super) fn set(&self, condition: Condition) -> Condition {
        let mut former = Condition::Up;
        self.0.send_modify(|(change, current)| {
            *change += 1;
            former = std::mem::replace(current, condition);
        });
        former
    }

    /// The number of the change that a connection belongs to, if one can be opened now, and whether it must refuse writes.
    pub(super) fn opens(&self) -> Result<(u64, bool), DbErr> {
        match *self.0.borrow() {
            (_, Condition::Away) => Err(lost()),
            (change, condition) => Ok((change, condition == Condition::ReadOnly)),
        }
    }

    /// Whether a connection that was opened after this change is as one that is opened now.
    pub(super) fn is_current(&self, change: u64) -> bool {
        self.0.borrow().0 == change
    }

    /// What a statement meets on a connection that was opened after this change. An error means that the connection is lost.
    pub(super) async fn meet(&self, opened: u64) -> Result<(), DbErr> {
        let mut conditions = self.0.subscribe();
        let (_, condition) = *conditions.borrow_and_update();
        if let Condition::Slow(delay) = condition {
            // What was slow goes on at once when the condition changes.
            let _ = tokio::time::timeout(delay, conditions.changed()).await;
        }
        match *self.0.borrow() {
            (_, Condition::Away) => Err(lost()),
            (change, Condition::ReadOnly) if change != opened => Err(lost()),
            _ => Ok(()),
        }
    }
}

fn lost() -> DbErr {
    DbErr::Conn(RuntimeErr::Internal("the connection is lost: the testbed took the database away".to_owned()))
}
