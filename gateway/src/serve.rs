//! A node: everything put together from its configuration, served until it is told to stop.

mod beside;
mod catalogue;
mod checks;
mod opening;
mod start;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::task::JoinHandle;

use crate::authorities::Authorities;
use crate::clients::Clients;
use crate::config::Config;
use crate::keys::Roster;
use crate::listener::{Drain, Drained, tls};
use crate::matrices::{Matrices, MatricesError};
use crate::policies;
use crate::store::Hold;
use crate::tls_identity::TlsIdentity;
use crate::trust::Trust;
use crate::upstream::Upstream;

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

/// What a reload replaces.
#[derive(Debug)]
struct Reload {
    exchange: Arc<ArcSwap<rustls::ServerConfig>>,
    console: Arc<ArcSwap<rustls::ServerConfig>>,
    upstream: Upstream,
    authorities: Arc<Authorities>,
    trust: Arc<Trust>,
    matrices: Arc<Matrices>,
    clients: Arc<Clients>,
    roster: Roster,
}

impl Node {
    /// Takes up certificates, client authorities and revocation lists anew. Open connections go on; a configuration that cannot be
    /// used changes nothing.
    pub async fn reload(&self, config: &Config) {
        if let Err(error) = self.reload_policy(config).await {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, "the set of policies was not reloaded: the old one stays");
        }
        if let Err(error) = self.take_up(config) {
            let error: &dyn std::error::Error = &error;
            tracing::error!(error, "not reloaded: the old configuration stays");
            return;
        }
        let Reload { authorities, trust, clients, .. } = &self.reload;
        tokio::join!(authorities.refresh(trust), clients.lists().refresh());
        tracing::info!("reloaded");
    }

    fn take_up(&self, config: &Config) -> Result<(), StartError> {
        let (exchange, exchange_key) = tls::load("exchange", &config.exchange)?;
        let (console, console_key) = tls::load("console", &config.console)?;
        let upstream = TlsIdentity::of_upstream(&config.upstream)?;
        self.reload.authorities.reload(&self.reload.trust)?;
        self.reload.clients.reload(config)?;
        self.reload.exchange.store(Arc::new(exchange));
        self.reload.console.store(Arc::new(console));
        self.reload.roster.put("exchange.key", exchange_key);
        self.reload.roster.put("console.key", console_key);
        self.reload.upstream.renew(upstream.certified);
        self.reload.roster.put("upstream.key", upstream.token);
        Ok(())
    }

    /// A set is swapped whole: a request is decided under the old one or the new one.
    async fn reload_policy(&self, config: &Config) -> Result<(), MatricesError> {
        let set = policies::read_set(&config.policy)?;
        self.reload.matrices.reload(set, policies::demand(&config.policy)).await
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
