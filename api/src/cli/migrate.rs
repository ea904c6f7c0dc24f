//! `bifrons migrate`.

use super::{Failure, block_on, print};
use crate::{config::Config, db::Db};

/// Brings the schema up to date.
pub(super) fn run(config: Config) -> Result<(), Failure> {
    block_on(async move {
        let db = Db::open(&config.database_url).await.map_err(Failure::new)?;
        db.close().await.map_err(Failure::new)
    })?;
    print("The database is up to date.\n")
}
