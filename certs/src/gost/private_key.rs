//! Private keys, for the client command, the demonstration and tests.

use core::fmt;

use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, OctetStringRef, UintRef};
use der::{Decode, Encode, Sequence, Tag, Tagged};
use ring::rand::{SecureRandom, SystemRandom};
use x509_cert::spki::AlgorithmIdentifierRef;
use zeroize::Zeroizing;

use super::curve::{CryptoProA, Curve, LIMBS_256, LIMBS_512, Tc26A256, Tc26A512};
use super::key::{kind, parameters};
use super::ladder::multiple_of_generator;
use super::nonce::{in_range, nonce};
use super::signature::{length, number, reduced_digest};
use super::{GostError, PublicKey, digest};
use crate::algorithm::{KeyKind, oid};

/// Draws of random octets before giving up: fewer than three in four fail, so all of them never do.
const TRIES: usize = 256;

/// A national private key. Wiped when dropped, never printed.
pub struct PrivateKey {
    kind: KeyKind,
    /// Little-endian.
    number: Zeroizing<Vec<u8>>,
    public: PublicKey,
    spki: Vec<u8>,
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.kind)
    }
}

/// What signing comes down to, for each curve.
struct Operations {
    octets: usize,
    public: fn(&[u8]) -> Result<Vec<u8>, GostError>,
    sign: fn(&[u8], &[u8]) -> Result<Vec<u8>, GostError>,
}

impl Operations {
    fn of(kind: KeyKind) -> Result<Self, GostError> {
        match kind {
            KeyKind::Gost2015_512 => Ok(Self::on::<Tc26A512, LIMBS_512>()),
            KeyKind::Gost2015_256 => Ok(Self::on::<Tc26A256, LIMBS_256>()),
            KeyKind::Gost2004 => Ok(Self::on::<CryptoProA, LIMBS_256>()),
            _ => Err(GostError::MalformedKey),
        }
    }

    fn on<C: Curve<N>, const N: usize>() -> Self {
        Self { octets: length::<N>(), public: public::<C, N>, sign: sign::<C, N> }
    }
}

impl PrivateKey {
    /// Makes a new key.
    ///
    /// # Errors
    /// [`GostError::MalformedKey`] for a kind that is not national, [`GostError::OutOfRange`] if the system gives no randomness.
    pub fn generate(kind: KeyKind) -> Result<Self, GostError> {
        let octets = Operations::of(kind)?.octets;
        let random = SystemRandom::new();
        for _ in 0..TRIES {
            let mut number = Zeroizing::new(vec![0; octets]);
            random.fill(&mut number).map_err(|_| GostError::OutOfRange)?;
            match Self::from_number(kind, &number) {
                Err(GostError::OutOfRange) => (),
                made => return made,
            }
        }
        Err(GostError::OutOfRange)
    }

    /// The key with this number, little-endian.
    ///
    /// # Errors
    /// [`GostError::Length`]; [`GostError::OutOfRange`] unless the number is from 1 to the order less one.
    pub fn from_number(kind: KeyKind, number: &[u8]) -> Result<Self, GostError> {
        let operations = Operations::of(kind)?;
        let coordinates = (operations.public)(number)?;
        let public = PublicKey::from_coordinates(kind, &coordinates)?;
        let spki = spki(kind, &coordinates).map_err(|_| GostError::MalformedKey)?;
        Ok(Self { kind, number: Zeroizing::new(number.to_vec()), public, spki })
    }

    /// Reads a DER PKCS#8 private key (RFC 5958). The number may be written in any of the three ways that are about: an OCTET STRING,
    /// little-endian, as the national authorities write it; an INTEGER; or bare octets, little-endian.
    ///
    /// # Errors
    /// [`GostError::MalformedKey`], [`GostError::UnknownParameters`], [`GostError::OutOfRange`].
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, GostError> {
        let malformed = |_| GostError::MalformedKey;
        let info = PrivateKeyInfo::from_der(der).map_err(malformed)?;
        let kind = kind(&info.algorithm.oid, info.algorithm.parameters)?;
        let octets = Operations::of(kind)?.octets;
        let inner = info.private_key.as_bytes();
        if inner.len() == octets {
            return Self::from_number(kind, inner);
        }
        let written = AnyRef::from_der(inner).map_err(malformed)?;
        let mut number = Zeroizing::new(Vec::with_capacity(octets));
        if written.tag() == Tag::Integer {
            let integer = written.decode_as::<UintRef<'_>>().map_err(malformed)?;
            number.extend(integer.as_bytes().iter().rev());
            let padded = octets.max(number.len());
            number.resize(padded, 0);
        } else {
            let string = written.decode_as::<OctetStringRef<'_>>().map_err(malformed)?;
            number.extend_from_slice(string.as_bytes());
        }
        Self::from_number(kind, &number).map_err(|error| match error {
            GostError::Length { .. } => GostError::MalformedKey,
            other => other,
        })
    }

