//! The certificate of the service is renewed while it runs.

use std::{fs, path::Path, process::Command};

use reqwest::Client;
use tempfile::tempdir;

use crate::support::{binary::Process, redis::until, smtp::certificates};

/// Whether a client is served that trusts this authority alone, on a new connection.
async fn is_served(folder: &Path, name: &str, port: u16) -> bool {
    let trusted = reqwest::Certificate::from_pem(&fs::read(folder.join(name).join("ca.pem")).unwrap()).unwrap();
    let client = Client::builder().no_proxy().tls_certs_only([trusted]).build().unwrap();
    client.get(format!("https://localhost:{port}/health/live")).send().await.is_ok()
}

#[tokio::test]
async fn a_renewed_certificate_is_served_and_a_broken_one_is_not() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    for name in ["first", "second", "third"] {
        fs::create_dir(folder.join(name)).unwrap();
        certificates(&folder.join(name));
    }
    let put = |from: &str, file: &str| fs::copy(folder.join(from).join(file), folder.join(file)).unwrap();
    put("first", "cert.pem");
    put("first", "key.pem");
    let environment = [("BIFRONS_TLS__CERT", "cert.pem"), ("BIFRONS_TLS__KEY", "key.pem")];
    let service = Process::start_with(folder, &environment);
    let log = || fs::read_to_string(folder.join("log")).unwrap();
    assert!(is_served(folder, "first", service.port).await && !is_served(folder, "second", service.port).await);

    // One file of the two.
    put("second", "cert.pem");
    service.hang_up();
    until(async || log().contains("the certificate cannot be read; the former one stays")).await;
    assert!(is_served(folder, "first", service.port).await);
    put("second", "key.pem");
    service.hang_up();
    until(async || is_served(folder, "second", service.port).await).await;
    assert!(!is_served(folder, "first", service.port).await);
    fs::write(folder.join("cert.pem"), "no certificate").unwrap();
    service.hang_up();
    until(async || log().matches("the former one stays").count() >= 2).await;
    let good = fs::read_to_string(folder.join("second/cert.pem")).unwrap();
    let broken = format!("{good}\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    fs::write(folder.join("cert.pem"), broken).unwrap();
    service.hang_up();
    until(async || log().contains("a certificate of the chain is broken")).await;
    // No process writes into the pipe: reading it does not end.
    fs::remove_file(folder.join("cert.pem")).unwrap();
    assert!(Command::new("mkfifo").arg(folder.join("cert.pem")).status().unwrap().success());
    service.hang_up();
    until(async || log().contains("tls.cert and tls.key cannot be read; the former values stay")).await;
    assert!(is_served(folder, "second", service.port).await);
    drop(fs::OpenOptions::new().write(true).open(folder.join("cert.pem")).unwrap());
    fs::remove_file(folder.join("cert.pem")).unwrap();
    // Without a signal.
    put("third", "cert.pem");
    put("third", "key.pem");
    until(async || is_served(folder, "third", service.port).await).await;
}

#[tokio::test]
async fn a_hang_up_does_not_end_the_service() {
    let folder = tempdir().unwrap();
    let service = Process::start(folder.path());
    service.hang_up();
    until(async || fs::read_to_string(folder.path().join("log")).unwrap().contains("the configuration is the same")).await;
    service.client().get("/health/live").await.expect(200);
}
