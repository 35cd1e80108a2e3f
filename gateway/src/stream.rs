//! Journal entries out to those who watch, as they happen: at least once, in order, and never in the way of a request.
//!
//! A stream reads the journal from the database over a connection of its own, from a cursor that is kept there. What was not
//! delivered for certain is sent again: after a restart, or when whoever listens vanished. `metadata.uid` names an entry, so
//! that copies can be told.

mod event;
mod file;
mod otlp;
mod sink;
mod socket;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use event::Event;
use sink::{Sink, SinkError};

use crate::config::Stream;
use crate::entry::StoredEntry;
use crate::register::{Indexer, Place, Progress, Registered};
use crate::store::StoreError;
use crate::store::register::Register;
use crate::telemetry::metrics;

/// Entries sent at once.
const BATCH: u16 = 256;
/// How often the journal is looked at when there is nothing to send.
const EVERY: Duration = Duration::from_millis(250);
/// Longest pause after a failure.
const LONGEST: Duration = Duration::from_secs(30);

/// Why nothing is delivered. It is tried again.
#[derive(Debug, thiserror::Error)]
enum StreamError {
    #[error("the database failed")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Sink(#[from] SinkError),
}

/// One stream of this node's log.
#[derive(Debug)]
pub struct Streamer {
    name: String,
    origin: Arc<str>,
    register: Arc<dyn Register>,
    indexer: Arc<Indexer>,
    sink: Sink,
    /// The first entry not yet sent; behind it lie those sent but not settled.
    next: Option<u64>,
    /// Ends of what was sent over a socket, with the instant: settled once the connection outlived it for a while.
    unsettled: Vec<(u64, Instant)>,
}

impl Streamer {
    #[must_use]
    pub fn new(
        config: &Stream,
        origin: Arc<str>,
        register: Arc<dyn Register>,
        indexer: Arc<Indexer>,
    ) -> Self {
        let (sink, name) = (Sink::of(config), config.name.clone());
        Self { name, origin, register, indexer, sink, next: None, unsettled: Vec::new() }
    }

    /// Streams for ever.
    pub async fn run(mut self) {
        let mut pause = EVERY;
        loop {
            match self.turn().await {
                Ok(true) => {
                    pause = EVERY;
                    continue;
                }
                Ok(false) => pause = EVERY,
                Err(error) => {
                    let (stream, cause) = (self.name.as_str(), &error as &dyn std::error::Error);
                    tracing::warn!(stream, error = cause, "the stream stands still");
                    metrics::stream_failed(&self.name);
                    self.begin_again();
                    pause = pause.saturating_mul(2).min(LONGEST);
                }
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Nothing that is not settled counts as sent.
    fn begin_again(&mut self) {
        self.sink.close();
        self.unsettled.clear();
        self.next = None;
    }

    /// Sends one batch; `true` if more is waiting already. What trickles in is taken together a little later: a look for
    /// every few entries would cost more than the entries.
    async fn turn(&mut self) -> Result<bool, StreamError> {
        self.settle().await?;
        let logs = self.register.progress().await?;
        let Some(log) = logs.into_iter().find(|log| *log.origin == *self.origin) else { return Ok(false) };
        let next = match self.next {
            Some(next) => next,
            None => self.register.streamed(&self.name, &self.origin).await?,
        };
        self.next = Some(next);
        let behind = self.unsettled.len();
        metrics::stream_lag(&self.name, log.size.saturating_sub(next).max(u64::from(behind > 0)));
        // What the register knows of a request, its officer's key and registry, stands in its events.
        if next >= log.next {
            return Ok(false);
        }
        let events = self.events(&log, next).await?;
        let Some(last) = events.last() else { return Ok(false) };
        let (end, whole) = (last.index.saturating_add(1), events.len() >= usize::from(BATCH));
        self.sink.deliver(&events).await?;
        self.next = Some(end);
        self.unsettled.push((end, Instant::now()));
        self.settle().await?;
        let left = log.size.saturating_sub(end).max(u64::from(!self.unsettled.is_empty()));
        metrics::stream_lag(&self.name, left);
        Ok(whole)
    }

    /// Moves the durable cursor behind what has arrived for certain.
    async fn settle(&mut self) -> Result<(), StreamError> {
        self.sink.check()?;
        let patience = self.sink.patience();
        let settled = self.unsettled.iter().take_while(|(_, sent)| sent.elapsed() >= patience).count();
        if let Some((end, _)) = self.unsettled.drain(..settled).next_back() {
            self.register.advance_stream(&self.name, &self.origin, end).await?;
        }
        Ok(())
    }

    async fn events(&self, log: &Progress, from: u64) -> Result<Vec<Event>, StreamError> {
        let indexed = u16::try_from(log.next.saturating_sub(from)).unwrap_or(u16::MAX);
        let entries = self.indexer.entries(&self.origin, from, BATCH.min(indexed)).await?;
        let place = |entry: &StoredEntry| Place::new(log.log, entry.grant.unwrap_or(entry.index));
        let places: Vec<Place> = entries.iter().filter_map(|entry| place(entry)).collect();
        let rows = self.register.rows(&places).await?.into_iter().map(|row| (row.place, row));
        let rows: HashMap<Place, Registered> = rows.collect();
        let request = |entry: &StoredEntry| rows.get(&place(entry)?);
        Ok(entries.iter().map(|entry| Event::of(&self.origin, entry, request(entry))).collect())
    }
}
