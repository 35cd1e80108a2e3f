//! Public keys as the national authorities write them.

use std::sync::Arc;

use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use der::{Decode, Reader};
use x509_cert::spki::SubjectPublicKeyInfoRef;

use super::curve::{CryptoProA, Curve, LIMBS_256, LIMBS_512, Tc26A256, Tc26A512};
use super::multiples::Multiples;
use super::multiply::multiple_of;
use super::point::Affine;
use super::signature::{length, number, verify};
use super::{GostError, digest};
use crate::algorithm::{KeyKind, oid};

/// Names of curves and digests inside a key.
pub(super) mod parameters {
    use der::asn1::ObjectIdentifier as Oid;

    /// GOST R 34.10-2015, 512 bits, parameters A.
    pub(in crate::gost) const GOST_2015_512_A: Oid = Oid::new_unwrap("1.2.398.3.10.1.1.2.2.1");
    /// GOST R 34.10-2015, 256 bits, parameters A.
    pub(in crate::gost) const GOST_2015_256_A: Oid = Oid::new_unwrap("1.2.398.3.10.1.1.2.1.1");
    /// GOST 34.310-2004, parameters A.
    pub(in crate::gost) const GOST_2004_A: Oid = Oid::new_unwrap("1.2.398.3.10.1.1.1.1.1");
    /// GOST 34.11-95 with the test S-box.
    pub(in crate::gost) const GOST_94_TEST: Oid = Oid::new_unwrap("1.2.398.3.10.1.3.1.1.0");
}

/// A national public key: a point that was found to be on its curve and in the subgroup of prime order.
#[derive(Clone, Debug)]
pub struct PublicKey(Point);

#[derive(Clone, Debug)]
enum Point {
    Gost2015Long(Key<Tc26A512, LIMBS_512>),
    Gost2015Short(Key<Tc26A256, LIMBS_256>),
    Gost2004(Key<CryptoProA, LIMBS_256>),
}

/// The point, and its multiples if they were prepared.
#[derive(Clone, Debug)]
struct Key<C: Curve<N>, const N: usize> {
    point: Affine<C, N>,
    prepared: Option<Arc<Multiples<C, N>>>,
}

impl<C: Curve<N>, const N: usize> Key<C, N> {
    fn prepare(&self) -> Self {
        let prepared = self.prepared.clone().or_else(|| Multiples::prepared(&self.point).map(Arc::new));
        Self { point: self.point, prepared }
    }

    fn verify(&self, digest: &[u8], signature: &[u8]) -> Result<(), GostError> {
        match &self.prepared {
            Some(multiples) => verify(multiples, digest, signature),
            None => {
                let multiples = Multiples::once(&self.point).ok_or(GostError::OffCurve)?;
                verify(&multiples, digest, signature)
            }
        }
    }
}

impl PublicKey {
    /// Reads a DER `SubjectPublicKeyInfo`: a BIT STRING around an OCTET STRING of x ‖ y, both little-endian; the parameters name the
    /// curve and the digest.
    ///
    /// # Errors
    /// [`GostError::MalformedKey`], [`GostError::UnknownParameters`], [`GostError::OffCurve`].
    pub fn from_spki(spki_der: &[u8]) -> Result<Self, GostError> {
        let malformed = |_| GostError::MalformedKey;
        let spki = SubjectPublicKeyInfoRef::from_der(spki_der).map_err(malformed)?;
        let kind = kind(&spki.algorithm.oid, spki.algorithm.parameters)?;
        let bits = spki.subject_public_key.as_bytes().ok_or(GostError::MalformedKey)?;
        let octets = OctetStringRef::from_der(bits).map_err(malformed)?;
        Self::from_coordinates(kind, octets.as_bytes())
    }

    pub(super) fn from_coordinates(kind: KeyKind, octets: &[u8]) -> Result<Self, GostError> {
        match kind {
            KeyKind::Gost2015_512 => point(octets).map(Point::Gost2015Long),
            KeyKind::Gost2015_256 => point(octets).map(Point::Gost2015Short),
            KeyKind::Gost2004 => point(octets).map(Point::Gost2004),
            _ => Err(GostError::MalformedKey),
        }
        .map(Self)
    }

