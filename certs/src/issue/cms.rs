//! Signed messages (RFC 5652).

use der::asn1::ObjectIdentifier;

use super::{IssueError, SigningKey, asn1};
use crate::algorithm::{Algorithm, Digest};
use crate::cms::oid;
use crate::path::Certificate;

/// Signs `content` with attributes that name its type, its digest and the signing certificate. DER, content and certificates attached.
///
/// `chain` are authorities to send along, each DER.
///
/// # Errors
/// [`IssueError`].
pub fn sign(
    content: &[u8],
    key: &SigningKey,
    certificate: &[u8],
    chain: &[Vec<u8>],
) -> Result<Vec<u8>, IssueError> {
    let mut draft = Draft::new(content, key, certificate)?;
    draft.certificates.extend_from_slice(chain);
    draft.sign(key)
}

/// An attribute: type and DER values.
pub type Attribute = (ObjectIdentifier, Vec<Vec<u8>>);

/// A message before it is signed. Every field is open: what a verifier must refuse has to be made by somebody.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Type of the content.
    pub content_type: ObjectIdentifier,
    /// What is signed.
    pub content: Vec<u8>,
    /// Whether the content goes along.
    pub attached: bool,
    /// Certificates that go along, in this order.
    pub certificates: Vec<Vec<u8>>,
    /// How the signer names its certificate: a DER `SignerIdentifier`.
    pub identifier: Vec<u8>,
    /// The digest the signer names.
    pub digest: Digest,
    /// The signature algorithm the signer names, DER.
    pub algorithm: Vec<u8>,
    /// What really signs.
    pub signs_with: Algorithm,
    /// Attributes under the signature, in any order; none at all signs the content itself.
    pub signed: Vec<Attribute>,
    /// Attributes beside the signature.
    pub unsigned: Vec<Attribute>,
}

impl Draft {
    /// What [`sign`] would sign, with `certificate` (DER) alone.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn new(content: &[u8], key: &SigningKey, certificate: &[u8]) -> Result<Self, IssueError> {
        let algorithm = key.algorithm();
        // RFC 8419 §2.3: SHA-512 beside Ed25519.
        let digest = algorithm.digest().unwrap_or(Digest::Sha512);
        let parsed = Certificate::parse(certificate).map_err(|_| IssueError::malformed("certificate"))?;
        let serial = asn1::value(asn1::INTEGER, parsed.serial());
        let unreadable = |_| IssueError::malformed("algorithm");
        Ok(Self {
            content_type: oid::DATA,
            content: content.to_vec(),
            attached: true,
            certificates: vec![certificate.to_vec()],
            identifier: asn1::sequence(&[parsed.issuer().der(), &serial]),
            digest,
            algorithm: algorithm.identifier_der().map_err(unreadable)?,
            signs_with: algorithm,
            signed: vec![
                content_type(&oid::DATA),
                message_digest(digest, content)?,
                signing_certificate(certificate)?,
            ],
            unsigned: Vec::new(),
        })
    }

    /// The signature over the draft as it stands, without the message: what a time-stamp goes over.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn signature(&self, key: &SigningKey) -> Result<Vec<u8>, IssueError> {
        let signature = if self.signed.is_empty() {
            key.sign_with(self.signs_with, &self.content)
        } else {
            key.sign_with(self.signs_with, &asn1::set_of(encode(&self.signed)))
        };
        Ok(signature?)
    }

    /// Signs and writes the message.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn sign(&self, key: &SigningKey) -> Result<Vec<u8>, IssueError> {
        Ok(self.with_signature(&self.signature(key)?))
    }

    /// Writes the message with a signature that was made before.
    #[must_use]
    pub fn with_signature(&self, signature: &[u8]) -> Vec<u8> {
        self.message(&[self.signer_info(signature)])
    }

    /// Writes the message with `signers`, each a `SignerInfo` of [`Draft::signer_info`].
    #[must_use]
    pub fn message(&self, signers: &[Vec<u8>]) -> Vec<u8> {
        let digest = asn1::sequence(&[asn1::oid(&self.digest.oid()), asn1::null()]);
        let mut info = vec![asn1::oid(&self.content_type)];
        if self.attached {
            info.push(asn1::tagged(0, &[asn1::octet_string(&self.content)]));
        }
        let mut parts =
            vec![asn1::integer(&[1]), asn1::constructed(asn1::SET, &[digest]), asn1::sequence(&info)];
        if !self.certificates.is_empty() {
            parts.push(asn1::tagged(0, &self.certificates));
        }
        parts.push(asn1::constructed(asn1::SET, signers));
        let data = asn1::tagged(0, &[asn1::sequence(&parts)]);
        asn1::sequence(&[asn1::oid(&oid::SIGNED_DATA), data])
    }

    /// Writes a `SignerInfo` with `signature`.
    #[must_use]
    pub fn signer_info(&self, signature: &[u8]) -> Vec<u8> {
        let mut parts = vec![
            asn1::integer(&[1]),
            self.identifier.clone(),
            asn1::sequence(&[asn1::oid(&self.digest.oid()), asn1::null()]),
        ];
        if !self.signed.is_empty() {
            parts.push(implicit_set(0, &self.signed));
        }
        parts.push(self.algorithm.clone());
        parts.push(asn1::octet_string(signature));
        if !self.unsigned.is_empty() {
            parts.push(implicit_set(1, &self.unsigned));
        }
        asn1::sequence(&parts)
    }

    /// Names the certificate by its subject key identifier instead of issuer and serial number.
    #[must_use]
    pub fn by_key_identifier(mut self, identifier: &[u8]) -> Self {
        self.identifier = asn1::tagged_primitive(0, identifier);
        self
    }
}

