//! `negiz-bench soak`: a steady load for a while. Memory must not grow, and nothing may fail.

use std::path::Path;
use std::time::{Duration, Instant};

use clap::Args;

use crate::compare::tempdir;
use crate::country::Country;
use crate::fill;
use crate::load::{Crew, Form, Pace, Target};
use crate::scenario::{MANY, mebibytes};
use crate::sheaf::{Cited, Envelope, Hand, Sheaf};
use crate::tls::Offer;
use crate::{Fault, cpu, peer};

/// `negiz-bench soak`.
#[derive(Debug, Args)]
pub(crate) struct Soak {
    #[arg(long, default_value_t = 15)]
    minutes: u64,
    /// Requests a second.
    #[arg(long, default_value_t = 2_000)]
    rate: u32,
    /// On PostgreSQL instead of SQLite.
    #[arg(long)]
    postgres: bool,
}

/// Requests are signed for so long at a time; a document is good for five minutes.
const SHARE: Duration = Duration::from_secs(10);

impl Soak {
    pub(crate) async fn run(self, negiz: &Path) -> Result<(), Fault> {
        let work = tempdir()?;
        let database = if self.postgres { Some(peer::database().await?.owner) } else { None };
        let country = Country::found(negiz, &work, database.as_deref()).await?;
        fill::of(&country, MANY).await?;
        let gateway = country.gateway("b").await?;
        let pid = gateway.process.pid;
        // Of many: what is remembered of them has to come to its bounds.
        let cited = Cited::Any(MANY.cases);
        let hand = Hand { officer: "akhmetov".to_owned(), envelope: Envelope::Jws, cited };
        let sheaf = Sheaf::new(&country.directory, &country.manifest, &hand)?;
        let form = Form::Body { path: "/v1/requests", media_type: Envelope::Jws.media_type() };
        let target = Target { place: gateway.exchange, tls: country.tls(Offer::Preferred)?, form };
        let mut crew = Crew::connect(&target, 64).await?;
        let share = usize::try_from(u64::from(self.rate) * SHARE.as_secs())?;
        let (begun, mut memory) = (Instant::now(), Vec::new());
        while begun.elapsed() < Duration::from_secs(self.minutes * 60) {
            let signed = sheaf.sign(share)?;
            let before = cpu::of_tree(pid);
            let outcome = crew.send(signed, Pace::Open(self.rate)).await?;
            outcome.expect(200)?;
            memory.push(mebibytes(pid)?);
            let used =
                cpu::of_tree(pid).saturating_sub(before).as_secs_f64() * 1e6 / outcome.requests() as f64;
            println!(
                "{:4} s: {:5.0}/s, p50 {:.2} ms, p99 {:.2} ms, {used:.0} µs CPU, {:.1} MiB",
                begun.elapsed().as_secs(),
                outcome.per_second(),
                outcome.quantile(0.5),
                outcome.quantile(0.99),
                memory.last().copied().unwrap_or_default()
            );
        }
        gateway.process.stop().await?;
        country.stop().await?;
        std::fs::remove_dir_all(&work)?;
        judge(&memory)
    }
}

/// The first quarter warms caches and pools; after it, memory may move but not grow.
fn judge(memory: &[f64]) -> Result<(), Fault> {
    let settled = memory.get(memory.len() / 4..).unwrap_or_default();
    let half = settled.len() / 2;
    let (Some(early), Some(late)) = (settled.get(..half), settled.get(half..)) else { return Ok(()) };
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len().max(1) as f64;
    let (early, late) = (mean(early), mean(late));
    println!("memory: {early:.1} MiB in the first half after warming up, {late:.1} MiB in the second");
    if half > 0 && late > early * 1.05 {
        return Err(format!("memory grew from {early:.1} to {late:.1} MiB").into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_noticed_and_noise_is_not() {
        let grows: Vec<f64> = (0..40).map(|at| 50.0 + f64::from(at)).collect();
        assert!(judge(&grows).is_err());
        let noise: Vec<f64> = (0..40).map(|at| 50.0 + f64::from(at % 3)).collect();
        assert!(judge(&noise).is_ok());
    }
}
