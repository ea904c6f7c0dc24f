//! Sign-ins a second on one core, beside hashes alone on the same core.

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

/// How often each is measured, for a second; what is not judged, in the first rounds only.
const ROUNDS: usize = 24;
const FIRST_ROUNDS: usize = 5;

pub(crate) async fn run(goals: &mut Goals) {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir_in("/dev/shm").unwrap()];
    let node = Node::start(SERVER, folders[0].path(), &environment()).await;
    let at_ease = Node::start(BOTH, folders[1].path(), &environment()).await;
    let without_disk = Node::start(SERVER, folders[2].path(), &environment()).await;
    let [mut sign_ins, mut with_more, mut from_memory, mut ours, mut fastest]: [Vec<f64>; 5] = Default::default();
    for round in 0..ROUNDS {
        let (of_ours, hash) = bare::rate(Code::Ours).await;
        ours.push(of_ours);
        sign_ins.push(rate(&node).await);
        if round < FIRST_ROUNDS {
            with_more.push(rate(&at_ease).await);
            from_memory.push(rate(&without_disk).await);
            let (of_fastest, same) = bare::rate(Code::Fastest).await;
            fastest.push(of_fastest);
            assert_eq!(hash, same, "both make the same hash");
        }
    }
    let mut table = Table::new(&["one core", "a second", "of a bare loop"]);
    for (name, rates) in [
        ("a bare loop of the hash that the service uses (argon2)", &ours),
        ("sign-ins, everything on that core", &sign_ins),
        ("sign-ins, with a second core for all but the hash", &with_more),
        ("sign-ins, everything on that core, the database in memory", &from_memory),
        ("a bare loop of the fastest that we know (argon2-rust)", &fastest),
    ] {
        table.row([name.to_owned(), format!("{:.1}", most(rates)), format!("{:.2}", beside(rates, &ours))]);
    }
    table.print("## Sign-ins: Argon2id with 19 MiB and two passes, one worker");
    goals.judge("sign-ins/s, of a bare loop on the same core", Bound::AtLeast(0.95), "", beside(&sign_ins, &ours));
}

/// Nobody is limited: the ones who sign in here are all there are.
pub(crate) fn environment() -> Vec<(&'static str, String)> {
    let limits = ["BIFRONS_LIMITS__CLIENT", "BIFRONS_LIMITS__ACCOUNT", "BIFRONS_LIMITS__NETWORK", "BIFRONS_LIMITS__GLOBAL"];
    limits.map(|limit| (limit, "1000000/1h".to_owned())).into()
}

/// How many people sign in at once. Each has an account of their own: attempts at one account take turns.
pub(crate) const PEOPLE: usize = 8;

/// What one of them signs in with.
pub(crate) fn credentials(person: usize) -> serde_json::Value {
    json!({"email": format!("person{person}@example.com"), "password": PASSWORD})
}

/// Sign-ins a second: everybody at once, each in a browser that they signed in with before.
pub(crate) async fn rate(node: &Node) -> f64 {
    let mut devices = Vec::new();
    for person in 0..PEOPLE {
        node.post("/v1/users", &credentials(person)).await;
        let first = node.post("/v1/session", &credentials(person)).await;
        let mut cookies = first.headers().get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
        let device = cookies.find(|cookie| cookie.contains("device")).expect("the device is known from now on");
        devices.push(device.split(';').next().unwrap_or_default().to_owned());
    }
    let began = Instant::now();
    let everybody = devices.iter().enumerate().map(async |(person, device)| {
        let mut count = 0;
        while began.elapsed() < Duration::from_secs(1) {
            let request = node.http.post(node.url("/v1/session")).header("cookie", device);
            let body = credentials(person).to_string();
            let answer = request.header("content-type", "application/json").body(body).send().await.unwrap();
            assert_eq!(answer.status(), 200);
            count += 1;
        }
        f64::from(count)
    });
    let count: f64 = join_all(everybody).await.iter().sum();
    count / began.elapsed().as_secs_f64()
}
