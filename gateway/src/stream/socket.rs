//! Events as lines over a TCP or Unix connection.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use super::event::Event;
use super::sink::{SinkError, lines};
use crate::config::Target;

/// Longest wait for a connection, and for a batch to be taken.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct SocketSink {
    to: Target,
    open: Option<Connection>,
}

#[derive(Debug)]
enum Connection {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl SocketSink {
    pub(super) fn new(to: Target) -> Self {
        Self { to, open: None }
    }

    pub(super) fn close(&mut self) {
        self.open = None;
    }

    /// Whoever only listens never writes: something to read, or the end, is a connection that is over.
    pub(super) fn check(&self) -> Result<(), SinkError> {
        let mut byte = [0; 1];
        let read = match &self.open {
            None => return Ok(()),
            Some(Connection::Tcp(stream)) => stream.try_read(&mut byte),
            Some(Connection::Unix(stream)) => stream.try_read(&mut byte),
        };
        match read {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(()),
            Ok(0) => Err(SinkError::HungUp(self.to.to_string())),
            Ok(_) => Ok(()),
            Err(error) => Err(SinkError::Written(self.to.to_string(), error)),
        }
    }

    pub(super) async fn deliver(&mut self, events: &[Event]) -> Result<(), SinkError> {
        let name = || self.to.to_string();
        let (slow, failed) = (SinkError::Slow(name()), |error| SinkError::Written(name(), error));
        let connection = match self.open.take() {
            Some(connection) => connection,
            None => match timeout(PATIENCE, connect(&self.to)).await {
                Ok(connected) => connected.map_err(failed)?,
                Err(_) => return Err(slow),
            },
        };
        match timeout(PATIENCE, write(connection, &lines(events))).await {
            Ok(written) => self.open = Some(written.map_err(failed)?),
            Err(_) => return Err(slow),
        }
        Ok(())
    }
}

async fn connect(to: &Target) -> std::io::Result<Connection> {
    match to {
        Target::Tcp(address) => {
            let stream = TcpStream::connect(address.as_str()).await?;
            stream.set_nodelay(true)?;
            Ok(Connection::Tcp(stream))
        }
        Target::Unix(path) => Ok(Connection::Unix(UnixStream::connect(path).await?)),
        Target::File(_) | Target::Otlp(_) => Err(std::io::ErrorKind::Unsupported.into()),
    }
}

async fn write(mut connection: Connection, bytes: &[u8]) -> std::io::Result<Connection> {
    match &mut connection {
        Connection::Tcp(stream) => stream.write_all(bytes).await?,
        Connection::Unix(stream) => stream.write_all(bytes).await?,
    }
    Ok(connection)
}
