//! The alert rules and the dashboard of `deploy`: they name metrics that exist, and Prometheus fires an alert on the service.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use reqwest::Url;
use serde_json::Value;
use tempfile::tempdir;

use crate::support::{
    EMAIL, PASSWORD,
    binary::{Process, free_port},
    redis::until,
};

fn deploy(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(file)
}

fn promtool(arguments: &[&str]) {
    let tool = Command::new("promtool").args(arguments).current_dir(deploy("prometheus")).output().expect("promtool is installed");
    assert!(tool.status.success(), "{}{}", String::from_utf8_lossy(&tool.stdout), String::from_utf8_lossy(&tool.stderr));
}

/// A test of its own for every rule: a rule without one is never tried.
#[test]
fn every_alert_fires_on_what_it_is_for() {
    promtool(&["check", "rules", "alerts.yml"]);
    promtool(&["test", "rules", "alerts.test.yml"]);
    let read = |file| fs::read_to_string(deploy("prometheus").join(file)).unwrap();
    let (rules, tests) = (read("alerts.yml"), read("alerts.test.yml"));
    let names: Vec<_> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(names.len() > 10);
    for name in names {
        let fires = format!("alertname: {name}\n");
        assert!(tests.contains(&fires), "no test of {name}");
    }
}

/// The expressions of a dashboard's panels.
fn expressions(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("expr").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|value| expressions(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| expressions(value, found)),
        _ => {}
    }
}

fn metrics_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.starts_with("bifrons_") || word.starts_with("process_")).map(str::to_owned).collect()
}

/// A metric that was renamed would leave an empty panel, and an alert that never fires.
#[tokio::test]
async fn every_metric_that_is_watched_exists() {
    let folder = tempdir().unwrap();
    let admin = format!("127.0.0.1:{}", free_port());
    let service = Process::start_with(folder.path(), &[("BIFRONS_ADMIN_LISTEN", &admin)]);
    service.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let text = reqwest::get(format!("http://{admin}/metrics")).await.unwrap().text().await.unwrap();
    let exists = metrics_in(&text);
    let dashboard: Value = serde_json::from_slice(&fs::read(deploy("grafana/dashboard.json")).unwrap()).unwrap();
    let mut watched = Vec::new();
    expressions(&dashboard, &mut watched);
    assert!(watched.len() > 20);
    watched.push(
        fs::read_to_string(deploy("prometheus/alerts.yml")).unwrap().lines().filter(|line| !line.contains("remedy:")).collect(),
    );
    for name in metrics_in(&watched.join("\n")) {
        assert!(exists.contains(&name), "no {name} in\n{text}");
    }
}

struct Prometheus {
    child: Child,
    port: u16,
}

impl Prometheus {
    /// Watches the service with the rules of `deploy`, once a second.
    fn start(folder: &Path, admin: &str) -> Self {
        let port = free_port();
        let rules = deploy("prometheus/alerts.yml").canonicalize().unwrap();
        let rules = rules.display();
        let config = format!(
            "global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\nrule_files: [\"{rules}\"]\nscrape_configs:\n  - job_name: bifrons\n    \
             static_configs: [{{ targets: [\"{admin}\"] }}]\n"
        );
        fs::write(folder.join("prometheus.yml"), config).unwrap();
        let mut command = Command::new("prometheus");
        command.arg("--config.file=prometheus.yml").arg(format!("--web.listen-address=127.0.0.1:{port}"));
        command.arg("--storage.tsdb.path=tsdb").current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
        Self { child: command.spawn().expect("prometheus is installed"), port }
    }

    /// The answer of its API to a question.
    async fn ask(&self, path: &str, query: &[(&str, &str)]) -> Option<Value> {
        let url = Url::parse_with_params(&format!("http://127.0.0.1:{}/api/v1/{path}", self.port), query).unwrap();
        let text = reqwest::get(url).await.ok()?.text().await.ok()?;
        Some(serde_json::from_str::<Value>(&text).ok()?["data"].take())
    }

    /// The alerts that fire.
    async fn firing(&self) -> Vec<String> {
        let answer = self.ask("alerts", &[]).await.unwrap_or_default();
        let firing = answer["alerts"].as_array().into_iter().flatten().filter(|alert| alert["state"] == "firing");
        firing.map(|alert| alert["labels"]["alertname"].as_str().unwrap().to_owned()).collect()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_fires_when_a_refresh_token_is_used_again() {
    let folder = tempdir().unwrap();
    let admin = format!("127.0.0.1:{}", free_port());
    let environment = [("BIFRONS_ADMIN_LISTEN", admin.as_str()), ("BIFRONS_TOKENS__REFRESH_GRACE", "0s")];
    let service = Process::start_with(folder.path(), &environment);
    let prometheus = Prometheus::start(folder.path(), &admin);
    let ada = service.client();
    ada.sign_up(EMAIL, PASSWORD).await.expect(201);
    let stolen = ada.tokens(EMAIL, PASSWORD).await.expect(200).string("/tokens/refresh_token");
    let scraped = [("query", "bifrons_build_info{job=\"bifrons\"} and on (instance) up == 1")];
    until(async || {
        prometheus.ask("query", &scraped).await.is_some_and(|data| data["result"].as_array().is_some_and(|found| found.len() == 1))
    })
    .await;
    assert_eq!(prometheus.firing().await, Vec::<String>::new());
    ada.refresh(&stolen).await.expect(200);
    ada.refresh(&stolen).await.expect_problem(401, "refresh_reused");
    until(async || prometheus.firing().await == ["BifronsRefreshTokenReused"]).await;
}
