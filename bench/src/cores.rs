//! Cores: the measured process runs on one, the load on the other.

use std::{fs, io};

use rustix::{
    process::Pid,
    thread::{CpuSet, sched_setaffinity},
};

/// The core of the measured process, as `taskset` writes it.
pub(crate) const SERVER: &str = "0";
/// The core of the load.
pub(crate) const LOAD: usize = 1;
/// Both cores, for a process with a spare core.
pub(crate) const BOTH: &str = "0,1";

/// Pins this process and its children to these cores.
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
