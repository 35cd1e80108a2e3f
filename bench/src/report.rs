//! `docs/performance.md`: every figure with its load and its spread, and what it is compared with.

use std::fmt::Write as _;
use std::path::Path;

use crate::Fault;
use crate::figure::Spread;
use crate::load::Pace;
use crate::machine::Machine;
use crate::plot::bars;
use crate::scenario::{FIRST_HANDSHAKE, HANDSHAKE, MANY_CITED, Round, Scenario};

/// Beyond this share of the machine taken by others, wall-clock figures say little.
const BUSY: f64 = 0.05;

/// A whole run.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) versions: Vec<String>,
    pub(crate) scenarios: Vec<Scenario>,
    pub(crate) repeats: usize,
    /// Certificates on the list loaded while handshakes were measured.
    pub(crate) revoked: u32,
    pub(crate) took: std::time::Duration,
}

/// How peers are called in the report.
fn title(peer: &str) -> &str {
    match peer {
        "negiz-sqlite" => "Negiz, SQLite",
        "negiz-postgres" => "Negiz, PostgreSQL",
        "negiz-revoked" => "Negiz",
        "nginx" => "nginx, bare proxy",
        "haproxy" => "HAProxy, bare proxy",
        "envoy" => "Envoy, bare proxy",
        "fastapi" => "nginx + FastAPI + PostgreSQL",
        "rust" => "nginx + Rust + PostgreSQL",
        other => other,
    }
}

fn row_name(scenario: &Scenario) -> String {
    format!("{}: {}", title(scenario.peer), scenario.what)
}

const HEAD: &str = "\
# What a request costs

Written by `bench/run` down to \"Where the time goes\"; do not edit that part by hand. CPU is microseconds per request over *all* processes of a stack but the load
generator and the registry, as the kernel charged them. Each figure is the median of the repeats with the least and the
most. Latency counts from when a request was due. Ratios are taken within a round, in which everything was measured in
turn; a ratio within 10 % of 1 is no difference.

## What each does for a request

| | TLS | signature | certificate | signer and case | rules | records before the answer | registry |
|---|---|---|---|---|---|---|---|
| Negiz | mutual, 1.3 | JWS or CMS; P-256, RSA-2048, GOST-2015 | path, dates and revocation, each request | looked up, each request | all, in Cedar | two, durable, in the log's tree; signed receipt with proof | mutual TLS 1.3, signed grant, answer checked against its schema and cut to the fields granted |
| nginx, bare proxy | mutual, 1.3 | none | none | none | none | none | plain HTTP, passed on |
| HAProxy, bare proxy | mutual, 1.3 | none | none | none | none | none | plain HTTP, passed on |
| Envoy, bare proxy | mutual, 1.3 | none | none | none | none | none | plain HTTP, passed on |
| nginx + FastAPI + PostgreSQL | mutual, 1.3 | JWS, P-256 | issuer's signature once, then remembered; dates each request; no revocation | one SELECT of both | one: the case is open | one row, durable | plain HTTP, passed on |
| nginx + Rust + PostgreSQL | as FastAPI | as FastAPI | as FastAPI | as FastAPI | as FastAPI | as FastAPI | as FastAPI |

The peers are built in their own favour: no access log, and the document in a header, so that no body is read twice. None of them
takes CMS, RSA or GOST; Negiz's figures for these stand beside its own JWS with P-256. All connections are kept but those of the
handshakes, none is resumed.

";

/// From here on the page is written by hand and stays.
const BY_HAND: &str = "\n## Where the time goes\n";

impl Report {
    /// Writes the report and its plots beside it.
    pub(crate) fn write(&self, file: &Path) -> Result<(), Fault> {
        let directory = file.parent().ok_or("a report in no directory")?;
        std::fs::create_dir_all(directory)?;
        let saturated = |scenario: &&Scenario| scenario.pace == Pace::Closed && scenario.connections == 64;
        let plot = |name: &str, svg: String| std::fs::write(directory.join(name), svg);
        plot(
            "performance-cpu.svg",
            self.plot("CPU per request, closed loop, 64 connections", "µs", saturated, |it| it.cpu)?,
        )?;
        let alone = |scenario: &&Scenario| scenario.connections == 1;
        plot(
            "performance-alone.svg",
            self.plot("Median latency, one connection", "ms", alone, |it| it.p50)?,
        )?;
        let steady = |scenario: &&Scenario| scenario.pace != Pace::Closed;
        plot(
            "performance-tail.svg",
            self.plot("99th percentile, 1,500 requests/s", "ms", steady, |it| it.p99)?,
        )?;
        let shaken = |scenario: &&Scenario| scenario.is_handshake();
        if self.scenarios.iter().any(|it| shaken(&it)) {
            plot(
                "performance-handshake.svg",
                self.plot("CPU per full handshake, P-256", "µs", shaken, |it| it.cpu)?,
            )?;
        }
        let mut text = String::from(HEAD);
        self.machine(&mut text)?;
        self.figures(&mut text)?;
        self.ratios(&mut text)?;
        let before = std::fs::read_to_string(file).unwrap_or_default();
        if let Some((_, rest)) = before.split_once(BY_HAND) {
            text.push_str(BY_HAND);
            text.push_str(rest);
        }
        std::fs::write(file, &text)?;
        println!("{text}");
        Ok(())
    }

