//! The time from the end of a session on one node to its refusal on another.

use std::time::Instant;

use reqwest::Method;

use crate::{
    cores::SERVER,
    goals::{Bound, Goals},
    node::Node,
    redis_server::RedisServer,
    seed,
    stats::quantile,
    table::Table,
};

pub(crate) async fn run(goals: &mut Goals) {
    let redis = RedisServer::start();
    let mut table = Table::new(&["from 204 on one node to 401 on another", "sessions", "p50", "p99"]);
    for (name, redis, count, wanted) in [("with Redis", Some(&redis), 1000, 20.0), ("without Redis", None, 30, 5000.0)] {
        let delays = delays(redis, count).await;
        let (p50, p99) = (quantile(&delays, 0.5), quantile(&delays, 0.99));
        table.row([name.to_owned(), count.to_string(), format!("{p50:.1} ms"), format!("{p99:.1} ms")]);
        goals.judge(&format!("revocation takes effect on another node {name}, p99"), Bound::AtMost(wanted), "ms", p99);
    }
    table.print("## Revocation on another node");
}

/// Ends sessions on one node, and asks the other until it refuses them.
async fn delays(redis: Option<&RedisServer>, count: usize) -> Vec<f64> {
    let folder = tempfile::tempdir().unwrap();
    let mut environment: Vec<_> = redis.iter().map(|redis| ("BIFRONS_REDIS__URL", redis.url())).collect();
    let other = Node::start(SERVER, folder.path(), &environment).await;
    environment.push(("SEED", count.to_string()));
    let one = Node::start(SERVER, folder.path(), &environment).await;
    let mut delays = Vec::new();
    for cookie in seed::cookies(folder.path()) {
        for node in [&one, &other] {
            assert_eq!(node.ask(Method::GET, &cookie).await, 200);
        }
        assert_eq!(one.ask(Method::DELETE, &cookie).await, 204);
        let ended = Instant::now();
        while other.ask(Method::GET, &cookie).await == 200 {}
        delays.push(ended.elapsed().as_secs_f64() * 1000.0);
    }
    delays
}
