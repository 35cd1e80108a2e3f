//! `negiz-bench stand`: the gateway as it is measured, left standing for another load generator.

use std::path::{Path, PathBuf};

use clap::Args;
use gateway::signals::Signals;

use crate::country::Country;
use crate::{Fault, peer};

/// `negiz-bench stand`.
#[derive(Debug, Args)]
pub(crate) struct Stand {
    /// Where the country is built: a directory that is not there yet.
    #[arg(long)]
    dir: PathBuf,
    /// On PostgreSQL instead of SQLite.
    #[arg(long)]
    postgres: bool,
}

impl Stand {
    pub(crate) async fn run(self, negiz: &Path) -> Result<(), Fault> {
        if self.dir.exists() {
            return Err(format!("{} is there already", self.dir.display()).into());
        }
        let database = if self.postgres { Some(peer::database().await?.owner) } else { None };
        let country = Country::found(negiz, &self.dir, database.as_deref()).await?;
        let gateway = country.gateway("b").await?;
        let (here, agency) = (std::path::absolute(&self.dir)?, country.manifest.agency("police"));
        let file = |name: &str| here.join(name).display().to_string();
        println!("gateway: process {}, https://{}", gateway.process.pid, gateway.exchange);
        println!("requests, good for five minutes:");
        println!("  negiz-bench sign --dir {} --lines --out requests --count 400000", here.display());
        println!("  oha -c 64 -n 20000 --http-version 1.1 -m POST -T application/jose -Z requests \\");
        println!(
            "    --cacert {} --cert {} --key {} --no-tui https://{}/v1/requests",
            file(&country.manifest.tls_ca),
            file(&agency.cert),
            file(&agency.key),
            gateway.exchange
        );
        println!("Interrupt (Ctrl-C) to end.");
        Signals::listen()?.stop().await;
        let stopped = gateway.process.stop().await;
        country.stop().await?;
        stopped
    }
}
