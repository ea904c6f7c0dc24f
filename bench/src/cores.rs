//! Who runs where: what is measured on one core, what measures on the other.

use std::{fs, io};

use rustix::{
    process::Pid,
    thread::{CpuSet, sched_setaffinity},
};

/// The core of what is measured, as `taskset` writes it.
pub(crate) const SERVER: &str = "0";
/// The core of what measures.
pub(crate) const LOAD: usize = 1;
/// Both, as `taskset` writes them: for what has a core to spare.
pub(crate) const BOTH: &str = "0,1";

/// Keeps this process, and those that it starts, on some cores.
pub(crate) fn stay_on(cores: &[usize]) -> io::Result<()> {
    let mut set = CpuSet::new();
    for core in cores {
        set.set(*core);
    }
    for thread in fs::read_dir("/proc/self/task")? {
        let id = thread?.file_name().to_str().and_then(|id| id.parse().ok());
        sched_setaffinity(id.and_then(Pid::from_raw), &set)?;
    }
    Ok(())
}
