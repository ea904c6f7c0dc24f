//! Two nodes verify sessions while one node ends them. A node that refused a session never accepts it again. Afterwards no node, old or
//! new, accepts it.

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
        // In memory, because the disk would bound the number of rounds.
        let one = App::in_memory(|current| current.redis = Some(config)).await;
        let two = one.another().await;
        Arc::new(Self { one, two, _redis: redis })
    }

    /// Verifies a session on both nodes while `end` ends it.
    async fn race(&self, cookie: &str, moment: usize, end: impl Future<Output = ()>) {
        let ended = AtomicBool::new(false);
        let read = async |node: &App| {
            let mut refused = false;
            loop {
                let last = ended.load(Ordering::SeqCst);
                let accepted = node.accepts(cookie).await;
                assert!(!(refused && accepted), "an ended session was accepted again");
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
            ended.store(true, Ordering::SeqCst);
            assert!(!self.one.accepts(cookie).await, "the end was acknowledged, and the session is still accepted");
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

/// A database server needs longer for each round than SQLite. `make soak` races as often there.
fn rounds() -> usize {
    let is_set = |variable| std::env::var(variable).is_ok();
    if is_set("TEST_DATABASE_URL") && !is_set("SOAK") { 500 } else { 10_000 }
}

/// Runs all rounds in concurrent tasks, and returns the cookies of the ended sessions.
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
async fn ten_thousand_sessions_sign_out() {
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

/// Ending all other sessions of a user is one change of the user.
#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_sessions_are_ended_by_another_one() {
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
                    let requester = bifrons::requester::Requester::default();
                    accounts::change_password(&nodes.one.state, other, current, new, &requester).await.unwrap();
                }
            };
            Box::pin(nodes.race(&cookie, round, end)).await;
            cookie
        }
    })
    .await;
    nodes.no_node_accepts(&ended).await;
}
