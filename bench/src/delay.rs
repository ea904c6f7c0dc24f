//! From the end of a session on one node to its refusal on another.

use std::time::Instant;

use reqwest::Method;

use crate::{
    node::{Node, RedisServer},
    seed,
    table::quantile,
};

/// Ends sessions on one node and asks the other until it refuses them.
pub(crate) async fn revocation(redis: Option<&RedisServer>) {
    let count = if redis.is_some() { 1000 } else { 30 };
    let folder = tempfile::tempdir().unwrap();
    let mut environment: Vec<_> = redis.iter().map(|redis| ("BIFRONS_REDIS__URL", redis.url())).collect();
    let other = Node::start("1", folder.path(), &environment).await;
    environment.push(("SEED", count.to_string()));
    let one = Node::start("0", folder.path(), &environment).await;
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
    let how = if redis.is_some() { "with Redis" } else { "without Redis" };
    let (median, p99) = (quantile(&delays, 0.5), quantile(&delays, 0.99));
    println!("from 204 on one node to 401 on another, {how}: p50 {median:.1} ms, p99 {p99:.1} ms ({count} sessions)");
}
