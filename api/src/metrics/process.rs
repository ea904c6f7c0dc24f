//! Metrics of the process itself, under the names that Prometheus's own clients give them.

use std::fs;

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
};
use rustix::process::{Resource, getrlimit};

/// How many ticks of `/proc` are a second: a constant of the kernel's interface on x86-64 and arm64.
const TICKS_PER_SECOND: f64 = 100.0;

/// Reads `/proc` at each scrape. What cannot be read is left out.
#[derive(Debug)]
pub(super) struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let encoder = &mut encoder;
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        // The name of the process stands in parentheses, and may contain spaces. The third field follows.
        let fields: Vec<_> = stat.rsplit_once(") ").map(|(_, rest)| rest.split(' ').collect()).unwrap_or_default();
        let field = |number: usize| fields.get(number - 3).and_then(|field| field.parse::<f64>().ok());
        if let (Some(user), Some(system)) = (field(14), field(15)) {
            let seconds = (user + system) / TICKS_PER_SECOND;
            add(encoder, "process_cpu_seconds", "Processor time of the process", &ConstCounter::new(seconds))?;
        }
        if let Some(threads) = field(20) {
            add(encoder, "process_threads", "Threads of the process", &ConstGauge::new(threads))?;
        }
        if let (Some(ticks), Some(boot)) = (field(22), boot_time()) {
            let started = boot + ticks / TICKS_PER_SECOND;
            add(
                encoder,
                "process_start_time_seconds",
                "When the process started, in seconds since 1970",
                &ConstGauge::new(started),
            )?;
        }
        if let Some(bytes) = field(23) {
            add(encoder, "process_virtual_memory_bytes", "Virtual memory of the process", &ConstGauge::new(bytes))?;
        }
        if let Some(bytes) = resident_memory() {
            add(encoder, "process_resident_memory_bytes", "Resident memory of the process", &ConstGauge::new(bytes))?;
        }
        if let Ok(open) = fs::read_dir("/proc/self/fd") {
            // The folder that is read is open too.
            let open = u32::try_from(open.count().saturating_sub(1)).unwrap_or(u32::MAX);
            add(encoder, "process_open_fds", "Open file descriptors of the process", &ConstGauge::new(f64::from(open)))?;
        }
        if let Some(max) = getrlimit(Resource::Nofile).current.and_then(|max| u32::try_from(max).ok()) {
            add(encoder, "process_max_fds", "Limit of file descriptors of the process", &ConstGauge::new(f64::from(max)))?;
        }
        Ok(())
    }
}

fn add(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, metric: &impl EncodeMetric) -> Result<(), std::fmt::Error> {
    metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
}

/// When the machine started, in seconds since 1970.
fn boot_time() -> Option<f64> {
    fs::read_to_string("/proc/stat").ok()?.lines().find_map(|line| line.strip_prefix("btime ")?.parse().ok())
}

fn resident_memory() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse::<f64>().ok())?;
    Some(kib * 1024.0)
}
