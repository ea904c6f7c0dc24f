//! Whether the time that a refused sign-in takes tells who there is.

use std::time::Instant;

use bifrons::{random, state::AppState};
use entity::user::Status;
use serde_json::json;

use crate::{
    cores::SERVER,
    node::Node,
    plot, seed, sign_in,
    stats::{mann_whitney, median, quantile},
    table::Table,
};

const SAMPLES: usize = 400;

/// An address, and what the one who has it has for a hash; one that nobody has is there twice, as a control: two samples of the
/// same must not differ.
const CLASSES: [(&str, &str); 6] = [
    ("nobody@example.com", "unknown address"),
    ("nobody@example.com", "the same once more (control)"),
    ("ada@example.com", "wrong password"),
    ("disabled@example.com", "disabled user"),
    ("argon2@example.com", "imported Argon2id, m=4096, t=3"),
    ("bcrypt@example.com", "imported bcrypt, cost 10"),
];
const ARGON2: &str = "$argon2id$v=19$m=4096,t=3,p=1$c29tZXNhbHQ$iWh06vD8Fy27wf9npn6FXWiCX4K6pW6Ue1Bnzz07Z8A";
const BCRYPT: &str = "$2b$10$v/PJl/Cz/0knFQa7XmMJzuZ095qwj6vlLXvJRnnPJmOxoA/7L3GDm";

/// Those people.
pub(crate) async fn people(state: &AppState) {
    let ours = seed::ours(state).await;
    for (email, hash, status) in [
        ("ada@example.com", ours.as_str(), Status::Active),
        ("disabled@example.com", &ours, Status::Disabled),
        ("argon2@example.com", ARGON2, Status::Active),
        ("bcrypt@example.com", BCRYPT, Status::Active),
    ] {
        seed::person(state, email, hash, status).await;
    }
}

pub(crate) async fn run() {
    let folder = tempfile::tempdir().unwrap();
    let mut environment = sign_in::environment();
    environment.push(("PEOPLE", "1".to_owned()));
    let node = Node::start(SERVER, folder.path(), &environment).await;
    let mut samples: [Vec<f64>; CLASSES.len()] = Default::default();
    let mut order: Vec<_> = (0..CLASSES.len()).collect();
    for round in 0..SAMPLES + 5 {
        // In another order every time, so that none profits from what went before it.
        order.sort_by_key(|_| random::bytes::<8>());
        for class in &order {
            let body = json!({"email": CLASSES[*class].0, "password": "not the password"});
            let asked = Instant::now();
            let status = node.post("/v1/session", &body).await.status();
            let ms = asked.elapsed().as_secs_f64() * 1000.0;
            assert_eq!(status, 401);
            // The first ones warm up.
            if round >= 5 {
                samples[*class].push(ms);
            }
        }
    }
    let mut table = Table::new(&["a refused sign-in", "median", "quartiles", "beside an unknown address", "p (Mann-Whitney)"]);
    for ((_, name), ms) in CLASSES.iter().zip(&samples) {
        let quartiles = format!("{:.2} to {:.2} ms", quantile(ms, 0.25), quantile(ms, 0.75));
        let gap = format!("{:+.3} ms", median(ms) - median(&samples[0]));
        let p = mann_whitney(ms, &samples[0]);
        let p = if p < 0.001 { format!("{p:.0e}") } else { format!("{p:.3}") };
        table.row([(*name).to_owned(), format!("{:.2} ms", median(ms)), quartiles, gap, p]);
    }
    table.print(&format!("## Whether time tells who there is: {SAMPLES} samples each, interleaved at random"));
    plot::write("timing", &plot::shares(&CLASSES.map(|class| class.1), &samples));
}
