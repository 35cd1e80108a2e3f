//! OCSP responses as octets (RFC 6960 §4.2.1).

use core::ops::Range;
use std::sync::Arc;

use const_oid::ObjectIdentifier;

use super::{AnswerError, Nonce, Reason};
use crate::UnixTime;
use crate::path::cursor::{self, Cursor, tag};
use crate::path::extension::for_each;
use crate::path::{Certificate, Malformed, Name, place, serial_number};

/// Octets of one response. The largest national one has 1.3 KB; one with a chain of certificates perhaps 10.
pub const MAX_RESPONSE_BYTES: usize = 64 * 1024;

/// Certificates a responder may send along. One is needed.
const MAX_RESPONSE_CERTIFICATES: usize = 8;

/// Statements in one response. One is asked for.
const MAX_STATEMENTS: usize = 64;

const BASIC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.1");
pub(super) const NONCE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.2");

/// `BasicOCSPResponse`, not verified yet.
pub(super) struct Response {
    bytes: Arc<[u8]>,
    signed: Range<usize>,
    algorithm: Range<usize>,
    signature: Range<usize>,
    pub(super) responder: ResponderId,
    pub(super) statements: Vec<Statement>,
    pub(super) certificates: Vec<Arc<Certificate>>,
    nonce: Option<Vec<u8>>,
}

/// How the responder names itself.
pub(super) enum ResponderId {
    Name(Name),
    /// SHA-1 of the public key's bits.
    Key(Vec<u8>),
}

/// `SingleResponse`.
pub(super) struct Statement {
    /// DER `AlgorithmIdentifier` of the digest.
    pub(super) digest: Vec<u8>,
    pub(super) issuer_name: Vec<u8>,
    pub(super) issuer_key: Vec<u8>,
    pub(super) serial: Vec<u8>,
    pub(super) claim: Claim,
    pub(super) this_update: UnixTime,
    pub(super) next_update: Option<UnixTime>,
}

/// `CertStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    Good,
    Revoked { at: UnixTime, reason: Option<Reason> },
    Unknown,
}

impl Response {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, AnswerError> {
        if bytes.len() > MAX_RESPONSE_BYTES {
            return Err(Malformed::TooLarge { size: bytes.len(), limit: MAX_RESPONSE_BYTES }.into());
        }
        let mut outer = Cursor::new(Cursor::only(bytes, tag::SEQUENCE)?);
        match outer.expect(tag::ENUMERATED)? {
            [0] => {}
            [status] => return Err(AnswerError::Refused { status: *status }),
            _ => return Err(Malformed::Integer.into()),
        }
        let wrapped = outer.expect(tag::constructed(0))?;
        outer.finish().map_err(AnswerError::from)?;
        let mut typed = Cursor::new(Cursor::only(wrapped, tag::SEQUENCE)?);
        if typed.oid()? != BASIC {
            return Err(Malformed::ObjectIdentifier.into());
        }
        let basic = typed.expect(tag::OCTET_STRING)?;
        typed.finish()?;
        Ok(Self::basic(bytes, basic)?)
    }

    fn basic(bytes: &[u8], basic: &[u8]) -> Result<Self, Malformed> {
        let mut content = Cursor::new(Cursor::only(basic, tag::SEQUENCE)?);
        let signed = content.expect_tlv(tag::SEQUENCE)?.raw;
        let algorithm = content.expect_tlv(tag::SEQUENCE)?.raw;
        let signature = cursor::octets_of_bits(content.expect(tag::BIT_STRING)?)?;
        let certificates =
            content.optional(tag::constructed(0))?.map(certificates).transpose()?.unwrap_or_default();
        content.finish()?;

        let mut data = Cursor::new(Cursor::only(signed, tag::SEQUENCE)?);
        version(&mut data)?;
        let responder = ResponderId::read(&mut data)?;
        cursor::generalized_time(data.expect(tag::GENERALIZED_TIME)?)?;
        let statements = statements(data.expect(tag::SEQUENCE)?)?;
        let nonce = match data.optional(tag::constructed(1))? {
            Some(wrapped) => nonce_among(Cursor::only(wrapped, tag::SEQUENCE)?)?,
            None => None,
        };
        data.finish()?;
        Ok(Self {
            signed: place(bytes, signed)?,
            algorithm: place(bytes, algorithm)?,
            signature: place(bytes, signature)?,
            bytes: bytes.into(),
            responder,
            statements,
            certificates,
            nonce,
        })
    }

    pub(super) fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// Signed octets, `AlgorithmIdentifier`, signature.
    pub(super) fn signed_parts(&self) -> (&[u8], &[u8], &[u8]) {
        let part = |range: &Range<usize>| self.bytes.get(range.clone()).unwrap_or_default();
        (part(&self.signed), part(&self.algorithm), part(&self.signature))
    }

