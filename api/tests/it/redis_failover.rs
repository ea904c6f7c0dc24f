//! Redis failover, by Sentinel and in a cluster.

use std::time::Duration;

use crate::{
    redis_faults::{sessions_are_correct, the_push_works, two},
    support::redis::{Cluster, Sentinels, until},
};

/// A connection that lasts this long is stable.
const STEADY: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_failover_by_sentinel() {
    let mut redis = Sentinels::start().await;
    let (one, two) = two(&redis.url()).await;
    sessions_are_correct(&one, &two).await;
    let ada = one.ada().await;
    let ended = ada.snapshot();
    redis.primary.freeze();
    ada.sign_out().await.expect(204);
    sessions_are_correct(&one, &two).await;
    until(async || redis.replica.say("INFO replication").await.contains("role:master")).await;
    one.until_linked().await;
    two.until_linked().await;
    sessions_are_correct(&one, &two).await;
    redis.primary.kill();
    for node in [&one, &two] {
        node.poll().await;
        node.state.cache.clear();
        ended.at(node).get_session().await.expect_problem(401, "invalid_session");
    }
}

/// One sentinel that answers is sufficient.
#[tokio::test]
async fn unresponsive_sentinels_do_not_prevent_a_connection() {
    let redis = Sentinels::start().await;
    redis.freeze(2);
    let (one, two) = two(&redis.url()).await;
    sessions_are_correct(&one, &two).await;
    the_push_works(&one).await;
}

#[tokio::test]
async fn a_cluster_loses_a_primary() {
    let mut redis = Cluster::start().await;
    let (one, two) = two(&redis.url()).await;
    for node in [&one, &two] {
        node.until_linked_for(STEADY).await;
    }
    the_push_works(&one).await;
    for _ in 0..4 {
        sessions_are_correct(&one, &two).await;
    }
    let primary = redis.primary().await;
    redis.0[primary].kill();
    for _ in 0..4 {
        sessions_are_correct(&one, &two).await;
    }
    let lost = format!("127.0.0.1:{}@", redis.0[primary].port);
    let other = &redis.0[(primary + 1) % redis.0.len()];
    until(async || other.say("CLUSTER NODES").await.lines().any(|line| line.contains(&lost) && line.contains("master,fail ")))
        .await;
    until(async || other.say("CLUSTER INFO").await.contains("cluster_state:ok")).await;
    for node in [&one, &two] {
        node.until_linked_for(STEADY).await;
    }
    the_push_works(&one).await;
    sessions_are_correct(&one, &two).await;
}
