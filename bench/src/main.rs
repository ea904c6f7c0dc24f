//! `make bench`: the service on one core, the load on the other, both sides of every ratio in one run.

#![expect(clippy::print_stdout, reason = "a bench prints")]
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench that cannot measure stops")]
#![expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]

mod delay;
mod flood;
mod load;
mod node;
mod plot;
mod seed;
mod serve;
mod table;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() {
    if std::env::args().nth(1).as_deref() == Some("serve") {
        serve::serve().await;
        return;
    }
    if std::env::args().nth(1).as_deref() == Some("hash") {
        return flood::bare();
    }
    let redis = node::RedisServer::start();
    let throughput = load::throughput(&redis).await;
    table::print("Requests a second: server on one core, wrk on the other, 64 connections, medians of 9 rounds", &throughput);
    std::fs::create_dir_all("target").unwrap();
    std::fs::write("target/bench.svg", plot::bars(&throughput)).unwrap();
    println!("target/bench.svg shows the same\n");
    seed::memory(&redis).await;
    delay::revocation(Some(&redis)).await;
    delay::revocation(None).await;
    flood::flood().await;
}
