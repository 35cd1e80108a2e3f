//! Journal entries out to those who watch, as they happen: at least once, in order, and never in the way of a request.
//!
//! A stream follows the register: from memory as long as it keeps up, else it reads the journal from the database over a
//! connection of its own, from a cursor that is kept there. What was not delivered for certain is sent again: after a restart,
//! or when whoever listens vanished. `metadata.uid` names an entry, so that copies can be told.

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
use crate::register::{Followed, Indexer, Newest, Place, Progress, Registered};
use crate::store::StoreError;
use crate::store::register::Register;
use crate::telemetry::metrics;
use crate::turn;

/// Events made in one go: others on the thread wait for so many.
const STRETCH: usize = 32;
/// Entries read from the database at once: with all that is sealed in them, some megabytes.
const FETCHED: u16 = 256;
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
        let next = match self.next {
            Some(next) => next,
            None => self.register.streamed(&self.name, &self.origin).await?,
        };
        self.next = Some(next);
        let Waiting { events, more, size } = self.waiting(next).await?;
        self.tell_lag(size.saturating_sub(next));
        let Some(last) = events.last() else { return Ok(false) };
        let end = last.index.saturating_add(1);
        self.sink.deliver(&events).await?;
        self.next = Some(end);
        self.unsettled.push((end, Instant::now()));
        self.settle().await?;
        self.tell_lag(size.saturating_sub(end));
        Ok(more)
    }

    /// What is not settled counts as behind.
    fn tell_lag(&self, unsent: u64) {
        metrics::stream_lag(&self.name, unsent.max(u64::from(!self.unsettled.is_empty())));
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

    /// What the register knows of a request, its officer's key and registry, stands in its events: nothing is sent before it is there.
    async fn waiting(&self, next: u64) -> Result<Waiting, StreamError> {
        if let Some(Newest { entries, more, size }) = self.indexer.newest(next, self.sink.most()) {
            let mut events = Vec::with_capacity(entries.len());
            for some in entries.chunks(STRETCH) {
                turn::for_others().await;
                let event = |it: &Followed| Event::of(&self.origin, &it.entry, it.request.as_deref());
                events.extend(some.iter().map(event));
            }
            return Ok(Waiting { events, more, size });
        }
        let logs = self.register.progress().await?;
        let Some(log) = logs.into_iter().find(|log| *log.origin == *self.origin) else {
            return Ok(Waiting::default());
        };
        let indexed = u16::try_from(log.next.saturating_sub(next)).unwrap_or(u16::MAX).min(FETCHED);
        let events = if indexed == 0 { Vec::new() } else { self.fetch(&log, next, indexed).await? };
        Ok(Waiting { more: events.len() >= usize::from(FETCHED), events, size: log.size })
    }

    async fn fetch(&self, log: &Progress, from: u64, limit: u16) -> Result<Vec<Event>, StreamError> {
        let entries = self.indexer.entries(&self.origin, from, limit).await?;
        let place = |entry: &StoredEntry| Place::new(log.log, entry.grant.unwrap_or(entry.index));
        let places: Vec<Place> = entries.iter().filter_map(|it| place(&it.entry)).collect();
        let rows = self.register.rows(&places).await?.into_iter().map(|row| (row.place, row));
        let rows: HashMap<Place, Registered> = rows.collect();
        let request = |entry: &StoredEntry| rows.get(&place(entry)?);
        Ok(entries.iter().map(|it| Event::of(&self.origin, &it.entry, request(&it.entry))).collect())
    }
}

/// What is to be sent next.
#[derive(Debug, Default)]
struct Waiting {
    events: Vec<Event>,
    /// Whether more is waiting behind them.
    more: bool,
    /// Entries of the log.
    size: u64,
}
