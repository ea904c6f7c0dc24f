//! How often a store is asked to verify sessions that live: as the service counts it, and as the stores do.

use std::time::Duration;

use crate::{
    cores::SERVER,
    goals::{Bound, Goals},
    node::Node,
    postgres,
    redis_server::RedisServer,
    table::Table,
    wrk::wrk_in_turn,
};

/// Live sessions, asked for in turn.
const SESSIONS: usize = 1000;

pub(crate) async fn run(goals: &mut Goals) {
    let redis = RedisServer::start();
    let mut table = Table::new(&["store reads in 1,000 verifications", "verified", "the service", "Redis", "PostgreSQL"]);
    for (name, cache) in [("cache on", "64"), ("cache off", "0")] {
        let folder = tempfile::tempdir().unwrap();
        let database = postgres::database(&format!("reads_{cache}")).await;
        let environment = [
            ("BIFRONS_DATABASE__URL", database.clone()),
            ("BIFRONS_REDIS__URL", redis.url()),
            ("BIFRONS_SESSIONS__CACHE_MIB", cache.to_owned()),
            ("SEED", SESSIONS.to_string()),
        ];
        let node = Node::start(SERVER, folder.path(), &environment).await;
        let ask = async |seconds| wrk_in_turn(&node, &folder.path().join("cookies"), seconds).await;
        // The first time, each is read from the database and put into Redis.
        ask(1).await;
        let before = counts(&node, &redis, &database).await;
        ask(4).await;
        let after = counts(&node, &redis, &database).await;
        let [all, service, in_redis, in_postgres] = [0, 1, 2, 3].map(|at: usize| after[at] - before[at]);
        let per_1000 = |count: f64| format!("{:.3}", count * 1000.0 / all);
        table.row([name.to_owned(), format!("{all:.0}"), per_1000(service), per_1000(in_redis), per_1000(in_postgres)]);
        if cache != "0" {
            let reads = 1000.0 * service.max(in_redis + in_postgres) / all;
            goals.judge("store reads in 1,000 verifications, whoever counts", Bound::AtMost(1.0), "", reads);
        }
    }
    table.print(&format!("## Store reads: {SESSIONS} live sessions asked for in turn; the stores count all that they are asked"));
}

/// Sessions that were read; those read from a store; what Redis and PostgreSQL were asked at all.
async fn counts(node: &Node, redis: &RedisServer, database: &str) -> [f64; 4] {
    // What was asked last has arrived by then.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let from = async |source: &str| node.metric(&format!("bifrons_session_reads_total{{source=\"{source}\"}}")).await;
    let stores = from("redis").await + from("sql").await;
    [stores + from("process").await, stores, redis.commands(), postgres::transactions(database).await]
}
