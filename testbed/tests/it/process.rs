//! The process: what it refuses, what it runs, what it leaves behind.

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

use crate::support::{Testbed, command};

fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    command().args(arguments).envs(environment.iter().copied()).stdin(Stdio::null()).output().unwrap()
}

/// The folders of the testbed with this process id.
fn folders(pid: u32) -> Vec<String> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
    let open = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
    let files = open.filter_map(|file| Some(std::fs::read_link(file.path()).ok()?.to_string_lossy().into_owned()));
    let mut folders: Vec<_> = files
        .chain(maps.lines().map(str::to_owned))
        .filter_map(|path| {
            let (before, after) = path.split_once("bifrons-testbed-")?;
            let (name, _) = after.split_once('/')?;
            Some(format!("{}bifrons-testbed-{name}", before.rsplit(' ').next()?))
        })
        .collect();
    folders.sort();
    folders.dedup();
    folders
}

#[test]
fn settings_of_a_real_service_are_refused() {
    for (name, value) in [
        ("BIFRONS_DATABASE__URL", "postgres://localhost/bifrons"),
        ("BIFRONS_REDIS__URL", "redis://localhost"),
        ("BIFRONS_TLS__CERT", "/etc/ssl/cert.pem"),
        ("BIFRONS_DATA_DIR", "/var/lib/bifrons"),
        ("BIFRONS_LISTEN", "0.0.0.0:3000"),
        ("BIFRONS_MAIL__URL", "smtp://localhost"),
        ("BIFRONS_TOKENS__SECRETS", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
    ] {
        let refused = run(&["--", "true"], &[(name, value)]);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(refused.status.code() == Some(2) && said.contains(name) && said.contains("remove"), "{said}");
    }
    for wrong in [&["--now", "today"][..], &["--seed", "/nowhere.json"], &["--database", "x"]] {
        assert_eq!(run(wrong, &[]).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn a_command_gets_the_addresses_and_gives_the_status() {
    let script = r#"printf '%s %s %s' "$BIFRONS_URL" "$BIFRONS_CONTROL" "$BIFRONS_CONTROL_TOKEN"; exit 7"#;
    let ended = run(&["--json", "--", "sh", "-c", script], &[("BIFRONS_ORIGINS", "http://localhost:5173")]);
    let said = String::from_utf8(ended.stdout).unwrap();
    let (line, shown) = said.split_once('\n').unwrap();
    let ready: Value = serde_json::from_str(line).unwrap();
    let given = ["url", "control", "token"].map(|name| ready[name].as_str().unwrap());
    assert_eq!((ended.status.code(), shown), (Some(7), given.join(" ").as_str()));
    assert_eq!((ready["mode"].as_str(), given[0].starts_with("http://localhost:")), (Some("testbed"), true));
    println!("ready in {} ms", ready["ready_ms"]);
    let killed = run(&["--", "sh", "-c", "kill -KILL $$"], &[]);
    assert_eq!(killed.status.code(), Some(128 + 9));
    let missing = run(&["--", "/nowhere/no-such-program"], &[]);
    assert!(missing.status.code() == Some(2) && String::from_utf8_lossy(&missing.stderr).contains("no-such-program"));
}

/// A signal ends the command, and the testbed ends as the command does. The folder goes in every case.
#[test]
fn a_signal_is_passed_on_and_the_folder_is_removed() {
    for signal in ["TERM", "INT", "HUP"] {
        let script = format!("trap 'exit 9' {signal}; while :; do sleep 0.05; done");
        let mut testbed = Testbed::start(&["--json", "--", "sh", "-c", &script], &[]);
        let folders = folders(testbed.process.id());
        assert!(folders.len() == 1 && Path::new(&folders[0]).exists(), "{folders:?}");
        // Until the shell has its trap.
        std::thread::sleep(std::time::Duration::from_millis(200));
        let pid = testbed.process.id().to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &pid]).status().unwrap().success());
        assert_eq!(testbed.process.wait().unwrap().code(), Some(9), "{signal}");
        assert!(!Path::new(&folders[0]).exists());
    }
    let mut alone = Testbed::start(&[], &[]);
    let folder = folders(alone.process.id()).remove(0);
    assert!(Command::new("kill").arg(alone.process.id().to_string()).status().unwrap().success());
    assert!(alone.process.wait().unwrap().success() && !Path::new(&folder).exists());
}

/// A killed testbed takes its command along, and a runner that died takes its testbed along.
#[test]
fn none_outlives_its_parent() {
    let mut testbed = Testbed::start(&["--json", "--", "sleep", "1000"], &[]);
    let children = format!("/proc/{0}/task/{0}/children", testbed.process.id());
    let mut child = String::new();
    while std::fs::read_to_string(format!("/proc/{child}/comm")).unwrap_or_default().trim() != "sleep" {
        std::fs::read_to_string(&children).unwrap().trim().clone_into(&mut child);
    }
    let folder = folders(testbed.process.id()).remove(0);
    testbed.process.kill().unwrap();
    testbed.process.wait().unwrap();
    while Path::new(&format!("/proc/{child}/task/{child}/children")).exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    // The next testbed removes the folder of the killed one, and leaves those of others.
    let beside = Testbed::start(&[], &[]);
    let next = Testbed::start(&[], &[]);
    assert!(!Path::new(&folder).exists());
    for alive in [&beside, &next] {
        assert!(Path::new(&folders(alive.process.id())[0]).exists());
    }

    let mut runner = command();
    let mut process = runner.arg("--until-stdin-closes").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut stdin = process.stdin.take().unwrap();
    stdin.write_all(b"what a runner says does not matter").unwrap();
    drop(stdin);
    assert!(process.wait().unwrap().success());
}
