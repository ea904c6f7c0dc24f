//! Store reads for the verification of live sessions, as the service and as the stores count them.

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

/// Live sessions, requested in turn.
const SESSIONS: usize = 1000;

pub(crate) async fn run(goals: &mut Goals) {
    let redis = RedisServer::start();
    let mut table =
        Table::new(&["store reads for 1,000 verifications", "verified", "counted by the service", "by Redis", "by PostgreSQL"]);
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
        // The first read of each comes from the database and is written to Redis.
        ask(1).await;
        let before = counts(&node, &redis, &database).await;
        ask(4).await;
        let after = counts(&node, &redis, &database).await;
        let [all, service, in_redis, in_postgres] = [0, 1, 2, 3].map(|at: usize| after[at] - before[at]);
        let per_1000 = |count: f64| format!("{:.3}", count * 1000.0 / all);
        table.row([name.to_owned(), format!("{all:.0}"), per_1000(service), per_1000(in_redis), per_1000(in_postgres)]);
        if cache != "0" {
            let reads = 1000.0 * service.max(in_redis + in_postgres) / all;
            goals.judge("store reads for 1,000 verifications, by the higher count", Bound::AtMost(1.0), "", reads);
        }
    }
    table.print(&format!("## Store reads: {SESSIONS} live sessions, requested in turn; the stores count all their commands"));
}

/// Session reads; those from a store; all commands of Redis; all transactions of PostgreSQL.
async fn counts(node: &Node, redis: &RedisServer, database: &str) -> [f64; 4] {
    // The last commands have arrived by then.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let from = async |source: &str| node.metric(&format!("bifrons_session_reads_total{{source=\"{source}\"}}")).await;
    let stores = from("redis").await + from("sql").await;
    [stores + from("process").await, stores, redis.commands(), postgres::transactions(database).await]
}
