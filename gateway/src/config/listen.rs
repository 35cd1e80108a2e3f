//! Listeners and what one client, and all of them together, may take from the gateway.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::key_source::{KeySource, Tokens};
use super::{Seconds, resolve};

/// A listener with mutual TLS.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    pub listen: SocketAddr,
    /// PEM: the gateway's certificate, then its intermediates; or PKCS#12.
    pub certificate: PathBuf,
    /// PEM: PKCS#8, PKCS#1 or SEC 1; or PKCS#12; mode 0600. Or a key in a token.
    pub key: KeySource,
    /// Of the PKCS#12 file; mode 0600.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<PathBuf>,
    /// PEM: the authorities whose clients get past the handshake.
    pub client_ca: PathBuf,
    /// Also accept TLS 1.2, for systems that cannot do better.
    #[serde(default)]
    pub tls12: bool,
    #[serde(default)]
    pub limits: Limits,
}

impl Listen {
    pub(super) fn resolve(&mut self, base: &Path, tokens: &Tokens) {
        self.key.resolve(base, tokens);
        for path in [&mut self.certificate, &mut self.client_ca].into_iter().chain(&mut self.password) {
            resolve(path, base);
        }
    }
}

/// Everything on a listener has a limit. Times in seconds, sizes in bytes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The body of a request; routes that take more say so themselves.
    pub body: NonZeroUsize,
    /// All of a request's header fields together with its request line.
    pub header_bytes: NonZeroU32,
    /// Number of header fields.
    pub headers: NonZeroUsize,
    /// From the first byte of a header to its last (HTTP/1).
    pub header_seconds: Seconds,
    /// From the end of the header to the last byte of the body.
    pub body_seconds: Seconds,
    /// From the end of the header until the answer is taken. Longer than any registry's time, or answers are lost.
    pub request_seconds: Seconds,
    /// Between two requests on one connection.
    pub idle_seconds: Seconds,
    pub handshake_seconds: Seconds,
    /// Handshakes in flight; one more sheds the oldest.
    pub handshakes: NonZeroUsize,
    /// Connections in all.
    pub connections: NonZeroUsize,
    /// Connections with one client certificate.
    pub connections_per_system: NonZeroUsize,
    /// Requests in flight in all.
    pub requests: NonZeroUsize,
    /// Requests in flight with one client certificate, from the end of a header to the last byte of the answer.
    pub requests_per_system: NonZeroUsize,
    /// Requests in flight of one agency.
    pub requests_per_agency: NonZeroUsize,
    /// Concurrent streams on one HTTP/2 connection.
    pub streams: NonZeroU32,
}

const fn size(value: usize) -> NonZeroUsize {
    match NonZeroUsize::new(value) {
        Some(value) => value,
        None => NonZeroUsize::MIN,
    }
}

/// A number that cannot be zero, of one that is not.
pub(crate) const fn number(value: u32) -> NonZeroU32 {
    match NonZeroU32::new(value) {
        Some(value) => value,
        None => NonZeroU32::MIN,
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: size(256 * 1024),
            header_bytes: number(16 * 1024),
            headers: size(64),
            header_seconds: Seconds::of(10),
            body_seconds: Seconds::of(20),
            request_seconds: Seconds::of(120),
            idle_seconds: Seconds::of(90),
            handshake_seconds: Seconds::of(10),
            handshakes: size(1024),
            connections: size(16_384),
            connections_per_system: size(500),
            requests: size(2048),
            requests_per_system: size(512),
            requests_per_agency: size(512),
            streams: number(128),
        }
    }
}

/// The listener for machines that watch over the gateway: plain HTTP, no records, no names.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Admin {
    pub listen: SocketAddr,
    /// Listen beyond loopback; only where the network itself keeps others out.
    pub allow_remote: bool,
}

impl Default for Admin {
    fn default() -> Self {
        Self { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 9090)), allow_remote: false }
    }
}
