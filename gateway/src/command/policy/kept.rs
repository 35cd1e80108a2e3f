//! `negiz policy kept`: the sets that decided, by digest, so that an old decision can be read with the rules that made it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use policy::Digest;
use secrecy::ExposeSecret as _;

use super::CouldNot;
use crate::command::say;
use crate::config::Config;
use crate::matrices::KeptSet;
use crate::store::connect;

/// Which set to write out; without one, all are listed.
#[derive(Debug, Args)]
pub(super) struct Kept {
    /// The gateway's configuration.
    #[arg(long, value_name = "FILE", default_value = "negiz.toml")]
    config: PathBuf,
    /// Digest of the set, as evidence names it.
    #[arg(value_name = "SET", requires = "out")]
    set: Option<Digest>,
    /// A new directory for its files: `negiz policy check|matrix|replay DIR` read them.
    #[arg(long, value_name = "DIR", requires = "set")]
    out: Option<PathBuf>,
}

impl Kept {
    pub(super) async fn run(self) -> Result<ExitCode, CouldNot> {
        let config = Config::load(&self.config)?;
        let store = connect(config.database.url.expose_secret(), 2).await?;
        match (self.set, self.out) {
            (Some(set), Some(directory)) => {
                let kept = store.kept_set(set.as_bytes()).await?.ok_or("no such set has decided here")?;
                write(&kept, &directory)?;
                say(format_args!("{set}: {} files in {}", kept.files.len(), directory.display()));
            }
            _ => {
                for (set, since) in store.kept_sets().await? {
                    say(format_args!("{}  since {}", Digest::from_bytes(set), since.rfc3339()));
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Into a directory that is not there yet: files of two sets in one would be a third.
fn write(kept: &KeptSet, directory: &Path) -> Result<(), CouldNot> {
    let cannot = |error: &std::io::Error| format!("cannot write {}: {}", directory.display(), error.kind());
    std::fs::create_dir(directory).map_err(|error| cannot(&error))?;
    for (name, text) in &kept.files {
        // Names of files come from the set that was loaded; one that leads elsewhere was put there by other hands.
        let name = Path::new(name).file_name().ok_or("a file of the set has no name")?;
        std::fs::write(directory.join(name), text).map_err(|error| cannot(&error))?;
    }
    Ok(())
}
