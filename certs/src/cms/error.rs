use crate::algorithm::AlgorithmError;
use crate::path::Malformed;

use super::BerError;

/// Why octets are not a signed message this crate takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MalformedCms {
    /// Not BER.
    #[error("the message is not well-formed BER")]
    Ber(#[from] BerError),
    /// BER, but not the structure of RFC 5652.
    #[error("the message is not a well-formed SignedData")]
    Structure(#[from] Malformed),
    /// Another content type, inside or outside.
    #[error("the message is of type {found}, expected {expected}")]
    Type {
        /// What was expected, dotted.
        expected: const_oid::ObjectIdentifier,
        /// What was found, dotted.
        found: const_oid::ObjectIdentifier,
    },
    /// A detached signature: what was signed is not in the message.
    #[error("the signed content is not attached")]
    Detached,
    /// RFC 5652 lets a message have any number; a request has one author.
    #[error("the message has {found} signers, expected {expected}")]
    Signers {
        /// How many.
        found: usize,
        /// How many there may be.
        expected: &'static str,
    },
    /// Content is attached and given besides.
    #[error("the signed content is attached, and another was given for it")]
    Attached,
    /// More certificates than any chain needs.
    #[error("the message carries more than {limit} certificates")]
    Certificates {
        /// The budget.
        limit: usize,
    },
    /// RFC 5652 §5.3, §11: an attribute that must be there exactly once, with one value, is not.
    #[error("signed attribute {attribute} must be there exactly once with one value")]
    Attribute {
        /// Name of the attribute.
        attribute: &'static str,
    },
    /// RFC 5652 §5.3: content other than `id-data` is only signed through attributes.
    #[error("content of this type must be signed through attributes")]
    AttributesMissing,
    /// Attributes of another message presented as a content of their own: an old trick to have one signature say two things.
    #[error("the content is a set of signed attributes")]
    AttributesAsContent,
}

/// Why a well-formed signature does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// The certificate that the signer names is neither in the message nor known here.
    #[error("the certificate that the signer names is neither in the message nor known")]
    CertificateMissing,
    /// The certificate cannot be read.
    #[error("the signer's certificate cannot be read")]
    CertificateUnreadable,
    /// `messageDigest` is not the digest of the content.
    #[error("the signed message digest is not that of the content")]
    MessageDigest,
    /// `contentType` is not the type of the content.
    #[error("the signed content type is not that of the content")]
    ContentType,
    /// `signingCertificate` or `signingCertificateV2` names another certificate.
    #[error("the signature names another signing certificate")]
    SigningCertificate,
    /// Algorithm, key or arithmetic.
    #[error(transparent)]
    Algorithm(#[from] AlgorithmError),
}