    /// RFC 6960 §4.4.1, RFC 8954: an answer with another nonce answers another question.
    pub(super) fn check_nonce(&self, nonce: Nonce<'_>) -> Result<(), AnswerError> {
        let good = match (nonce, &self.nonce) {
            (Nonce::Unchecked, _) | (Nonce::Preferred(_), None) => true,
            (Nonce::Required(_), None) => false,
            (Nonce::Preferred(sent) | Nonce::Required(sent), Some(came)) => sent == came,
        };
        if good { Ok(()) } else { Err(AnswerError::Nonce) }
    }
}

impl ResponderId {
    fn read(data: &mut Cursor<'_>) -> Result<Self, Malformed> {
        if let Some(name) = data.optional(tag::constructed(1))? {
            return Ok(Self::Name(Name::parse(name)?));
        }
        let key = Cursor::only(data.expect(tag::constructed(2))?, tag::OCTET_STRING)?;
        Ok(Self::Key(key.to_vec()))
    }
}

/// `[0] EXPLICIT Version DEFAULT v1`: DER leaves it out, some responders do not.
fn version(data: &mut Cursor<'_>) -> Result<(), Malformed> {
    match data.optional(tag::constructed(0))? {
        None => Ok(()),
        Some(wrapped) => match cursor::count(Cursor::only(wrapped, tag::INTEGER)?)? {
            0 => Ok(()),
            other => Err(Malformed::Version { found: other.saturating_add(1) }),
        },
    }
}

fn certificates(wrapped: &[u8]) -> Result<Vec<Arc<Certificate>>, Malformed> {
    let mut sequence = Cursor::new(Cursor::only(wrapped, tag::SEQUENCE)?);
    let mut found = Vec::new();
    while !sequence.is_empty() {
        if found.len() >= MAX_RESPONSE_CERTIFICATES {
            return Err(Malformed::TooLarge { size: found.len() + 1, limit: MAX_RESPONSE_CERTIFICATES });
        }
        found.push(Certificate::parse(sequence.expect_tlv(tag::SEQUENCE)?.raw)?);
    }
    Ok(found)
}

fn statements(content: &[u8]) -> Result<Vec<Statement>, Malformed> {
    let mut sequence = Cursor::new(content);
    let mut found = Vec::new();
    while !sequence.is_empty() {
        if found.len() >= MAX_STATEMENTS {
            return Err(Malformed::TooLarge { size: found.len() + 1, limit: MAX_STATEMENTS });
        }
        found.push(Statement::parse(sequence.sequence()?)?);
    }
    if found.is_empty() { Err(Malformed::Truncated) } else { Ok(found) }
}

impl Statement {
    fn parse(mut content: Cursor<'_>) -> Result<Self, Malformed> {
        let mut id = content.sequence()?;
        let digest = id.expect_tlv(tag::SEQUENCE)?.raw.to_vec();
        let issuer_name = id.expect(tag::OCTET_STRING)?.to_vec();
        let issuer_key = id.expect(tag::OCTET_STRING)?.to_vec();
        let serial = serial_number(id.expect(tag::INTEGER)?)?.to_vec();
        id.finish()?;
        let claim = Claim::read(&mut content)?;
        let this_update = cursor::generalized_time(content.expect(tag::GENERALIZED_TIME)?)?;
        let next_update = match content.optional(tag::constructed(0))? {
            Some(wrapped) => Some(cursor::generalized_time(Cursor::only(wrapped, tag::GENERALIZED_TIME)?)?),
            None => None,
        };
        if let Some(wrapped) = content.optional(tag::constructed(1))? {
            nonce_among(Cursor::only(wrapped, tag::SEQUENCE)?)?;
        }
        content.finish()?;
        Ok(Self { digest, issuer_name, issuer_key, serial, claim, this_update, next_update })
    }
}

impl Claim {
    fn read(content: &mut Cursor<'_>) -> Result<Self, Malformed> {
        const GOOD: u8 = tag::context(0);
        const REVOKED: u8 = tag::constructed(1);
        const UNKNOWN: u8 = tag::context(2);
        let tlv = content.next()?;
        match (tlv.tag, tlv.value) {
            (GOOD, []) => Ok(Self::Good),
            (UNKNOWN, []) => Ok(Self::Unknown),
            (REVOKED, value) => {
                let mut info = Cursor::new(value);
                let at = cursor::generalized_time(info.expect(tag::GENERALIZED_TIME)?)?;
                let reason = match info.optional(tag::constructed(0))? {
                    Some(wrapped) => Some(Reason::parse(Cursor::only(wrapped, tag::ENUMERATED)?)?),
                    None => None,
                };
                info.finish()?;
                Ok(Self::Revoked { at, reason })
            }
            (found, _) => Err(Malformed::UnexpectedTag { expected: GOOD, found }),
        }
    }
}

/// The value of the nonce extension, if there is one. Any other critical extension makes the response unusable.
fn nonce_among(content: &[u8]) -> Result<Option<Vec<u8>>, Malformed> {
    let mut nonce = None;
    for_each(content, &mut Vec::new(), |id, critical, value| {
        match id {
            NONCE => nonce = Some(value.to_vec()),
            _ if critical => return Err(Malformed::Extension { oid: id }),
            _ => {}
        }
        Ok(())
    })?;
    Ok(nonce)
}
