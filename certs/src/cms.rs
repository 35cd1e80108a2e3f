//! Cryptographic Message Syntax, RFC 5652: `SignedData` with one signer, as `openssl cms` and the national toolchain make it.
//!
//! Two steps. [`SignedData::parse`] reads the structure and refuses what has no single meaning. [`SignedData::check`] finds the certificates
//! that the signer names and keeps those whose key made the signature. Whether to trust them is decided elsewhere.
//!
//! What `openssl cms -verify` takes and this does not, and why:
//! - several signers (a request has one author), detached content (a request is its content);
//! - SHA-1, RSA below 2048 bits, PSS with a salt of another length than the digest, ECDSA with SHA-512 or on other curves than P-256 and P-384:
//!   the profile, and what the arithmetic underneath offers;
//! - a `signingCertificate` attribute that names another certificate: OpenSSL looks only when told to (`-cades`), RFC 5035 §5 always;
//! - a time-stamp beside the signature that does not hold: OpenSSL ignores it, CAdES (ETSI EN 319 122-1) builds on it;
//! - content that is itself a set of signed attributes, without attributes of its own: one signature would say two things;
//! - more than 16 certificates, 64 attributes, 32 levels or 16,384 elements: budgets.

mod attributes;
mod ber;
mod error;
mod ess;
mod signed_data;
mod signer_info;

pub use ber::{BerError, to_der};
pub use error::{MalformedCms, SignatureFault};
pub use signed_data::SignedData;
pub use signer_info::{Checked, SignerInfo};

/// Object identifiers of content types and attributes.
#[allow(missing_docs, reason = "each constant is named by its standard name")]
pub mod oid {
    use const_oid::ObjectIdentifier as Oid;

    pub const DATA: Oid = Oid::new_unwrap("1.2.840.113549.1.7.1");
    pub const SIGNED_DATA: Oid = Oid::new_unwrap("1.2.840.113549.1.7.2");
    pub const TST_INFO: Oid = Oid::new_unwrap("1.2.840.113549.1.9.16.1.4");
    pub const CONTENT_TYPE: Oid = Oid::new_unwrap("1.2.840.113549.1.9.3");
    pub const MESSAGE_DIGEST: Oid = Oid::new_unwrap("1.2.840.113549.1.9.4");
    pub const SIGNING_TIME: Oid = Oid::new_unwrap("1.2.840.113549.1.9.5");
    pub const SIGNING_CERTIFICATE: Oid = Oid::new_unwrap("1.2.840.113549.1.9.16.2.12");
    pub const SIGNING_CERTIFICATE_V2: Oid = Oid::new_unwrap("1.2.840.113549.1.9.16.2.47");
    pub const TIME_STAMP_TOKEN: Oid = Oid::new_unwrap("1.2.840.113549.1.9.16.2.14");
}
