//! Redis, if it is configured.

use std::time::Instant;

use super::finding::Finding;
use crate::{config::Config, db::Db, deployment, redis::Redis};

pub(super) async fn check(config: &Config, db: Option<&Db>) -> Finding {
    let Some(configured) = &config.redis else {
        return Finding::off("redis", "redis.url is not set: nodes learn of changes by polling, within 5 s");
    };
    let id = match db {
        Some(db) => deployment::id(db).await.unwrap_or_default(),
        None => String::new(),
    };
    let began = Instant::now();
    let connected = match Redis::new(configured, &id) {
        Ok(redis) => redis.reach().await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match connected {
        Ok(()) => Finding::ok("redis", format!("it answered after {:.1?}", began.elapsed())),
        Err(error) => Finding::failed("redis", error, "check redis.url, the password and the access rules of its user"),
    }
}
