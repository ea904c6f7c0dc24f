//! Mail servers for one test, on free ports. They stop with the test.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use bifrons::config::{Config, MailConfig};
use mail_parser::MessageParser;
use tempfile::TempDir;

use super::{binary::free_port, redis::until};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fixtures/smtp");

/// The account at the servers.
const USER: &str = "bifrons";
const PASSWORD: &str = "at the mail server";

/// The certificates of a test: a CA, and a leaf for localhost.
pub fn certificates(folder: &Path) {
    let made = Command::new("bash").arg(Path::new(FIXTURES).join("certificates.sh")).arg(folder).status().unwrap();
    assert!(made.success());
}

/// A mail server that works, or fails in one way: see `broken_server.py`.
pub struct SmtpServer {
    mode: String,
    pub port: u16,
    child: Child,
    folder: TempDir,
}

impl SmtpServer {
    pub fn start(mode: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        certificates(folder.path());
        let (child, port) = spawn(folder.path(), mode, 0);
        Self { mode: mode.to_owned(), port, child, folder }
    }

    /// Stops it, and starts it in another mode on the same port.
    pub fn become_mode(&mut self, mode: &str) {
        self.stop();
        mode.clone_into(&mut self.mode);
        (self.child, _) = spawn(self.folder.path(), mode, self.port);
    }

    pub fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Sends the process a signal: frozen, it accepts connections and does not answer.
    pub fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap().success());
    }

    /// The environment of a service that sends mail through it.
    pub fn environment(&self) -> [(&'static str, String); 3] {
        let account = format!("{USER}:{}", PASSWORD.replace(' ', "%20"));
        let url = match self.mode.as_str() {
            "implicit-tls" => format!("smtps://{account}@localhost:{}", self.port),
            "plain" => format!("smtp+plain://127.0.0.1:{}", self.port),
            _ => format!("smtp://{account}@localhost:{}", self.port),
        };
        environment(url, &self.folder.path().join("ca.pem"))
    }

    /// The configuration of such a service.
    pub fn mail(&self) -> MailConfig {
        mail(&self.environment())
    }

    /// The CA whose server is another one.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The mails that arrived, oldest first.
    pub fn mails(&self) -> Vec<Received> {
        let files = fs::read_dir(self.folder.path()).unwrap().map(|file| file.unwrap().path());
        let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|it| it == "eml")).collect();
        files.sort_by_key(|path| path.file_stem().unwrap().to_str().unwrap().parse::<u32>().unwrap());
        files.iter().map(Received::read).collect()
    }

    pub async fn until_received(&self, count: usize) -> Vec<Received> {
        until(async || self.mails().len() >= count).await;
        self.mails()
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.stop();
    }
}

fn spawn(folder: &Path, mode: &str, port: u16) -> (Child, u16) {
    let mut command = Command::new("/usr/bin/python3");
    command.arg(Path::new(FIXTURES).join("broken_server.py"));
    command.args(["--port", &port.to_string(), "--mode", mode, "--out"]).arg(folder);
    if mode != "plain" {
        command.arg("--cert").arg(folder.join("cert.pem")).arg("--key").arg(folder.join("key.pem"));
        command.args(["--user", USER, "--password", PASSWORD]);
    }
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let port = line.trim().strip_prefix("listening ").unwrap_or_else(|| panic!("{line}")).parse().unwrap();
    (child, port)
}

/// Exim, as Debian has it.
pub struct Exim {
    pub port: u16,
    child: Child,
    folder: TempDir,
}

impl Exim {
    pub async fn start() -> Self {
        let (port, folder) = (free_port(), tempfile::Builder::new().prefix("exim").tempdir_in("/tmp").unwrap());
        let path = folder.path();
        certificates(path);
        let password = "secret";
        let configuration = fs::read_to_string(Path::new(FIXTURES).join("exim.conf")).unwrap();
        let is_root = rustix::process::geteuid().is_root();
        let (uid, gid) = if is_root { (65534, 65534) } else { owner(path) };
        let configuration = configuration
            .replace("@FOLDER@", path.to_str().unwrap())
            .replace("@UID@", &uid.to_string())
            .replace("@GID@", &gid.to_string())
            .replace("@USER@", USER)
            .replace("@PASSWORD@", password);
        fs::write(path.join("exim.conf"), configuration).unwrap();
        if is_root {
            std::os::unix::fs::chown(path, Some(uid), Some(gid)).unwrap();
        }
        let log = fs::File::create(path.join("output")).unwrap();
        let mut command = Command::new("/usr/sbin/exim4");
        command.arg("-C").arg(path.join("exim.conf")).args(["-bdf", "-q1m", "-oX", &format!("[127.0.0.1]:{port}")]);
        let child = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let exim = Self { port, child, folder };
        let main = exim.folder.path().join("log/main");
        until(async || fs::read_to_string(&main).is_ok_and(|log| log.contains("daemon started"))).await;
        exim
    }

    /// The environment of a service that sends mail through it.
    pub fn environment(&self) -> [(&'static str, String); 3] {
        environment(format!("smtp://{USER}:secret@127.0.0.1:{}", self.port), &self.folder.path().join("ca.pem"))
    }

    pub fn mail(&self) -> MailConfig {
        mail(&self.environment())
    }

    /// The mails that were delivered to mailboxes.
    pub fn mails(&self) -> Vec<Received> {
        let files = fs::read_dir(self.folder.path().join("maildir/new")).into_iter().flatten();
        files.map(|file| Received::read(&file.unwrap().path())).collect()
    }

    pub async fn until_received(&self, count: usize) -> Vec<Received> {
        until(async || self.mails().len() >= count).await;
        self.mails()
    }
}

impl Drop for Exim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn owner(folder: &Path) -> (u32, u32) {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::metadata(folder).unwrap();
    (metadata.uid(), metadata.gid())
}

fn environment(url: String, ca: &Path) -> [(&'static str, String); 3] {
    [
        ("BIFRONS_MAIL__URL", url),
        ("BIFRONS_MAIL__CA_FILE", ca.display().to_string()),
        ("BIFRONS_MAIL__FROM", "Example <no-reply@example.com>".to_owned()),
    ]
}

fn mail(environment: &[(&'static str, String)]) -> MailConfig {
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    Config::read(None, environment).config.unwrap().mail
}

/// A mail that a server accepted.
pub struct Received {
    pub raw: String,
    pub id: String,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Received {
    fn read(path: &PathBuf) -> Self {
        let raw = fs::read(path).unwrap();
        let mail = MessageParser::new().parse(&raw).unwrap();
        let to = mail.to().and_then(|to| to.first()).and_then(|to| to.address()).unwrap().to_owned();
        let [text, html] = [mail.body_text(0), mail.body_html(0)].map(|body| body.unwrap().into_owned());
        let (id, subject) = (mail.message_id().unwrap().to_owned(), mail.subject().unwrap().to_owned());
        Self { id, to, subject, text, html, raw: String::from_utf8(raw.clone()).unwrap() }
    }

    /// The one-time token in the mail.
    pub fn token(&self) -> String {
        token(&self.text).unwrap_or_else(|| panic!("no token in {}", self.text))
    }
}

/// The one-time token in a text.
pub fn token(text: &str) -> Option<String> {
    let token = &text[text.find("bfo_")?..];
    Some(token.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect())
}
