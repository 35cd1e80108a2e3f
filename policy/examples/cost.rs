//! What a decision costs, in CPU time: `cargo run --release -p policy --example cost`.
//!
//! CPU time of this thread as the kernel counts it (`/proc/thread-self/schedstat`), so that a busy machine does not blur it.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a measuring program"
)]

#[path = "../tests/situation/mod.rs"]
mod situation;

use policy::{CaseStatus, Facts, Ground, Policy};
use situation::{Established, lawful};

const ROUNDS: u32 = 20_000;
const REPEATS: usize = 7;

fn main() {
    let policy = Policy::default_set().expect("the built-in set loads");
    let refused = |change: fn(&mut Facts)| {
        let mut facts = lawful(Ground::CriminalCase);
        change(&mut facts);
        facts
    };
    let close = |facts: &mut Facts| facts.case.as_mut().unwrap().status = CaseStatus::Closed;
    let break_all = |facts: &mut Facts| {
        facts.user.registered = false;
        facts.user.grounds.clear();
        facts.user.roles.clear();
        facts.case = None;
        facts.registry.listed_until = 0;
    };
    let mut private = lawful(Ground::Covert);
    private.operation.private_life = true;
    private.sanction = Some(situation::sanction());
    let situations = [
        ("criminal case, granted", lawful(Ground::CriminalCase)),
        ("criminal case, closed", refused(close)),
        ("criminal case, five rules broken", refused(break_all)),
        ("financial monitoring, granted", lawful(Ground::FinancialMonitoring)),
        ("covert under a sanction, granted", private),
    ];
    println!("{:36} {:>8} {:>8} {:>8}  µs of CPU per decision", "", "min", "median", "max");
    for (name, facts) in situations {
        let mut costs: Vec<f64> = (0..REPEATS).map(|_| cost(&policy, &facts)).collect();
        costs.sort_by(f64::total_cmp);
        let at = |index: usize| costs.get(index).copied().unwrap_or(f64::NAN);
        println!("{name:36} {:8.1} {:8.1} {:8.1}", at(0), at(REPEATS / 2), at(REPEATS - 1));
    }
}

/// Microseconds of CPU per decision, the copy of the facts included.
fn cost(policy: &Policy, facts: &Facts) -> f64 {
    let before = cpu_nanoseconds();
    for _ in 0..ROUNDS {
        let _ = std::hint::black_box(policy.decide(Established(facts.clone())));
    }
    (cpu_nanoseconds() - before) / f64::from(ROUNDS) / 1_000.0
}

fn cpu_nanoseconds() -> f64 {
    let schedstat = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    schedstat.split_whitespace().next().unwrap().parse().unwrap()
}
