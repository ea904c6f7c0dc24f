//! Mail that is written as files: a folder in the way, a full disk, and what another mail program makes of the files.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::json;
use tempfile::tempdir;

use crate::{
    mail::{forgot, sign_up, until_attempted},
    support::{App, EMAIL, PASSWORD, binary::Process, redis::until, smtp::Exim},
};

#[tokio::test]
async fn a_folder_that_cannot_be_written_to_stops_the_queue() {
    let folder = tempdir().unwrap();
    let outbox = folder.path().join("outbox");
    fs::write(&outbox, "in the way").unwrap();
    let app = App::configured(|config| config.mail.transport = bifrons::config::MailTransport::Folder(outbox.clone())).await;
    sign_up(&app, EMAIL).await;
    forgot(&app.client(), EMAIL).await;
    let (attempts, failure, _) = until_attempted(&app).await;
    assert!(attempts == 0 && failure.starts_with("cannot write into"), "{failure}");
    fs::remove_file(&outbox).unwrap();
    until(async || fs::read_dir(&outbox).is_ok_and(|files| files.count() == 1)).await;
}

/// The files of a folder with this ending.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).into_iter().flatten().map(|file| file.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|it| it == ending)).collect()
}

#[tokio::test]
async fn on_a_full_disk_mail_waits_and_users_sign_in() {
    let folder = tempdir().unwrap();
    let outbox = folder.path().join("outbox");
    fs::create_dir(&outbox).unwrap();
    let url = format!("file:{}", outbox.display());
    // A disk of four pages, which only the service sees.
    let mount = format!("mount -t tmpfs -o size=16k tmpfs {} && exec \"$@\"", outbox.display());
    let by = ["unshare", "--user", "--map-root-user", "--mount", "bash", "-c", &mount, "bash"];
    let service = Process::start_under(&by, folder.path(), &[("BIFRONS_MAIL__URL", &url)]);
    let seen = service.seen(&outbox);
    assert!(fs::write(seen.join("other"), vec![0; 20_000]).is_err(), "the disk is full");
    service.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    forgot(&service.client(), EMAIL).await;
    let log = || fs::read_to_string(folder.path().join("log")).unwrap();
    until(async || log().contains("no mail can be delivered; it waits in the outbox") && log().contains("No space left")).await;
    service.client().sign_in(EMAIL, PASSWORD).await.expect(200);
    assert_eq!(files(&seen, "eml"), Vec::<PathBuf>::new());
    fs::remove_file(seen.join("other")).unwrap();
    until(async || log().contains("mail is delivered again")).await;
    // The reset and the sign-in from a device that the account did not know.
    until(async || files(&seen, "eml").len() == 2).await;
    assert_eq!(files(&seen, "part"), Vec::<PathBuf>::new());
    for file in files(&seen, "eml") {
        assert!(fs::read_to_string(file).unwrap().trim_end().ends_with("--"), "the mail is complete");
    }
}

fn swaks(exim: &Exim, password: &str, more: &[&str]) -> Output {
    let mut command = Command::new("swaks");
    command.args(["--server", "127.0.0.1", "--port", &exim.port.to_string(), "--from", "no-reply@example.com", "--to", EMAIL]);
    command.args(["--auth", "PLAIN", "--auth-user", "bifrons", "--auth-password", password]).args(more);
    command.output().expect("swaks is installed")
}

/// The files are whole messages: a client that is not ours delivers one, and it arrives as ours does. The mail server of these tests lets no
/// client in without encryption and the right password.
#[tokio::test]
async fn another_client_delivers_what_the_files_say() {
    let folder = tempdir().unwrap();
    let outbox = folder.path().join("outbox");
    let app = App::configured(|config| config.mail.transport = bifrons::config::MailTransport::Folder(outbox.clone())).await;
    sign_up(&app, EMAIL).await;
    forgot(&app.client().with("accept-language", "ko"), EMAIL).await;
    until(async || files(&outbox, "eml").len() == 1).await;
    let file = files(&outbox, "eml").remove(0);
    let exim = Exim::start().await;
    let data = format!("@{}", file.display());
    let refused = [swaks(&exim, "secret", &["--data", &data]), swaks(&exim, "wrong", &["--tls", "--data", &data])];
    for output in refused {
        assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    let sent = swaks(&exim, "secret", &["--tls", "--data", &data]);
    assert!(sent.status.success(), "{}{}", String::from_utf8_lossy(&sent.stdout), String::from_utf8_lossy(&sent.stderr));
    let mails = exim.until_received(1).await;
    let written = fs::read_to_string(&file).unwrap();
    assert!(mails.len() == 1 && written.contains(&mails[0].id), "{}", mails[0].id);
    assert!(mails[0].text.contains("\u{be44}\u{bc00}\u{bc88}\u{d638}"), "{}", mails[0].text);
    let reset = json!({"token": mails[0].token(), "new_password": "another horse entirely"});
    app.client().post("/v1/password/reset", reset).await.expect(204);
}
