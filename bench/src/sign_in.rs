//! Sign-ins a second on one core, compared with hashing alone on the same core.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;

use crate::{
    bare::{self, Code},
    cores::{BOTH, SERVER},
    goals::{Bound, Goals},
    node::{Node, PASSWORD},
    stats::{beside, most},
    table::Table,
};

/// Rounds of one second each. What has no goal is measured in the first rounds only.
const ROUNDS: usize = 24;
const FIRST_ROUNDS: usize = 5;

pub(crate) async fn run(goals: &mut Goals) {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir_in("/dev/shm").unwrap()];
    let node = Node::start(SERVER, folders[0].path(), &environment()).await;
    let spare_core = Node::start(BOTH, folders[1].path(), &environment()).await;
    let without_disk = Node::start(SERVER, folders[2].path(), &environment()).await;
    let [mut sign_ins, mut with_spare_core, mut from_memory, mut ours, mut fastest]: [Vec<f64>; 5] = Default::default();
    for round in 0..ROUNDS {
        let (of_ours, hash) = bare::rate(Code::Ours).await;
        ours.push(of_ours);
        sign_ins.push(rate(&node).await);
        if round < FIRST_ROUNDS {
            with_spare_core.push(rate(&spare_core).await);
            from_memory.push(rate(&without_disk).await);
            let (of_fastest, same) = bare::rate(Code::Fastest).await;
            fastest.push(of_fastest);
            assert_eq!(hash, same, "both crates compute the same hash");
        }
    }
    let mut table = Table::new(&["on one core", "a second", "of the bare loop"]);
    for (name, rates) in [
        ("bare loop of the service's hash (argon2)", &ours),
        ("sign-ins, everything on that core", &sign_ins),
        ("sign-ins, a second core for everything but the hash", &with_spare_core),
        ("sign-ins, everything on that core, database in memory", &from_memory),
        ("bare loop of the fastest known code (argon2-rust)", &fastest),
    ] {
        table.row([name.to_owned(), format!("{:.1}", most(rates)), format!("{:.2}", beside(rates, &ours))]);
    }
    table.print("## Sign-ins: Argon2id with 19 MiB and two passes, one worker");
    goals.judge("sign-ins/s, of the bare loop on the same core", Bound::AtLeast(0.95), "", beside(&sign_ins, &ours));
}

/// Limits that the bench does not reach.
pub(crate) fn environment() -> Vec<(&'static str, String)> {
    let limits = ["BIFRONS_LIMITS__CLIENT", "BIFRONS_LIMITS__ACCOUNT", "BIFRONS_LIMITS__NETWORK", "BIFRONS_LIMITS__GLOBAL"];
    limits.map(|limit| (limit, "1000000/1h".to_owned())).into()
}

/// The number of users who sign in at once. Each has an account, because attempts at one account run one after the other.
pub(crate) const USERS: usize = 8;

/// The credentials of one of them.
pub(crate) fn credentials(user: usize) -> serde_json::Value {
    json!({"email": format!("user{user}@example.com"), "password": PASSWORD})
}

/// Sign-ins a second: all users at once, each from a known device.
pub(crate) async fn rate(node: &Node) -> f64 {
    let mut devices = Vec::new();
    for user in 0..USERS {
        node.post("/v1/users", &credentials(user)).await;
        let first = node.post("/v1/session", &credentials(user)).await;
        let mut cookies = first.headers().get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
        let device = cookies.find(|cookie| cookie.contains("device")).expect("sign-in sets the device cookie");
        devices.push(device.split(';').next().unwrap_or_default().to_owned());
    }
    let began = Instant::now();
    let all = devices.iter().enumerate().map(async |(user, device)| {
        let mut count = 0;
        while began.elapsed() < Duration::from_secs(1) {
            let request = node.http.post(node.url("/v1/session")).header("cookie", device);
            let body = credentials(user).to_string();
            let answer = request.header("content-type", "application/json").body(body).send().await.unwrap();
            assert_eq!(answer.status(), 200);
            count += 1;
        }
        f64::from(count)
    });
    let count: f64 = join_all(all).await.iter().sum();
    count / began.elapsed().as_secs_f64()
}
