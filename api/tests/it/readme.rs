//! The README's table of keys is the code's.

use std::{fs, path::PathBuf};

use crate::support::binary::run;

#[test]
fn the_configuration_table_is_what_the_code_reads() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["config", "keys"], &[]);
    assert!(output.status.success());
    let readme = fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../README.md")).unwrap();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        // The default is the number of this machine's cores.
        if !line.contains("passwords.workers") {
            assert!(readme.contains(line), "README.md lacks the line\n{line}\n(bifrons config keys prints the table)");
        }
    }
}

/// What `docs/origins.md` shows of `bifrons config check` is what it prints.
#[test]
fn the_page_about_origins_shows_real_output() {
    let page_path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/origins.md");
    let page = fs::read_to_string(page_path).unwrap();
    let (_, from) = page.split_once("```\n$ ").unwrap();
    let (command, shown) = from.split_once('\n').unwrap();
    let environment: Vec<_> = command.split(' ').filter_map(|word| word.split_once('=')).collect();
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["config", "check"], &environment);
    let printed = String::from_utf8(output.stdout).unwrap();
    let (_, told) = printed.split_once("The session cookie will be").unwrap();
    assert!(shown.contains(&format!("…\n\nThe session cookie will be{told}```")), "docs/origins.md must show\n{told}");
}
