//! Sign-ins a second while mail waits in the outbox, and while it leaves.

use crate::{
    cores::SERVER,
    goals::{Bound, Goals},
    node::Node,
    sign_in,
    stats::{beside, most},
    table::Table,
};

/// So many mails wait at the start.
const WAITING: usize = 10_000;

/// Rounds of one second each.
const ROUNDS: usize = 10;

pub(crate) async fn run(goals: &mut Goals) {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let files = format!("file:{}", folders[2].path().join("mail").display());
    let none = Node::start(SERVER, folders[0].path(), &environment(0, "")).await;
    // A port at which no server listens: the discard service is reserved, and old.
    let away = Node::start(SERVER, folders[1].path(), &environment(WAITING, "smtp+plain://127.0.0.1:9")).await;
    let [mut alone, mut beside_waiting, mut beside_leaving]: [Vec<f64>; 3] = Default::default();
    for _ in 0..ROUNDS {
        alone.push(sign_in::rate(&none).await);
        beside_waiting.push(sign_in::rate(&away).await);
    }
    assert!(away.metric("bifrons_mail_waiting").await >= WAITING as f64, "no mail has left");
    let leaving = Node::start(SERVER, folders[2].path(), &environment(WAITING, &files)).await;
    let mut also_alone = Vec::new();
    for _ in 0..ROUNDS {
        beside_leaving.push(sign_in::rate(&leaving).await);
        also_alone.push(sign_in::rate(&none).await);
        if std::fs::read_dir(folders[2].path().join("mail")).unwrap().count() >= WAITING {
            break;
        }
    }
    let mut table = Table::new(&["sign-ins on one core", "a second", "of those without mail"]);
    for (name, rates, base) in [
        ("no mail waits", &alone, &alone),
        ("10,000 mails wait for a server that is away", &beside_waiting, &alone),
        ("10,000 mails leave, as files", &beside_leaving, &also_alone),
    ] {
        table.row([name.to_owned(), format!("{:.1}", most(rates)), format!("{:.2}", beside(rates, base))]);
    }
    table.print("## Sign-ins beside the outbox");
    goals.judge(
        "sign-ins/s beside 10,000 waiting mails, of those without",
        Bound::AtLeast(0.95),
        "",
        beside(&beside_waiting, &alone),
    );
}

fn environment(waiting: usize, url: &str) -> Vec<(&'static str, String)> {
    let mut environment = sign_in::environment();
    let from = "bench@example.com".to_owned();
    environment.extend([("WAITING", waiting.to_string()), ("BIFRONS_MAIL__URL", url.to_owned()), ("BIFRONS_MAIL__FROM", from)]);
    environment
}
