//! The places of searches of operators: each may read a whole table.

use std::sync::Arc;

use entity::LimitKey;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use crate::limits::{KeyGuard, KeyedLock};

/// How many searches of operators a node runs at once.
const PLACES: usize = 3;

/// The places. An operator has one at most.
#[derive(Debug)]
pub struct Searches {
    places: Arc<Semaphore>,
    operators: KeyedLock,
}

/// The place of a search, until it is dropped.
#[derive(Debug)]
pub struct Place {
    _place: Option<OwnedSemaphorePermit>,
    _of_operator: KeyGuard,
}

impl Default for Searches {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(PLACES)), operators: KeyedLock::default() }
    }
}

impl Searches {
    /// Waits until the operator's former search is over, and then for a place: while an operator waits for the former one, other operators
    /// take places.
    pub async fn place(&self, operator: Uuid) -> Place {
        let of_operator = self.operators.lock(&LimitKey(operator.as_bytes().to_vec())).await;
        // It is never closed.
        Place { _place: Arc::clone(&self.places).acquire_owned().await.ok(), _of_operator: of_operator }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use uuid::Uuid;

    use super::Searches;

    #[test]
    fn an_operator_has_one_place_and_leaves_the_others_theirs() {
        let searches = Searches::default();
        let take = |operator: u128| searches.place(Uuid::from_u128(operator)).now_or_never();
        let first = take(1).unwrap();
        for _ in 0..5 {
            assert!(take(1).is_none(), "a second place");
        }
        let (second, third) = (take(2).unwrap(), take(3).unwrap());
        assert!(take(4).is_none(), "a fourth place");
        drop(first);
        let fourth = take(4).unwrap();
        assert!(take(1).is_none());
        drop((second, third, fourth));
        assert!(take(1).is_some());
    }
}
