//! The checks on made-up sources: each finds every form in which Rust can write an offence, and nothing else.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use layers::{circles, map, naming, resolve::Graph, size, source::Source};

const LIB: &str = "//! The map.\n//!\n//! | where | what |\n//! |---|---|\n//! | [`http`] | the wire |\n//! | [`db`] | rows |\n//! | [`config`], `clock` | values |\n";

fn sources(files: &[(&str, &str)]) -> Vec<Source> {
    [("lib.rs", LIB)].iter().chain(files).map(|(file, text)| Source::new(file, text).unwrap()).collect()
}

fn layers(files: &[(&str, &str)]) -> Vec<String> {
    let sources = sources(files);
    let found = map::check(&Graph::new(&sources), &map::layers(&sources[0]));
    found.iter().map(ToString::to_string).collect()
}

fn circles(files: &[(&str, &str)]) -> Vec<String> {
    let sources = sources(files);
    circles::check(&Graph::new(&sources)).iter().map(|offence| offence.what.clone()).collect()
}

const HTTP: (&str, &str) = ("http/mod.rs", "pub fn app() {}");
const CLOCK: (&str, &str) = ("clock.rs", "pub struct Clock;");

#[test]
fn the_table_gives_the_order() {
    assert_eq!(map::layers(&sources(&[])[0]), ["http", "db", "config", "clock"]);
}

#[test]
fn an_import_that_points_up_is_found_in_every_form() {
    for text in [
        "use crate::{clock::Clock, http::app};",
        "use crate::http::app;",
        "use crate::{\n    clock::{Clock},\n    http::{\n        app,\n    },\n};",
        "use super::http;",
        "use crate::http as wire;",
        "pub use crate::http::*;",
        "fn open() { crate::http::app() }",
        "fn open() { use crate::http::app; app() }",
        "fn open() -> crate::http::App { todo() }",
        "struct Db { app: Option<crate::http::App> }",
        "impl crate::http::Wire for Db {}",
        "#[cfg(test)] mod tests { use super::super::http::app; }",
        "fn open() { println!(\"{}\", crate::http::app()) }",
        "macro_rules! open { () => { $crate::http::app() } }",
        "#[serde(with = x, bound(crate::http::App))] struct Db;",
        "some_macro! { use crate::{clock::Clock, http}; }",
    ] {
        let found = layers(&[HTTP, CLOCK, ("db/mod.rs", text)]);
        assert!(found.len() == 1 && found[0].contains("`db` uses `http"), "{text}: {found:?}");
    }
}

#[test]
fn an_import_that_points_down_is_none() {
    for text in [
        "use crate::{clock::Clock, config};",
        "use http::Uri;",
        "use ::http::Uri;",
        "// crate::http::app",
        "const A: &str = \"crate::http\";",
    ] {
        assert_eq!(layers(&[HTTP, CLOCK, ("db/mod.rs", text)]), <[&str; 0]>::default(), "{text}");
    }
}

#[test]
fn a_layer_that_the_table_does_not_name_is_found() {
    let found = layers(&[("spare.rs", "")]);
    assert_eq!(found, ["spare.rs:1: the table in lib.rs does not name `spare`"]);
}

#[test]
fn a_circle_inside_a_folder_is_found_in_every_form() {
    let b = "use super::a::A; pub struct B;";
    for a in [
        "use super::b::B; pub struct A;",
        "use super::{b::{B}}; pub struct A;",
        "use crate::http::b::B; pub struct A;",
        "pub struct A { b: super::b::B }",
        "pub struct A; fn f() { super::b::g() }",
        "pub struct A; fn f() { println!(\"{}\", super::b::g()) }",
        "use super::B; pub struct A;",
    ] {
        let found = circles(&[("http/mod.rs", "mod a; mod b; pub use b::B;"), ("http/a.rs", a), ("http/b.rs", b)]);
        assert!(found.len() == 1 && found[0].contains("a → b (http/a.rs:1)") && found[0].contains("b → a"), "{a}: {found:?}");
    }
}

