//! Compact JSON Web Signatures (RFC 7515) with the certificate inside.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;

use super::{IssueError, KeyError, SigningKey};
use crate::algorithm::Algorithm;
use crate::path::cursor::{self, Cursor, tag};

/// Signs `content` with the algorithm that suits the key. `certificate` and `chain` are DER and go into `x5c`.
///
/// # Errors
/// [`IssueError`]; [`KeyError::Unfit`] for kinds of key that JWS has no registered algorithm for.
pub fn sign(
    content: &[u8],
    key: &SigningKey,
    certificate: &[u8],
    chain: &[Vec<u8>],
) -> Result<String, IssueError> {
    let algorithm = key.algorithm();
    let name = match algorithm {
        Algorithm::RsaPkcs1Sha256 => "RS256",
        Algorithm::EcdsaP256Sha256 => "ES256",
        Algorithm::EcdsaP384Sha384 => "ES384",
        Algorithm::Ed25519 => "EdDSA",
        _ => return Err(KeyError::Unfit { key: key.kind(), algorithm }.into()),
    };
    let certificates = [certificate].into_iter().chain(chain.iter().map(Vec::as_slice));
    let x5c: Vec<String> = certificates.map(|der| STANDARD.encode(der)).collect();
    sign_with(content, key, algorithm, &json!({"alg": name, "x5c": x5c}).to_string())
}

/// Signs `content` under a header of the caller's making, whatever it says.
///
/// # Errors
/// [`IssueError`].
pub fn sign_with(
    content: &[u8],
    key: &SigningKey,
    algorithm: Algorithm,
    header: &str,
) -> Result<String, IssueError> {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(content));
    let signature = key.sign_with(algorithm, signed.as_bytes())?;
    let signature = match algorithm {
        Algorithm::EcdsaP256Sha256 => fixed(&signature, 32)?,
        Algorithm::EcdsaP384Sha384 => fixed(&signature, 48)?,
        _ => signature,
    };
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// `SEQUENCE { r, s }` to `r ‖ s` (RFC 7518 §3.4).
fn fixed(der: &[u8], length: usize) -> Result<Vec<u8>, IssueError> {
    let read = || {
        let mut pair = Cursor::new(Cursor::only(der, tag::SEQUENCE)?);
        let r = cursor::unsigned(pair.expect(tag::INTEGER)?)?;
        let s = cursor::unsigned(pair.expect(tag::INTEGER)?)?;
        pair.finish().map(|()| (r, s))
    };
    let (r, s) = read().map_err(|_| IssueError::malformed("signature"))?;
    let mut out = Vec::with_capacity(length.saturating_mul(2));
    for number in [r, s] {
        let zeros = length.checked_sub(number.len()).ok_or(IssueError::malformed("signature"))?;
        out.resize(out.len().saturating_add(zeros), 0);
        out.extend_from_slice(number);
    }
    Ok(out)
}
