//! Bounds the searches of operators: one that finds little reads the whole table.

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;

use crate::{
    authorization::Operator,
    db::Unavailable,
    http::{response::problem::problems, v1::session::StoreError},
    state::AppState,
};

/// How long a search waits for the others.
const WAIT: Duration = Duration::from_secs(5);

/// Why a search was not answered.
pub(super) enum SearchError {
    /// Too many others run.
    Busy,
    /// The database does not answer.
    Store(Unavailable),
}

problems!(SearchError {
    SearchError::Busy => Overloaded,
    SearchError::Store(error) => (StoreError: StoreError(error)),
});

/// Runs a search once a place is free. It keeps the place until the database has answered, also when its client hangs up: the database goes
/// on. A key and a user have one place each, so a program that searches without a pause leaves the others theirs.
pub(super) async fn bounded<T, F>(
    state: &Arc<AppState>,
    by: &Operator,
    search: impl FnOnce(Arc<AppState>) -> F,
) -> Result<T, SearchError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Unavailable>> + Send + 'static,
{
    let Ok(place) = timeout(WAIT, state.searches.place(by.id())).await else { return Err(SearchError::Busy) };
    let search = search(Arc::clone(state));
    let searched = tokio::spawn(async move {
        let found = search.await;
        drop(place);
        found
    });
    searched.await.map_err(|_| SearchError::Busy)?.map_err(SearchError::Store)
}
