//! Private keys in PEM, in each of the three forms that `openssl` writes.

use der::asn1::ObjectIdentifier;
use zeroize::Zeroizing;

use super::{KeyError, asn1};
use crate::algorithm::oid;
use crate::path::Malformed;
use crate::path::cursor::{Cursor, tag};

/// Longest private key file read, in octets: an RSA key of 8192 bits in PEM takes under 7 KiB.
const LONGEST: usize = 16 * 1024;

/// The first private key in `pem`, as PKCS#8. A file may carry parameters or a certificate before it.
pub(super) fn pkcs8(pem: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    if let Some(der) = block(pem, "PRIVATE KEY")? {
        return Ok(der);
    }
    if let Some(der) = block(pem, "EC PRIVATE KEY")? {
        let curve = curve(&der).map_err(|_| KeyError::Malformed)?;
        return Ok(wrap(&[asn1::oid(&oid::EC_PUBLIC_KEY), asn1::oid(&curve)], &der));
    }
    if let Some(der) = block(pem, "RSA PRIVATE KEY")? {
        return Ok(wrap(&[asn1::oid(&oid::RSA_ENCRYPTION), asn1::null()], &der));
    }
    Err(KeyError::Malformed)
}

fn block(pem: &str, label: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyError> {
    if pem.len() > LONGEST {
        return Err(KeyError::Malformed);
    }
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let Some(start) = pem.find(&begin) else { return Ok(None) };
    let rest = pem.get(start..).ok_or(KeyError::Malformed)?;
    let length = rest.find(&end).and_then(|at| at.checked_add(end.len()));
    let text = length.and_then(|length| rest.get(..length)).ok_or(KeyError::Malformed)?;
    let (_, der) = der::pem::decode_vec(text.as_bytes()).map_err(|_| KeyError::Malformed)?;
    Ok(Some(Zeroizing::new(der)))
}

/// The curve an `ECPrivateKey` names (RFC 5915 §3). PKCS#8 wants it outside.
fn curve(der: &[u8]) -> Result<ObjectIdentifier, Malformed> {
    let mut key = Cursor::new(Cursor::only(der, tag::SEQUENCE)?);
    key.expect(tag::INTEGER)?;
    key.expect(tag::OCTET_STRING)?;
    key.enter(tag::constructed(0))?.oid()
}

/// RFC 5958 §2, version 0.
fn wrap(algorithm: &[Vec<u8>], key: &[u8]) -> Zeroizing<Vec<u8>> {
    let octets = Zeroizing::new(asn1::octet_string(key));
    let (version, algorithm) = (asn1::integer(&[]), asn1::sequence(algorithm));
    Zeroizing::new(asn1::sequence(&[&version[..], &algorithm, &octets]))
}
