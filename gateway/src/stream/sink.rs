//! Where events go.

use std::time::Duration;

use super::event::Event;
use super::file::FileSink;
use super::otlp::OtlpSink;
use super::socket::SocketSink;
use crate::config::{Stream, Target};

/// A connection that outlived what was sent by so much has delivered it, as far as anyone can know without an answer.
const SETTLING: Duration = Duration::from_secs(2);

/// Why events were not delivered.
#[derive(Debug, thiserror::Error)]
pub(super) enum SinkError {
    #[error("{0} cannot be written to")]
    Written(String, #[source] std::io::Error),
    #[error("{0} does not take anything in time")]
    Slow(String),
    #[error("{0} hung up")]
    HungUp(String),
    #[error("the collector {0} cannot be asked")]
    Http(String, #[source] hyper::Error),
    #[error("the collector {0} answered {1}")]
    Status(String, u16),
    #[error("the collector's address is none: {0}")]
    Address(String),
}

#[derive(Debug)]
pub(super) enum Sink {
    File(FileSink),
    Socket(SocketSink),
    Otlp(OtlpSink),
}

impl Sink {
    pub(super) fn of(config: &Stream) -> Self {
        match &config.to {
            Target::File(path) => Self::File(FileSink::new(path.clone(), config.rotate_bytes, config.keep)),
            Target::Tcp(_) | Target::Unix(_) => Self::Socket(SocketSink::new(config.to.clone())),
            Target::Otlp(address) => Self::Otlp(OtlpSink::new(address.clone())),
        }
    }

    /// Delivers all of them or fails.
    pub(super) async fn deliver(&mut self, events: &[Event]) -> Result<(), SinkError> {
        match self {
            Self::File(file) => file.deliver(events).await,
            Self::Socket(socket) => socket.deliver(events).await,
            Self::Otlp(collector) => collector.deliver(events).await,
        }
    }

    /// Whether whoever listens is still there, as far as that shows without sending.
    pub(super) fn check(&self) -> Result<(), SinkError> {
        match self {
            Self::Socket(socket) => socket.check(),
            Self::File(_) | Self::Otlp(_) => Ok(()),
        }
    }

    /// Entries handed over at once. A file costs a sync for each lot; who listens has to take one within a few seconds, and a collector
    /// as one body.
    pub(super) const fn most(&self) -> u16 {
        match self {
            Self::File(_) => 1024,
            Self::Socket(_) | Self::Otlp(_) => 256,
        }
    }

    /// How long after sending something counts as delivered. A file and a collector say so themselves.
    pub(super) const fn patience(&self) -> Duration {
        match self {
            Self::Socket(_) => SETTLING,
            Self::File(_) | Self::Otlp(_) => Duration::ZERO,
        }
    }

    /// Lets go; the next delivery begins anew.
    pub(super) fn close(&mut self) {
        match self {
            Self::File(file) => file.close(),
            Self::Socket(socket) => socket.close(),
            Self::Otlp(_) => {}
        }
    }
}

/// Events as lines.
pub(super) fn lines(events: &[Event]) -> Vec<u8> {
    let length = events.iter().map(|event| event.line.len().saturating_add(1)).sum();
    let mut bytes = Vec::with_capacity(length);
    for event in events {
        bytes.extend_from_slice(event.line.as_bytes());
        bytes.push(b'\n');
    }
    bytes
}
