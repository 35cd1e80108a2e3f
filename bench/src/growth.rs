//! `negiz-bench growth`: the same request while cases, users, agencies and the log grow.
//!
//! Requests are of all officers in all their cases, so that what is remembered of some does not hide the others.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use gateway::config::Config;
use gateway::keys::Keys;
use gateway::store::connect;
use secrecy::ExposeSecret as _;

use crate::compare::tempdir;
use crate::country::Country;
use crate::fill::{self, Size};
use crate::peer::{self, Peer};
use crate::plot;
use crate::scenario::{self, Scenario};
use crate::sheaf::Sheaf;
use crate::{Fault, cpu, report};

/// `negiz-bench growth`.
#[derive(Debug, Args)]
pub(crate) struct Growth {
    /// Steps of tenfold growth: the fourth has 10 million cases, a million users, 10,000 agencies, 10 million entries.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=4))]
    steps: u32,
    /// How often each step is measured.
    #[arg(long, default_value_t = 5)]
    repeats: usize,
    /// Requests of one measurement.
    #[arg(long, default_value_t = 6_000)]
    requests: usize,
    /// No step is begun after so many minutes.
    #[arg(long, default_value_t = 60)]
    minutes: u64,
    /// On PostgreSQL instead of SQLite.
    #[arg(long)]
    postgres: bool,
    /// The plot and its table as `FILE.svg` and `FILE.md`.
    #[arg(long, default_value = "target/performance-growth", value_name = "FILE")]
    report: PathBuf,
}

const NODE: &str = "b";

impl Growth {
    pub(crate) async fn run(self, negiz: &Path) -> Result<(), Fault> {
        let work = tempdir()?;
        let database = if self.postgres { Some(peer::database().await?) } else { None };
        let owner = database.as_ref().map(|database| database.owner.as_str());
        let country = Country::found(negiz, &work, owner).await?;
        let file = country.configure(NODE)?;
        let config = Config::load(&file.path)?;
        let store = connect(config.database.url.expose_secret(), 4).await?;
        let mut steps = Vec::new();
        let begun = Instant::now();
        for step in 0..self.steps {
            if begun.elapsed() > Duration::from_secs(self.minutes * 60) {
                println!("{} minutes are over; what was measured so far:", self.minutes);
                break;
            }
            let size = Size::step(step);
            println!("growing to {size}");
            let url = config.database.url.expose_secret();
            fill::country(url, &country.manifest.agency("police").bin, size).await?;
            fill::log(&config, store.as_ref(), &Keys::read(&config)?.log, size.entries).await?;
            let administrator = database.as_ref().map(|database| database.administrator.as_str());
            fill::settle(administrator.unwrap_or(url)).await?;
            steps.push((size, self.measure(&country, size).await?));
        }
        country.stop().await?;
        std::fs::remove_dir_all(&work)?;
        self.tell(&steps)
    }

    async fn measure(&self, country: &Country, size: Size) -> Result<Scenario, Fault> {
        let gateway = country.gateway(NODE).await?;
        let server = if self.postgres { Some(cpu::descendant("postgres")?) } else { None };
        let peer = Peer::negiz(country, gateway, server)?;
        let mut scenario = scenario::of_many(self.requests, size.cases);
        let sheaf = Sheaf::new(&country.directory, &country.manifest, &scenario.hand)?;
        for _ in 0..self.repeats {
            scenario.measure(&peer, &sheaf).await?;
        }
        println!("{} µs CPU per request: {}", scenario.spread(|it| it.cpu)?, report::parts(&scenario)?);
        peer.stop().await?;
        Ok(scenario)
    }

    fn tell(&self, steps: &[(Size, Scenario)]) -> Result<(), Fault> {
        let mut rows = Vec::new();
        let mut text = String::from("| | CPU per request, µs | of which | p50, ms |\n|---|---|---|---|\n");
        for (size, scenario) in steps {
            let (cpu, p50) = (scenario.spread(|it| it.cpu)?, scenario.spread(|it| it.p50)?);
            text.push_str(&format!("| {} | {cpu} | {} | {p50} |\n", size, report::parts(scenario)?));
            rows.push((format!("Negiz, {} cases …", size.cases), cpu));
        }
        let title = format!(
            "CPU per request as everything grows, {}",
            if self.postgres { "PostgreSQL" } else { "SQLite" }
        );
        std::fs::write(self.report.with_extension("svg"), plot::bars(&title, "µs", &rows))?;
        std::fs::write(self.report.with_extension("md"), &text)?;
        println!("{text}");
        Ok(())
    }
}
