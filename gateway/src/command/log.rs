//! `negiz log` and `negiz evidence`: the log from its own storage.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use evidence::audit::{Audit, Audited, Row};
use evidence::{Checkpoint, Digest, NodeHash};
use secrecy::ExposeSecret as _;
use uuid::Uuid;

use crate::clock::{Clock as _, SystemClock};
use crate::command::{REFUSED, complain, say, search};
use crate::config::Config;
use crate::dossier::Dossiers;
use crate::entry::StoredEntry;
use crate::keys::Keys;
use crate::store::{Store, connect, custody};
use crate::vault::Vault;

/// Rows read at a time.
const PAGE: u32 = 4096;

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
    },
    /// Search requests through the console.
    Search(Box<search::Search>),
    /// Read one request through the console.
    Read(Box<search::Read>),
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
            Act::Fsck { config, checkpoint } => fsck(config, checkpoint).await,
            Act::Checkpoint { config } => checkpoint(config).await,
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

async fn checkpoint(config: PathBuf) -> Result<ExitCode, CouldNot> {
    let (config, store) = open(&config).await?;
    let head = store.head(&config.origin()).await?.ok_or("the log has no entry yet")?;
    say(head.checkpoint.trim_end());
    Ok(ExitCode::SUCCESS)
}

async fn fsck(config: PathBuf, kept: Vec<PathBuf>) -> Result<ExitCode, CouldNot> {
    let (config, store) = open(&config).await?;
    let keys = Keys::read(&config)?;
    let origin = config.origin();
    let mut checkpoints = Vec::new();
    let head = store.head(&origin).await?;
    if let Some(head) = &head {
        checkpoints.push(Checkpoint::parse(&head.checkpoint)?);
    }
    for file in kept {
        checkpoints.push(Checkpoint::parse(&std::fs::read_to_string(file)?)?);
    }
    let mut audit = Audit::new(&checkpoints, &[keys.log.verifier().clone()]);
    let mut next = 0;
    loop {
        let rows = store.entries(&origin, next, PAGE).await?;
        let Some(last) = rows.last() else { break };
        next = last.index.saturating_add(1);
        let nodes = nodes(&*store, &origin, &rows).await?;
        let mut given = nodes.as_slice();
        for row in &rows {
            let count = usize::try_from(Row::nodes_of(row.index)).unwrap_or(0);
            let (own, rest) = given.split_at_checked(count).unwrap_or((given, &[]));
            given = rest;
            let sealed = row.case_ref.as_ref().map(|_| Digest::of(&row.content));
            audit.entry(Row { index: row.index, leaf: &row.leaf, nodes: own, sealed });
        }
    }
    Ok(report(&origin, &audit.finish()))
}

/// The stored nodes that each of these rows completed, in order.
async fn nodes(store: &dyn Store, origin: &str, rows: &[StoredEntry]) -> Result<Vec<NodeHash>, CouldNot> {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(Vec::new()) };
    let from = evidence::node::stored_count(first.index);
    let to = evidence::node::stored_count(last.index.saturating_add(1));
    let wanted: Vec<u64> = (from..to).collect();
    let found = store.nodes(origin, &wanted).await?;
    Ok(found.into_iter().map(NodeHash::from_bytes).collect())
}

fn report(origin: &str, audited: &Audited) -> ExitCode {
    for finding in &audited.findings {
        say(format_args!("WRONG: {finding}"));
    }
    if audited.more > 0 {
        say(format_args!("WRONG: {} more", audited.more));
    }
    say(format_args!(
        "log {origin}: {} entries, root {}, {} checkpoint(s) agree, {} grant(s) without an outcome, {} entries without content",
        audited.head.size,
        audited.head.root,
        audited.checkpoints,
        audited.open.len(),
        audited.without_content.len()
    ));
    if audited.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) }
}

async fn export(
    config: PathBuf,
    request: Uuid,
    agency: certs::Bin,
    out: PathBuf,
) -> Result<ExitCode, CouldNot> {
    let (config, store) = open(&config).await?;
    let keys = Keys::read(&config)?;
    let mut vault = Vault::new(&keys.master, Arc::clone(&store))?;
    if let Some(previous) = &keys.master_previous {
        vault = vault.after(previous)?;
    }
    let found = store.outcomes(&request, &agency).await?;
    let found = found.into_iter().next().ok_or("this agency made no such request")?;
    let custody = custody::open(config.database.url.expose_secret()).await?;
    let (custody, now) = (Some(&*custody), SystemClock.now());
    let dossiers = Dossiers { store: &store, vault: &vault, custody, seal: None, now };
    let bundle = dossiers.bundle(request, &found).await?;
    std::fs::write(&out, &bundle)
        .map_err(|error| format!("cannot write {}: {}", out.display(), error.kind()))?;
    say(format_args!("{}: {} bytes", out.display(), bundle.len()));
    Ok(ExitCode::SUCCESS)
}
