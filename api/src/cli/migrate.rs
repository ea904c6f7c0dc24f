//! `bifrons migrate`.

use super::{failure::Failure, log, print::print, runtime::block_on};
use crate::{config::Config, db::Db, state::lock};

/// Migrates the schema.
pub(super) fn run(config: Config) -> Result<(), Failure> {
    let _log = log::start_for_command(config.log)?;
    block_on(async move {
        let _lock = lock(&config.data_dir)
            .await
            .map_err(|error| Failure::Failed(format!("cannot use the data folder {}: {error}", config.data_dir.display())))?;
        let db = Db::open(&config.database).await.map_err(Failure::new)?;
        db.close().await.map_err(Failure::new)
    })?;
    print("The database schema is up to date.\n")
}
