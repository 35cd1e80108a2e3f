//! RSASSA-PSS parameters (RFC 4055 §3.1).

use der::asn1::AnyRef;
use der::{Decode, Encode, Sequence};
use x509_cert::spki::{AlgorithmIdentifier, AlgorithmIdentifierRef};

use super::{Algorithm, AlgorithmError, Digest, oid};

#[derive(Sequence)]
struct Parameters<'a> {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    hash: Option<AlgorithmIdentifierRef<'a>>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    mask: Option<AlgorithmIdentifierRef<'a>>,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    salt_length: Option<u16>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    trailer: Option<u8>,
}

/// Takes only parameters whose mask digest is the digest and whose salt is as long as it: every other choice is somebody's mistake or
/// somebody's attack. Absent parameters mean SHA-1 and are refused.
pub(super) fn algorithm(parameters: Option<AnyRef<'_>>) -> Result<Algorithm, AlgorithmError> {
    let refused = || AlgorithmError::not_accepted("rsa-pss with these parameters");
    let der = parameters.ok_or_else(refused)?.to_der().map_err(|_| AlgorithmError::MalformedIdentifier)?;
    let given = Parameters::from_der(&der).map_err(|_| AlgorithmError::MalformedIdentifier)?;
    let hash = given.hash.ok_or_else(refused)?;
    let mask = given.mask.ok_or_else(refused)?;
    let digest = Digest::from_parts(&hash.oid, hash.parameters)?;
    let mask_hash = mask.parameters.ok_or(AlgorithmError::MalformedIdentifier)?;
    let mask_hash: AlgorithmIdentifierRef<'_> =
        mask_hash.decode_as().map_err(|_| AlgorithmError::MalformedIdentifier)?;
    let mask_digest = Digest::from_parts(&mask_hash.oid, mask_hash.parameters)?;
    if mask.oid != oid::MGF_1 || mask_digest != digest || given.trailer.is_some_and(|trailer| trailer != 1) {
        return Err(refused());
    }
    match (digest, given.salt_length) {
        (Digest::Sha256, Some(32)) => Ok(Algorithm::RsaPssSha256),
        (Digest::Sha384, Some(48)) => Ok(Algorithm::RsaPssSha384),
        (Digest::Sha512, Some(64)) => Ok(Algorithm::RsaPssSha512),
        _ => Err(refused()),
    }
}

/// The whole `AlgorithmIdentifier` of RSASSA-PSS with `digest`, mask of the same digest, salt of `salt_length` bytes.
pub(super) fn identifier(digest: Digest, salt_length: u16) -> der::Result<Vec<u8>> {
    let hash = AlgorithmIdentifier { oid: digest.oid(), parameters: Some(AnyRef::NULL) };
    let hash_der = hash.to_der()?;
    let mask = AlgorithmIdentifier { oid: oid::MGF_1, parameters: Some(AnyRef::from_der(&hash_der)?) };
    let parameters =
        Parameters { hash: Some(hash), mask: Some(mask), salt_length: Some(salt_length), trailer: None };
    let parameters_der = parameters.to_der()?;
    AlgorithmIdentifier { oid: oid::RSA_PSS, parameters: Some(AnyRef::from_der(&parameters_der)?) }.to_der()
}
