use der::asn1::{AnyRef, ContextSpecific, ObjectIdentifier, OctetStringRef, UintRef};
use der::{Decode, Encode, Reader, Sequence, SliceReader, TagNumber};
use x509_cert::ext::Extensions;
use x509_cert::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

use super::super::{Authority, IssueError, asn1};
use super::NONCE;
use crate::algorithm::Digest;

/// Most certificates asked about at once; responders in use take one.
const MOST: usize = 64;
/// Longest request read, in octets.
const LONGEST: usize = 16 * 1024;

/// A question: about which certificates, and the nonce to send back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The certificates asked about.
    pub certificates: Vec<CertId>,
    /// Value of the nonce extension, as it came.
    pub nonce: Option<Vec<u8>>,
}

/// Names a certificate by its issuer's name and key, digested, and its serial number (RFC 6960 §4.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertId {
    digest: ObjectIdentifier,
    /// DER, to go back as it came: with NULL or without.
    algorithm: Vec<u8>,
    name_hash: Vec<u8>,
    key_hash: Vec<u8>,
    serial: Vec<u8>,
}

#[derive(Sequence)]
struct RawCertId<'a> {
    algorithm: AlgorithmIdentifierRef<'a>,
    name_hash: OctetStringRef<'a>,
    key_hash: OctetStringRef<'a>,
    serial: UintRef<'a>,
}

impl Request {
    /// Reads a DER `OCSPRequest`. A signature on it is not looked at: whoever asks may know.
    ///
    /// # Errors
    /// [`IssueError::Malformed`], also for more than 64 questions.
    pub fn parse(request_der: &[u8]) -> Result<Self, IssueError> {
        let malformed = || IssueError::malformed("OCSP request");
        if request_der.len() > LONGEST {
            return Err(malformed());
        }
        let request = read(request_der).map_err(|_| malformed())?;
        if request.certificates.is_empty() || request.certificates.len() > MOST {
            return Err(malformed());
        }
        Ok(request)
    }
}

fn read(request_der: &[u8]) -> der::Result<Request> {
    let outer = AnyRef::from_der(request_der)?;
    outer.sequence(|outer| {
        let tbs = AnyRef::decode(outer)?;
        let _signature = ContextSpecific::<AnyRef<'_>>::decode_explicit(outer, TagNumber::N0)?;
        let mut body = SliceReader::new(tbs.value())?;
        let version = ContextSpecific::<u8>::decode_explicit(&mut body, TagNumber::N0)?;
        if version.is_some_and(|version| version.value != 0) {
            return Err(der::ErrorKind::Failed.into());
        }
        let _requestor = ContextSpecific::<AnyRef<'_>>::decode_explicit(&mut body, TagNumber::N1)?;
        let list: Vec<AnyRef<'_>> = Vec::decode(&mut body)?;
        let certificates = list.iter().map(read_certificate).collect::<der::Result<_>>()?;
        let extensions = ContextSpecific::<Extensions>::decode_explicit(&mut body, TagNumber::N2)?;
        let nonce = extensions
            .and_then(|extensions| extensions.value.into_iter().find(|extension| extension.extn_id == NONCE))
            .map(|nonce| nonce.extn_value.as_bytes().to_vec());
        body.finish(Request { certificates, nonce })
    })
}

fn read_certificate(request: &AnyRef<'_>) -> der::Result<CertId> {
    request.sequence(|reader| {
        let raw = RawCertId::decode(reader)?;
        let _extensions = ContextSpecific::<AnyRef<'_>>::decode_explicit(reader, TagNumber::N0)?;
        Ok(CertId {
            digest: raw.algorithm.oid,
            algorithm: raw.algorithm.to_der()?,
            name_hash: raw.name_hash.as_bytes().to_vec(),
            key_hash: raw.key_hash.as_bytes().to_vec(),
            serial: raw.serial.as_bytes().to_vec(),
        })
    })
}

impl CertId {
    /// Names the certificate with this serial number of `issuer`.
    ///
    /// # Errors
    /// [`IssueError::Malformed`] if the digest is not available.
    pub fn new(issuer: &Authority, serial: &[u8], digest: Digest) -> Result<Self, IssueError> {
        let (name_hash, key_hash) = hashes(issuer, digest)?;
        let digest = digest.oid();
        let algorithm = asn1::sequence(&[asn1::oid(&digest), asn1::null()]);
        let serial = serial.iter().copied().skip_while(|octet| *octet == 0).collect();
        Ok(Self { digest, algorithm, name_hash, key_hash, serial })
    }

    /// Whether it names a certificate of `issuer`. A responder answers `unknown` for others, or refuses.
    #[must_use]
    pub fn is_of(&self, issuer: &Authority) -> bool {
        let digest = Digest::from_oid(&self.digest);
        let expected = digest.and_then(|digest| hashes(issuer, digest).ok());
        expected.is_some_and(|(name, key)| name == self.name_hash && key == self.key_hash)
    }

    /// Serial number, big-endian without leading zeros.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }

    pub(super) fn to_der(&self) -> Vec<u8> {
        asn1::sequence(&[
            self.algorithm.clone(),
            asn1::octet_string(&self.name_hash),
            asn1::octet_string(&self.key_hash),
            asn1::integer(&self.serial),
        ])
    }
}

/// Digests of the issuer's name and of the bits of its key.
fn hashes(issuer: &Authority, digest: Digest) -> Result<(Vec<u8>, Vec<u8>), IssueError> {
    let unreadable = || IssueError::malformed("public key");
    let spki = SubjectPublicKeyInfoRef::from_der(issuer.key().spki_der()).map_err(|_| unreadable())?;
    let bits = spki.subject_public_key.as_bytes().ok_or_else(unreadable)?;
    let of = |data| digest.of(data).map_err(|_| IssueError::malformed("digest"));
    Ok((of(issuer.name())?, of(bits)?))
}
