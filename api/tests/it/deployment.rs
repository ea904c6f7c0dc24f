//! Several nodes are one deployment: what they must share, and what keeps two deployments apart.

use std::fs;

use bifrons::{
    clock::Clock,
    config::{Config, RedisConfig},
    deployment::DeploymentError,
    secret::ServerSecret,
    state::{AppState, StartError},
};
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
    assert!(!other.path().join("data/bifrons.key").exists(), "a node that is refused makes no secret");
    fs::create_dir_all(other.path().join("data")).unwrap();
    let copy = |file| fs::copy(one.path().join("data").join(file), other.path().join("data").join(file)).unwrap();
    copy("bifrons.key");
    let moved = node("https://login.example.com");
    let sentence = "public_url is https://login.example.com here and https://auth.example.com on the other nodes";
    refuses(&run(other.path(), &[], &moved), 1, sentence);
    let mut running = Process::start_with(other.path(), &environment);
    refuses(&run(other.path(), &["deployment", "reset"], &moved), 1, "stop all nodes first");
    running.stop();

    let reset = run(other.path(), &["deployment", "reset"], &moved);
    assert!(reset.status.success(), "{}", String::from_utf8_lossy(&reset.stderr));
    Process::start_with(other.path(), &moved).stop();
    refuses(&run(one.path(), &[], &environment), 1, "public_url is https://auth.example.com here");
}

/// Two nodes with keys of their own start at the same moment on a new database. One of them is the deployment, and the other refuses.
#[tokio::test]
async fn nodes_that_start_together_are_told_apart() {
    for _ in 0..10 {
        let app = App::start().await;
        for table in ["deployment", "signing_key"] {
            app.execute(&format!("DELETE FROM {table}")).await;
        }
        let node = async || {
            let folder = tempdir().unwrap();
            let config = Config { data_dir: folder.path().to_owned(), ..app.state.config.clone() };
            (AppState::open(config, Clock::System).await.map(drop), folder)
        };
        let (one, other) = tokio::join!(node(), node());
        let refusals: Vec<_> = [one.0, other.0].into_iter().filter_map(Result::err).collect();
        assert!(matches!(refusals.as_slice(), [StartError::Deployment(DeploymentError::Secret)]), "{refusals:?}");
    }
}

/// A command needs the database only. What the nodes have in common stays theirs.
#[test]
fn a_command_without_the_keys_of_the_nodes_leaves_the_deployment_as_it_is() {
    let (node, operator) = (tempdir().unwrap(), tempdir().unwrap());
    Process::start(node.path()).stop();
    let database = format!("sqlite:{}", node.path().join("data/bifrons.db").display());
    fs::write(operator.path().join("users.jsonl"), "").unwrap();
    let import = run(operator.path(), &["user", "import", "users.jsonl"], &[("BIFRONS_DATABASE__URL", &database)]);
    assert!(import.status.success(), "{}", String::from_utf8_lossy(&import.stderr));
    assert_eq!(fs::read_dir(operator.path()).unwrap().count(), 1, "no data folder, no key");
    Process::start(node.path()).stop();
}

/// A secret is replaced in two restarts: nodes that do not have the new one yet would refuse its tokens.
#[tokio::test]
async fn a_node_without_the_newest_secret_refuses_to_start() {
    let folder = tempdir().unwrap();
    let secret = |letter: &str| letter.repeat(42) + "A";
    let (old, new) = (secret("A"), secret("B"));
    let (both, newest) = (format!("{old},{new}"), format!("{new},{old}"));
    for secrets in [&old, &both, &newest, &both, &newest] {
        Process::start_with(folder.path(), &[("BIFRONS_TOKENS__SECRETS", secrets)]).stop();
    }
    assert!(run(folder.path(), &["secrets", "reseal"], &[("BIFRONS_TOKENS__SECRETS", &newest)]).status.success());
    Process::start_with(folder.path(), &[("BIFRONS_TOKENS__SECRETS", &new)]).stop();
    refuses(&run(folder.path(), &[], &[("BIFRONS_TOKENS__SECRETS", &old), ("BIFRONS_LISTEN", "127.0.0.1:0")]), 1, "tokens.secrets");
}

/// While a secret is replaced, nodes sign with the old one and the new one. They share Redis all the same.
#[tokio::test]
async fn nodes_share_redis_while_a_secret_is_replaced() {
    let redis = RedisServer::start().await;
    let secret = |letter: &str| ServerSecret::parse(&(letter.repeat(42) + "A")).unwrap();
    let with = |secrets: Vec<ServerSecret>| {
        let url = RedisConfig::parse(&redis.url()).unwrap();
        move |config: &mut Config| {
            config.redis = Some(url);
            config.tokens.secrets = secrets;
        }
    };
    let one = App::configured(with(vec![secret("A"), secret("B")])).await;
    let two = one.reconfigured(with(vec![secret("B"), secret("A")])).await;
    one.until_linked().await;
    two.until_linked().await;
    let ada = one.ada().await;
    let (there, session) = (ada.snapshot().at(&two), ada.session().await);
    two.poll().await;
    there.get_session().await.expect(200);
    two.disconnect_database().await;
    ada.sign_out().await.expect(204);
    two.until_forgotten(session).await;
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
