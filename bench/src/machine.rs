//! The machine the figures come from, and what else it was doing meanwhile.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::{Fault, cpu};

/// What stands over every figure.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) memory_gib: u64,
    pub(crate) kernel: String,
    pub(crate) system: String,
    pub(crate) compiler: String,
    /// Of the working tree the bench runs in.
    pub(crate) commit: String,
    /// What the digest of the gateway's program begins with, as `sha256sum` prints it.
    pub(crate) program: String,
    /// Loads over 1, 5 and 15 minutes when the run began.
    pub(crate) load: String,
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

fn field(file: &str, name: &str) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.trim_start_matches([' ', '\t', ':', '=']).trim_matches('"').to_owned()
}

impl Machine {
    pub(crate) fn describe(negiz: &Path) -> Self {
        let kib: u64 = field("/proc/meminfo", "MemTotal").trim_end_matches(" kB").parse().unwrap_or(0);
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        Self {
            processor: field("/proc/cpuinfo", "model name"),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_gib: kib / 1024 / 1024,
            kernel: said("uname", &["-r"]),
            system: field("/etc/os-release", "PRETTY_NAME"),
            compiler: said("rustc", &["--version"]),
            program: said("sha256sum", &[&negiz.to_string_lossy()]).chars().take(12).collect(),
            commit: said("git", &["describe", "--always", "--dirty", "--abbrev=12"]),
            load: load.split(' ').take(3).collect::<Vec<_>>().join(" "),
        }
    }
}

/// Watches what the machine does besides the bench. Wall-clock figures of a busy machine are worth little; CPU figures suffer
/// less, from caches and frequency.
#[derive(Debug)]
pub(crate) struct Watch {
    since: Instant,
    busy: Duration,
    ours: Duration,
}

impl Watch {
    pub(crate) fn start() -> Result<Self, Fault> {
        Ok(Self { since: Instant::now(), busy: cpu::busy()?, ours: cpu::of_tree(std::process::id()) })
    }

    /// The share of all cores that others took.
    pub(crate) fn others(&self) -> Result<f64, Fault> {
        let cores = u32::try_from(std::thread::available_parallelism()?.get())?;
        let all = (self.since.elapsed() * cores).as_secs_f64();
        let busy = cpu::busy()?.saturating_sub(self.busy);
        let ours = cpu::of_tree(std::process::id()).saturating_sub(self.ours);
        Ok(busy.saturating_sub(ours).as_secs_f64() / all)
    }
}
