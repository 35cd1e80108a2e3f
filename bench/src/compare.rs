//! `negiz-bench compare`: everything side by side, in turn, several times over.
//!
//! Each round measures every scenario once, so that whatever the machine does meanwhile falls on all alike; ratios are
//! taken within a round.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::country::Country;
use crate::fill;
use crate::machine::Machine;
use crate::peer::{self, Peer, Workshop};
use crate::report::Report;
use crate::scenario::{self, MANY, Scenario};
use crate::sheaf::Sheaf;
use crate::start::{Running, free};
use crate::{Fault, cpu};

/// `negiz-bench compare`.
#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// How often everything is measured.
    #[arg(long, default_value_t = 5)]
    repeats: usize,
    /// Scales the number of requests of each measurement.
    #[arg(long, default_value_t = 1.0)]
    size: f64,
    /// Measures only what has this in its name.
    #[arg(long)]
    only: Option<String>,
    /// Certificates on the list of revoked ones that is loaded while handshakes are measured.
    #[arg(long, default_value_t = 1_000_000)]
    revoked: u32,
    /// The interpreter with FastAPI's packages, and Envoy beside it; without one both are left out.
    #[arg(long, value_name = "FILE")]
    python: Option<PathBuf>,
    /// Where the peers' files are.
    #[arg(long, default_value = "bench/peers", value_name = "DIR")]
    peers: PathBuf,
    /// The report; plots go beside it.
    #[arg(long, default_value = "target/performance.md", value_name = "FILE")]
    report: PathBuf,
}

impl Compare {
    pub(crate) async fn run(self, negiz: &Path) -> Result<(), Fault> {
        let machine = Machine::describe(negiz);
        let begun = std::time::Instant::now();
        let work = tempdir()?;
        let mut scenarios = scenario::all(self.size);
        scenarios.retain(|it| self.only.as_ref().is_none_or(|only| it.name().contains(only.as_str())));
        if self.python.is_none() {
            scenarios.retain(|it| !["fastapi", "envoy"].contains(&it.peer));
        }
        let city = City::build(negiz, &work, &self, &scenarios).await?;
        for round in 1..=self.repeats {
            for scenario in &mut scenarios {
                let (peer, country) = city.peer(scenario.peer)?;
                let sheaf = Sheaf::new(&country.directory, &country.manifest, &scenario.hand)?;
                scenario
                    .measure(peer, &sheaf)
                    .await
                    .map_err(|error| format!("{}: {error}", scenario.name()))?;
                announce(round, self.repeats, scenario);
            }
        }
        let versions = self.python.as_deref().map(peer::versions).unwrap_or_default();
        city.close().await?;
        let took = begun.elapsed();
        Report { machine, versions, scenarios, repeats: self.repeats, revoked: self.revoked, took }
            .write(&self.report)?;
        std::fs::remove_dir_all(&work)?;
        Ok(())
    }
}

fn announce(round: usize, repeats: usize, scenario: &Scenario) {
    let Some(measured) = scenario.rounds.last() else { return };
    println!(
        "{round}/{repeats} {:70} {:6.0} µs CPU {:7.0}/s p50 {:6.2} ms p99 {:6.2} ms others {:3.0} %  {}",
        scenario.name(),
        measured.cpu,
        measured.per_second,
        measured.p50,
        measured.p99,
        measured.others * 100.0,
        measured.parts.iter().map(|(name, cpu)| format!("{name} {cpu:.0}")).collect::<Vec<_>>().join(" + "),
    );
}

/// A directory of this run's own, that any user's server may enter.
pub(crate) fn tempdir() -> Result<PathBuf, Fault> {
    let directory = std::env::temp_dir().join(format!("negiz-bench.{}", std::process::id()));
    std::fs::create_dir_all(&directory)?;
    Ok(directory)
}

/// All peers, up and waiting.
struct City {
    sqlite: Country,
    postgres: Option<Country>,
    peers: BTreeMap<&'static str, Peer>,
    registry: Running,
}

impl City {
    async fn build(negiz: &Path, work: &Path, how: &Compare, scenarios: &[Scenario]) -> Result<Self, Fault> {
        let wanted = |name: &str| scenarios.iter().any(|scenario| scenario.peer == name);
        let mut peers = BTreeMap::new();
        let sqlite = Country::found(negiz, &work.join("sqlite"), None).await?;
        println!("a country in {:.1} s", sqlite.cold_start.as_secs_f64());
        if wanted("negiz-sqlite") {
            fill::of(&sqlite, MANY).await?;
            peers.insert("negiz-sqlite", Peer::negiz(&sqlite, sqlite.gateway("b").await?, None)?);
        }
        if wanted("negiz-revoked") {
            let gateway = sqlite.gateway_with_revoked("r", how.revoked).await?;
            peers.insert("negiz-revoked", Peer::negiz(&sqlite, gateway, None)?);
        }
        let mut postgres = None;
        if wanted("negiz-postgres") {
            let database = peer::database().await?;
            let country = Country::found(negiz, &work.join("postgres"), Some(&database.owner)).await?;
            fill::of(&country, MANY).await?;
            let gateway = country.gateway("b").await?;
            peers.insert(
                "negiz-postgres",
                Peer::negiz(&country, gateway, Some(cpu::descendant("postgres")?))?,
            );
            postgres = Some(country);
        }
        let place = free()?;
        let program = std::env::current_exe()?;
        let listen = place.to_string();
        let mut registry =
            Running::start(&program, &["registry", "--listen", &listen], &work.join("registry.log"))?;
        registry.listening(place).await?;
        if ["nginx", "haproxy", "envoy", "fastapi", "rust"].iter().any(|name| wanted(name)) {
            let database = peer::database().await?;
            let pid = cpu::descendant("postgres")?;
            let workshop = Workshop {
                country: &sqlite,
                directory: work.to_path_buf(),
                registry: place,
                database,
                postgres: pid,
            };
            workshop.furnish().await?;
            peers.insert("nginx", workshop.bare().await?);
            if wanted("haproxy") {
                peers.insert("haproxy", workshop.haproxy().await?);
            }
            if wanted("rust") {
                peers.insert("rust", workshop.rust().await?);
            }
            if let Some(python) = &how.python {
                if wanted("envoy") {
                    peers.insert("envoy", workshop.envoy(&peer::beside(python, "envoy")).await?);
                }
                if wanted("fastapi") {
                    peers.insert("fastapi", workshop.fastapi(python, &how.peers.join("fastapi")).await?);
                }
            }
        }
        Ok(Self { sqlite, postgres, peers, registry })
    }

    fn peer(&self, name: &str) -> Result<(&Peer, &Country), Fault> {
        let peer = self.peers.get(name).ok_or_else(|| format!("{name} was not started"))?;
        let country = if name == "negiz-postgres" { self.postgres.as_ref() } else { None };
        Ok((peer, country.unwrap_or(&self.sqlite)))
    }

    async fn close(self) -> Result<(), Fault> {
        for peer in self.peers.into_values() {
            peer.stop().await?;
        }
        self.registry.stop().await?;
        self.sqlite.stop().await?;
        if let Some(country) = self.postgres {
            country.stop().await?;
        }
        Ok(())
    }
}