    /// What kind of key it is.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        match self.0 {
            Point::Gost2015Long(_) => KeyKind::Gost2015_512,
            Point::Gost2015Short(_) => KeyKind::Gost2015_256,
            Point::Gost2004(_) => KeyKind::Gost2004,
        }
    }

    /// The one signature algorithm that goes with this key, and its digest.
    #[must_use]
    pub fn algorithms(&self) -> (ObjectIdentifier, ObjectIdentifier) {
        match self.0 {
            Point::Gost2015Long(_) => (oid::GOST_2015_512_SIGNATURE, oid::STREEBOG_512),
            Point::Gost2015Short(_) => (oid::GOST_2015_256_SIGNATURE, oid::STREEBOG_256),
            Point::Gost2004(_) => (oid::GOST_2004_SIGNATURE, oid::GOST_94_DIGEST),
        }
    }

    /// Checks `signature` (r ‖ s, each little-endian) over `message`.
    ///
    /// # Errors
    /// [`GostError::Length`], [`GostError::OutOfRange`], [`GostError::BadSignature`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), GostError> {
        let (_, algorithm) = self.algorithms();
        let digest = digest(&algorithm, message).ok_or(GostError::BadSignature)?;
        self.verify_digest(&digest, signature)
    }

    /// Checks `signature` over the digest of a message.
    ///
    /// # Errors
    /// As [`PublicKey::verify`].
    pub fn verify_digest(&self, digest: &[u8], signature: &[u8]) -> Result<(), GostError> {
        match &self.0 {
            Point::Gost2015Long(key) => key.verify(digest, signature),
            Point::Gost2015Short(key) => key.verify(digest, signature),
            Point::Gost2004(key) => key.verify(digest, signature),
        }
    }

    /// The same key with multiples of its point at hand, 8 KiB for 512 bits. Worth it from the second signature on: preparing costs about as much as
    /// a check saves.
    #[must_use]
    pub fn prepare(&self) -> Self {
        Self(match &self.0 {
            Point::Gost2015Long(key) => Point::Gost2015Long(key.prepare()),
            Point::Gost2015Short(key) => Point::Gost2015Short(key.prepare()),
            Point::Gost2004(key) => Point::Gost2004(key.prepare()),
        })
    }
}

/// What the algorithm and its parameters `SEQUENCE { curve, digest OPTIONAL }` say.
pub(super) fn kind(
    algorithm: &ObjectIdentifier,
    parameters: Option<AnyRef<'_>>,
) -> Result<KeyKind, GostError> {
    let (kind, curve, digest) = match *algorithm {
        oid::GOST_2015_512_KEY => (KeyKind::Gost2015_512, parameters::GOST_2015_512_A, oid::STREEBOG_512),
        oid::GOST_2015_256_KEY => (KeyKind::Gost2015_256, parameters::GOST_2015_256_A, oid::STREEBOG_256),
        oid::GOST_2004_KEY => (KeyKind::Gost2004, parameters::GOST_2004_A, parameters::GOST_94_TEST),
        _ => return Err(GostError::MalformedKey),
    };
    let named = parameters
        .ok_or(GostError::MalformedKey)?
        .sequence(|reader| {
            let curve = ObjectIdentifier::decode(reader)?;
            let digest = if reader.is_finished() { None } else { Some(ObjectIdentifier::decode(reader)?) };
            Ok((curve, digest))
        })
        .map_err(|_| GostError::MalformedKey)?;
    for (expected, found) in [(curve, Some(named.0)), (digest, named.1)] {
        if let Some(parameters) = found.filter(|found| *found != expected) {
            return Err(GostError::UnknownParameters { parameters });
        }
    }
    Ok(kind)
}

fn point<C: Curve<N>, const N: usize>(octets: &[u8]) -> Result<Key<C, N>, GostError> {
    let (x, y) = octets.split_at_checked(length::<N>()).ok_or(GostError::MalformedKey)?;
    let malformed = |_| GostError::MalformedKey;
    let (x, y) = (number(x).map_err(malformed)?, number(y).map_err(malformed)?);
    let point = Affine::new(&x, &y).ok_or(GostError::OffCurve)?;
    // With cofactor 1 every point but infinity, which has no coordinates, generates the whole group.
    if C::COFACTOR != 1 && !multiple_of(&C::ORDER, &point).is_infinity() {
        return Err(GostError::OffCurve);
    }
    Ok(Key { point, prepared: None })
}
