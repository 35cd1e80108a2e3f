//! Whether the certificate on a channel still stands. Asked at every request, not only when the connection opened (SLS 16-2(1)).

use std::path::{Path as File, PathBuf};
use std::sync::Arc;

use certs::anchors::{AnchorError, Anchors};
use certs::path::{Certificate, Constraints, Path, validate};
use certs::revocation::Status;

use crate::authorities::lists::Lists;
use crate::clock::{Clock, Millis};
use crate::config::{Config, Listen};
use crate::enrolment::Fingerprint;
use crate::listener::Peer;
use crate::memory::Memory;
use crate::refusal::{Code, Refusal};

/// Certificates whose paths are remembered.
const MOST: usize = 16_384;

/// Why the authorities of clients cannot be taken up.
#[derive(Debug, thiserror::Error)]
pub enum ClientsError {
    #[error("client_ca: cannot read {}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("client_ca: {0}")]
    Anchors(#[from] AnchorError),
}

/// A path that was found, under the anchors it leads to.
#[derive(Clone, Debug)]
struct Found {
    anchors: Arc<Anchors>,
    path: Arc<Path>,
}

/// The authorities of TLS clients and what they revoked.
#[derive(Debug)]
pub struct Clients {
    lists: Arc<Lists>,
    paths: Memory<Fingerprint, Found>,
}

impl Clients {
    /// Reads the authorities of both listeners, and the lists kept on disk by an earlier run.
    ///
    /// # Errors
    /// When the authorities cannot be read.
    pub fn open(config: &Config, clock: Arc<dyn Clock>) -> Result<Self, ClientsError> {
        let anchors = Self::authorities(config)?;
        let interval = config.clients.refresh_seconds.duration();
        if config.clients.crl.is_empty() {
            tracing::warn!(
                "clients.crl is empty: only its enrolment says whether a system's certificate still stands"
            );
        }
        let lists = Lists::open(anchors, &config.clients.crl, interval, &config.trust.cache, clock);
        Ok(Self { lists: Arc::new(lists), paths: Memory::of(MOST) })
    }

    /// The authorities that both listeners are configured with.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn authorities(config: &Config) -> Result<Arc<Anchors>, ClientsError> {
        Ok(Arc::new(authorities([&config.exchange, &config.console])?))
    }

    /// Trusts these. Clients of one that is gone are refused from the next request on.
    pub fn put_under(&self, authorities: Arc<Anchors>) {
        self.lists.put_under(authorities);
    }

    /// The lists of their authorities.
    pub(crate) fn lists(&self) -> &Arc<Lists> {
        &self.lists
    }

    /// Refreshes the lists for ever.
    pub async fn watch(self: Arc<Self>, mut failed: usize) {
        loop {
            tokio::time::sleep(self.lists.pause(failed)).await;
            failed = self.lists.refresh().await;
        }
    }

    /// Whether the certificate this client showed still stands.
    ///
    /// # Errors
    /// `system-not-enrolled` if it ended, was revoked, or its authority is not trusted any more; `revocation-unknown` if lists are
    /// configured and none says.
    pub fn stands(&self, peer: &Peer, at: Millis) -> Result<(), Refusal> {
        let path = self.path(peer, at.seconds())?;
        if path.certificates().iter().any(|certificate| certificate.validity().not_after < at.seconds()) {
            return Err(fallen("has expired since it was opened"));
        }
        if self.lists.sources() == 0 {
            return Ok(());
        }
        let statuses = self.lists.locked().revocation.statuses(&path, at.seconds());
        for status in statuses {
            match status {
                Status::Good { .. } => {}
                Status::Revoked { .. } => return Err(fallen("was revoked by its authority")),
                Status::Unknown { why } => {
                    let detail =
                        format!("Whether the certificate of this connection is revoked is not known: {why}.");
                    return Err(Refusal::new(Code::RevocationUnknown, detail));
                }
            }
        }
        Ok(())
    }

    /// The way from a client's certificate to an authority, found once.
    fn path(&self, peer: &Peer, at: i64) -> Result<Arc<Path>, Refusal> {
        let anchors = Arc::clone(&self.lists.locked().anchors);
        let known = self.paths.get(&peer.fingerprint);
        if let Some(known) = known.filter(|known| Arc::ptr_eq(&known.anchors, &anchors)) {
            return Ok(known.path);
        }
        let mut chain = peer.chain.iter().filter_map(|der| Certificate::parse(der).ok());
        let leaf = chain.next().ok_or_else(|| fallen("cannot be read"))?;
        let intermediates: Vec<_> = chain.collect();
        let path = validate(&leaf, &intermediates, &anchors, at, &Constraints::PLAIN).map_err(|error| {
            let detail = format!("The certificate of this connection does not hold: {error}.");
            Refusal::new(Code::SystemNotEnrolled, detail)
        })?;
        let path = Arc::new(path);
        self.paths.keep(peer.fingerprint, Found { anchors, path: Arc::clone(&path) });
        Ok(path)
    }
}

fn fallen(what: &str) -> Refusal {
    Refusal::new(Code::SystemNotEnrolled, format!("The certificate of this connection {what}."))
}

fn authorities(listeners: [&Listen; 2]) -> Result<Anchors, ClientsError> {
    let mut files = Vec::new();
    for listen in listeners {
        let file: &File = &listen.client_ca;
        let pem = std::fs::read(file)
            .map_err(|source| ClientsError::Unreadable { path: file.to_path_buf(), source })?;
        files.push((file.display().to_string(), pem));
    }
    files.dedup();
    Ok(Anchors::from_files(files.iter().map(|(name, pem)| (name.as_str(), pem.as_slice())))?)
}
