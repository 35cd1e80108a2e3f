//! The way to the national algorithms.

use der::asn1::ObjectIdentifier;

use super::{Algorithm, AlgorithmError, oid};
use crate::gost::{self, GostError};

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
    spki_der: &[u8],
    algorithm: &ObjectIdentifier,
    message: &[u8],
    signature: &[u8],
) -> Result<(), AlgorithmError> {
    gost::verify(spki_der, algorithm, message, signature).map_err(|error| match error {
        GostError::MalformedKey | GostError::OffCurve => AlgorithmError::MalformedKey,
        GostError::UnknownParameters { parameters } => AlgorithmError::not_accepted(&parameters),
        GostError::AlgorithmMismatch { .. } => AlgorithmError::not_accepted(algorithm),
        GostError::Length { .. } | GostError::OutOfRange | GostError::BadSignature => {
            AlgorithmError::BadSignature
        }
    })
}

/// Digest of `data`; `None` when `algorithm` is not a national digest.
pub(super) fn digest(algorithm: &ObjectIdentifier, data: &[u8]) -> Option<Vec<u8>> {
    gost::digest(algorithm, data)
}
