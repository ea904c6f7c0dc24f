//! Valid and invalid configurations, and their error messages.

use std::fs;

use tempfile::tempdir;

use crate::support::binary::{refuses, run, serve};

#[tokio::test]
async fn all_errors_at_once_with_exit_code_2() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("bifrons.toml"), "listen = \"here\"\n[sesions]\nidle = \"1h\"\n").unwrap();
    let output = serve(folder.path(), &[("BIFRONS_ORIGINS", "https://app.example.com/,*"), ("BIFRONS_TYPO", "1")]);
    let said = refuses(&output, 2, "the configuration is invalid:");
    for error in [
        "listen: write an address",
        "sesions.idle: there is no such key; did you mean sessions.idle?",
        "BIFRONS_ORIGINS: write https://app.example.com:",
        "BIFRONS_ORIGINS: write each origin in full",
        "BIFRONS_TYPO: there is no such key",
    ] {
        assert!(said.contains(error), "{error}: {said}");
    }
    refuses(&run(folder.path(), &["config", "check"], &[]), 2, "sessions.idle");
    refuses(
        &serve(tempdir().unwrap().path(), &[("BIFRONS_LOG__LEVEL", "warning")]),
        2,
        "BIFRONS_LOG__LEVEL: write error, warn, info or debug",
    );
    refuses(
        &serve(tempdir().unwrap().path(), &[("BIFRONS_SESSIONS__IDLE", "119s")]),
        2,
        "BIFRONS_SESSIONS__IDLE: must be at least 2m",
    );
    refuses(&run(folder.path(), &["--config", "nowhere.toml"], &[]), 2, "nowhere.toml: cannot be read");
    assert_eq!(run(folder.path(), &["dance"], &[]).status.code(), Some(2));
    assert!(!folder.path().join("data").exists(), "nothing was created");
}

/// Error messages for a frontend developer.
#[tokio::test]
async fn a_configuration_that_no_browser_supports_is_refused_with_a_remedy() {
    let https = "https://api.jazzmeet.site";
    for (public_url, origins, domain, sentence) in [
        (
            "http://localhost:3000",
            "https://app.example.com",
            "",
            "is another site than http://localhost:3000, and over plain http browsers store no cross-site cookie",
        ),
        ("http://localhost:3000", "http://127.0.0.1:5173", "", "use one host name for both, for example http://localhost"),
        ("http://api.localhost:3000", "http://app.localhost:5173", "", "use one host name for both"),
        (https, "*", "", "write each origin in full"),
        (https, "https://*.jazzmeet.site", "", "write each origin in full"),
        (https, "null", "", "write scheme://host"),
        (https, "https://admin.jazzmeet.site/", "", "write https://admin.jazzmeet.site: lower case, no path"),
        (https, "https://admin.jazzmeet.site/login", "", "write https://admin.jazzmeet.site: lower case, no path"),
        (https, "http://admin.jazzmeet.site", "", "serve the frontend over https too"),
        (https, "http://api.jazzmeet.site", "", "serve the frontend over https too"),
        (https, "http://localhost:5173", "", "list it under dev_origins, for token mode"),
        (https, "https://admin.jazzmeet.site.", "", "write https://admin.jazzmeet.site: with the dot"),
        ("https://api.jazzmeet.site.", "", "", "write https://api.jazzmeet.site: with the dot"),
        (https, "capacitor://localhost", "", "list it under native_origins, for token mode"),
        ("http://api.jazzmeet.site", "", "", "write https://…"),
        ("https://jazz.fly.dev", "", ".fly.dev", "is a public suffix"),
        ("https://jazz.up.railway.app", "", ".up.railway.app", "is a public suffix"),
        ("https://jazz.co.kr", "", "co.kr", "is a public suffix"),
        (https, "", "admin.jazzmeet.site", "must be api.jazzmeet.site or a parent domain of it"),
    ] {
        let folder = tempdir().unwrap();
        let mut environment = vec![("BIFRONS_PUBLIC_URL", public_url), ("BIFRONS_ORIGINS", origins)];
        if !domain.is_empty() {
            environment.push(("BIFRONS_COOKIE__DOMAIN", domain));
        }
        refuses(&serve(folder.path(), &environment), 2, sentence);
        assert!(!folder.path().join("data").exists(), "nothing was created");
    }
}

