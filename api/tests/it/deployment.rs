//! Several nodes are one deployment: what they must share, and what keeps two deployments apart.

use std::fs;

use redis::Value;
use tempfile::tempdir;

use crate::{
    redis_faults::two,
    support::{
        App, EMAIL, PASSWORD,
        binary::{Process, refuses, run},
        redis::{RedisServer, until},
    },
};

#[tokio::test]
async fn a_node_that_cannot_verify_what_the_others_sign_refuses_to_start() {
    let (one, other) = (tempdir().unwrap(), tempdir().unwrap());
    let database = format!("sqlite:{}", one.path().join("data/bifrons.db").display());
    let node = |public_url| {
        [("BIFRONS_DATABASE__URL", database.as_str()), ("BIFRONS_PUBLIC_URL", public_url), ("BIFRONS_LISTEN", "127.0.0.1:0")]
    };
    let environment = node("https://auth.example.com");
    Process::start_with(one.path(), &environment).stop();

    refuses(&run(other.path(), &[], &environment), 1, "tokens.secrets (or bifrons.key) lacks the secret");
    let copy = |file| fs::copy(one.path().join("data").join(file), other.path().join("data").join(file)).unwrap();
    copy("bifrons.key");
    refuses(&run(other.path(), &[], &environment), 1, "the signing key ");
    copy("jwt-EdDSA.pem");
    let moved = node("https://login.example.com");
    let sentence = "public_url is https://login.example.com here and https://auth.example.com on the other nodes";
    refuses(&run(other.path(), &[], &moved), 1, sentence);
    Process::start_with(other.path(), &environment).stop();

    let reset = run(other.path(), &["deployment", "reset"], &moved);
    assert!(reset.status.success(), "{}", String::from_utf8_lossy(&reset.stderr));
    Process::start_with(other.path(), &moved).stop();
    refuses(&run(one.path(), &[], &environment), 1, "public_url is https://auth.example.com here");
}

/// A secret is replaced in two restarts: nodes that do not have the new one yet would refuse its tokens.
#[tokio::test]
async fn a_node_without_the_newest_secret_refuses_to_start() {
    let folder = tempdir().unwrap();
    let secret = |letter: &str| letter.repeat(42) + "A";
    let (old, new) = (secret("A"), secret("B"));
    let (both, newest) = (format!("{old},{new}"), format!("{new},{old}"));
    for secrets in [&old, &both, &newest, &both, &newest, &new] {
        Process::start_with(folder.path(), &[("BIFRONS_TOKENS__SECRETS", secrets)]).stop();
    }
    refuses(&run(folder.path(), &[], &[("BIFRONS_TOKENS__SECRETS", &old), ("BIFRONS_LISTEN", "127.0.0.1:0")]), 1, "tokens.secrets");
}

#[tokio::test]
async fn a_database_that_cannot_be_written_is_not_ready() {
    let app = App::start().await;
    let ready = async || app.client().get("/health/ready").await.status;
    assert_eq!(ready().await, 200);
    app.forbid("UPDATE ON deployment").await;
    until(async || ready().await == 503).await;
    app.allow("UPDATE ON deployment").await;
    until(async || ready().await == 200).await;
}

#[tokio::test]
async fn deployments_on_one_redis_do_not_affect_each_other() {
    let redis = RedisServer::start().await;
    let (one, two) = two(&redis.url()).await;
    let (other, _) = self::two(&redis.url()).await;
    for app in [&one, &other] {
        app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
        let ada = app.client();
        ada.sign_in(EMAIL, PASSWORD).await.expect(200);
        app.poll().await;
        // The node that signed the user in has the session in process. It reads from Redis and SQL only without that entry.
        app.state.cache.clear();
        ada.get_session().await.expect(200);
    }
    let prefix = |app: &App| String::from_utf8(app.state.redis.as_ref().unwrap().name("", b"")).unwrap();
    assert_eq!(prefix(&one), prefix(&two), "nodes of one deployment share everything");
    assert_ne!(prefix(&one), prefix(&other));
    until(async || redis.say("DBSIZE").await == "Ok(int(2))").await;
    let names = [names(&redis, &[b"KEYS", b"*"]).await, names(&redis, &[b"PUBSUB", b"CHANNELS", b"*"]).await].concat();
    for app in [&one, &other] {
        let prefix = prefix(app);
        let own = names.iter().filter(|name| name.starts_with(prefix.trim_end_matches(':'))).count();
        assert_eq!(own, 2, "a session and a channel: {names:?}");
    }
    assert_eq!(names.len(), 4, "{names:?}");
}

async fn names(redis: &RedisServer, command: &[&[u8]]) -> Vec<String> {
    let Value::Array(names) = redis.ask(command).await.unwrap() else { panic!("a list") };
    let text =
        |name| if let Value::BulkString(name) = name { String::from_utf8_lossy(&name).into_owned() } else { panic!("a name") };
    names.into_iter().map(text).collect()
}