    fn plot(
        &self,
        title: &str,
        unit: &str,
        which: impl Fn(&&Scenario) -> bool,
        of: impl Fn(&Round) -> f64,
    ) -> Result<String, Fault> {
        let chosen = self.scenarios.iter().filter(which);
        let rows: Result<Vec<_>, Fault> = chosen.map(|it| Ok((row_name(it), it.spread(&of)?))).collect();
        Ok(bars(title, unit, &rows?))
    }

    fn machine(&self, text: &mut String) -> Result<(), Fault> {
        let machine = &self.machine;
        writeln!(text, "## The machine\n\n| | |\n|---|---|")?;
        writeln!(text, "| processor | {}, {} cores |", machine.processor, machine.cores)?;
        writeln!(text, "| memory | {} GiB |", machine.memory_gib)?;
        writeln!(text, "| system | {}, Linux {} |", machine.system, machine.kernel)?;
        writeln!(text, "| compiler | {} |", machine.compiler)?;
        writeln!(text, "| commit | {} |", machine.commit)?;
        writeln!(text, "| program measured | `negiz`, SHA-256 {}… |", machine.program)?;
        writeln!(text, "| peers | {} |", self.versions.join("; "))?;
        writeln!(text, "| load when the run began | {} |", machine.load)?;
        writeln!(text, "| the run took | {:.0} minutes |", self.took.as_secs_f64() / 60.0)?;
        let others: Vec<f64> = self.scenarios.iter().flat_map(|it| it.all(|round| round.others)).collect();
        if let Some(spread) = Spread::of(&others) {
            let percent = |share: f64| share * 100.0;
            let (median, most) = (percent(spread.median), percent(spread.most));
            writeln!(
                text,
                "| taken by others meanwhile | {median:.0} % of the cores, at most {most:.0} % |\n"
            )?;
            if spread.median > BUSY {
                writeln!(
                    text,
                    "**The machine was busy with something else.** Rates and latencies below are worse than the machine can do; CPU \
                     figures suffer less, from shared caches. Ratios stand, as far as rounds were alike.\n"
                )?;
            }
        }
        Ok(())
    }

    fn figures(&self, text: &mut String) -> Result<(), Fault> {
        writeln!(text, "## Figures\n\nEach is the median of {} rounds (least–most).\n", self.repeats)?;
        for (heading, pace, connections, plot) in [
            ("Saturated: closed loop, 64 connections", Pace::Closed, 64, "cpu"),
            ("Alone: closed loop, 1 connection", Pace::Closed, 1, "alone"),
            ("Steady: open loop, 1,500 requests/s, 64 connections", Pace::Open(1500), 64, "tail"),
        ] {
            let wanted = |it: &&Scenario| it.pace == pace && it.connections == connections;
            if !self.scenarios.iter().any(|it| wanted(&it)) {
                continue;
            }
            writeln!(text, "### {heading}\n\n![]({})\n", format_args!("performance-{plot}.svg"))?;
            writeln!(
                text,
                "| | CPU, µs | of which | requests/s | p50, ms | p99, ms |\n|---|---|---|---|---|---|"
            )?;
            for scenario in self.scenarios.iter().filter(wanted) {
                writeln!(
                    text,
                    "| {} | {} | {} | {} | {} | {} |",
                    row_name(scenario),
                    scenario.spread(|it| it.cpu)?,
                    parts(scenario)?,
                    scenario.spread(|it| it.per_second)?,
                    scenario.spread(|it| it.p50)?,
                    scenario.spread(|it| it.p99)?,
                )?;
            }
            writeln!(text)?;
        }
        self.handshakes(text)
    }

    fn handshakes(&self, text: &mut String) -> Result<(), Fault> {
        let shaken: Vec<_> = self.scenarios.iter().filter(|it| it.is_handshake()).collect();
        if shaken.is_empty() {
            return Ok(());
        }
        writeln!(text, "### Full handshakes, P-256: 16 at once\n\n![](performance-handshake.svg)\n")?;
        writeln!(
            text,
            "Negiz has a list of {} revoked certificates loaded. It remembers the chain of a client that comes back, and does for it all but \
             verify the same path again; the others remember nobody. None resumes a session. \
             Clients offer X25519 and TLS_AES_128_GCM_SHA256 alone, so that all do the same work, but for the \
             post-quantum row: what Negiz and its clients prefer, X25519MLKEM768 and AES-256.\n",
            self.revoked
        )?;
        writeln!(text, "| | CPU, µs | handshakes/s | p50, ms |\n|---|---|---|---|")?;
        for it in shaken {
            let (cpu, rate) = (it.spread(|round| round.cpu)?, it.spread(|round| round.per_second)?);
            writeln!(text, "| {} | {cpu} | {rate} | {} |", row_name(it), it.spread(|round| round.p50)?)?;
        }
        writeln!(text)?;
        Ok(())
    }