/// What `serve` refuses before it touches any data, `config check` refuses too.
#[test]
fn config_check_refuses_what_serve_would_refuse() {
    let folder = tempdir().unwrap();
    let check = |environment: &[(&str, &str)]| run(folder.path(), &["config", "check"], environment);
    let tls = [("BIFRONS_TLS__CERT", "nowhere.pem"), ("BIFRONS_TLS__KEY", "nowhere.pem")];
    refuses(&check(&tls), 1, "tls.cert: nowhere.pem: ");
    let same = [("BIFRONS_LISTEN", "127.0.0.1:3000"), ("BIFRONS_ADMIN_LISTEN", "127.0.0.1:3000")];
    refuses(&check(&same), 2, "admin_listen: must not be the address of listen");
    for (variable, url) in [
        ("BIFRONS_DATABASE__URL", "sqlite:x.db?sslmod=hunter2"),
        ("BIFRONS_DATABASE__URL", "postgres://u:hunter2@127.0.0.1:1/d?sslmod=hunter2"),
        ("BIFRONS_DATABASE__URL", "mysql://u:hunter2@127.0.0.1:1/d?sslmod=hunter2"),
        ("BIFRONS_REDIS__URL", "redis+cluster://:hunter2@127.0.0.1:1?sslmod=hunter2"),
    ] {
        for output in [check(&[(variable, url)]), serve(folder.path(), &[(variable, url)])] {
            let said = refuses(&output, 2, &format!("{variable}: there is no parameter sslmod; there are "));
            assert!(!said.contains("hunter2"), "{said}");
        }
    }
    assert!(!folder.path().join("data").exists(), "nothing was created");
}

#[test]
fn an_empty_variable_is_unset() {
    let folder = tempdir().unwrap();
    let environment = [("BIFRONS_REDIS__URL", ""), ("BIFRONS_CONFIG", ""), ("BIFRONS_TLS__CERT", ""), ("BIFRONS_LISTEN", "")];
    let output = run(folder.path(), &["config", "check"], &environment);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn no_part_of_a_password_is_shown() {
    let folder = tempdir().unwrap();
    for (name, url) in [
        ("BIFRONS_DATABASE__URL", "postgres://u:p hunter2@rd/hunter2@host/db"),
        ("BIFRONS_DATABASE__URL", "postgres://u:12/hunter2@host/db"),
        ("BIFRONS_DATABASE__URL", "mysql://u:12#hunter2@host/db"),
        ("BIFRONS_DATABASE__URL", "postgres://u:hunter2@host:port/db"),
        ("BIFRONS_REDIS__URL", "redis://u:12/hunter2@host"),
        ("BIFRONS_REDIS__URL", "redis://:hunter2@host:port"),
        ("BIFRONS_REDIS__URL", "redis+sentinel://:hunter2@host:port/main"),
        ("BIFRONS_PASSWORDS__BREACHED_URL", "https://u:hunter2@host/"),
        ("BIFRONS_CONFIRMATION_PAGE", "https://u:hunter2@host/"),
        ("BIFRONS_PUBLIC_URL", "https://hunter2:12/34@host"),
        ("BIFRONS_ORIGINS", "https://u:hunter2@host"),
    ] {
        for command in [&["config", "check"][..], &["migrate"], &[]] {
            let output = run(folder.path(), command, &[(name, url), ("BIFRONS_LISTEN", "127.0.0.1:0")]);
            refuses(&output, 2, name);
            let shown = [output.stdout, output.stderr].concat();
            assert!(!String::from_utf8_lossy(&shown).contains("hunter2"), "{url}: {}", String::from_utf8_lossy(&shown));
        }
    }
}

#[tokio::test]
async fn config_check_shows_all_values() {
    let folder = tempdir().unwrap();
    let environment = [
        ("BIFRONS_PUBLIC_URL", "https://api.example.com"),
        ("BIFRONS_TOKENS__SECRETS", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
    ];
    let output = run(folder.path(), &["config", "check"], &environment);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("__Host-bifrons_session=…; Path=/; HttpOnly; Secure; SameSite=Lax"), "{said}");
    assert!(
        said.contains("https://api.example.com  (environment)") && said.contains("(set)") && !said.contains("AAAAAAAA"),
        "{said}"
    );
    let shared = run(
        folder.path(),
        &["config", "check"],
        &[("BIFRONS_PUBLIC_URL", "https://api.example.com"), ("BIFRONS_COOKIE__DOMAIN", "example.com")],
    );
    assert!(String::from_utf8_lossy(&shared.stdout).contains("cookie.domain allows every sibling host to set cookies"));
    assert!(!folder.path().join("data").exists(), "config check creates nothing");
}
