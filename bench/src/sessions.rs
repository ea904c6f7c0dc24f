//! Many live sessions: their memory, and whether their number slows verification.

use std::fs;

use futures_util::{StreamExt, stream};
use reqwest::Method;
use tempfile::TempDir;

use crate::{
    cores::SERVER,
    goals::{Bound, Goals},
    node::Node,
    redis_server::RedisServer,
    seed,
    stats::{least, most},
    table::Table,
    wrk::{Answers, wrk_in_turn},
};

const ROUNDS: usize = 12;

/// The number of live sessions: `SESSIONS=1000000 make bench ONLY=sessions`.
fn many() -> usize {
    std::env::var("SESSIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(100_000)
}

/// A node that has verified a number of sessions.
struct Crowd {
    node: Node,
    in_process: f64,
    in_redis: f64,
    rounds: Vec<Answers>,
    folder: TempDir,
}

impl Crowd {
    async fn new(redis: &RedisServer, count: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut environment = vec![
            ("BIFRONS_REDIS__URL", redis.url()),
            ("BIFRONS_SESSIONS__CACHE_MIB", "4096".to_owned()),
            ("SEED", count.to_string()),
        ];
        // Another process creates them, so that its memory is not measured.
        Node::start(SERVER, folder.path(), &environment).await.stop().await;
        environment.pop();
        let node = Node::start(SERVER, folder.path(), &environment).await;
        let cookies = seed::cookies(folder.path());
        let (before, used, keys) = (node.memory().0, redis.used(), redis.keys());
        let asked = stream::iter(&cookies).map(async |cookie| assert_eq!(node.ask(Method::GET, cookie).await, 200));
        asked.buffer_unordered(64).for_each(async |()| ()).await;
        let in_process = (node.memory().0 - before) * 1024.0 * 1024.0 / count as f64;
        let in_redis = (redis.used() - used) / (redis.keys() - keys);
        // As many as a round requests, spread over all sessions.
        let spread: Vec<_> = cookies.iter().step_by(count.div_ceil(20_000)).map(String::as_str).collect();
        fs::write(folder.path().join("spread"), spread.join("\n")).unwrap();
        Self { node, in_process, in_redis, rounds: Vec::new(), folder }
    }

    async fn round(&mut self) {
        self.rounds.push(wrk_in_turn(&self.node, &self.folder.path().join("spread"), 1).await);
    }

    /// Microseconds of processor time for one verification.
    fn cpu(&self) -> f64 {
        least(&self.rounds.iter().map(|answers| answers.cpu).collect::<Vec<_>>())
    }

    fn rate(&self) -> f64 {
        most(&self.rounds.iter().map(|answers| answers.per_second).collect::<Vec<_>>())
    }
}

pub(crate) async fn run(goals: &mut Goals) {
    let (redis, count) = (RedisServer::start(), many());
    // Two of each: a process's memory layout makes more of a difference than the measured effect.
    let mut few = [Crowd::new(&redis, 1000).await, Crowd::new(&redis, 1000).await];
    let mut many = [Crowd::new(&redis, count).await, Crowd::new(&redis, count).await];
    for _ in 0..ROUNDS {
        for crowd in few.iter_mut().zip(&mut many).flat_map(<[_; 2]>::from) {
            crowd.round().await;
        }
    }
    let both = |crowds: &[Crowd; 2], of: fn(&Crowd) -> f64| (of(&crowds[0]) * of(&crowds[1])).sqrt();
    let [in_process, in_redis] = [both(&many, |crowd| crowd.in_process), both(&many, |crowd| crowd.in_redis)];
    let mut table =
        Table::new(&["live sessions", "bytes each in process", "bytes each in Redis", "verified/s", "processor time each"]);
    for (crowds, count, memory) in [(&few, 1000, None), (&many, count, Some([in_process, in_redis]))] {
        let [process, redis] = memory.map(|bytes| bytes.map(|bytes| format!("{bytes:.0}"))).unwrap_or_default();
        let (rate, cpu) = (format!("{:.0}", both(crowds, Crowd::rate)), format!("{:.1} µs", both(crowds, Crowd::cpu)));
        table.row([count.to_string(), process, redis, rate, cpu]);
    }
    table.print("## Many live sessions: memory, and the cost of one verification");
    goals.judge("bytes of a session in Redis", Bound::AtMost(400.0), "", in_redis);
    let flat = both(&many, Crowd::cpu) / both(&few, Crowd::cpu);
    goals.judge(&format!("cost of a verification among {count} live sessions, of one among 1000"), Bound::AtMost(1.05), "", flat);
}
