//! CPU time and memory of processes, from `/proc`: what the kernel charged, whoever asks.

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

use crate::Fault;

/// `USER_HZ`, which Linux has fixed at 100 for every architecture this runs on.
const TICK: Duration = Duration::from_millis(10);

struct Stat {
    parent: u32,
    name: String,
    /// User and system time with that of children that ended and were waited for.
    ticks: u64,
}

fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (head, rest) = text.rsplit_once(')')?;
    let name = head.split_once('(')?.1.to_owned();
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let number = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok());
    // proc(5): after the name come state (3), parent (4), … utime (14), stime (15), cutime (16), cstime (17).
    let ticks = number(11)? + number(12)? + number(13)? + number(14)?;
    Some(Stat { parent: u32::try_from(number(1)?).ok()?, name, ticks })
}

fn processes() -> HashMap<u32, Stat> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| Some((pid, stat(pid)?))).collect()
}

fn tree(processes: &HashMap<u32, Stat>, root: u32) -> Vec<u32> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(processes.iter().filter(|(_, stat)| stat.parent == parent).map(|(pid, _)| *pid));
        next += 1;
    }
    found
}

/// CPU time that a process and all its descendants have used.
pub(crate) fn of_tree(root: u32) -> Duration {
    let processes = processes();
    let ticks =
        tree(&processes, root).into_iter().filter_map(|pid| processes.get(&pid)).map(|stat| stat.ticks);
    TICK * u32::try_from(ticks.sum::<u64>()).unwrap_or(u32::MAX)
}

/// CPU time that this process alone has used.
pub(crate) fn own() -> Duration {
    TICK * stat(std::process::id()).and_then(|stat| u32::try_from(stat.ticks).ok()).unwrap_or(0)
}

/// The first descendant of this process with a name.
pub(crate) fn descendant(name: &str) -> Result<u32, Fault> {
    let processes = processes();
    let found = tree(&processes, std::process::id())
        .into_iter()
        .find(|pid| processes.get(pid).is_some_and(|stat| stat.name == name));
    found.ok_or_else(|| format!("no process {name} was started").into())
}

/// Resident memory of one process, in bytes.
pub(crate) fn resident(pid: u32) -> Result<u64, Fault> {
    let text = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_ascii_whitespace().next()).ok_or("no VmRSS")?;
    Ok(kib.parse::<u64>()? * 1024)
}

/// CPU time the whole machine was busy since it started, over all its cores.
pub(crate) fn busy() -> Result<Duration, Fault> {
    let text = fs::read_to_string("/proc/stat")?;
    let line = text.lines().next().ok_or("no /proc/stat")?;
    let fields: Vec<u64> = line.split_ascii_whitespace().skip(1).filter_map(|it| it.parse().ok()).collect();
    // user, nice, system, idle, iowait, irq, softirq, steal
    let busy: u64 =
        fields.iter().enumerate().filter(|(at, _)| !matches!(at, 3 | 4) && *at < 8).map(|(_, it)| it).sum();
    Ok(TICK * u32::try_from(busy).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_the_time_of_a_child_that_ended() {
        let before = of_tree(std::process::id());
        let work = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
        let status = std::process::Command::new("sh").args(["-c", work]).status();
        assert!(status.is_ok_and(|status| status.success()));
        assert!(of_tree(std::process::id()) > before);
    }

    #[test]
    fn knows_its_own_memory() {
        let own = resident(std::process::id()).unwrap_or_default();
        assert!(own > 500_000, "{own}");
    }
}
