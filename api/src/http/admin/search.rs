//! Bounds the searches of operators: one that finds little reads the whole table.

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;

use crate::{
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
/// on.
pub(super) async fn bounded<T, F>(state: &Arc<AppState>, search: impl FnOnce(Arc<AppState>) -> F) -> Result<T, SearchError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Unavailable>> + Send + 'static,
{
    let place = timeout(WAIT, Arc::clone(&state.searches).acquire_owned()).await;
    let Ok(Ok(place)) = place else { return Err(SearchError::Busy) };
    let search = search(Arc::clone(state));
    let searched = tokio::spawn(async move {
        let found = search.await;
        drop(place);
        found
    });
    searched.await.map_err(|_| SearchError::Busy)?.map_err(SearchError::Store)
}
