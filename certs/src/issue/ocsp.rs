//! Answering questions about revocation (RFC 6960).

mod request;

use der::asn1::ObjectIdentifier;

pub use request::{CertId, Request};

use super::certificate::{key_identifier, signature_identifier};
use super::crl::Reason;
use super::profile::extension;
use super::{Authority, IssueError, asn1};
use crate::UnixTime;

/// `id-pkix-ocsp-basic`.
const BASIC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.1");
/// `id-pkix-ocsp-nonce`.
const NONCE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.2");

/// What is known of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Not revoked.
    Good,
    /// Revoked.
    Revoked {
        /// Since when.
        since: UnixTime,
        /// Why, if it is said.
        reason: Option<Reason>,
    },
    /// The responder does not know the certificate.
    Unknown,
}

/// How a responder names itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// By its subject name.
    Name,
    /// By the SHA-1 of its key.
    Key,
}

/// Who answers: the authority itself, or somebody that it certified for answering.
#[derive(Clone, Copy, Debug)]
pub struct Responder<'a> {
    /// Certificate and key.
    pub authority: &'a Authority,
    /// How it names itself.
    pub identity: Identity,
    /// Whether its certificate goes along: needed unless the asker has it, as it has the authority's own.
    pub attached: bool,
}

/// The instants of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instants {
    /// When the answer is signed.
    pub produced: UnixTime,
    /// As of when the status is known.
    pub this_update: UnixTime,
    /// When newer information will be there at the latest.
    pub next_update: Option<UnixTime>,
}

/// Why there is no answer (RFC 6960 §4.2.1), with the number the response carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs, reason = "each variant is named by its standard name")]
pub enum Refusal {
    MalformedRequest = 1,
    InternalError = 2,
    TryLater = 3,
    SigRequired = 5,
    Unauthorized = 6,
}

impl Responder<'_> {
    /// Answers every question of `request`, and echoes its nonce. DER `OCSPResponse`.
    ///
    /// # Errors
    /// [`IssueError`] for an instant that cannot be written, or if the key refuses.
    pub fn respond(
        &self,
        request: &Request,
        instants: Instants,
        state: impl FnMut(&CertId) -> State,
    ) -> Result<Vec<u8>, IssueError> {
        self.answer(&request.certificates, request.nonce.as_deref(), instants, state)
    }

    /// Answers about `certificates`, with `nonce` (the value of the extension) or without one, as responders do that prepare answers
    /// beforehand. DER `OCSPResponse`.
    ///
    /// # Errors
    /// As [`Responder::respond`].
    pub fn answer(
        &self,
        certificates: &[CertId],
        nonce: Option<&[u8]>,
        instants: Instants,
        mut state: impl FnMut(&CertId) -> State,
    ) -> Result<Vec<u8>, IssueError> {
        let mut singles = Vec::with_capacity(certificates.len());
        for certificate in certificates {
            singles.push(single(certificate, state(certificate), instants)?);
        }
        let mut data =
            vec![self.identifier()?, asn1::generalized_time(instants.produced)?, asn1::sequence(&singles)];
        if let Some(nonce) = nonce {
            let extensions = asn1::sequence(&[extension(&NONCE, false, nonce)]);
            data.push(asn1::tagged(1, &[extensions]));
        }
        let data = asn1::sequence(&data);
        let key = self.authority.key();
        let signature = asn1::bit_string(&key.sign(&data)?);
        let mut basic = vec![data, signature_identifier(key)?, signature];
        if self.attached {
            basic.push(asn1::tagged(0, &[asn1::sequence(&[self.authority.certificate()])]));
        }
        let basic = asn1::octet_string(&asn1::sequence(&basic));
        let bytes = asn1::tagged(0, &[asn1::sequence(&[asn1::oid(&BASIC), basic])]);
        Ok(asn1::sequence(&[asn1::enumerated(0), bytes]))
    }

    fn identifier(&self) -> Result<Vec<u8>, IssueError> {
        Ok(match self.identity {
            Identity::Name => asn1::tagged(1, &[self.authority.name()]),
            Identity::Key => {
                let hash = key_identifier(self.authority.key().spki_der())?;
                asn1::tagged(2, &[asn1::octet_string(&hash)])
            }
        })
    }
}

/// DER `OCSPResponse` that answers nothing. It is not signed.
#[must_use]
pub fn refuse(refusal: Refusal) -> Vec<u8> {
    asn1::sequence(&[asn1::enumerated(refusal as u8)])
}

fn single(certificate: &CertId, state: State, instants: Instants) -> Result<Vec<u8>, IssueError> {
    let state = match state {
        State::Good => asn1::tagged_primitive(0, &[]),
        State::Revoked { since, reason } => {
            let mut parts = vec![asn1::generalized_time(since)?];
            parts.extend(reason.map(|reason| asn1::tagged(0, &[asn1::enumerated(reason as u8)])));
            asn1::tagged(1, &parts)
        }
        State::Unknown => asn1::tagged_primitive(2, &[]),
    };
    let mut parts = vec![certificate.to_der(), state, asn1::generalized_time(instants.this_update)?];
    if let Some(instant) = instants.next_update {
        parts.push(asn1::tagged(0, &[asn1::generalized_time(instant)?]));
    }
    Ok(asn1::sequence(&parts))
}
