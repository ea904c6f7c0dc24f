//! Requests a second, as wrk counts them: one thread, 64 connections.

use std::path::Path;

use tokio::process::Command;

/// Asks each session of a file in turn.
const IN_TURN: &str = "local cookies, at = {}, 0
for line in io.lines(os.getenv('COOKIES')) do cookies[#cookies + 1] = { Cookie = line } end
function request() at = at % #cookies + 1; return wrk.format('GET', nil, cookies[at]) end
";

/// The same request all the time.
pub(crate) async fn wrk(url: &str, header: Option<&str>, seconds: u32) -> f64 {
    run(header.map_or(Vec::new(), |header| vec!["-H", header]), None, url, seconds).await
}

/// `getSession` with the cookies of a file, one a line, in turn.
pub(crate) async fn wrk_in_turn(url: &str, cookies: &Path, seconds: u32) -> f64 {
    let script = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&script, IN_TURN).unwrap();
    run(vec!["-s", script.path().to_str().unwrap()], Some(cookies), url, seconds).await
}

async fn run(arguments: Vec<&str>, cookies: Option<&Path>, url: &str, seconds: u32) -> f64 {
    let mut command = Command::new("wrk");
    command.args(["-t1", "-c64", &format!("-d{seconds}s")]).args(arguments).arg(url);
    command.envs(cookies.map(|cookies| ("COOKIES", cookies)));
    let output = command.output().await.expect("wrk is installed");
    let text = String::from_utf8_lossy(&output.stdout);
    let rate = text.lines().find_map(|line| line.strip_prefix("Requests/sec:")?.trim().parse().ok());
    rate.unwrap_or_else(|| panic!("wrk said {text}{}", String::from_utf8_lossy(&output.stderr)))
}
