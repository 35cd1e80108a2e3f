//! Taking up the configuration anew: all of it is found usable first, then all of it is put in force.

use std::sync::Arc;

use arc_swap::ArcSwap;
use certs::anchors::Anchors;
use rustls::ServerConfig;

use super::start::StartError;
use crate::authorities::Authorities;
use crate::clients::Clients;
use crate::config::Config;
use crate::keys::Roster;
use crate::listener::tls;
use crate::matrices::{self, Matrices, MatricesError};
use crate::pkcs11::TokenKey;
use crate::policies;
use crate::tls_identity::TlsIdentity;
use crate::trust::Trust;
use crate::upstream::Upstream;

/// What a reload replaces.
#[derive(Debug)]
pub(super) struct Reload {
    pub exchange: Arc<ArcSwap<ServerConfig>>,
    pub console: Arc<ArcSwap<ServerConfig>>,
    pub upstream: Upstream,
    pub authorities: Arc<Authorities>,
    pub trust: Arc<Trust>,
    pub matrices: Arc<Matrices>,
    pub clients: Arc<Clients>,
    pub roster: Roster,
    /// What the process runs with since its start.
    pub started: Config,
}

/// Why nothing was reloaded.
#[derive(Debug, thiserror::Error)]
enum ReloadError {
    #[error(transparent)]
    Usable(#[from] StartError),
    #[error(transparent)]
    Policy(#[from] MatricesError),
}

/// A configuration of which everything can be put in force.
struct Usable {
    policy: matrices::Usable,
    exchange: (ServerConfig, Option<Arc<TokenKey>>),
    console: (ServerConfig, Option<Arc<TokenKey>>),
    upstream: TlsIdentity,
    signers: Arc<Anchors>,
    clients: Arc<Anchors>,
}

impl Reload {
    /// Takes up what of `config` counts without a restart; the log says what does not.
    pub(super) async fn take_up(&self, config: &Config) {
        match self.usable(config).await {
            Ok(usable) => self.put_in_force(usable),
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::error!(error, "not reloaded: nothing has changed");
                return;
            }
        }
        tokio::join!(self.authorities.refresh(&self.trust), self.clients.lists().refresh());
        let waiting = self.started.unlike(config);
        if !waiting.is_empty() {
            let settings = waiting.join(", ");
            tracing::warn!(settings, "these settings have changed, and count from the next start on");
        }
        tracing::info!("reloaded");
    }

    async fn usable(&self, config: &Config) -> Result<Usable, ReloadError> {
        let set = policies::read_set(&config.policy).map_err(MatricesError::from)?;
        let exchange = tls::load("exchange", &config.exchange).map_err(StartError::from)?;
        let console = tls::load("console", &config.console).map_err(StartError::from)?;
        let upstream = TlsIdentity::of_upstream(&config.upstream).map_err(StartError::from)?;
        let signers = self.authorities.anchors().map_err(StartError::from)?;
        let clients = Clients::authorities(config).map_err(StartError::from)?;
        // Last: it is kept in the database what the set is.
        let policy = self.matrices.usable(set, policies::demand(&config.policy)).await?;
        Ok(Usable { policy, exchange, console, upstream, signers, clients })
    }

    fn put_in_force(&self, usable: Usable) {
        let Usable { policy, exchange, console, upstream, signers, clients } = usable;
        self.authorities.put_under(signers, &self.trust);
        self.clients.put_under(clients);
        self.matrices.put(policy);
        self.exchange.store(Arc::new(exchange.0));
        self.console.store(Arc::new(console.0));
        self.roster.put("exchange.key", exchange.1);
        self.roster.put("console.key", console.1);
        self.upstream.renew(upstream.certified);
        self.roster.put("upstream.key", upstream.token);
    }
}
