//! A node: everything put together from its configuration, served until it is told to stop.

mod beside;
mod catalogue;
mod checks;
mod opening;
mod reload;
mod start;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use self::reload::Reload;
use crate::config::Config;
use crate::listener::{Drain, Drained};
use crate::store::Hold;

pub(crate) use start::upstream;
pub use start::{StartError, start};

/// How long requests in flight may take to finish once the node is told to stop.
pub const GRACE: Duration = Duration::from_secs(30);

/// A running node.
#[derive(Debug)]
pub struct Node {
    pub exchange: SocketAddr,
    pub console: SocketAddr,
    pub admin: SocketAddr,
    pub keys: Arc<crate::routes::Keys>,
    drain: Drain,
    serving: Vec<JoinHandle<Drained>>,
    background: Vec<JoinHandle<()>>,
    journal: JoinHandle<()>,
    reload: Reload,
    /// This node's log, for as long as it runs.
    hold: Hold,
}

impl Node {
    /// Takes up certificates, client authorities, policies and revocation lists anew. Open connections go on; a configuration that cannot
    /// be used changes nothing.
    pub async fn reload(&self, config: &Config) {
        self.reload.take_up(config).await;
    }

    /// Waits until another process writes this node's log: then this one must stop.
    pub async fn displaced(&self) {
        self.hold.displaced().await;
    }

    /// Stops: no new connections, requests in flight finish, what is recorded is written out.
    pub async fn stop(self) -> Drained {
        self.drain.begin(GRACE);
        let mut all = Drained::default();
        for serving in self.serving {
            if let Ok(drained) = serving.await {
                all.finished = all.finished.saturating_add(drained.finished);
                all.cut = all.cut.saturating_add(drained.cut);
            }
        }
        for task in &self.background {
            task.abort();
        }
        // The writer ends when the last request lets go of the journal, also one whose client hung up.
        let _ = tokio::time::timeout(GRACE, self.journal).await;
        all
    }
}
