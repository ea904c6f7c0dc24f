//! The session cache that nodes share through Redis. It saves reads of the database, and an attacker who writes to Redis gains nothing.

use bifrons::metrics::Source;

use crate::support::{
    App, EMAIL, PASSWORD,
    redis::{RedisServer, until},
};

async fn two(redis: &RedisServer) -> (App, App) {
    let config = bifrons::config::RedisConfig::parse(&redis.url()).unwrap();
    let one = App::configured(|current| current.redis = Some(config)).await;
    let other = one.another().await;
    // A node trusts nothing that was read before it started, so the first one polls once more.
    for node in [&one, &other, &one] {
        node.until_linked().await;
        node.poll().await;
    }
    (one, other)
}

async fn holds(redis: &RedisServer, entries: usize) {
    let expected = format!("Ok(int({entries}))");
    until(async || redis.say("DBSIZE").await == expected).await;
}

/// One read from the database, then one from Redis on each other node, then only from memory.
#[tokio::test]
async fn a_session_is_read_from_the_database_once() {
    let redis = RedisServer::start().await;
    let (one, two) = two(&redis).await;
    let ada = one.ada().await;
    one.state.cache.clear();
    for (node, source) in
        [(&one, Source::Sql), (&one, Source::Process), (&two, Source::Redis), (&two, Source::Process), (&one, Source::Process)]
    {
        // A node whose cache is not current asks the database.
        until(async || node.state.cache.is_current()).await;
        let before = node.state.metrics.session_reads(source);
        ada.at(node).get_session().await.expect(200);
        assert_eq!(node.state.metrics.session_reads(source), before + 1, "{source:?}");
        holds(&redis, 1).await;
    }
}

#[tokio::test]
async fn a_deleted_user_leaves_no_entry_in_redis() {
    let redis = RedisServer::start().await;
    let (one, two) = two(&redis).await;
    let (ada, other) = (one.ada().await, one.client());
    other.sign_in(EMAIL, PASSWORD).await.expect(200);
    for who in [&ada, &other] {
        who.at(&two).get_session().await.expect(200);
    }
    holds(&redis, 2).await;
    ada.delete("/v1/me").await.expect(204);
    holds(&redis, 0).await;
}

#[tokio::test]
async fn an_attacker_who_writes_to_redis_cannot_sign_in() {
    let server = RedisServer::start().await;
    let (one, two) = two(&server).await;
    let (ada, eve) = (one.ada().await, one.client());
    eve.sign_up("eve@example.com", PASSWORD).await.expect(201);
    eve.sign_in("eve@example.com", PASSWORD).await.expect(200);
    for (who, node) in [(&ada, &one), (&eve, &one)] {
        node.poll().await;
        node.state.cache.clear();
        who.at(node).get_session().await.expect(200);
    }
    let names = one.state.redis.clone().unwrap();
    let key = |id: &str| names.name("session", uuid::Uuid::parse_str(id).unwrap().as_bytes());
    let of_ada = key(&ada.get_session().await.string("/id"));
    let of_eve = key(&eve.get_session().await.string("/id"));
    until(async || server.say("DBSIZE").await == "Ok(int(2))").await;
    // Ada's entry under the id of Eve's session, and Ada's entry with one bit changed.
    let redis::Value::BulkString(entry) = server.ask(&[b"GET", &of_ada]).await.unwrap() else { panic!("no entry") };
    server.ask(&[b"SET", &of_eve, &entry]).await.unwrap();
    two.poll().await;
    assert_eq!(eve.at(&two).get_session().await.expect(200).string("/user/email"), "eve@example.com");
    let mut changed = entry.clone();
    changed[entry.len() / 2] ^= 1;
    server.ask(&[b"SET", &of_ada, &changed]).await.unwrap();
    two.state.cache.clear();
    assert_eq!(ada.at(&two).get_session().await.expect(200).string("/user/email"), EMAIL);
}
