//! A listener with mutual TLS: who may come in, how many, how slowly, and how everybody leaves.
//!
//! `rustls` and `hyper` do the protocols; here are the limits around them. A client that holds connections open, sends
//! its header a byte at a time, never reads its answer, or comes in numbers, costs a bounded amount and stops nobody.

mod activity;
mod bare;
mod body;
mod census;
mod connection;
mod descriptors;
mod drain;
mod hop;
mod pending;
mod returning;
mod service;
pub mod tls;
mod watched;

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Router;
use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::config::Limits;
use crate::enrolment::Fingerprint;
use crate::telemetry::metrics::{self, Shed};

pub use body::{BodyLimit, Unread, Whole};
pub use descriptors::raise_descriptor_limit;
pub use drain::{Drain, Draining};
pub use service::Admitted;

/// The system at the other end of a connection: an extension of every request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// SHA-256 of its certificate.
    pub fingerprint: Fingerprint,
    /// What it showed, its own certificate first. An authority of the listener vouched for it when the connection opened; whether it is
    /// enrolled, and its certificate still stands, is for others to say.
    pub chain: Arc<[CertificateDer<'static>]>,
    pub address: SocketAddr,
    /// Number of the connection on this listener, from 1.
    pub connection: u64,
}

/// How a drain ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were open when the drain began and ended by themselves.
    pub finished: usize,
    /// Connections that the deadline cut.
    pub cut: usize,
}

/// A bound socket that does not serve yet.
#[derive(Debug)]
pub struct Listener {
    name: &'static str,
    socket: TcpListener,
    address: SocketAddr,
}

/// The address could not be had.
#[derive(Debug, thiserror::Error)]
#[error("{name}: cannot listen on {address}")]
pub struct BindError {
    pub name: &'static str,
    pub address: SocketAddr,
    pub source: std::io::Error,
}

impl Listener {
    /// Binds `address`; port 0 takes a free one. `name` is for logs and metrics.
    ///
    /// # Errors
    /// If the address is in use or not ours.
    pub async fn bind(name: &'static str, address: SocketAddr) -> Result<Self, BindError> {
        let failed = |source| BindError { name, address, source };
        let socket = TcpListener::bind(address).await.map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        Ok(Self { name, socket, address })
    }

    /// The address bound.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `drain` begins, then stops accepting, lets requests in flight finish, and returns; at the drain's
    /// deadline the remaining connections are cut. What is in `tls` at the moment of an accept is what that connection
    /// gets: storing a new configuration reloads certificates and authorities without touching open connections.
    pub async fn serve(
        self,
        router: Router,
        tls: Arc<ArcSwap<ServerConfig>>,
        limits: &Limits,
        drain: Draining,
    ) -> Drained {
        let house = Arc::new(House::new(self.name, router, Some(tls), limits.clone(), drain));
        house.serve(self.socket).await
    }

    /// As [`Listener::serve`], without TLS: requests have no [`Peer`]. For loopback only.
    pub async fn serve_plain(self, router: Router, limits: &Limits, drain: Draining) -> Drained {
        let house = Arc::new(House::new(self.name, router, None, limits.clone(), drain));
        house.serve(self.socket).await
    }
}

/// What all connections of a listener share.
struct House {
    name: &'static str,
    router: Router,
    tls: Option<Arc<ArcSwap<ServerConfig>>>,
    limits: Limits,
    drain: Draining,
    pending: pending::Pending,
    connections: census::Census,
    in_flight: census::Census,
    requests: Arc<Semaphore>,
}

/// Pause after an `accept` that failed for want of something, such as file descriptors.
const BACK_OFF: Duration = Duration::from_millis(50);

impl House {
    fn new(
        name: &'static str,
        router: Router,
        tls: Option<Arc<ArcSwap<ServerConfig>>>,
        limits: Limits,
        drain: Draining,
    ) -> Self {
        let requests = Arc::new(Semaphore::new(limits.requests.get().min(Semaphore::MAX_PERMITS)));
        let router = router.layer(axum::middleware::from_fn(service::name_route));
        Self {
            name,
            router,
            tls,
            drain,
            pending: pending::Pending::new(limits.handshakes.get()),
            connections: census::Census::new(limits.connections_per_system.get()),
            in_flight: census::Census::new(limits.requests_per_system.get()),
            requests,
            limits,
        }
    }

    async fn serve(self: Arc<Self>, socket: TcpListener) -> Drained {
        let mut connections = JoinSet::new();
        let mut number = 0_u64;
        let mut begun = pin!(self.drain.begun());
        let deadline = loop {
            tokio::select! {
                // In this order: what ends because of the drain is counted by `finish`.
                biased;
                deadline = &mut begun => break deadline,
                Some(_) = connections.join_next() => {}
                accepted = socket.accept() => match accepted {
                    Ok((stream, address)) => {
                        number = number.saturating_add(1);
                        self.admit(&mut connections, stream, address, number);
                    }
                    Err(error) => self.accept_failed(&error).await,
                },
            }
        };
        // From here on the kernel refuses whoever comes.
        drop(socket);
        self.pending.shed_all();
        finish(connections, deadline).await
    }

    fn admit(
        self: &Arc<Self>,
        connections: &mut JoinSet<()>,
        stream: TcpStream,
        address: SocketAddr,
        number: u64,
    ) {
        // Whoever has not shown a certificate yet goes first. If all have, the newcomer does.
        if connections.len() >= self.limits.connections.get() && !self.pending.shed_oldest() {
            metrics::shed(Shed::Connections);
            return;
        }
        let house = Arc::clone(self);
        let ticket = self.pending.enter(number);
        connections.spawn(async move { connection::serve(house, stream, address, number, ticket).await });
    }

    async fn accept_failed(&self, error: &std::io::Error) {
        use std::io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
        metrics::accept_error(self.name);
        if matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted) {
            // That client is gone; the next is not.
            return;
        }
        // Out of descriptors or memory: the connection stays in the kernel's queue, so without a pause this would spin.
        tracing::warn!(listener = self.name, kind = ?error.kind(), "cannot accept connections");
        self.pending.shed_oldest();
        tokio::time::sleep(BACK_OFF).await;
    }
}

/// Waits for the connections to end, until `deadline`.
async fn finish(mut connections: JoinSet<()>, deadline: Instant) -> Drained {
    let mut drained = Drained::default();
    while let Ok(Some(_)) = tokio::time::timeout_at(deadline, connections.join_next()).await {
        drained.finished += 1;
    }
    drained.cut = connections.len();
    connections.shutdown().await;
    drained
}
