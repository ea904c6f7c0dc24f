//! `bifrons user export`.

use std::{pin::pin, sync::Arc};

use futures_util::TryStreamExt;

use super::target::UserArguments;
use crate::{
    accounts,
    cli::{failure::Failure, print::print},
    http,
    state::AppState,
};

/// Prints the answer of `exportMe`, one JSON object, piece by piece: it may be larger than the memory.
pub(super) async fn run(state: &Arc<AppState>, arguments: &UserArguments) -> Result<(), Failure> {
    let user = arguments.find(state).await?;
    let export = accounts::export_user(state, user).await.map_err(Failure::new)?;
    let mut pieces = pin!(http::export_pieces(export));
    while let Some(piece) = pieces.try_next().await.map_err(Failure::new)? {
        print(&piece)?;
    }
    print("\n")
}
