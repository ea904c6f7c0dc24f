//! The documents are true: what is written from the code matches it, every sample runs, and every link leads to something.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Command, Stdio},
};

use bifrons::audit::{Event, Trace};

use crate::support::{
    binary::{Process, run},
    document::{Block, Document},
};

/// What `bifrons config keys` prints.
fn keys() -> String {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["config", "keys"], &[]);
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_table_of_keys_is_what_the_code_reads() {
    // The default of this key is the number of this machine's cores.
    let (workers, cores) =
        ("| `passwords.workers` | `BIFRONS_PASSWORDS__WORKERS` | ", std::thread::available_parallelism().unwrap());
    let table = keys().replace(&format!("{workers}`{cores}` |"), &format!("{workers}cores |"));
    Document::read("docs/configuration.md").holds("keys", &table);
}

#[test]
fn asvs_16_1_1_the_table_of_events_is_what_the_code_records() {
    let level = |event: &Event| if event.is_warning() { "warn" } else { "info" };
    let row = |event: &Event| match event.trace() {
        Trace::Keep => "yes",
        Trace::Gather => "gathered",
        Trace::Log => "no",
    };
    let line = |event: &Event| format!("| `{}` | {} | {} | {} |\n", event.name(), level(event), row(event), event.about());
    let lines: String = Event::ALL.iter().map(line).collect();
    let table = format!("| event | level | row | meaning |\n|---|---|---|---|\n{lines}");
    Document::read("docs/observability.md").holds("events", &table);
}

#[test]
fn the_page_about_origins_shows_what_config_check_prints() {
    let page = Document::read("docs/origins.md");
    let (_, from) = page.text.split_once("```\n$ ").unwrap();
    let (command, _) = from.split_once('\n').unwrap();
    let environment: Vec<_> = command.split(' ').filter_map(|word| word.split_once('=')).collect();
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["config", "check"], &environment);
    let printed = String::from_utf8(output.stdout).unwrap();
    let (first, _) = printed.split_once('\n').unwrap();
    let at = printed.find("The session cookie will be").unwrap();
    page.holds("config check", &format!("```\n$ {command}\n{first}\n…\n\n{}```\n", &printed[at..]));
}

#[test]
fn every_key_that_is_named_exists() {
    let table = keys();
    let known: Vec<_> = table.lines().skip(2).filter_map(|line| line.split('`').nth(1)).collect();
    let sections: Vec<_> = known.iter().filter_map(|key| Some(key.split_once('.')?.0)).collect();
    let is_key_like = |text: &str| {
        text.split_once('.').is_some_and(|(section, key)| {
            sections.contains(&section) && key != "rs" && key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        })
    };
    for document in Document::all() {
        for span in document.prose().split('`').skip(1).step_by(2).filter(|span| is_key_like(span)) {
            assert!(known.contains(&span), "{}: there is no key `{span}`", document.name);
        }
    }
}

#[test]
fn every_configuration_can_be_used_and_every_object_is_json() {
    for document in Document::all() {
        for Block { language, text } in document.blocks() {
            if language == "json" {
                serde_json::from_str::<serde_json::Value>(text)
                    .unwrap_or_else(|error| panic!("{}: {error}\n{text}", document.name));
            }
            if language == "toml" {
                let folder = tempfile::tempdir().unwrap();
                fs::write(folder.path().join("bifrons.toml"), text).unwrap();
                let output = run(folder.path(), &["config", "check"], &[]);
                assert!(output.status.success(), "{}: {}\n{text}", document.name, String::from_utf8_lossy(&output.stderr));
            }
        }
    }
}

/// Pages whose commands have tests of their own: the doctor's, and `packaging/tests`.
const TRIED_ELSEWHERE: [&str; 2] = ["docs/doctor.md", "docs/deploying.md"];

/// Each document's commands run in order, beside a service of its own.
#[tokio::test(flavor = "multi_thread")]
async fn every_command_runs() {
    let makefile = Document::read("Makefile").text;
    for document in Document::all().iter().filter(|document| !TRIED_ELSEWHERE.contains(&document.name.as_str())) {
        let blocks = document.blocks().into_iter().filter(|block| matches!(block.language, "sh" | "bash"));
        let mut script = String::new();
        for line in blocks.flat_map(|block| block.text.lines()) {
            let mut words = line.split_whitespace().skip_while(|word| word.contains('=') && !word.contains(['"', '$']));
            match (words.next(), words.next()) {
                // Tests do not run themselves.
                (Some("make"), Some(target)) => {
                    assert!(makefile.contains(&format!("\n{target}:")), "{}: there is no `make {target}`", document.name);
                }
                (Some("cargo"), Some("run")) => {}
                _ => script = format!("{script}{line}\n"),
            }
        }
        if !script.trim().is_empty() {
            run_script(&document.name, &script);
        }
    }
}

