//! Connections that others hold: thousands that say nothing, and a thousand that say a byte now and then.

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
    stats::{least, most},
    table::Table,
    waits::{every, ms},
    wrk::wrk,
};

const ROUNDS: usize = 6;
const IDLE: usize = 5000;
const DRIBBLING: usize = 1000;
/// Nobody may take longer than this to say what they want; then they are hung up on, and come back.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) async fn run(goals: &mut Goals) {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::start(SERVER, folder.path(), &[("BIFRONS_CONNECTIONS__PER_NETWORK", "10000".to_owned())]).await;
    let (cookie, _) = node.sign_in().await;
    let header = format!("Cookie: {cookie}");
    let [mut rates, mut costs, mut waits]: [[Vec<f64>; 2]; 3] = Default::default();
    let (mut held, mut memory) = (0.0, [0.0; 2]);
    for _ in 0..ROUNDS {
        for at in [0, 1] {
            let holder = if at == 1 { Some(hold(&node).await) } else { None };
            let answers = wrk(&node, &node.url("/v1/session"), Some(&header), 1).await;
            rates[at].push(answers.per_second);
            costs[at].push(answers.cpu);
            let ask = || {
                let asked = node.http.request(Method::GET, node.url("/v1/session")).header("cookie", &cookie).send();
                async { asked.await.unwrap().status().as_u16() }
            };
            waits[at].push(ms(&every(Duration::from_millis(2), Instant::now(), (0.0, 2.0), ask).await, 0.99));
            memory[at] = node.memory().0;
            if let Some(mut holder) = holder {
                held = node.metric("bifrons_connections_open").await;
                holder.kill().await.unwrap();
            }
            while node.metric("bifrons_connections_open").await > 100.0 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    let mut table = Table::new(&["getSession", "requests/s", "processor time", "p99 at 500/s", "memory"]);
    let with = format!("beside {held:.0} connections, {IDLE} idle and {DRIBBLING} dribbling");
    for (at, name) in ["alone", &with].into_iter().enumerate() {
        let (rate, cost, p99) = (most(&rates[at]), least(&costs[at]), least(&waits[at]));
        let [rate, cost] = [format!("{rate:.0}"), format!("{cost:.1} µs")];
        table.row([name.to_owned(), rate, cost, format!("{p99:.2} ms"), format!("{:.1} MiB", memory[at])]);
    }
    table.print("## Connections that others hold, and take up again when they are hung up on after ten seconds");
    let [rate, p99] = [least(&costs[0]) / least(&costs[1]), least(&waits[1]) / least(&waits[0])];
    goals.judge("getSession/s beside held connections, of that alone", Bound::AtLeast(0.95), "", rate);
    goals.judge("p99 beside held connections, of that alone", Bound::AtMost(1.25), "", p99);
}

/// Somebody who holds connections, once all of them are open.
async fn hold(node: &Node) -> Child {
    let (host, port) = node.address();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["hold", &format!("{host}:{port}")]).stdout(Stdio::piped()).kill_on_drop(true);
    let mut holder = command.spawn().unwrap();
    BufReader::new(holder.stdout.as_mut().unwrap()).read_line(&mut String::new()).await.unwrap();
    holder
}

/// Holds connections for ever. Says so when all are open.
pub(crate) async fn run_holder(server: String) {
    // Whoever measures on the same core comes first.
    rustix::process::nice(19).unwrap();
    let open = Arc::new(AtomicUsize::new(0));
    let all = IDLE + DRIBBLING;
    for one in 0..all {
        let (server, open) = (server.clone(), Arc::clone(&open));
        tokio::spawn(async move {
            loop {
                let Ok(connection) = TcpStream::connect(&server).await else { continue };
                open.fetch_add(1, Ordering::Relaxed);
                if one < IDLE {
                    idle(connection).await;
                } else {
                    dribble(connection).await;
                }
                open.fetch_sub(1, Ordering::Relaxed);
            }
        });
        // Spread over the time after which they are hung up on, as those of strangers would be.
        if one % (all / 100) == 0 {
            tokio::time::sleep(PATIENCE / 100).await;
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

async fn dribble(mut connection: TcpStream) {
    for byte in b"GET /v1/session HTTP/1.1\r\nX-Dribble: a-very-long-header" {
        if connection.write_all(&[*byte]).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
}
