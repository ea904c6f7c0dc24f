//! Another Redis takes over: told of by Sentinel, or by the cluster itself.

use std::time::Duration;

use crate::{
    redis_faults::{all_is_well, the_push_works, two},
    support::redis::{Cluster, Sentinels, until},
};

/// A link that holds for so long is one.
const STEADY: Duration = Duration::from_secs(2);

#[tokio::test]
async fn c_04_a_failover_by_sentinel() {
    let mut redis = Sentinels::start().await;
    let (one, two) = two(&redis.url()).await;
    all_is_well(&one, &two).await;
    let ada = one.ada().await;
    let ended = ada.snapshot();
    redis.primary.freeze();
    ada.sign_out().await.expect(204);
    all_is_well(&one, &two).await;
    until(async || redis.replica.say("INFO replication").await.contains("role:master")).await;
    one.linked().await;
    two.linked().await;
    all_is_well(&one, &two).await;
    redis.primary.kill();
    for node in [&one, &two] {
        node.look().await;
        node.state.cache.clear();
        ended.at(node).who_am_i().await.expect_problem(401, "invalid_session");
    }
}

/// The one that answers is enough.
#[tokio::test]
async fn c_04_silent_sentinels_hide_nothing() {
    let redis = Sentinels::start().await;
    redis.freeze(2);
    let (one, two) = two(&redis.url()).await;
    all_is_well(&one, &two).await;
    the_push_works(&one).await;
}

#[tokio::test]
async fn c_05_a_cluster_loses_a_primary() {
    let mut redis = Cluster::start().await;
    let (one, two) = two(&redis.url()).await;
    for node in [&one, &two] {
        node.linked_for(STEADY).await;
    }
    the_push_works(&one).await;
    for _ in 0..4 {
        all_is_well(&one, &two).await;
    }
    let primary = redis.primary().await;
    redis.0[primary].kill();
    for _ in 0..4 {
        all_is_well(&one, &two).await;
    }
    let lost = format!("127.0.0.1:{}@", redis.0[primary].port);
    let other = &redis.0[(primary + 1) % redis.0.len()];
    until(async || other.say("CLUSTER NODES").await.lines().any(|line| line.contains(&lost) && line.contains("master,fail ")))
        .await;
    until(async || other.say("CLUSTER INFO").await.contains("cluster_state:ok")).await;
    for node in [&one, &two] {
        node.linked_for(STEADY).await;
    }
    the_push_works(&one).await;
    all_is_well(&one, &two).await;
}
