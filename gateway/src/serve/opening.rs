//! The journal of a node: resumed, shown to its witnesses, and rid of what a crash left open.

use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::config::Config;
use crate::journal::{Journal, Writer};
use crate::register::{Clerk, Keyring};
use crate::serve::checks;
use crate::serve::start::{Parts, StartError};
use crate::witnesses::{Rounds, Standing, Witnesses, WitnessesError};

pub(super) async fn open_journal(
    config: &Config,
    parts: &Parts,
    signer: evidence::LogSigner,
) -> Result<(Journal, JoinHandle<()>, checks::Journal), StartError> {
    let signer = Arc::new(signer);
    let mut writer = Writer::new(Arc::clone(&parts.store), Arc::clone(&signer), Arc::clone(&parts.clock));
    let (store, log) = (Arc::clone(&parts.store), Arc::clone(&signer));
    let watched = checks::Journal { store, signer: log, failing: writer.failing() };
    writer.resume().await?;
    let (clock, vault) = (Arc::clone(&parts.clock), Arc::clone(&parts.vault));
    let commitments = Arc::clone(&parts.commitments);
    let (journal, writing) = match parts.standing.is_asked() {
        true => {
            let rounds = rounds(config, parts, signer)?;
            Journal::open_witnessed(writer, clock, vault, commitments, rounds).await?
        }
        false => Journal::open(writer, clock, vault, commitments),
    };
    let journal = journal.taken_down_by(clerk(parts));
    let interrupted = journal.recover(&*parts.store, &config.origin()).await?;
    if interrupted > 0 {
        tracing::warn!(interrupted, "grants without an outcome were marked as interrupted");
    }
    Ok((journal, writing, watched))
}

/// Takes down for the register what requests are about.
pub(super) fn clerk(parts: &Parts) -> Clerk {
    Clerk::new(Keyring::new(Arc::clone(&parts.commitments)), Arc::clone(&parts.catalogues))
}

fn rounds(
    config: &Config,
    parts: &Parts,
    signer: Arc<evidence::LogSigner>,
) -> Result<(Rounds, Arc<Standing>), WitnessesError> {
    let (store, standing) = (Arc::clone(&parts.store), Arc::clone(&parts.standing));
    let (settings, origin) = (&config.witnesses, config.origin());
    let witnesses =
        Witnesses::new(settings, standing.quorum(), &parts.upstream, Arc::clone(&store), &origin)?;
    Ok((Rounds::new(witnesses, Arc::clone(&standing), store, signer), standing))
}