    fn find(&self, peer: &str, what: &str, pace: Pace, connections: usize) -> Option<&Scenario> {
        let mut found = self.scenarios.iter();
        found
            .find(|it| it.peer == peer && it.what == what && it.pace == pace && it.connections == connections)
    }

    fn ratios(&self, text: &mut String) -> Result<(), Fault> {
        writeln!(text, "## Side by side\n\nHow Negiz stands to its peers, P-256 JWS, by round.\n")?;
        writeln!(text, "| | what | to | ratio |\n|---|---|---|---|")?;
        for ours in ["negiz-sqlite", "negiz-postgres"] {
            for theirs in ["nginx", "haproxy", "envoy", "fastapi", "rust"] {
                self.ratio(text, ours, theirs, "CPU, saturated", Pace::Closed, 64, |it| it.cpu)?;
                self.ratio(text, ours, theirs, "requests/s, saturated", Pace::Closed, 64, |it| {
                    it.per_second
                })?;
                self.ratio(text, ours, theirs, "p50, alone", Pace::Closed, 1, |it| it.p50)?;
                self.ratio(text, ours, theirs, "p99, steady", Pace::Open(1500), 64, |it| it.p99)?;
            }
            self.within(text, ours, MANY_CITED)?;
            self.within(text, ours, "refused: case closed")?;
            self.within(text, ours, "CMS, P-256")?;
            self.within(text, ours, "CMS, RSA-2048")?;
            self.within(text, ours, "CMS, GOST-2015")?;
        }
        let shaken = |peer, what| self.find(peer, what, Pace::Closed, 16);
        let proxies = ["nginx", "haproxy", "envoy"];
        for (what, theirs) in
            [HANDSHAKE, FIRST_HANDSHAKE].into_iter().flat_map(|what| proxies.map(|it| (what, it)))
        {
            let pair = (shaken("negiz-revoked", what), shaken(theirs, FIRST_HANDSHAKE));
            let (Some(one), Some(other)) = pair else { continue };
            let ratio = Spread::ratio(&one.all(|it| it.cpu), &other.all(|it| it.cpu));
            row(text, title(one.peer), &format!("CPU, {what}"), title(other.peer), ratio)?;
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "a row of a table")]
    fn ratio(
        &self,
        text: &mut String,
        ours: &str,
        theirs: &str,
        name: &str,
        pace: Pace,
        connections: usize,
        of: fn(&Round) -> f64,
    ) -> Result<(), Fault> {
        let find = |peer| self.find(peer, "JWS, P-256", pace, connections);
        let (Some(one), Some(other)) = (find(ours), find(theirs)) else { return Ok(()) };
        row(text, title(ours), name, title(theirs), Spread::ratio(&one.all(of), &other.all(of)))
    }

    /// CPU of another kind of request beside that of the plain one.
    fn within(&self, text: &mut String, peer: &str, what: &str) -> Result<(), Fault> {
        let find = |what| self.find(peer, what, Pace::Closed, 64);
        let (Some(one), Some(plain)) = (find(what), find("JWS, P-256")) else { return Ok(()) };
        let ratio = Spread::ratio(&one.all(|it| it.cpu), &plain.all(|it| it.cpu));
        row(text, title(peer), &format!("CPU, {what}"), "its own JWS, P-256", ratio)
    }
}

fn row(text: &mut String, ours: &str, name: &str, theirs: &str, ratio: Option<Spread>) -> Result<(), Fault> {
    let ratio = ratio.ok_or("nothing was measured")?;
    let verdict = if ratio.is_nothing() { ", no difference" } else { "" };
    writeln!(text, "| {ours} | {name} | {theirs} | {ratio}{verdict} |")?;
    Ok(())
}

pub(crate) fn parts(scenario: &Scenario) -> Result<String, Fault> {
    let first = scenario.rounds.first().ok_or("nothing was measured")?;
    let medians = first.parts.iter().enumerate().filter_map(|(at, (name, _))| {
        let all: Vec<f64> = scenario.rounds.iter().filter_map(|it| Some(it.parts.get(at)?.1)).collect();
        Some(format!("{name} {:.0}", Spread::of(&all)?.median))
    });
    Ok(medians.collect::<Vec<_>>().join(" + "))
}
