//! Ten times as many sign-ins as the workers can hash: their outcome, and the effect on signed-in users.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use reqwest::{Client, Method};
use tokio::join;

use crate::{
    cores::{self, BOTH, LOAD, SERVER},
    goals::{Bound, Goals},
    node::{self, Node},
    plot,
    sign_in::{self, USERS, credentials},
    stats::median,
    table::Table,
    waits::{Wait, every, ms},
    wrk::wrk,
};

/// Seconds before, during and after the flood.
pub(crate) const PHASES: [(&str, f64, f64); 3] = [("before", 0.0, 6.0), ("during", 6.0, 12.0), ("after", 12.0, 18.0)];
/// The flood's rate, as a multiple of the capacity.
const TIMES: f64 = 10.0;
/// Longer than an idle worker keeps its memory.
const REST: Duration = Duration::from_secs(14);

pub(crate) async fn run(goals: &mut Goals) {
    cores::stay_on(&[0, LOAD]).unwrap();
    with_a_core_to_spare(goals).await;
    cores::stay_on(&[LOAD]).unwrap();
    on_one_core(goals).await;
}

/// One worker on two cores, as on a machine with a spare core. The load is light and runs on both.
async fn with_a_core_to_spare(goals: &mut Goals) {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::start(BOTH, folder.path(), &sign_in::environment()).await;
    let (cookie, _) = node.sign_in().await;
    let capacity = sign_in::rate(&node).await;
    tokio::time::sleep(REST).await;
    let (base, _) = node.memory();
    node.forget_peak();
    let elsewhere = node::client().local_address(Some([127, 0, 0, 2].into())).build().unwrap();
    let ((_, flood_from, flood_to), end) = (PHASES[1], PHASES[2].2);
    let (began, user, other_user) = (Instant::now(), Cell::new(0), Cell::new(0));
    let (asked, flood, others) = join!(
        every(Duration::from_millis(4), began, (0.0, end), || get_session(&node, &cookie)),
        every(Duration::from_secs_f64(1.0 / (TIMES * capacity)), began, (flood_from, flood_to), || signs_in(
            &node.http, &node, &user
        )),
        every(Duration::from_millis(250), began, (flood_from, flood_to), || signs_in(&elsewhere, &node, &other_user)),
    );
    let (_, peak) = node.memory();
    assert!(asked.iter().all(|wait| wait.status == 200), "a signed-in user was refused");

    let during = |at: usize| asked.iter().copied().filter(|wait| phase(wait.at) == at).collect::<Vec<_>>();
    let before = ms(&during(0), 0.99);
    let mut table = Table::new(&["getSession, 250/s", "p50", "p99", "of before"]);
    for (at, (name, ..)) in PHASES.iter().enumerate() {
        let (p50, p99) = (ms(&during(at), 0.5), ms(&during(at), 0.99));
        table.row([(*name).to_owned(), format!("{p50:.2} ms"), format!("{p99:.2} ms"), format!("{:.2}", p99 / before)]);
    }
    table.print(&format!("## A flood of sign-ins, ten times the {capacity:.0}/s that one worker can hash, with a spare core"));
    goals.judge("p99 of getSession in the flood, of before", Bound::AtMost(2.0), "", ms(&during(1), 0.99) / before);

    let with = |waits: &[Wait], status| waits.iter().copied().filter(|wait| wait.status == status).collect::<Vec<_>>();
    let (served, shed, other_served) = (with(&flood, 200), with(&flood, 503), with(&others, 200));
    let mut table = Table::new(&["sign-ins in the flood", "count", "p50", "p99"]);
    for (name, waits) in [
        ("all", &flood),
        ("served", &served),
        ("refused with 503", &shed),
        ("other users, from another network", &others),
        ("other users, served", &other_served),
    ] {
        let (p50, p99) = (ms(waits, 0.5), ms(waits, 0.99));
        table.row([name.to_owned(), waits.len().to_string(), format!("{p50:.1} ms"), format!("{p99:.1} ms")]);
    }
    table.print("Outcome");
    goals.judge("refused with 503, p99", Bound::AtMost(50.0), "ms", ms(&shed, 0.99));

    let limit = (base + 19.0) * 1.1;
    let mut table = Table::new(&["memory", "MiB"]);
    for (name, mib) in
        [("at rest", base), ("peak in the flood", peak), ("limit: at rest + 19 MiB for the one worker, + 10 %", limit)]
    {
        table.row([name.to_owned(), format!("{mib:.1}")]);
    }
    table.print("Memory");
    goals.judge("memory in the flood", Bound::AtMost((limit * 10.0).round() / 10.0), "MiB", peak);
    plot::write("flood", &plot::flood(&asked, &shed, &served));
}

/// Everything on one core. The hashing worker and all other threads share it, so half of it is a fair share.
async fn on_one_core(goals: &mut Goals) {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::start(SERVER, folder.path(), &sign_in::environment()).await;
    let (cookie, _) = node.sign_in().await;
    let cookie = format!("Cookie: {cookie}");
    let capacity = sign_in::rate(&node).await;
    let session = node.url("/v1/session");
    let verify = async || wrk(&node, &session, Some(&cookie), 2).await.per_second;
    let ([mut before, mut during], user): ([Vec<f64>; 2], _) = (Default::default(), Cell::new(0));
    for _ in 0..5 {
        before.push(verify().await);
        let period = Duration::from_secs_f64(1.0 / (TIMES * capacity));
        let flood = every(period, Instant::now(), (0.0, 3.0), || signs_in(&node.http, &node, &user));
        let verified = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            verify().await
        };
        during.push(join!(verified, flood).0);
    }
    let share = median(&during) / median(&before) / 0.5;
    goals.judge("getSession/s in the flood on the worker's core, of the fair half", Bound::AtLeast(0.9), "", share);
}

fn get_session(node: &Node, cookie: &str) -> impl Future<Output = u16> + use<> {
    let request = node.http.request(Method::GET, node.url("/v1/session")).header("cookie", cookie);
    async move { request.send().await.unwrap().status().as_u16() }
}

/// Signs in the next user.
fn signs_in(http: &Client, node: &Node, user: &Cell<usize>) -> impl Future<Output = u16> + use<> {
    let (http, url, body) = (http.clone(), node.url("/v1/session"), credentials(user.replace((user.get() + 1) % USERS)));
    async move { node::post(&http, &url, &body).await.status().as_u16() }
}

fn phase(at: f64) -> usize {
    PHASES.iter().rposition(|(_, from, _)| at >= *from).unwrap_or_default()
}
