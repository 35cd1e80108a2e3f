//! The national algorithms: GOST R 34.10-2015 (256 and 512 bits) with Streebog, and GOST 34.310-2004 with GOST R 34.11-94.
//!
//! They are the Russian GOST R 34.10-2012 (RFC 7091) and GOST R 34.10-2001 (RFC 5832) under national identifiers; the curves are those
//! of RFC 7836 and RFC 4357. What differs is the writing: r ‖ s and x ‖ y, every number little-endian.
//!
//! Checking takes time that depends on key, message and signature. All three are public, so nothing leaks. Signing (feature `issue`) does
//! the same steps whatever the key is.

mod curve;
mod digest;
mod digits;
mod error;
mod field;
mod key;
mod known;
#[cfg(feature = "issue")]
mod ladder;
mod multiples;
mod multiply;
#[cfg(feature = "issue")]
mod nonce;
mod point;
#[cfg(feature = "issue")]
mod private_key;
#[cfg(test)]
mod rfc7091;
mod signature;

use der::asn1::ObjectIdentifier;

pub use digest::digest;
pub use error::GostError;
pub use key::PublicKey;
#[cfg(feature = "issue")]
pub use private_key::PrivateKey;

/// Checks one signature: `spki_der` is the signer's `SubjectPublicKeyInfo`, `signature_algorithm` the identifier that came with
/// the signature. A key that signed before is recognised, and costs a third.
///
/// # Errors
/// [`GostError`]: the key cannot be used, the algorithm does not go with it, or the signature is wrong.
pub fn verify(
    spki_der: &[u8],
    signature_algorithm: &ObjectIdentifier,
    message: &[u8],
    signature: &[u8],
) -> Result<(), GostError> {
    let recalled = known::recall(spki_der);
    let is_new = recalled.is_none();
    let key = match recalled {
        Some(key) => key,
        None => PublicKey::from_spki(spki_der)?,
    };
    if key.algorithms().0 != *signature_algorithm {
        return Err(GostError::AlgorithmMismatch { key: key.kind(), signature: *signature_algorithm });
    }
    key.verify(message, signature)?;
    if is_new {
        known::remember(spki_der, &key);
    }
    Ok(())
}
