//! Cryptographic Message Syntax, RFC 5652: `SignedData` with one signer, as `openssl cms` and the national toolchain make it.
//!
//! Two steps. [`SignedData::parse`] reads the structure and refuses what has no single meaning. [`SignedData::check`] finds the certificates
//! that the signer names and keeps those whose key made the signature. Whether to trust them is decided elsewhere.

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
