//! `negiz log` and `negiz evidence`: the log from its own storage.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use evidence::{Checkpoint, VerifierKey};
use secrecy::ExposeSecret as _;
use uuid::Uuid;

use crate::authorities::read_anchors;
use crate::clock::{Clock as _, SystemClock};
use crate::command::{REFUSED, complain, say, search};
use crate::commitment::Commitments;
use crate::config::Config;
use crate::dossier::Dossiers;
use crate::fsck::{self, Found, Fsck};
use crate::keys::Keys;
use crate::seal::Seal;
use crate::serve;
use crate::store::{Store, connect, custody};
use crate::verify::Signatures;
use crate::witnesses::Witnesses;

/// What to do with the log.
#[derive(Debug, Args)]
pub(super) struct Log {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Re-verify the whole log from storage: rows, tree, checkpoints, references, order of times. Names what is wrong.
    Fsck {
        /// The gateway's configuration.
        #[arg(long, value_name = "FILE", default_value = "negiz.toml")]
        config: PathBuf,
        /// A checkpoint that was kept elsewhere; the log must still begin with it. Repeat for more.
        #[arg(long, value_name = "FILE")]
        checkpoint: Vec<PathBuf>,
        /// A verifier key the log had before its present one; repeat for more.
        #[arg(long, value_name = "VKEY")]
        retired_vkey: Vec<String>,
        /// Do not ask the witnesses what they have seen.
        #[arg(long)]
        offline: bool,
    },
    /// Search requests through the console.
    Search(Box<search::Search>),
    /// Read one request through the console.
    Read(Box<search::Read>),
    /// Print the verifier key of this node's log, for its witnesses, before the node starts for the first time.
    Vkey {
        /// The gateway's configuration.
        #[arg(long, value_name = "FILE", default_value = "negiz.toml")]
        config: PathBuf,
    },
    /// Print the log's signed checkpoint, to be kept where the gateway cannot reach it.
    Checkpoint {
        /// The gateway's configuration.
        #[arg(long, value_name = "FILE", default_value = "negiz.toml")]
        config: PathBuf,
    },
}

/// What to do with evidence.
#[derive(Debug, Args)]
pub(super) struct Evidence {
    #[command(subcommand)]
    act: EvidenceAct,
}

