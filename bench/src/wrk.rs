//! The highest rate of requests, by wrk: one thread, 64 connections.

use std::path::Path;

use tokio::process::Command;

use crate::node::Node;

/// Requests with the cookies of a file in turn.
const IN_TURN: &str = "local cookies, at = {}, 0
for line in io.lines(os.getenv('COOKIES')) do cookies[#cookies + 1] = { Cookie = line } end
function request() at = at % #cookies + 1; return wrk.format('GET', nil, cookies[at]) end
";

/// The result.
#[derive(Clone, Copy)]
pub(crate) struct Answers {
    pub(crate) per_second: f64,
    /// Microseconds of the server's processor time for each request, background work included.
    pub(crate) cpu: f64,
}

/// Repeats one request.
pub(crate) async fn wrk(node: &Node, url: &str, header: Option<&str>, seconds: u32) -> Answers {
    run(node, header.map_or(Vec::new(), |header| vec!["-H", header]), None, url, seconds).await
}

/// `getSession` with the cookies of a file, one a line, in turn.
pub(crate) async fn wrk_in_turn(node: &Node, cookies: &Path, seconds: u32) -> Answers {
    let script = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&script, IN_TURN).unwrap();
    run(node, vec!["-s", script.path().to_str().unwrap()], Some(cookies), &node.url("/v1/session"), seconds).await
}

async fn run(node: &Node, arguments: Vec<&str>, cookies: Option<&Path>, url: &str, seconds: u32) -> Answers {
    let mut command = Command::new("wrk");
    command.args(["-t1", "-c64", &format!("-d{seconds}s")]).args(arguments).arg(url);
    command.envs(cookies.map(|cookies| ("COOKIES", cookies)));
    let before = node.cpu();
    let output = command.output().await.expect("wrk is installed");
    let cpu = node.cpu() - before;
    let text = String::from_utf8_lossy(&output.stdout);
    let number = |found: Option<&str>| found.and_then(|text| text.trim().parse::<f64>().ok());
    let count = number(text.lines().find_map(|line| line.split_once(" requests in ")).map(|(count, _)| count));
    let rate = number(text.lines().find_map(|line| line.strip_prefix("Requests/sec:")));
    let (Some(count), Some(per_second)) = (count, rate) else {
        panic!("wrk printed {text}{}", String::from_utf8_lossy(&output.stderr));
    };
    Answers { per_second, cpu: cpu * 1e6 / count }
}
