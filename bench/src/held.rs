//! Connections that other clients hold: thousands that send nothing, and a thousand that send a byte now and then.

use std::{
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::Method;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
};

use crate::{
    cores::SERVER,
    goals::{Bound, Goals},
    node::Node,
    stats::{beside, least, most},
    table::Table,
    waits::{every, ms},
    wrk::wrk,
};

const ROUNDS: usize = 20;
const IDLE: usize = 5000;
const SLOW: usize = 1000;
/// The service closes a connection without a request after this time. The holder opens it again.
const HEADER_TIMEOUT: Duration = Duration::from_secs(20);

/// Measurements of one process, with or without held connections.
#[derive(Default)]
struct Measured {
    rates: Vec<f64>,
    costs: Vec<f64>,
    waits: Vec<f64>,
    memory: f64,
}

pub(crate) async fn run(goals: &mut Goals) {
    // Two equal processes, measured in alternation. Connections are held to one of them, then to the other. So neither other load nor
    // the memory layout of a process matters.
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let settings = [("BIFRONS_CONNECTIONS__PER_NETWORK", "10000".to_owned())];
    let nodes = [Node::start(SERVER, folders[0].path(), &settings).await, Node::start(SERVER, folders[1].path(), &settings).await];
    let cookies = [nodes[0].sign_in().await.0, nodes[1].sign_in().await.0];
    let [mut alone, mut held_of]: [[Measured; 2]; 2] = Default::default();
    let mut held = 0.0;
    for of in [1, 0] {
        let mut holder = hold(&nodes[of]).await;
        for round in 0..ROUNDS {
            // The order alternates, so that a drift affects both.
            let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
            for at in order {
                rate(&nodes[at], &cookies[at], if at == of { &mut held_of[at] } else { &mut alone[at] }).await;
            }
            for at in order {
                wait(&nodes[at], &cookies[at], if at == of { &mut held_of[at] } else { &mut alone[at] }).await;
            }
        }
        held = nodes[of].metric("bifrons_connections_open").await;
        holder.kill().await.unwrap();
        while nodes[of].metric("bifrons_connections_open").await > 100.0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    let both = |measured: &[Measured; 2], of: fn(&Measured) -> f64| (of(&measured[0]) * of(&measured[1])).sqrt();
    let mut table = Table::new(&["getSession", "requests/s", "processor time", "p99 at 500/s", "memory"]);
    let with = format!("with {held:.0} open connections, {IDLE} idle and {SLOW} slow");
    // Memory: of the process to which no connections were held before.
    for (measured, name, memory) in [(&alone, "alone", alone[0].memory), (&held_of, &with, held_of[1].memory)] {
        let (rate, cost) = (both(measured, |one| most(&one.rates)), both(measured, |one| least(&one.costs)));
        let p99 = both(measured, |one| least(&one.waits));
        let [rate, cost] = [format!("{rate:.0}"), format!("{cost:.1} µs")];
        table.row([name.to_owned(), rate, cost, format!("{p99:.2} ms"), format!("{memory:.1} MiB")]);
    }
    table.print("## Held connections: each is closed after 20 s and opened again");
    // Each process with held connections, compared with the other one without.
    let pairs = [(&alone[0], &held_of[1]), (&alone[1], &held_of[0])];
    let ratio =
        |of: &dyn Fn(&Measured, &Measured) -> f64| pairs.map(|(alone, held)| of(alone, held)).iter().product::<f64>().sqrt();
    let rate = ratio(&|alone, held| beside(&alone.costs, &held.costs));
    let p99 = ratio(&|alone, held| beside(&held.waits, &alone.waits));
    goals.judge("getSession/s with held connections, of alone", Bound::AtLeast(0.95), "", rate);
    goals.judge("p99 with held connections, of alone", Bound::AtMost(1.25), "", p99);
}

async fn rate(node: &Node, cookie: &str, measured: &mut Measured) {
    let answers = wrk(node, &node.url("/v1/session"), Some(&format!("Cookie: {cookie}")), 1).await;
    measured.rates.push(answers.per_second);
    measured.costs.push(answers.cpu);
}

async fn wait(node: &Node, cookie: &str, measured: &mut Measured) {
    let ask = || {
        let asked = node.http.request(Method::GET, node.url("/v1/session")).header("cookie", cookie).send();
        async { asked.await.unwrap().status().as_u16() }
    };
    measured.waits.push(ms(&every(Duration::from_millis(2), Instant::now(), (0.0, 1.0), ask).await, 0.99));
    measured.memory = node.memory().0;
}

/// Starts a process that holds connections, and waits until all of them are open.
async fn hold(node: &Node) -> Child {
    let (host, port) = node.address();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["hold", &format!("{host}:{port}")]).stdout(Stdio::piped()).kill_on_drop(true);
    let mut holder = command.spawn().unwrap();
    BufReader::new(holder.stdout.as_mut().unwrap()).read_line(&mut String::new()).await.unwrap();
    holder
}

/// Holds connections for ever. Prints a line when all are open.
pub(crate) async fn run_holder(server: String) {
    // The load on the same core has priority.
    rustix::process::nice(19).unwrap();
    let open = Arc::new(AtomicUsize::new(0));
    let all = IDLE + SLOW;
    for one in 0..all {
        let (server, open) = (server.clone(), Arc::clone(&open));
        tokio::spawn(async move {
            loop {
                let Ok(connection) = TcpStream::connect(&server).await else { continue };
                open.fetch_add(1, Ordering::Relaxed);
                if one < IDLE {
                    idle(connection).await;
                } else {
                    send_slowly(connection).await;
                }
                open.fetch_sub(1, Ordering::Relaxed);
            }
        });
        // Spread over the header timeout, as connections of many clients are.
        if one % (all / 100) == 0 {
            tokio::time::sleep(HEADER_TIMEOUT / 100).await;
        }
    }
    while open.load(Ordering::Relaxed) < all * 99 / 100 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    println!("open");
    std::future::pending::<()>().await;
}

async fn idle(mut connection: TcpStream) {
    let _ = connection.read(&mut [0]).await;
}

async fn send_slowly(mut connection: TcpStream) {
    for byte in b"GET /v1/session HTTP/1.1\r\nX-Slow: a-very-long-header" {
        if connection.write_all(&[*byte]).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
}
