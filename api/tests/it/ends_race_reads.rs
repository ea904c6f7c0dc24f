//! Sessions are read on two nodes all the while they end on one: once a node has said no it never says yes, and in the end no node,
//! and no new one, accepts any.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bifrons::{accounts, secret::Password, sessions};

use crate::support::{App, EMAIL, PASSWORD, redis::RedisServer};

const TASKS: usize = 8;

struct Nodes {
    one: App,
    two: App,
    _redis: RedisServer,
}

impl Nodes {
    async fn start() -> Arc<Self> {
        let redis = RedisServer::start().await;
        let config = bifrons::config::RedisConfig::parse(&redis.url()).unwrap();
        // Every sign-in and every end waits for the disk, which is not what this is about.
        let one = App::in_memory(|current| current.redis = Some(config)).await;
        let two = one.another().await;
        Arc::new(Self { one, two, _redis: redis })
    }

    /// Reads a session on both nodes while `end` ends it, after a moment.
    async fn race(&self, cookie: &str, moment: usize, end: impl Future<Output = ()>) {
        let over = AtomicBool::new(false);
        let read = async |node: &App| {
            let mut refused = false;
            loop {
                let last = over.load(Ordering::SeqCst);
                let accepted = node.accepts(cookie).await;
                assert!(!(refused && accepted), "an ended session came back");
                refused |= !accepted;
                if refused && last {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        let end = async {
            for _ in 0..moment % 7 {
                tokio::task::yield_now().await;
            }
            end.await;
            over.store(true, Ordering::SeqCst);
            assert!(!self.one.accepts(cookie).await, "acknowledged, and still accepted");
        };
        tokio::join!(read(&self.one), read(&self.two), read(&self.two), end);
    }

    async fn no_node_accepts(&self, ended: &[String]) {
        let new = self.one.another().await;
        new.poll().await;
        for cookie in ended {
            for node in [&self.one, &self.two, &new] {
                assert!(!node.accepts(cookie).await);
            }
        }
    }
}

/// So many in all: a server of its own takes longer for each.
fn rounds() -> usize {
    if std::env::var("TEST_DATABASE_URL").is_ok() { 500 } else { 10_000 }
}

/// What tasks do with the number of the round, all at once.
async fn in_tasks<F: Future<Output = String> + Send>(
    rounds: usize,
    work: impl Fn(usize) -> F + Clone + Send + 'static,
) -> Vec<String> {
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let work = work.clone();
            tokio::spawn(async move {
                let mut ended = Vec::new();
                for round in (task..rounds).step_by(TASKS) {
                    ended.push(work(round).await);
                }
                ended
            })
        })
        .collect();
    let mut ended = Vec::new();
    for task in tasks {
        ended.extend(task.await.unwrap());
    }
    ended
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_that_sign_out() {
    let nodes = Nodes::start().await;
    nodes.one.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let own = Arc::clone(&nodes);
    let ended = in_tasks(rounds(), move |round| {
        let nodes = Arc::clone(&own);
        async move {
            let cookie = nodes.one.sign_in_directly(EMAIL).await;
            Box::pin(nodes.race(&cookie, round, nodes.one.end_directly(&cookie))).await;
            cookie
        }
    })
    .await;
    assert_eq!(ended.len(), rounds());
    nodes.no_node_accepts(&ended).await;
}

/// What ends all other sessions of somebody is one change, of the user.
#[tokio::test(flavor = "multi_thread")]
async fn hundreds_that_another_session_ends() {
    let nodes = Nodes::start().await;
    let own = Arc::clone(&nodes);
    let ended = in_tasks(400, move |round| {
        let nodes = Arc::clone(&own);
        async move {
            let email = format!("p{round}@example.com");
            nodes.one.client().sign_up(&email, PASSWORD).await.expect(201);
            let (cookie, other) = (nodes.one.sign_in_directly(&email).await, nodes.one.sign_in_directly(&email).await);
            let other = sessions::by_cookie(&nodes.one.state, &other).await.unwrap();
            let end = async {
                if round % 2 == 0 {
                    sessions::end_others(&nodes.one.state, &other).await.unwrap();
                } else {
                    let [current, new] = [PASSWORD, "another horse entirely"].map(|typed| Password::new(typed.to_owned()));
                    let client = bifrons::requester::Requester::default();
                    accounts::change_password(&nodes.one.state, other, current, new, &client).await.unwrap();
                }
            };
            Box::pin(nodes.race(&cookie, round, end)).await;
            cookie
        }
    })
    .await;
    nodes.no_node_accepts(&ended).await;
}
