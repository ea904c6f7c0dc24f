//! Listening on a port that the system chooses.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use serde_json::json;

use crate::support::{Actor, binary::bifrons};

#[tokio::test]
async fn port_0_is_resolved_before_it_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = bifrons(folder.path());
    command.env("BIFRONS_LISTEN", "127.0.0.1:0").env("BIFRONS_ADMIN_LISTEN", "127.0.0.1:0");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines().map(Result::unwrap);
    let banner: Vec<_> = lines.take_while(|line| !line.contains("Data")).collect();
    let after = |what: &str| banner.iter().find_map(|line| Some(line.split_once(what)?.1.trim())).unwrap();
    let port = after("listening on 127.0.0.1:");
    assert_ne!(port, "0");
    assert_eq!(after("API  "), format!("http://localhost:{port}/v1"));
    let actor = Actor::new(format!("http://127.0.0.1:{port}")).with("sec-fetch-site", "same-site");
    let page = |port: &str| actor.with("origin", format!("http://localhost:{port}"));
    page(port).post("/v1/session", json!({})).await.expect(422);
    page("1").post("/v1/session", json!({})).await.expect_problem(403, "origin_not_allowed");
    let metrics = reqwest::get(after("Metrics  ")).await.unwrap();
    assert_eq!(metrics.status(), 200);
    child.kill().unwrap();
    child.wait().unwrap();
}
