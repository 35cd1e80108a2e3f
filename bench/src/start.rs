//! Starting the programs that are measured, and ending them.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::Fault;

/// How long a program may take until it serves.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program that runs until this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    pub(crate) pid: u32,
}

impl Running {
    /// Starts `program`; what it says goes to `log`.
    pub(crate) fn start(program: &Path, arguments: &[&str], log: &Path) -> Result<Self, Fault> {
        let log = File::create(log)?;
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .map_err(|error| format!("{} does not start: {error}", program.display()))?;
        let pid = child.id().ok_or("the program ended at once")?;
        Ok(Self { child, pid })
    }

    /// Asks it to end, and waits until it did.
    pub(crate) async fn stop(mut self) -> Result<(), Fault> {
        self.ask_to_end();
        if tokio::time::timeout(Duration::from_secs(40), self.child.wait()).await.is_err() {
            self.child.kill().await?;
        }
        Ok(())
    }

    fn ask_to_end(&self) {
        // A program that ended already is no fault here.
        let _ = std::process::Command::new("kill").arg(self.pid.to_string()).stderr(Stdio::null()).status();
    }

    fn ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits until `GET path` at `place` is answered with 200.
    pub(crate) async fn ready(&mut self, place: SocketAddr, path: &str) -> Result<(), Fault> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if status(place, path).await.is_ok_and(|status| status.contains(" 200 ")) {
                return Ok(());
            }
            if self.ended() {
                return Err(format!("the program at {place} ended before it was ready; see its log").into());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Err(format!("nothing became ready at {place}").into())
    }

    /// Waits until somebody listens at `place`.
    pub(crate) async fn listening(&mut self, place: SocketAddr) -> Result<(), Fault> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE && !self.ended() {
            if TcpStream::connect(place).await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Err(format!("nobody listens at {place}; see the log").into())
    }
}

/// Also when the bench itself fails. A program that is asked ends its children; one that is killed leaves them behind.
impl Drop for Running {
    fn drop(&mut self) {
        if !self.ended() {
            self.ask_to_end();
        }
    }
}

async fn status(place: SocketAddr, path: &str) -> Result<String, Fault> {
    let mut socket = TcpStream::connect(place).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    tokio::time::timeout(Duration::from_secs(5), socket.read_to_end(&mut answer)).await??;
    Ok(String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned())
}

/// A port that is free now.
pub(crate) fn free() -> Result<SocketAddr, Fault> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
