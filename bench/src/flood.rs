//! Ten times as many sign-ins as the workers can do: what becomes of them, and of those who are signed in already.

use std::{
    fmt::Write,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use reqwest::Method;
use serde_json::json;

use crate::{
    node::{EMAIL, Node, PASSWORD},
    table::quantile,
};

/// Seconds before, during and after the flood.
const PHASES: [(&str, f64); 3] = [("before", 4.0), ("flood", 6.0), ("after", 4.0)];
/// How often somebody who is signed in asks who they are.
const ASK_EVERY: Duration = Duration::from_millis(4);

/// How long somebody waited: seconds since the beginning, milliseconds, status.
type Wait = (f64, f64, u16);

/// Hashes a second of one core that does nothing else, in memory used again.
pub(crate) fn bare() {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19_456, 2, 1, None).unwrap());
    let mut memory = vec![Block::new(); argon2.params().block_count()];
    let (began, mut count) = (Instant::now(), 0);
    while began.elapsed() < Duration::from_secs(3) {
        argon2.hash_password_into_with_memory(PASSWORD.as_bytes(), b"a salt of 16 B..", &mut [0; 32], &mut memory).unwrap();
        count += 1;
    }
    println!("{}", f64::from(count) / began.elapsed().as_secs_f64());
}

/// Sign-ins a second, compared with hashes alone; then the flood.
pub(crate) async fn flood() {
    let environment = [("BIFRONS_LIMITS__ENABLED", "false".to_owned())];
    let mut rates: [Vec<f64>; 2] = Default::default();
    let folder = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let node = Arc::new(Node::start("0", folder.path(), &environment).await);
    // The load keeps off the core of what it measures.
    cores("1");
    println!("first answer {:.0} ms after the start, {:.1} MiB resident then", ms(began), node.memory() / 1024.0);
    node.sign_in().await;
    for _ in 0..3 {
        rates[0].push(bare_loop().await);
        rates[1].push(sign_ins(&node, 4).await);
    }
    let [hashes, signed_in] = [0, 1].map(|n: usize| quantile(&rates[n], 0.5));
    println!("sign-ins on one core: {signed_in:.1}/s, {:.2} of a bare Argon2id loop ({hashes:.1}/s)", signed_in / hashes);
    drop(node);
    cores("0,1");

    let folder = tempfile::tempdir().unwrap();
    let node = Arc::new(Node::start("0,1", folder.path(), &environment).await);
    let (cookie, _) = node.sign_in().await;
    let capacity = sign_ins(&node, 2).await;
    let base = node.memory();
    let (began, asked, signing_in) = (Instant::now(), Arc::default(), Arc::default());
    let (mut most, mut next, mut next_sign_in) = (base, 0.0_f64, 0.0_f64);
    let end: f64 = PHASES.iter().map(|(_, seconds)| seconds).sum();
    while began.elapsed().as_secs_f64() < end {
        let at = began.elapsed().as_secs_f64();
        if at >= next {
            next += ASK_EVERY.as_secs_f64();
            let (node, cookie, asked) = (Arc::clone(&node), cookie.clone(), Arc::clone(&asked));
            tokio::spawn(async move { note(&asked, began, node.ask(Method::GET, &cookie)).await });
        }
        if phase(at) == 1 && at >= next_sign_in.max(PHASES[0].1) {
            next_sign_in = at + 0.1 / capacity;
            let (node, signing_in) = (Arc::clone(&node), Arc::clone(&signing_in));
            let body = json!({"email": EMAIL, "password": PASSWORD});
            tokio::spawn(async move {
                note(&signing_in, began, async { node.post("/v1/session", &body).await.status().as_u16() }).await;
            });
        }
        most = most.max(node.memory());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    report(&asked.lock().unwrap(), &signing_in.lock().unwrap(), capacity);
    println!("memory: {:.1} MiB before, {:.1} MiB at most (one worker, 19 MiB)\n", base / 1024.0, most / 1024.0);
}

async fn note(waits: &Mutex<Vec<Wait>>, began: Instant, asking: impl Future<Output = u16>) {
    let (at, asked) = (began.elapsed().as_secs_f64(), Instant::now());
    let status = asking.await;
    waits.lock().unwrap().push((at, ms(asked), status));
}

fn report(asked: &[Wait], signing_in: &[Wait], capacity: f64) {
    println!("\ngetSession while sign-ins come at ten times what can be done ({capacity:.0}/s)\n");
    let mut idle = f64::NAN;
    for (index, (name, _)) in PHASES.iter().enumerate() {
        let waits: Vec<_> = asked.iter().filter(|wait| phase(wait.0) == index).map(|wait| wait.1).collect();
        let p99 = quantile(&waits, 0.99);
        if index == 0 {
            idle = p99;
        }
        println!("{name:<8} p50 {:>6.2} ms   p99 {p99:>6.2} ms   {:.2} of before", quantile(&waits, 0.5), p99 / idle);
    }
    assert!(asked.iter().all(|wait| wait.2 == 200), "somebody who was signed in was refused");
    let of = |status: u16| signing_in.iter().filter(|wait| wait.2 == status).map(|wait| wait.1).collect::<Vec<_>>();
    let (served, shed) = (of(200), of(503));
    println!("\nof {} sign-ins {} were served, p50 {:.0} ms", signing_in.len(), served.len(), quantile(&served, 0.5));
    println!("{} were told to come back, p50 {:.1} ms, p99 {:.1} ms", shed.len(), quantile(&shed, 0.5), quantile(&shed, 0.99));
    std::fs::write(
        "target/flood.svg",
        picture(asked, &signing_in.iter().filter(|wait| wait.2 == 503).copied().collect::<Vec<_>>()),
    )
    .unwrap();
    println!("target/flood.svg shows every one of them");
}

/// A dot for each answer: when, and after how long, from 0.1 ms to 1 s.
fn picture(asked: &[Wait], shed: &[Wait]) -> String {
    let end: f64 = PHASES.iter().map(|(_, seconds)| seconds).sum();
    let (x, y) = (|at: f64| 60.0 + 680.0 * at / end, |ms: f64| 290.0 - 60.0 * (ms.max(0.1).log10() + 1.0));
    let mut svg = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 340\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\n\
         <rect width=\"760\" height=\"340\" fill=\"#fff\"/>\n\
         <text x=\"16\" y=\"22\" font-size=\"15\" font-weight=\"600\">How long answers take before, during and after a flood of sign-ins</text>\n\
         <text x=\"60\" y=\"330\" fill=\"#2f6fdb\">getSession of somebody signed in</text>\
         <text x=\"300\" y=\"330\" fill=\"#d9822b\">sign-ins that are told to come back</text>\n",
    );
    let (from, to) = (x(PHASES[0].1), x(PHASES[0].1 + PHASES[1].1));
    let _ = writeln!(svg, "<rect x=\"{from:.0}\" y=\"40\" width=\"{:.0}\" height=\"260\" fill=\"#f4f1ea\"/>", to - from);
    for (ms, name) in [(0.1, "0.1 ms"), (1.0, "1 ms"), (10.0, "10 ms"), (100.0, "100 ms"), (1000.0, "1 s")] {
        let _ = writeln!(
            svg,
            "<text x=\"12\" y=\"{0:.0}\">{name}</text><line x1=\"60\" x2=\"740\" y1=\"{0:.0}\" y2=\"{0:.0}\" stroke=\"#ddd\"/>",
            y(ms)
        );
    }
    for (waits, colour) in [(shed, "#d9822b"), (asked, "#2f6fdb")] {
        for (at, ms, _) in waits {
            let _ = writeln!(svg, "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"1.2\" fill=\"{colour}\"/>", x(*at), y(*ms));
        }
    }
    svg + "</svg>\n"
}

fn phase(at: f64) -> usize {
    usize::from(at >= PHASES[0].1) + usize::from(at >= PHASES[0].1 + PHASES[1].1)
}

/// Sign-ins a second, so many at once.
async fn sign_ins(node: &Arc<Node>, at_once: usize) -> f64 {
    let (began, body) = (Instant::now(), json!({"email": EMAIL, "password": PASSWORD}));
    let everybody = (0..at_once).map(|_| async {
        let mut count = 0;
        while began.elapsed() < Duration::from_secs(3) {
            assert_eq!(node.post("/v1/session", &body).await.status(), 200);
            count += 1;
        }
        f64::from(count)
    });
    let count: f64 = futures_util::future::join_all(everybody).await.iter().sum();
    count / began.elapsed().as_secs_f64()
}

/// Where this process may run.
fn cores(list: &str) {
    let mut command = std::process::Command::new("taskset");
    let output = command.args(["-a", "-c", "-p", list, &std::process::id().to_string()]).output().expect("taskset is installed");
    assert!(output.status.success());
}

async fn bare_loop() -> f64 {
    let mut command = tokio::process::Command::new("taskset");
    let output = command.args(["-c", "0"]).arg(std::env::current_exe().unwrap()).arg("hash").output().await.unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