/// `contentType` (RFC 5652 §11.1).
#[must_use]
pub fn content_type(kind: &ObjectIdentifier) -> Attribute {
    (oid::CONTENT_TYPE, vec![asn1::oid(kind)])
}

/// `messageDigest` (RFC 5652 §11.2).
///
/// # Errors
/// [`IssueError`] if there is no such digest.
pub fn message_digest(digest: Digest, content: &[u8]) -> Result<Attribute, IssueError> {
    let value = digest.of(content).map_err(|_| IssueError::malformed("digest"))?;
    Ok((oid::MESSAGE_DIGEST, vec![asn1::octet_string(&value)]))
}

/// `signingTime` (RFC 5652 §11.3).
///
/// # Errors
/// [`IssueError::Instant`].
pub fn signing_time(instant: i64) -> Result<Attribute, IssueError> {
    Ok((oid::SIGNING_TIME, vec![asn1::time(instant)?]))
}

/// `signingCertificateV2` with SHA-256 (RFC 5035 §3).
///
/// # Errors
/// [`IssueError`] if there is no such digest.
pub fn signing_certificate(certificate: &[u8]) -> Result<Attribute, IssueError> {
    let hash = Digest::Sha256.of(certificate).map_err(|_| IssueError::malformed("digest"))?;
    let identifiers = asn1::sequence(&[asn1::sequence(&[asn1::octet_string(&hash)])]);
    Ok((oid::SIGNING_CERTIFICATE_V2, vec![asn1::sequence(&[identifiers])]))
}

/// The unsigned attribute that carries a time-stamp token (RFC 3161 appendix A).
#[must_use]
pub fn time_stamp(token: Vec<u8>) -> Attribute {
    (oid::TIME_STAMP_TOKEN, vec![token])
}

fn encode(attributes: &[Attribute]) -> Vec<Vec<u8>> {
    attributes
        .iter()
        .map(|(kind, values)| asn1::sequence(&[asn1::oid(kind), asn1::set_of(values.clone())]))
        .collect()
}

fn implicit_set(number: u8, attributes: &[Attribute]) -> Vec<u8> {
    let mut parts = encode(attributes);
    parts.sort();
    asn1::tagged(number, &parts)
}
