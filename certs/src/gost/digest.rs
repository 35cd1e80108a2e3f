//! The digests of the national register.

use der::asn1::ObjectIdentifier;
use gost94::{Digest as _, Gost94Test};
use streebog::{Streebog256, Streebog512};

use crate::algorithm::oid;

/// Digest of `data`; `None` unless `algorithm` is a national digest.
///
/// GOST R 34.11-2012 (RFC 6986, "Streebog") with 64 or 32 octets, and GOST R 34.11-94 (RFC 5831) with the S-box of its test example,
/// as the national authorities use it, with 32 octets.
#[must_use]
pub fn digest(algorithm: &ObjectIdentifier, data: &[u8]) -> Option<Vec<u8>> {
    match *algorithm {
        oid::STREEBOG_512 => Some(Streebog512::digest(data).to_vec()),
        oid::STREEBOG_256 => Some(Streebog256::digest(data).to_vec()),
        oid::GOST_94_DIGEST => Some(Gost94Test::digest(data).to_vec()),
        _ => None,
    }
}
