//! What goes on by itself beside the requests.

use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::config::Config;
use crate::keys::Roster;
use crate::routes::Shared;
use crate::serve::catalogue;
use crate::serve::start::{Parts, StartError};
use crate::stamping::{self, Stamper};
use crate::stream::Streamer;
use crate::{outbox, urgent};

/// How many sources gave no list of revoked certificates yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unfetched {
    pub(super) signers: usize,
    pub(super) clients: usize,
}

/// Starts it: lists of revoked certificates, catalogue and acts, resolutions, the matrix in force, clocks of urgent measures, notices, the register,
/// destructions, streams, time-stamps, outcomes that are owed, keys in tokens that do not sign.
///
/// # Errors
/// When the time-stamping authority's address is none.
pub(super) fn start(
    config: &Config,
    parts: &Parts,
    shared: &Shared,
    unfetched: Unfetched,
    roster: &Roster,
) -> Result<Vec<JoinHandle<()>>, StartError> {
    let (store, clock, trust) =
        (|| Arc::clone(&parts.store), || Arc::clone(&parts.clock), || Arc::clone(&parts.trust));
    let destroyer = &shared.destroyer;
    let (settling, origin) = (Arc::clone(&shared.exchange), config.origin());
    let mut all = vec![
        tokio::spawn(Arc::clone(&parts.authorities).watch(trust(), unfetched.signers)),
        tokio::spawn(Arc::clone(&parts.clients).watch(unfetched.clients)),
        tokio::spawn(Arc::clone(&parts.authorities).watch_answers(trust())),
        tokio::spawn(async move { settling.journal.settle(&origin).await }),
        tokio::spawn(Arc::clone(&destroyer.indexer).run()),
        tokio::spawn(Arc::clone(destroyer).run()),
        tokio::spawn(catalogue::watch(
            store(),
            Arc::clone(&parts.catalogues),
            Arc::clone(&parts.acts),
            parts.in_force,
        )),
        tokio::spawn(Arc::clone(&parts.resolutions).watch(store())),
        tokio::spawn(Arc::clone(&parts.matrices).watch()),
        tokio::spawn(urgent::watch(Arc::clone(&shared.exchange), store(), clock(), config.origin())),
        tokio::spawn(outbox::watch(Arc::clone(&parts.drivers), store(), clock(), config.origin())),
        tokio::spawn(roster.clone().watch()),
    ];
    for stream in &config.streams {
        let (register, indexer) = (Arc::clone(&destroyer.register), Arc::clone(&destroyer.indexer));
        let streamer = Streamer::new(stream, Arc::from(config.origin()), register, indexer);
        all.push(tokio::spawn(streamer.run()));
    }
    if let Some(settings) = &config.time_stamps {
        let (address, line) = stamping::reach(settings, &parts.upstream).ok_or(StartError::TimeStamps)?;
        let stamper = Stamper {
            address,
            line,
            every: settings.every_seconds.duration(),
            origin: Arc::from(config.origin()),
            store: store(),
            standing: Arc::clone(&parts.standing),
            trust: trust(),
            clock: clock(),
        };
        all.push(tokio::spawn(stamper.run()));
    }
    Ok(all)
}
