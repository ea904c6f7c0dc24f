//! Processor time: on a machine that does other things too, it says more than the clock.

use std::{fs, time::Duration};

use tokio::time::sleep;

/// Seconds that a process has run, with those of its threads that have ended; to a hundredth, which is how the kernel tells it.
pub(crate) fn seconds(process: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let (_, after_name) = stat.rsplit_once(") ").unwrap();
    let ticks = after_name.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<f64>().unwrap());
    ticks.sum::<f64>() / 100.0
}

/// Waits, but not for ever, until nobody else does much here. Says so if somebody goes on.
pub(crate) async fn quiet() {
    let mut busy = 1.0;
    for _ in 0..20 {
        let (before, began) = (idle(), std::time::Instant::now());
        sleep(Duration::from_secs(1)).await;
        busy = 1.0 - (idle() - before) / began.elapsed().as_secs_f64() / cores();
        if busy < 0.05 {
            return;
        }
    }
    println!("\n(Others keep this machine {:.0} % busy: the clock says little.)", busy * 100.0);
}

fn cores() -> f64 {
    fs::read_to_string("/proc/stat").unwrap().lines().skip(1).take_while(|line| line.starts_with("cpu")).count() as f64
}

/// Seconds that all cores together had nothing to do.
fn idle() -> f64 {
    fs::read_to_string("/proc/uptime").unwrap().split_whitespace().nth(1).unwrap().parse().unwrap()
}
