//! `make bench`: the service on one core, the load on the other, both sides of every ratio in one run.

#![expect(clippy::print_stdout, reason = "a bench prints")]
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench that cannot measure stops")]
#![expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]

mod bare;
mod cores;
mod cpu;
mod flood;
mod goals;
mod held;
mod mail;
mod node;
mod plot;
mod postgres;
mod process;
mod reads;
mod redis_server;
mod revoke;
mod seed;
mod serve;
mod sessions;
mod sign_in;
mod stats;
mod table;
mod testbed;
mod timing;
mod verify;
mod waits;
mod wrk;

use clap::{Parser, Subcommand, ValueEnum};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::goals::Goals;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures the service beside baselines. Everything takes a quarter of an hour.
///
/// Needs two idle cores: one for the service, one for the load.
#[derive(Parser)]
struct Bench {
    /// What to measure (default: everything)
    topics: Vec<Topic>,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Topic {
    /// Requests a second by cookie and by token, with and without Redis, PostgreSQL and the cache; 401; refresh
    Verify,
    /// Reads of Redis and PostgreSQL for 1,000 verifications
    Reads,
    /// Memory of live sessions, and the cost of one among many; `SESSIONS=1000000` sets how many
    Sessions,
    /// Time from the end of a session on one node to its refusal on another
    Revoke,
    /// Sign-ins a second, compared with hashing alone
    SignIn,
    /// Sign-ins a second while 10,000 mails wait, and while they leave
    Mail,
    /// A flood of sign-ins at ten times the capacity, and its effect on signed-in users
    Flood,
    /// Thousands of idle and slow connections
    Held,
    /// Size, start and memory of the binary
    Process,
    /// Start and reset of `bifrons-testbed`, and a suite on it
    Testbed,
    /// Whether the time of a refusal reveals accounts
    Timing,
}

/// Processes that the bench starts.
#[derive(Subcommand)]
enum Part {
    #[command(hide = true)]
    Serve,
    #[command(hide = true)]
    Hash { code: bare::Code },
    #[command(hide = true)]
    Hold { server: String },
}

fn main() {
    let Bench { topics, part } = Bench::parse();
    match part {
        Some(Part::Hash { code }) => bare::run(code),
        Some(Part::Serve) => start().block_on(serve::serve()),
        Some(Part::Hold { server }) => start().block_on(held::run_holder(server)),
        None => {
            let most = getrlimit(Resource::Nofile).maximum;
            setrlimit(Resource::Nofile, Rlimit { current: most, maximum: most }).unwrap();
            cores::stay_on(&[cores::LOAD]).expect("two cores");
            start().block_on(measure(&topics));
        }
    }
}

fn start() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

async fn measure(topics: &[Topic]) {
    let mut goals = Goals::default();
    for topic in Topic::value_variants() {
        if !topics.is_empty() && !topics.contains(topic) {
            continue;
        }
        cpu::quiet().await;
        match topic {
            Topic::Verify => verify::run(&mut goals).await,
            Topic::Reads => reads::run(&mut goals).await,
            Topic::Sessions => sessions::run(&mut goals).await,
            Topic::Revoke => revoke::run(&mut goals).await,
            Topic::SignIn => sign_in::run(&mut goals).await,
            Topic::Mail => mail::run(&mut goals).await,
            Topic::Flood => flood::run(&mut goals).await,
            Topic::Held => held::run(&mut goals).await,
            Topic::Process => process::run(&mut goals),
            Topic::Testbed => testbed::run(&mut goals).await,
            Topic::Timing => timing::run().await,
        }
    }
    goals.print();
}
