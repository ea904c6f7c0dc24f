//! The checks on the sources of this repository.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};

use layers::{
    Offence, circles, map,
    naming::{self, FINISHED, Rule},
    resolve::Graph,
    size,
    source::{self, Source},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn service() -> Vec<Source> {
    source::read(&root().join("api/src")).unwrap()
}

/// The folders of this workspace's crates.
fn crates() -> Vec<PathBuf> {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let members = manifest.split_once("\nmembers = [").unwrap().1.split_once(']').unwrap().0;
    members.split('"').skip(1).step_by(2).map(|member| root().join(member)).collect()
}

/// All sources of a crate, its tests too, named as seen from the root.
fn all(folder: &Path) -> Vec<Source> {
    let name = folder.strip_prefix(root()).unwrap().to_string_lossy();
    let mut sources = source::read(folder).unwrap();
    for source in &mut sources {
        source.file = format!("{name}/{}", source.file);
    }
    sources
}

#[track_caller]
fn none(offences: impl IntoIterator<Item = Offence>) {
    let mut lines: Vec<_> = offences.into_iter().map(|offence| offence.to_string()).collect();
    lines.sort();
    assert!(lines.is_empty(), "\n{}\n", lines.join("\n"));
}

#[test]
fn imports_point_down_the_table_of_lib_rs() {
    let sources = service();
    let lib = sources.iter().find(|source| source.file == "lib.rs").unwrap();
    let layers = map::layers(lib);
    assert!(layers.contains(&"http".to_owned()), "{layers:?}");
    none(map::check(&Graph::new(&sources), &layers));
}

#[test]
fn no_modules_import_each_other() {
    none(circles::check(&Graph::new(&service())));
}

const RULES: [Rule; 5] = [
    Rule { tokens: "poem", why: "only http/ names it", allows: |file| file.starts_with("http/") },
    Rule { tokens: "poem_openapi", why: "only http/ names it", allows: |file| file.starts_with("http/") },
    Rule {
        tokens: "sea_orm",
        why: "only db/ and the stores name it",
        allows: |file| file.starts_with("db/") || file == "store.rs" || file.ends_with("/store.rs"),
    },
    Rule { tokens: "SystemTime : : now", why: "only clock.rs reads the system's time", allows: |file| file == "clock.rs" },
    Rule { tokens: "now_utc", why: "only clock.rs reads the system's time", allows: |file| file == "clock.rs" },
];

#[test]
fn only_their_own_files_name_libraries_and_the_time() {
    none(service().iter().flat_map(|source| naming::check(source, &RULES)));
}

#[test]
fn nothing_is_left_out_or_unwritten() {
    none(crates().iter().flat_map(|folder| all(folder)).flat_map(|source| naming::check(&source, &FINISHED)));
}

#[test]
fn files_and_functions_are_small() {
    none(crates().iter().flat_map(|folder| all(folder)).flat_map(|source| size::check(&source)));
    let sources: Vec<_> = crates().iter().flat_map(|folder| source::read(&folder.join("src")).unwrap()).collect();
    let median = size::median(&sources);
    assert!(median <= size::MAX_MEDIAN, "the median file has {median} lines");
}
