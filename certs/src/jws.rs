//! JSON Web Signature in compact form (RFC 7515), as narrow as it can be: one signer, the certificate inside (`x5c`), five algorithms.
//!
//! Everything by which a token may choose its own key (`jwk`, `jku`, `x5u`), its own rules (`crit`, `b64`) or its own weakness (`none`, HMAC) is
//! refused before any arithmetic.

mod header;

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use header::Header;
pub use header::JwsAlgorithm;

use crate::algorithm::{Acceptance, Algorithm, AlgorithmError, Encoding, PublicKey};
use crate::cms::{Checked, SignatureFault};
use crate::path::Certificate;

/// Why octets are not a token this crate takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MalformedJws {
    /// Not three parts with dots between.
    #[error("a compact JWS has 3 parts, found {found}")]
    Parts {
        /// How many.
        found: usize,
    },
    /// RFC 7515 §2: base64url without padding, without line breaks, without stray bits.
    #[error("the {part} is not strict base64url")]
    Base64 {
        /// Which part.
        part: &'static str,
    },
    /// Not a JSON object of the expected members, or a member twice.
    #[error("the header is not a JSON object with each member once and of its type")]
    Header,
    /// More octets of header than the longest chain takes.
    #[error("the header is longer than {limit} octets")]
    HeaderLength {
        /// The budget.
        limit: usize,
    },
    /// A header member that would let the token choose how it is judged.
    #[error("header member {member} is not allowed")]
    Member {
        /// Which.
        member: &'static str,
    },
    /// `x5c` is missing, empty, too long or not strict base64 of certificates.
    #[error("x5c must be 1 to {limit} certificates in base64, the signer's first")]
    Certificates {
        /// The budget.
        limit: usize,
    },
    /// RFC 7515 §4.1.8: the digest in the header is not that of the first certificate.
    #[error("x5t#S256 is not the digest of the first certificate")]
    Thumbprint,
}

/// A token that was read. Nothing is known yet of its signature.
#[derive(Debug)]
pub struct Jws {
    algorithm: Result<JwsAlgorithm, String>,
    certificates: Vec<Vec<u8>>,
    bytes: Vec<u8>,
    /// How many of them the signature is over, header and payload with the dot between.
    signed: usize,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl Jws {
    /// Reads a compact JWS.
    ///
    /// A token of an algorithm that is not accepted is read no further than its payload, so that [`Jws::check`] can name the algorithm
    /// instead of the first thing such a token lacks.
    ///
    /// # Errors
    /// [`MalformedJws`].
    pub fn parse(bytes: &[u8]) -> Result<Self, MalformedJws> {
        let parts: Vec<&[u8]> = bytes.split(|byte| *byte == b'.').take(4).collect();
        let [header, payload, signature] = parts.as_slice() else {
            return Err(MalformedJws::Parts { found: parts.len() });
        };
        let (certificates, algorithm) = match Header::parse(&decode(header, "header")?)? {
            Header { algorithm: Err(refused), .. } => (Vec::new(), Err(refused)),
            Header { algorithm, certificates } => (certificates, algorithm),
        };
        let signed = header.len().saturating_add(1).saturating_add(payload.len());
        Ok(Self {
            algorithm,
            certificates,
            bytes: bytes.to_vec(),
            signed,
            payload: decode(payload, "payload")?,
            signature: decode(signature, "signature")?,
        })
    }

    /// The token as it arrived.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What was signed.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The certificates of `x5c`, the signer's first, none of them checked.
    #[must_use]
    pub fn certificates(&self) -> &[Vec<u8>] {
        &self.certificates
    }

    /// The raw signature.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Checks the signature with the key of `certificate`, the first of [`Jws::certificates`] once read.
    ///
    /// # Errors
    /// [`SignatureFault`]; [`SignatureFault::CertificateUnreadable`] if it is another certificate or none could be read.
    pub fn check(
        &self,
        certificate: Option<&Arc<Certificate>>,
        acceptance: Acceptance,
    ) -> Result<Checked, SignatureFault> {
        let algorithm = match &self.algorithm {
            Ok(algorithm) => Algorithm::from(*algorithm),
            Err(refused) => return Err(AlgorithmError::not_accepted(refused.as_str()).into()),
        };
        let first = self.certificates.first().map(Vec::as_slice);
        let certificate = certificate
            .filter(|certificate| Some(certificate.der()) == first)
            .ok_or(SignatureFault::CertificateUnreadable)?;
        let key = PublicKey::parse(certificate.public_key())?;
        let signed = self.bytes.get(..self.signed).unwrap_or_default();
        key.verify(algorithm, Encoding::Fixed, signed, &self.signature, acceptance)?;
        Ok(Checked { certificate: certificate.clone(), algorithm, key: key.kind() })
    }
}

fn decode(part: &[u8], name: &'static str) -> Result<Vec<u8>, MalformedJws> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| MalformedJws::Base64 { part: name })
}
