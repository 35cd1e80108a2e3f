//! What the operating system says about this process, under the names that Prometheus gives these facts.

use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use super::text::Page;

/// When this process started, in seconds since 1970; close enough to the first touch of the metrics.
static STARTED: LazyLock<f64> =
    LazyLock::new(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64());

pub(super) fn touch() {
    LazyLock::force(&STARTED);
}

/// Facts of `/proc/self`; what cannot be read there is left out.
pub(super) fn render(page: &mut Page) {
    page.value(
        "process_start_time_seconds",
        "When the process started, seconds since 1970.",
        "gauge",
        *STARTED,
    );
    if let Some(bytes) = resident() {
        page.value("process_resident_memory_bytes", "Memory in use.", "gauge", bytes);
    }
    if let Some(seconds) = processor_time() {
        page.value("process_cpu_seconds_total", "Processor time used.", "counter", seconds);
    }
    if let Ok(entries) = std::fs::read_dir("/proc/self/fd") {
        // Reading the folder opens one more.
        let open = u32::try_from(entries.count().saturating_sub(1)).unwrap_or(u32::MAX);
        page.value("process_open_fds", "File descriptors in use.", "gauge", f64::from(open));
    }
    if let Some(limit) = rustix::process::getrlimit(rustix::process::Resource::Nofile).current {
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        page.value("process_max_fds", "File descriptors allowed.", "gauge", f64::from(limit));
    }
}

fn resident() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u32 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(f64::from(kibibytes) * 1024.0)
}

fn processor_time() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program, field 2, may hold spaces; it ends at the last parenthesis.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    // Linux reports in hundredths of a second to user space on every architecture.
    Some((user + system) / 100.0)
}