#[derive(Debug, Subcommand)]
enum EvidenceAct {
    /// Write the evidence bundle of one request.
    Export {
        /// The gateway's configuration.
        #[arg(long, value_name = "FILE", default_value = "negiz.toml")]
        config: PathBuf,
        /// The request's id.
        #[arg(value_name = "ID")]
        request: Uuid,
        /// BIN of the agency that asked.
        #[arg(long, value_name = "BIN")]
        agency: certs::Bin,
        /// Where to write it.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

type CouldNot = Box<dyn std::error::Error>;

impl Log {
    pub(super) async fn run(self) -> ExitCode {
        let done = match self.act {
            Act::Fsck { config, checkpoint, retired_vkey, offline } => {
                fsck(config, checkpoint, retired_vkey, offline).await
            }
            Act::Checkpoint { config } => checkpoint(config).await,
            Act::Vkey { config } => vkey(&config),
            Act::Search(search) => return search.run().await,
            Act::Read(read) => return read.run().await,
        };
        done.unwrap_or_else(|error| complain(&*error))
    }
}

impl Evidence {
    pub(super) async fn run(self) -> ExitCode {
        let EvidenceAct::Export { config, request, agency, out } = self.act;
        export(config, request, agency, out).await.unwrap_or_else(|error| complain(&*error))
    }
}

async fn open(config: &Path) -> Result<(Config, Arc<dyn Store>), CouldNot> {
    let config = Config::load(config)?;
    let store = connect(config.database.url.expose_secret(), 2).await?;
    Ok((config, store))
}

/// Needs no database: whoever watches the log is told before it begins.
fn vkey(config: &Path) -> Result<ExitCode, CouldNot> {
    say(Keys::read(&Config::load(config)?)?.log.verifier());
    Ok(ExitCode::SUCCESS)
}

async fn checkpoint(config: PathBuf) -> Result<ExitCode, CouldNot> {
    let (config, store) = open(&config).await?;
    // With the witnesses' lines, where there are any: kept elsewhere, it says more.
    let (head, cosigned) = (store.head(&config.origin()).await?, store.cosigned(&config.origin()).await?);
    let head = match (cosigned, config.witnesses.is_none()) {
        (Some(cosigned), false) => cosigned,
        _ => head.ok_or("the log has no entry yet")?,
    };
    say(head.checkpoint.trim_end());
    Ok(ExitCode::SUCCESS)
}

async fn fsck(
    config: PathBuf,
    kept: Vec<PathBuf>,
    retired: Vec<String>,
    offline: bool,
) -> Result<ExitCode, CouldNot> {
    let (config, store) = open(&config).await?;
    let keys = Keys::read(&config)?;
    let mut logs = keys.log.known().to_vec();
    for vkey in &retired {
        logs.push(vkey.trim().parse::<VerifierKey>()?);
    }
    let mut checkpoints = Vec::new();
    for file in kept {
        checkpoints.push(Checkpoint::parse(&std::fs::read_to_string(file)?)?);
    }
    let vault = keys.vault(Arc::clone(&store))?;
    let fsck = Arc::new(Fsck {
        vault: Arc::new(vault),
        commitments: Arc::new(Commitments::new(&keys.commitments).ok_or("keys.commitments: too short")?),
        origin: config.origin(),
        keys: logs,
        quorum: config.witnesses.quorum()?,
        signatures: Some(Signatures {
            anchors: Arc::new(read_anchors(&config.trust.anchors)?),
            profile: config.trust.profile.clone(),
        }),
        store,
    });
    let mut found = Arc::clone(&fsck).run(checkpoints).await?;
    if !offline && !config.witnesses.is_none() {
        let upstream = serve::upstream(&config)?;
        let store = Arc::clone(&fsck.store);
        let witnesses = Witnesses::new(&config.witnesses, &fsck.quorum, &upstream, store, &fsck.origin)?;
        let (wrong, unknown) = fsck::survey(&*fsck.store, &fsck.origin, &witnesses).await?;
        found.wrong.words.extend(wrong);
        unknown.iter().for_each(|words| say(format_args!("not known: {words}")));
    }
    Ok(report(&fsck.origin, &found))
}

fn report(origin: &str, found: &Found) -> ExitCode {
    let Found { audited, wrong, destroyed, stamps } = found;
    for finding in &audited.findings {
        say(format_args!("WRONG: {finding}"));
    }
    for words in &wrong.words {
        say(format_args!("WRONG: {words}"));
    }
    let more = audited.more.saturating_add(u64::try_from(wrong.more).unwrap_or(u64::MAX));
    if more > 0 {
        say(format_args!("WRONG: {more} more"));
    }
    say(format_args!(
        "log {origin}: {} entries, root {}, {} checkpoint(s) agree, {stamps} time-stamp(s) verify, {} grant(s) without an outcome, {destroyed} entries with destroyed content",
        audited.head.size,
        audited.head.root,
        audited.checkpoints,
        audited.open.len(),
    ));
    if found.is_sound() { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) }
}

async fn export(
    config: PathBuf,
    request: Uuid,
    agency: certs::Bin,
    out: PathBuf,
) -> Result<ExitCode, CouldNot> {
    let (config, store) = open(&config).await?;
    let keys = Keys::read(&config)?;
    let vault = keys.vault(Arc::clone(&store))?;
    let found = store.outcomes(&request, &agency).await?;
    let found = found.into_iter().next().ok_or("this agency made no such request")?;
    let custody = custody::open(config.database.url.expose_secret()).await?;
    let (custody, now) = (Some(&*custody), SystemClock.now());
    let seal = Seal::new(config.deployment.name.clone(), config.origin(), Arc::new(keys.receipt));
    let (seal, standing) = (Some(&seal), None);
    let dossiers = Dossiers { store: &store, vault: &vault, custody, seal, standing, now };
    let bundle = dossiers.bundle(request, &found).await?;
    std::fs::write(&out, &bundle)
        .map_err(|error| format!("cannot write {}: {}", out.display(), error.kind()))?;
    say(format_args!("{}: {} bytes", out.display(), bundle.len()));
    Ok(ExitCode::SUCCESS)
}
