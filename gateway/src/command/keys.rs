//! `negiz keys rotate-master|grant|public`: wraps every case's key under the new master key; shows the public halves of the others.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use secrecy::ExposeSecret as _;

use crate::command::{REFUSED, complain, say};
use crate::config::Config;
use crate::keys::Keys;
use crate::rotation::{Rotated, rotate};
use crate::store::{self, connect};
use crate::vault::Vault;

/// The gateway's own keys.
#[derive(Debug, Args)]
pub(super) struct KeysCommand {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Wrap every case's key under keys.master that is still wrapped under keys.master_previous. Nodes go on working meanwhile;
    /// stopped half-way, it goes on where it was when run again.
    RotateMaster {
        /// The gateway's configuration.
        #[arg(long, value_name = "FILE", default_value = "negiz.toml")]
        config: PathBuf,
    },
    /// Print what GET /v1/keys says under this configuration: the JWK set that receipts verify with, and as its member log the verifier
    /// keys of the log. For others to know before a key is changed.
    Public {
        /// The gateway's configuration.
        #[arg(long, value_name = "FILE", default_value = "negiz.toml")]
        config: PathBuf,
    },
    /// Print the public half of the key that signs grants, as a JWK set: for the owners of registries, who check grants with it.
    Grant {
        /// The gateway's configuration.
        #[arg(long, value_name = "FILE", default_value = "negiz.toml")]
        config: PathBuf,
    },
}

type CouldNot = Box<dyn std::error::Error>;

impl KeysCommand {
    pub(super) async fn run(self) -> ExitCode {
        let done = match self.act {
            Act::RotateMaster { config } => rotate_master(config).await,
            Act::Grant { config } => grant(&config),
            Act::Public { config } => public(&config),
        };
        done.unwrap_or_else(|error| complain(&*error))
    }
}

fn grant(config: &Path) -> Result<ExitCode, CouldNot> {
    say(Keys::read(&Config::load(config)?)?.grant.jwk_set());
    Ok(ExitCode::SUCCESS)
}

fn public(config: &Path) -> Result<ExitCode, CouldNot> {
    say(Keys::read(&Config::load(config)?)?.published());
    Ok(ExitCode::SUCCESS)
}

async fn rotate_master(config: PathBuf) -> Result<ExitCode, CouldNot> {
    let config = Config::load(&config)?;
    let keys = Keys::read(&config)?;
    let previous = keys
        .master_previous
        .as_ref()
        .ok_or("keys.master_previous is not set: there is nothing to rotate from")?;
    let url = config.database.url.expose_secret();
    let store = connect(url, 1).await?;
    let vault = Vault::new(&keys.master, store)?.after(previous)?;
    let custody = store::custody::open(url).await?;
    let Rotated { anew, already, unknown } = rotate(&vault, &*custody).await?;
    say(format_args!("{anew} keys wrapped anew, {already} were under the new master key already"));
    if unknown > 0 {
        say(format_args!("WRONG: {unknown} keys open under neither master key; keep both files"));
        return Ok(ExitCode::from(REFUSED));
    }
    say(
        "every key is under keys.master: once no node runs with keys.master_previous, that file can be destroyed",
    );
    Ok(ExitCode::SUCCESS)
}
