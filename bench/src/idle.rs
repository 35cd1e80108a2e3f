//! `negiz-bench idle`: a cold start, memory at rest, and memory under ten thousand connections that do nothing.

use std::path::Path;

use clap::Args;
use tokio::task::JoinSet;

use crate::Fault;
use crate::compare::tempdir;
use crate::country::Country;
use crate::load::{Form, Target, connect};
use crate::scenario::mebibytes;
use crate::tls::Offer;

/// `negiz-bench idle`.
#[derive(Debug, Args)]
pub(crate) struct Idle {
    /// Mutual-TLS connections that are opened and kept.
    #[arg(long, default_value_t = 10_000)]
    connections: usize,
}

/// Handshakes under way at once.
const AT_ONCE: usize = 32;

impl Idle {
    pub(crate) async fn run(self, negiz: &Path) -> Result<(), Fault> {
        let work = tempdir()?;
        let country = Country::found(negiz, &work, None).await?;
        println!("cold start of the demonstration: {:.2} s", country.cold_start.as_secs_f64());
        let gateway = country.gateway("b").await?;
        let pid = gateway.process.pid;
        let rest = mebibytes(pid)?;
        println!("memory of negiz serve at rest: {rest:.0} MiB");
        let form = Form::Body { path: "/", media_type: "text/plain" };
        let target = Target { place: gateway.exchange, tls: country.tls(Offer::Preferred)?, form };
        let mut open = Vec::with_capacity(self.connections);
        let mut shaking = JoinSet::new();
        for _ in 0..self.connections {
            if shaking.len() >= AT_ONCE
                && let Some(done) = shaking.join_next().await
            {
                open.push(done??);
            }
            let target = target.clone();
            shaking.spawn(async move { connect(&target).await });
        }
        while let Some(done) = shaking.join_next().await {
            open.push(done??);
        }
        // The last of them may still be on their way in.
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let full = mebibytes(pid)?;
        let each = (full - rest) * 1024.0 / open.len() as f64;
        println!("memory with {} idle connections: {full:.0} MiB ({each:.1} KiB each)", open.len());
        drop(open);
        gateway.process.stop().await?;
        country.stop().await?;
        std::fs::remove_dir_all(&work)?;
        Ok(())
    }
}
