//! Sign-ins a second on one core, beside hashes alone on the same core.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;

use crate::{
    bare::{self, Code},
    cores::SERVER,
    goals::{Bound, Goals},
    node::{EMAIL, Node, PASSWORD},
    stats::{median, ratio},
    table::Table,
};

const ROUNDS: usize = 7;

pub(crate) async fn run(goals: &mut Goals) {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::start(SERVER, folder.path(), &environment()).await;
    node.sign_in().await;
    let [mut sign_ins, mut ours, mut fastest]: [Vec<f64>; 3] = Default::default();
    for _ in 0..ROUNDS {
        let (of_ours, hash) = bare::rate(Code::Ours).await;
        ours.push(of_ours);
        sign_ins.push(rate(&node).await);
        let (of_fastest, same) = bare::rate(Code::Fastest).await;
        fastest.push(of_fastest);
        assert_eq!(hash, same, "both make the same hash");
    }
    let mut table = Table::new(&["one core", "a second", "of a bare loop"]);
    for (name, rates) in [
        ("a bare loop of the hash that the service uses (argon2)", &ours),
        ("sign-ins", &sign_ins),
        ("a bare loop of the fastest that we know (argon2-rust)", &fastest),
    ] {
        table.row([name.to_owned(), format!("{:.1}", median(rates)), format!("{:.2}", ratio(rates, &ours))]);
    }
    table.print("## Sign-ins: Argon2id with 19 MiB and two passes");
    goals.judge("sign-ins/s, of a bare loop of the same hash", Bound::AtLeast(0.95), "", ratio(&sign_ins, &ours));
}

/// Nobody is limited: the one who signs in here is all there are.
pub(crate) fn environment() -> Vec<(&'static str, String)> {
    let limits = ["BIFRONS_LIMITS__ACCOUNT", "BIFRONS_LIMITS__NETWORK", "BIFRONS_LIMITS__GLOBAL"];
    limits.map(|limit| (limit, "1000000/1h".to_owned())).into()
}

/// Sign-ins a second, four at once.
pub(crate) async fn rate(node: &Node) -> f64 {
    let (began, body) = (Instant::now(), json!({"email": EMAIL, "password": PASSWORD}));
    let everybody = (0..4).map(async |_| {
        let mut count = 0;
        while began.elapsed() < Duration::from_secs(2) {
            assert_eq!(node.post("/v1/session", &body).await.status(), 200);
            count += 1;
        }
        f64::from(count)
    });
    let count: f64 = join_all(everybody).await.iter().sum();
    count / began.elapsed().as_secs_f64()
}