fn run_script(name: &str, script: &str) {
    let folder = tempfile::tempdir().unwrap();
    let node = Process::start(folder.path());
    let binaries = Path::new(env!("CARGO_BIN_EXE_bifrons")).parent().unwrap().display();
    let path = format!("{binaries}:{}", std::env::var("PATH").unwrap());
    let script = script.replace("localhost:3000", &format!("127.0.0.1:{}", node.port));
    let script = format!("set -euo pipefail\ncurl() {{ command curl --fail-with-body -sS \"$@\"; }}\n{script}");
    let mut bash = Command::new("bash");
    bash.args(["-c", &script]).env_clear().env("PATH", path).current_dir(folder.path()).stdin(Stdio::null());
    let output = bash.output().unwrap();
    let [said, printed] = [&output.stderr, &output.stdout].map(|text| String::from_utf8_lossy(text));
    assert!(output.status.success(), "{name}: {said}\n{printed}\n{script}");
}

#[test]
fn every_link_leads_to_something() {
    for document in Document::all() {
        for link in document.links() {
            if link.starts_with("http") {
                continue;
            }
            let (file, anchor) = link.split_once('#').map_or((link.as_str(), None), |(file, anchor)| (file, Some(anchor)));
            let path = if file.is_empty() {
                document.neighbour(document.name.rsplit('/').next().unwrap())
            } else {
                document.neighbour(file)
            };
            assert!(path.exists(), "{}: {link} leads nowhere", document.name);
            if let Some(anchor) = anchor {
                let text = fs::read_to_string(path).unwrap();
                let target = Document { name: file.to_owned(), text };
                assert!(target.anchors().iter().any(|one| one == anchor), "{}: {link} has no such heading", document.name);
            }
        }
    }
}

/// Numbers in bold are measured: `docs/measuring.md` shows each of them.
#[test]
fn the_numbers_of_the_readme_are_measured() {
    let (readme, measured) = (Document::read("README.md"), Document::read("docs/measuring.md").text);
    let (_, table) = readme.text.split_once("| what | measured |").unwrap();
    let numbers: Vec<_> = table.split("**").skip(1).step_by(2).collect();
    assert!(numbers.len() > 5);
    for number in numbers {
        assert!(measured.contains(&format!(" {number} ")), "docs/measuring.md does not show {number}");
    }
}

/// Names of tests, and everything else that a source mentions.
fn sources() -> String {
    let mut text = String::new();
    for folder in ["src", "tests/it"] {
        read_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut text);
    }
    text
}

fn read_all(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

/// `b_13` or `B-13`, wherever it stands: as `B-13`.
fn references(text: &str) -> BTreeSet<String> {
    let bytes = text.as_bytes();
    let starts = |at: usize| at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
    let reference = |window: &[u8]| {
        let separated = matches!((window[0], window[1]), (b'b' | b'c', b'_') | (b'B' | b'C', b'-'));
        separated && window[2].is_ascii_digit() && window[3].is_ascii_digit()
    };
    let found =
        bytes.windows(5).enumerate().filter(|(at, window)| starts(*at) && reference(window) && !window[4].is_ascii_alphanumeric());
    found
        .map(|(_, window)| {
            format!("{}-{}{}", char::from(window[0].to_ascii_uppercase()), char::from(window[2]), char::from(window[3]))
        })
        .collect()
}

#[test]
fn the_legend_explains_every_reference() {
    let legend = Document::read("docs/test-references.md").text;
    for reference in references(&sources()) {
        assert!(legend.contains(&format!("\n| {reference} |")), "docs/test-references.md does not explain {reference}");
    }
}

#[test]
fn every_test_that_is_named_exists() {
    let sources = sources();
    for document in Document::all() {
        for span in document.prose().split('`').skip(1).step_by(2) {
            let referenced = |prefix| span.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            let is_sentence = !span.starts_with("bifrons_")
                && span.matches('_').count() >= 4
                && span.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            let is_test = is_sentence || ["asvs_", "b_", "c_"].into_iter().any(referenced);
            // The legend's own forms: `b_nn_…` has no digit, `asvs_7_2_4_…` is cut.
            let name = span.trim_end_matches('…');
            assert!(!is_test || sources.contains(&format!("fn {name}")), "{}: there is no test `{span}`", document.name);
        }
    }
}

/// A Rust sample that begins with `// PATH` is a part of that file.
#[test]
fn every_quoted_source_is_in_its_file() {
    for document in Document::all() {
        for Block { language, text } in document.blocks() {
            let quoted = text.strip_prefix("// ").and_then(|quoted| quoted.split_once('\n'));
            let Some((path, sample)) = quoted.filter(|(path, _)| language == "rust" && path.starts_with("api/")) else { continue };
            let file = Document::read(path).text;
            assert!(file.contains(sample), "{}: {path} does not contain\n{sample}", document.name);
        }
    }
}

/// In the map and in the guide, everything that looks like a path is one.
#[test]
fn every_path_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for document in ["docs/architecture.md", "CONTRIBUTING.md"].map(Document::read) {
        let prose = document.prose();
        let spans = prose
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|span| span.ends_with('/') || span.rsplit_once('.').is_some_and(|(_, extension)| extension == "rs"));
        for span in spans.filter(|span| *span != "store.rs" && *span != "accounts/password_age.rs") {
            let exists = root.join(span).exists() || root.join("api/src").join(span).exists();
            assert!(exists, "{}: there is no {span}", document.name);
        }
    }
}