#[test]
fn a_circle_between_folders_is_found() {
    let files = [
        ("http/mod.rs", ""),
        ("http/x/mod.rs", ""),
        ("http/x/one.rs", "use crate::http::y::two;"),
        ("http/y/mod.rs", ""),
        ("http/y/two.rs", ""),
        ("http/y/three.rs", "use super::super::x::four;"),
        ("http/x/four.rs", ""),
    ];
    let found = circles(&files);
    assert!(found.len() == 1 && found[0].starts_with("a circle in `crate::http`: x → y"), "{found:?}");
}

#[test]
fn a_module_and_its_child_can_form_a_circle() {
    let child = ("http/a.rs", "use super::Shared; pub fn f() {}");
    let found = circles(&[("http/mod.rs", "mod a; pub struct Shared; fn g() { a::f() }"), child]);
    assert!(found.len() == 1 && found[0].contains("(itself) → a"), "{found:?}");
    let shows = circles(&[("http/mod.rs", "mod a; pub use a::f; pub struct Shared;"), child]);
    assert_eq!(shows, <[&str; 0]>::default(), "a module that shows what its child makes imports nothing");
    let uses = circles(&[("http/mod.rs", "mod a; pub use a::f; pub struct Shared; fn g() { f() }"), child]);
    assert!(uses.len() == 1 && uses[0].contains("(itself) → a"), "unless it uses that itself: {uses:?}");
}

#[test]
fn a_re_export_names_the_module_behind_it() {
    let files = [
        ("http/mod.rs", "mod a; mod b; pub use a::A;"),
        ("http/a.rs", "pub struct A;"),
        ("http/b.rs", "use super::A; pub fn f() {}"),
    ];
    assert_eq!(circles(&files), <[&str; 0]>::default());
}

#[test]
fn what_tests_alone_import_forms_no_circle() {
    let tests = "pub struct A; #[cfg(test)] mod tests { use super::super::b::B; }";
    let files = [("http/mod.rs", "mod a; mod b;"), ("http/a.rs", tests), ("http/b.rs", "use super::a::A; pub struct B;")];
    assert_eq!(circles(&files), <[&str; 0]>::default());
}

#[test]
fn names_are_found_in_code_and_macros_and_nowhere_else() {
    let rules = [naming::Rule { tokens: "sea_orm", why: "rows", allows: |file| file.starts_with("db/") }];
    for (file, text, lines) in [
        ("http/mod.rs", "use sea_orm::Entity;", 1),
        ("http/mod.rs", "use {std::fmt, sea_orm as orm};", 1),
        ("http/mod.rs", "fn f() { vec![sea_orm::Value::from(1)]; }", 1),
        ("http/mod.rs", "/// sea_orm\nconst A: &str = \"sea_orm\"; // sea_orm", 0),
        ("db/mod.rs", "use sea_orm::Entity;", 0),
    ] {
        assert_eq!(naming::check(&Source::new(file, text).unwrap(), &rules).len(), lines, "{text}");
    }
    for text in
        ["#[ignore] fn f() {}", "#[ignore = \"slow\"] fn f() {}", "fn f() { todo!() }", "fn f() { unimplemented!(\"later\") }"]
    {
        assert_eq!(naming::check(&Source::new("a.rs", text).unwrap(), &naming::FINISHED).len(), 1, "{text}");
    }
}

#[test]
fn long_files_and_functions_are_found() {
    let body = |lines: usize| format!("fn f() {{\n{}}}\n", "    g();\n".repeat(lines));
    let check = |text: &str| size::check(&Source::new("a.rs", text).unwrap()).len();
    assert_eq!((check(&body(58)), check(&body(59))), (0, 1));
    assert_eq!(check(&format!("struct A;\nimpl A {{\n    /// Why.\n    #[inline]\n    {}}}\n", body(58))), 0);
    assert_eq!(check(&format!("trait A {{\n    {}}}\n", body(59))), 1);
    assert_eq!((check(&"\n".repeat(300)), check(&"\n".repeat(301))), (0, 1));
}
