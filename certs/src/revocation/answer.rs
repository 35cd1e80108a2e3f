use core::fmt;
use std::sync::Arc;

use super::response::{Claim, Response, Statement};
use super::{Source, Status, Unknown, Window};
use crate::path::{Certificate, Path};

/// One statement of an OCSP response that was verified when it arrived.
pub struct Answer {
    bytes: Arc<[u8]>,
    digest: [u8; 32],
    issuer: Arc<Certificate>,
    serial: Vec<u8>,
    claim: Claim,
    window: Window,
    responder: Option<Path>,
}

impl Answer {
    pub(super) fn new(
        response: &Response,
        digest: [u8; 32],
        statement: &Statement,
        issuer: Arc<Certificate>,
        responder: Option<Path>,
        window: Window,
    ) -> Self {
        let signer = responder.as_ref().map_or(&issuer, Path::leaf);
        let until = window.until.min(signer.validity().not_after);
        Self {
            bytes: response.bytes().clone(),
            digest,
            serial: statement.serial.clone(),
            claim: statement.claim,
            window: Window { until, ..window },
            issuer,
            responder,
        }
    }

    /// The whole response as received.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of the response.
    #[must_use]
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// The authority that issued the certificate.
    #[must_use]
    pub fn issuer(&self) -> &Arc<Certificate> {
        &self.issuer
    }

    /// The certificate's serial number.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// When it may be relied on.
    #[must_use]
    pub fn window(&self) -> Window {
        self.window
    }

    /// The path of the delegated responder; `None` if the authority itself answered.
    #[must_use]
    pub fn responder(&self) -> Option<&Path> {
        self.responder.as_ref()
    }

    /// What it says, whenever it was.
    #[must_use]
    pub fn status(self: &Arc<Self>) -> Status {
        let source = Source::Answer(self.clone());
        match self.claim {
            Claim::Good => Status::Good { sources: vec![source] },
            Claim::Revoked { at, reason } => Status::Revoked { at, reason, source },
            Claim::Unknown => Status::Unknown { why: Unknown::NotKnownToAuthority },
        }
    }
}

/// Serial numbers lead to persons: they stay out of logs.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("window", &self.window).finish_non_exhaustive()
    }
}
