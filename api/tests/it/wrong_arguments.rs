//! Wrong arguments of commands: each message names the argument, its rule and the limit. And lists that are empty.

use crate::support::binary::{refuses, run};

#[test]
fn a_wrong_argument_is_refused_by_its_rule() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), &["migrate"], &[]).status.success());
    let long = "x".repeat(101);
    // Wrong usage.
    for (arguments, sentence) in [
        (&["user", "list", "--limit", "0"][..], "0 is not in 1.."),
        (&["audit", "--limit", "0"], "0 is not in 1.."),
        (&["webhook", "deliveries", "019b7a3d-2f40-7c31-9d1e-5b7a60c41f2a", "--limit", "0"], "0 is not in 1.."),
        (&["user", "list", "--role", "Not A Role"], "a role has 1 to 32 characters"),
        (&["user", "roles", "a@example.com", "--add", "Editor"], "a role has 1 to 32 characters"),
        (&["user", "roles", "a@example.com", "--remove", "Editor"], "a role has 1 to 32 characters"),
        (&["user", "roles", "a@example.com", "--set", "a b"], "a role has 1 to 32 characters"),
        (
            &["webhook", "create", "https://hooks.example.com", "--events", "signed_in,nonsense"],
            "'nonsense' for '--events <EVENTS>': webhooks deliver ",
        ),
        (&["webhook", "create", "https://hooks.example.com", "--events", "sign_in_refused"], ", user_deleted, "),
        (&["health", "--url", "here"], "write a URL that begins with http:// or https://"),
    ] {
        refuses_usage(&run(folder.path(), arguments, &[]), arguments, sentence);
    }
    for arguments in [
        &["user", "list", "--after", "1"][..],
        &["session", "end", "1"],
        &["admin-key", "revoke", "1"],
        &["webhook", "show", "1"],
        &["webhook", "replay", "019b7a3d-2f40-7c31-9d1e-5b7a60c41f2a", "1"],
        &["mail", "retry", "1"],
        &["mail", "discard", "1"],
    ] {
        refuses_usage(&run(folder.path(), arguments, &[]), arguments, "write an id, such as 019b7a3d-");
    }
    let tag = "must be a BCP 47 language tag of at most 35 characters";
    for (arguments, sentence) in [
        (&["user", "create", "--email", "a@example.com", "--name", &long][..], "the name must have 1 to 100 characters"),
        (&["user", "create", "--email", "a@example.com", "--locale", "not a tag"], tag),
        (&["user", "create", "--email", "a@example.com", "--name", ""], "the name must have 1 to 100 characters"),
        (&["user", "create", "--email", "a"], "--email must look like"),
    ] {
        let said = refuses(&run(folder.path(), arguments, &[]), 1, sentence);
        assert!(!said.contains("a value breaks a rule"), "{said}");
    }
}

#[track_caller]
fn refuses_usage(output: &std::process::Output, arguments: &[&str], sentence: &str) {
    let written = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && written.contains(sentence), "{arguments:?}: {written}");
}

#[test]
fn an_empty_list_is_said_to_people_and_nothing_to_programs() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), &["migrate"], &[]).status.success());
    let created = run(folder.path(), &["user", "create", "--email", "a@example.com", "--json"], &[]);
    assert!(created.status.success());
    for (arguments, sentence) in [
        (&["user", "list", "--email", "x"][..], "there is no such user"),
        (&["user", "sessions", "a@example.com"], "there is no live session of the user"),
        (&["session", "list", "a@example.com"], "there is no live session of the user"),
        (&["user", "roles", "a@example.com"], "a@example.com has no role"),
        (&["admin-key", "list"], "there is no admin key"),
        (&["webhook", "list"], "there is no webhook"),
        (&["audit", "--event", "signed_in"], "nothing is recorded"),
    ] {
        let output = run(folder.path(), arguments, &[]);
        let written = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && output.stdout.is_empty() && written.contains(sentence), "{arguments:?}: {written}");
        if arguments != ["user", "roles", "a@example.com"] {
            let output = run(folder.path(), &[arguments, &["--json"]].concat(), &[]);
            assert!(output.stdout.is_empty() && !String::from_utf8_lossy(&output.stderr).contains(sentence), "{arguments:?}");
        }
    }
}
