//! Processor time: on a busy machine it is more reliable than elapsed time.

use std::{fs, time::Duration};

use tokio::time::sleep;

/// Seconds of processor time of a process, ended threads included. The kernel counts in hundredths.
pub(crate) fn seconds(process: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let (_, after_name) = stat.rsplit_once(") ").unwrap();
    let ticks = after_name.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<f64>().unwrap());
    ticks.sum::<f64>() / 100.0
}

/// Waits up to 20 s until the machine is less than 5 % busy. Prints a warning if it stays busy.
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
    println!("\n(This machine is {:.0} % busy with other work: elapsed times are unreliable.)", busy * 100.0);
}

fn cores() -> f64 {
    fs::read_to_string("/proc/stat").unwrap().lines().skip(1).take_while(|line| line.starts_with("cpu")).count() as f64
}

/// Idle seconds of all cores together.
fn idle() -> f64 {
    fs::read_to_string("/proc/uptime").unwrap().split_whitespace().nth(1).unwrap().parse().unwrap()
}
