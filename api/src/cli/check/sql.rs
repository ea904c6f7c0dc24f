//! The database, its clock, and what it says of the nodes.

use std::time::{Duration, Instant};

use entity::UnixMillis;

use super::finding::Finding;
use crate::{
    clock::Clock,
    config::Config,
    db::{Db, database_time},
    deployment,
    mail::{
        store::{self, Contents},
        written,
    },
    secret::ServerSecrets,
    signing_keys::{self, SigningKeysError, Stage},
    state::SECRETS_FILE,
};

/// How far two clocks may be apart without a warning: sessions and tokens expire by the nodes' clocks, changes are ordered by the database's.
const CLOCKS: Duration = Duration::from_secs(1);

/// Mail that waits longer than this does not leave.
const MAIL: Duration = Duration::from_mins(15);

pub(super) async fn check(config: &Config) -> (Option<Db>, Vec<Finding>) {
    let db = match Db::open_existing(&config.database).await {
        Ok(db) => db,
        Err(error) => {
            return (None, vec![Finding::failed("database", error.to_string(), "check database.url, and that the server runs")]);
        }
    };
    let began = Instant::now();
    let mut findings = vec![match db.ping().await {
        Ok(()) => Finding::ok("database", format!("{} accepted a write after {:.1?}", config.database.shown(), began.elapsed())),
        Err(error) => {
            Finding::failed("database", error.to_string(), "look at the server's disk, and at whether it is a read-only replica")
        }
    }];
    findings.push(clock(&db).await);
    findings.extend(shared(&db, config).await);
    findings.push(outbox(&db).await);
    (Some(db), findings)
}

async fn clock(db: &Db) -> Finding {
    let before = Clock::System.now();
    let Ok(theirs) = database_time(db.connection()).await else {
        return Finding::failed("clock", "the database does not tell the time", "look at the finding about the database");
    };
    let after = Clock::System.now();
    // The database read its clock at some moment in between.
    let apart = theirs.since(after).max(before.since(theirs));
    if apart <= CLOCKS {
        return Finding::ok("clock", "this machine and the database agree");
    }
    let remedy = "let NTP set the clocks of all nodes and of the database";
    Finding::warning("clock", format!("this machine and the database are {apart:.1?} apart"), remedy)
}

/// What all nodes have in common: the server secret, the public URL, the signing keys.
async fn shared(db: &Db, config: &Config) -> Vec<Finding> {
    let file = config.data_dir.join(SECRETS_FILE);
    let secrets = match ServerSecrets::new(config.tokens.secrets.clone()) {
        Some(secrets) => secrets,
        None if file.exists() => match ServerSecrets::load_or_create(&file) {
            Ok(secrets) => secrets,
            Err(error) => {
                return vec![Finding::failed("server secret", error.to_string(), "make the file readable for this user alone")];
            }
        },
        None => {
            let detail = format!("there is none in tokens.secrets, and no {}", file.display());
            return vec![Finding::failed(
                "server secret",
                detail,
                "run the command as the service runs: same configuration, same data_dir",
            )];
        }
    };
    let mut findings = vec![match deployment::check(db, config, &secrets).await {
        Ok(()) => Finding::ok("server secret", "it is that of the nodes on this database"),
        Err(error) => Finding::failed("server secret", error.to_string(), "docs/keys.md has the steps"),
    }];
    let now = Clock::System.now();
    let signing = match signing_keys::list(db, now).await {
        Ok(listed) => listed.into_iter().find(|key| key.stage == Stage::Signing),
        Err(error) => return findings.into_iter().chain([Finding::failed("signing keys", error.to_string(), REPEAT)]).collect(),
    };
    findings.push(match (signing_keys::check(db, &secrets).await, signing) {
        (Err(error @ SigningKeysError::Unavailable(_)), _) => Finding::failed("signing keys", error.to_string(), REPEAT),
        (Err(error), _) => Finding::failed("signing keys", error.to_string(), "docs/keys.md has the steps"),
        (Ok(()), None) => Finding::ok("signing keys", "there is none yet: the first node that starts makes one"),
        (Ok(()), Some(key)) if key.algorithm != config.tokens.algorithm.name() => Finding::warning(
            "signing keys",
            format!("{} is for {}, and tokens.algorithm is {}", key.id, key.algorithm, config.tokens.algorithm.name()),
            "restart the nodes: a start makes a key for the new algorithm",
        ),
        (Ok(()), Some(key)) => Finding::ok("signing keys", format!("{} signs since {}", key.id, written(key.signs_from))),
    });
    findings
}

const REPEAT: &str = "look at the finding about the database";

/// Mail that does not leave: of all nodes, whether or not this one can reach the mail server.
async fn outbox(db: &Db) -> Finding {
    let now = Clock::System.now();
    match store::contents(db.connection()).await {
        Err(error) => Finding::failed("outbox", error.to_string(), REPEAT),
        Ok(contents) => judged(contents, now),
    }
}

fn judged(Contents { waiting: count, oldest, dead }: Contents, now: UnixMillis) -> Finding {
    let given_up = if dead == 0 { String::new() } else { format!("; {dead} were given up") };
    match oldest {
        Some(oldest) if now.since(oldest) > MAIL => Finding::warning(
            "outbox",
            format!("{count} mails wait, the oldest since {}{given_up}", written(oldest)),
            "see `bifrons mail queue` for the reason",
        ),
        _ if dead > 0 => Finding::warning(
            "outbox",
            format!("{count} mails wait{given_up}"),
            "see `bifrons mail queue --dead`; then `bifrons mail retry` or `bifrons mail discard`",
        ),
        _ => Finding::ok("outbox", format!("{count} mails wait")),
    }
}
