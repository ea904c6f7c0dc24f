//! Whether the time of a refused sign-in, or of a request for a new password, reveals accounts.

use std::{sync::Arc, time::Instant};

use bifrons::{random, state::AppState};
use entity::user::Status;
use serde_json::{Value, json};

use crate::{
    cores::SERVER,
    node::Node,
    plot, seed, sign_in,
    stats::{mann_whitney, median, quantile},
    table::Table,
};

const SAMPLES: usize = 400;

/// An address and its kind. The first kind occurs twice, as a control: two samples of one kind must not differ.
type Class = (&'static str, &'static str);

const UNKNOWN: Class = ("unknown@example.com", "unknown address");
const CONTROL: Class = ("unknown@example.com", "unknown address again (control)");
const ADA: Class = ("ada@example.com", "wrong password");
const DISABLED: Class = ("disabled@example.com", "disabled user");
const ARGON2: Class = ("argon2@example.com", "wrong password, Argon2id with other parameters");
const BCRYPT: Class = ("bcrypt@example.com", "wrong password, bcrypt");

/// Creates the users, with or without imported hashes.
pub(crate) async fn users(state: &Arc<AppState>, imported: bool) {
    let ours = seed::ours(state).await;
    seed::user(state, ADA.0, &ours, Status::Active).await;
    seed::user(state, DISABLED.0, &ours, Status::Disabled).await;
    if imported {
        let argon2 = "$argon2id$v=19$m=4096,t=3,p=1$c29tZXNhbHQ$iWh06vD8Fy27wf9npn6FXWiCX4K6pW6Ue1Bnzz07Z8A";
        seed::user(state, ARGON2.0, argon2, Status::Active).await;
        let bcrypt = "$2b$08$ugKSCzZ8IZWNyHSCAwIEtO8MZjCr/bLcFpGf/Prt8elRMOy7C0fa.";
        seed::user(state, BCRYPT.0, bcrypt, Status::Active).await;
    }
}

/// What is asked, and the answer to all kinds.
struct Asked {
    what: &'static str,
    path: &'static str,
    status: u16,
    body: fn(&str) -> Value,
}

const SIGN_IN: Asked = Asked {
    what: "refused sign-in",
    path: "/v1/session",
    status: 401,
    body: |email| json!({"email": email, "password": "not the password"}),
};

const FORGOT: Asked =
    Asked { what: "request for a new password", path: "/v1/password/forgot", status: 202, body: |email| json!({ "email": email }) };

pub(crate) async fn run() {
    let ours = measure(&SIGN_IN, "ours", &[UNKNOWN, CONTROL, ADA, DISABLED], "where no hash is imported").await;
    let imported = measure(&SIGN_IN, "imported", &[UNKNOWN, CONTROL, ADA, ARGON2, BCRYPT], "where some hashes are imported").await;
    let known = [UNKNOWN, CONTROL, (ADA.0, "a user's address"), DISABLED];
    measure(&FORGOT, "ours", &known, "when a password is forgotten").await;
    plot::write("timing", &plot::shares(&[ours, imported].concat()));
}

async fn measure(asked: &Asked, users: &str, classes: &[Class], place: &str) -> Vec<(&'static str, Vec<f64>)> {
    let folder = tempfile::tempdir().unwrap();
    let mut environment = sign_in::environment();
    environment.push(("USERS", users.to_owned()));
    let node = Node::start(SERVER, folder.path(), &environment).await;
    let mut samples = vec![Vec::new(); classes.len()];
    let mut order: Vec<_> = (0..classes.len()).collect();
    for round in 0..SAMPLES + 5 {
        // In random order, so that no kind depends on what runs before it.
        order.sort_by_key(|_| random::bytes::<8>());
        for class in &order {
            let body = (asked.body)(classes[*class].0);
            let begun = Instant::now();
            let status = node.post(asked.path, &body).await.status();
            let ms = begun.elapsed().as_secs_f64() * 1000.0;
            assert_eq!(status, asked.status);
            // The first rounds warm up.
            if round >= 5 {
                samples[*class].push(ms);
            }
        }
    }
    let mut table = Table::new(&[asked.what, "median", "quartiles", "difference to unknown address", "p (Mann-Whitney)"]);
    for ((_, name), ms) in classes.iter().zip(&samples) {
        let quartiles = format!("{:.2} to {:.2} ms", quantile(ms, 0.25), quantile(ms, 0.75));
        let gap = format!("{:+.3} ms", median(ms) - median(&samples[0]));
        let p = mann_whitney(ms, &samples[0]);
        let p = if p < 0.001 { format!("{p:.0e}") } else { format!("{p:.3}") };
        table.row([(*name).to_owned(), format!("{:.2} ms", median(ms)), quartiles, gap, p]);
    }
    table.print(&format!("## Does timing reveal accounts, {place}: {SAMPLES} samples each, interleaved at random"));
    classes.iter().map(|class| class.1).zip(samples).collect()
}