    /// DER PKCS#8, the number as an OCTET STRING inside the OCTET STRING.
    ///
    /// # Errors
    /// [`GostError::MalformedKey`] if it cannot be encoded.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, GostError> {
        let malformed = |_| GostError::MalformedKey;
        let inner = OctetStringRef::new(&self.number).and_then(|number| number.to_der());
        let inner = Zeroizing::new(inner.map_err(malformed)?);
        let identifier = algorithm(self.kind).map_err(malformed)?;
        let info = PrivateKeyInfo {
            version: 0,
            algorithm: AlgorithmIdentifierRef::from_der(&identifier).map_err(malformed)?,
            private_key: OctetStringRef::new(&inner).map_err(malformed)?,
        };
        info.to_der().map(Zeroizing::new).map_err(malformed)
    }

    /// What kind of key it is.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// DER `SubjectPublicKeyInfo` of the public half.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        &self.spki
    }

    /// Signs `message`: r ‖ s, each little-endian. The same message gives the same signature (RFC 6979).
    ///
    /// # Errors
    /// [`GostError::OutOfRange`], with negligible probability.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, GostError> {
        let (_, algorithm) = self.public.algorithms();
        let digest = digest(&algorithm, message).ok_or(GostError::MalformedKey)?;
        (Operations::of(self.kind)?.sign)(&self.number, &digest)
    }
}

/// As much of `OneAsymmetricKey` (RFC 5958 §2) as the national authorities write.
#[derive(Sequence)]
struct PrivateKeyInfo<'a> {
    version: u8,
    algorithm: AlgorithmIdentifierRef<'a>,
    private_key: OctetStringRef<'a>,
}

/// Coordinates of the public point, each little-endian.
fn public<C: Curve<N>, const N: usize>(private: &[u8]) -> Result<Vec<u8>, GostError> {
    let private = number::<N>(private)?;
    if !in_range::<C, N>(&private) {
        return Err(GostError::OutOfRange);
    }
    let (x, y) = multiple_of_generator::<C, N>(&private).ok_or(GostError::OutOfRange)?;
    Ok([x.to_le_bytes().as_slice(), y.to_le_bytes().as_slice()].concat())
}

/// RFC 7091 §6.1, with the one-time number of RFC 6979.
fn sign<C: Curve<N>, const N: usize>(private: &[u8], digest: &[u8]) -> Result<Vec<u8>, GostError> {
    let d = number::<N>(private)?;
    let big_endian = |octets: &[u8]| Zeroizing::new(octets.iter().rev().copied().collect::<Vec<u8>>());
    let order = C::ORDER.to_nz().into_option().ok_or(GostError::OutOfRange)?;
    let e = reduced_digest::<C, N>(&number(digest)?).ok_or(GostError::OutOfRange)?;
    let k =
        nonce::<C, N>(&big_endian(private), &big_endian(&e.to_le_bytes())).ok_or(GostError::OutOfRange)?;
    let (x, _) = multiple_of_generator::<C, N>(&k).ok_or(GostError::OutOfRange)?;
    let r = x.rem(&order);
    let s = r.mul_mod(&d, &order).add_mod(&k.mul_mod(&e, &order), &order);
    if r.is_zero_vartime() || s.is_zero_vartime() {
        return Err(GostError::OutOfRange);
    }
    Ok([r.to_le_bytes().as_slice(), s.to_le_bytes().as_slice()].concat())
}

#[derive(Sequence)]
struct Parameters {
    curve: ObjectIdentifier,
    digest: ObjectIdentifier,
}

/// DER `AlgorithmIdentifier` of a key.
fn algorithm(kind: KeyKind) -> der::Result<Vec<u8>> {
    let (oid, curve, digest) = match kind {
        KeyKind::Gost2015_512 => (oid::GOST_2015_512_KEY, parameters::GOST_2015_512_A, oid::STREEBOG_512),
        KeyKind::Gost2015_256 => (oid::GOST_2015_256_KEY, parameters::GOST_2015_256_A, oid::STREEBOG_256),
        _ => (oid::GOST_2004_KEY, parameters::GOST_2004_A, parameters::GOST_94_TEST),
    };
    let parameters = Parameters { curve, digest }.to_der()?;
    AlgorithmIdentifierRef { oid, parameters: Some(AnyRef::from_der(&parameters)?) }.to_der()
}

fn spki(kind: KeyKind, coordinates: &[u8]) -> der::Result<Vec<u8>> {
    let identifier = algorithm(kind)?;
    let bits = OctetStringRef::new(coordinates)?.to_der()?;
    x509_cert::spki::SubjectPublicKeyInfoRef {
        algorithm: AlgorithmIdentifierRef::from_der(&identifier)?,
        subject_public_key: BitStringRef::from_bytes(&bits)?,
    }
    .to_der()
}
