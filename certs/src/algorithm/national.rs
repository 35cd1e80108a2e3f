//! The way to the national algorithms.

use der::asn1::ObjectIdentifier;

use super::{Algorithm, AlgorithmError, oid};

impl Algorithm {
    /// The identifier of a national algorithm; `None` for the international ones.
    pub(super) fn national(self) -> Option<ObjectIdentifier> {
        match self {
            Self::GostR34102015_512 => Some(oid::GOST_2015_512_SIGNATURE),
            Self::GostR34102015_256 => Some(oid::GOST_2015_256_SIGNATURE),
            Self::Gost34310_2004 => Some(oid::GOST_2004_SIGNATURE),
            _ => None,
        }
    }
}

pub(super) fn verify(
    _spki_der: &[u8],
    algorithm: &ObjectIdentifier,
    _message: &[u8],
    _signature: &[u8],
) -> Result<(), AlgorithmError> {
    Err(AlgorithmError::not_accepted(algorithm))
}

/// Digest of `data`; `None` when `algorithm` is not a national digest.
pub(super) fn digest(_algorithm: &ObjectIdentifier, _data: &[u8]) -> Option<Vec<u8>> {
    None
}
