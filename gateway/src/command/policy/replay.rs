//! `negiz policy replay`: what another set would have made of the requests that were really decided.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use policy::{Change, Decided, Facts, Policy, ProofDemand};
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::{CouldNot, Named, faulty};
use crate::clock::{Clock as _, Millis, SystemClock};
use crate::command::say;
use crate::config::Config;
use crate::document::instant;
use crate::entry::{Kind, StoredEntry};
use crate::journal::kept::Kept;
use crate::keys::Keys;
use crate::store::connect;
use crate::vault::{Vault, VaultError};

/// Rows read at a time.
const PAGE: u32 = 1024;

/// What to decide again, and under which set.
#[derive(Debug, Args)]
pub(super) struct Replay {
    /// From which instant on, e.g. 2026-11-01T00:00:00Z.
    #[arg(long, value_name = "RFC3339", value_parser = since)]
    since: Millis,
    /// The gateway whose log is read.
    #[arg(long = "log", value_name = "CONFIG", default_value = "negiz.toml")]
    log: PathBuf,
    /// Print every difference as JSON, one a line.
    #[arg(long)]
    json: bool,
    /// The proposed set.
    #[command(flatten)]
    set: Named,
}

/// What was gone through.
#[derive(Debug, Default)]
struct Tally {
    decided: usize,
    different: usize,
    more: usize,
    /// Destroyed with the material of their cases (SLS 16-3(3)).
    destroyed: usize,
}

fn since(text: &str) -> Result<Millis, String> {
    instant(text).ok_or_else(|| "expected an RFC 3339 date-time, like 2026-11-01T00:00:00Z".to_owned())
}

impl Replay {
    pub(super) async fn run(self) -> Result<ExitCode, CouldNot> {
        let files = match self.set.files()? {
            Ok(files) => files,
            Err(error) => return Ok(faulty(&[error.to_string()], false)),
        };
        let proposed = match Policy::load(&files, ProofDemand::Waived) {
            Ok(proposed) => proposed,
            Err(error) => return Ok(faulty(&[error.to_string()], false)),
        };
        let config = Config::load(&self.log)?;
        let keys = Keys::read(&config)?;
        let store = connect(config.database.url.expose_secret(), 2).await?;
        let vault = keys.vault(Arc::clone(&store))?;
        let (origin, mut next, mut tally) = (config.origin(), 0, Tally::default());
        loop {
            let rows = store.entries(&origin, next, PAGE).await?;
            let Some(last) = rows.last() else { break };
            next = last.index.saturating_add(1);
            for row in rows.iter().filter(|row| row.at >= self.since) {
                self.again(&proposed, &vault, row, &mut tally).await?;
            }
        }
        if !self.json {
            let Tally { decided, different, more, destroyed } = tally;
            say(format_args!(
                "{decided} decisions made again under {}: {different} come out otherwise, {more} of them release more",
                proposed.digest()
            ));
            if destroyed > 0 {
                say(format_args!("{destroyed} were destroyed with the material of their cases"));
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn again(
        &self,
        proposed: &Policy,
        vault: &Vault,
        row: &StoredEntry,
        tally: &mut Tally,
    ) -> Result<(), CouldNot> {
        let (Some(case), Kind::Grant | Kind::Refusal) = (&row.case_ref, row.kind) else { return Ok(()) };
        let clear = match vault.open(case, &row.content, SystemClock.now()).await {
            Ok(clear) => clear,
            Err(VaultError::Destroyed) => {
                tally.destroyed = tally.destroyed.saturating_add(1);
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let Some((facts, before)) = decided(&Kept::from_bytes(&clear)?)? else { return Ok(()) };
        tally.decided = tally.decided.saturating_add(1);
        let name = row.request.map_or_else(|| format!("entry {}", row.index), |id| id.to_string());
        if let Some(change) = proposed.replay(&name, &facts, &before) {
            tally.different = tally.different.saturating_add(1);
            tally.more = tally.more.saturating_add(usize::from(change.releases_more()));
            self.tell(&change);
        }
        Ok(())
    }

    fn tell(&self, change: &Change) {
        if self.json {
            let Change { request, before, after } = change;
            let more = change.releases_more();
            say(json!({ "request": request, "before": before, "after": after, "releases-more": more }));
        } else {
            say(change);
        }
    }
}

/// The facts a decision was made on, and how it came out; nothing for what ended before there was a decision.
fn decided(kept: &Kept) -> Result<Option<(Facts, Decided)>, CouldNot> {
    let mut facts = kept.read()?.facts;
    match (facts.remove("decided-on"), facts.remove("decision")) {
        (Some(facts), Some(decision)) => {
            Ok(Some((serde_json::from_value(facts)?, serde_json::from_value(decision)?)))
        }
        _ => Ok(None),
    }
}
