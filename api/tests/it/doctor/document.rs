//! `docs/doctor.md` is written from the code.

use super::{doctor, text};
use crate::support::{App, document::Document, server::Server};

/// `docs/doctor.md` shows real runs, and names every mistake.
#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_true() {
    let app = App::with_environment(&[("BIFRONS_ORIGINS", "http://localhost:5173")]).await;
    let other = Server::start(
        "204\nAccess-Control-Allow-Origin: *\nAccess-Control-Allow-Headers: content-type\nX-Powered-By: Express",
        "200\nAccess-Control-Allow-Origin: *\nSet-Cookie: connect.sid=hunter2; Path=/; HttpOnly\nX-Powered-By: Express",
    );
    for (name, port, command) in [
        ("run", app.address.port(), "--api http://localhost:3000 --frontend http://localhost:5173 http://127.0.0.1:5173"),
        ("run of Express", other.port, "--api http://localhost:8080 --path /login --next /me --frontend http://localhost:5173"),
    ] {
        let connect = format!("127.0.0.1:{port}");
        let arguments: Vec<_> = command.split(' ').chain(["--connect", &connect]).collect();
        Document::read("docs/doctor.md")
            .holds(name, &format!("```\n$ bifrons doctor {command}\n{}```\n", text(&doctor(&arguments))));
    }
    let row = |mistake: &::doctor::Mistake| {
        let kind = if mistake.is_warning() { "warning" } else { "" };
        let diagnosis = mistake.diagnosis().map(|verdict| format!("`{verdict}`")).unwrap_or_default();
        format!("| `{}` | {kind} | {} | {} | {diagnosis} |\n", mistake.code(), mistake.sentence(), mistake.remedy().what())
    };
    let rows: String = ::doctor::Mistake::ALL.iter().map(row).collect();
    Document::read("docs/doctor.md")
        .holds("mistakes", &format!("| code | | what is wrong | what to do | `diagnose()` |\n|---|---|---|---|---|\n{rows}"));
    let row = |server: &::doctor::Server| format!("| `{}` | {} | {} |\n", server.code, server.name, server.versions);
    let rows: String = ::doctor::servers().iter().map(row).collect();
    Document::read("docs/doctor.md").holds("servers", &format!("| `--server` | | versions |\n|---|---|---|\n{rows}"));
}
