//! The public half of a key in a token.

use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use rustls::sign::public_key_to_spki;
use rustls_pki_types::{AlgorithmIdentifier, SubjectPublicKeyInfoDer, alg_id};

use super::{Hash, Pkcs11Error, Scheme};

/// What a token is told to sign with, by the kinds the gateway has a use for.
#[derive(Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// The uncompressed point (SEC 1 §2.3.3).
    P256([u8; 65]),
    P384([u8; 97]),
    /// RFC 8032 §5.1.5.
    Ed25519([u8; 32]),
    /// RSAPublicKey (RFC 8017 §A.1.1), DER.
    Rsa(Vec<u8>),
}

const WANTED: [AttributeType; 5] = [
    AttributeType::KeyType,
    AttributeType::EcParams,
    AttributeType::EcPoint,
    AttributeType::Modulus,
    AttributeType::PublicExponent,
];
const EXPECTED: &str = "an RSA, P-256, P-384 or Ed25519 key";
/// namedCurve (RFC 5480 §2.1.1.1), DER.
const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];
/// Edwards curves by their object identifier (RFC 8410 §3) or, as PKCS#11 2.x drafts had it, by name in a PrintableString.
const ED25519_CURVES: [&[u8]; 3] = [
    &[0x06, 0x03, 0x2b, 0x65, 0x70],
    b"\x13\x0cedwards25519",
    &[0x06, 0x09, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01],
];

impl PublicKey {
    /// The public key object that belongs to a private key: of the same id, or of the same label where there is none.
    pub(super) fn beside(session: &Session, private: ObjectHandle) -> Result<Self, Pkcs11Error> {
        let mut template = vec![Attribute::Class(ObjectClass::PUBLIC_KEY)];
        let (mut id, mut label) = (None, None);
        for attribute in session.get_attributes(private, &[AttributeType::Id, AttributeType::Label])? {
            match attribute {
                Attribute::Id(bytes) if !bytes.is_empty() => id = Some(Attribute::Id(bytes)),
                Attribute::Label(bytes) if !bytes.is_empty() => label = Some(Attribute::Label(bytes)),
                _ => {}
            }
        }
        template.push(id.or(label).ok_or(Pkcs11Error::NoPublicKey)?);
        let found = session.find_objects(&template)?.first().copied().ok_or(Pkcs11Error::NoPublicKey)?;
        Self::of(&session.get_attributes(found, &WANTED)?)
    }

    fn of(attributes: &[Attribute]) -> Result<Self, Pkcs11Error> {
        let kind = attributes.iter().find_map(|attribute| match attribute {
            Attribute::KeyType(kind) => Some(*kind),
            _ => None,
        });
        let read = match kind {
            Some(KeyType::RSA) => rsa(attributes),
            Some(KeyType::EC | KeyType::EC_EDWARDS) => curve(attributes),
            _ => None,
        };
        read.ok_or(Pkcs11Error::Kind { found: "a key of another kind, or not all of it", expected: EXPECTED })
    }

    /// As errors speak of it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::P256(_) => "a P-256 key",
            Self::P384(_) => "a P-384 key",
            Self::Ed25519(_) => "an Ed25519 key",
            Self::Rsa(_) => "an RSA key",
        }
    }

    /// SubjectPublicKeyInfo.
    pub(super) fn spki(&self) -> SubjectPublicKeyInfoDer<'static> {
        let (algorithm, bytes): (AlgorithmIdentifier, &[u8]) = match self {
            Self::P256(point) => (alg_id::ECDSA_P256, point),
            Self::P384(point) => (alg_id::ECDSA_P384, point),
            Self::Ed25519(key) => (alg_id::ED25519, key),
            Self::Rsa(key) => (alg_id::RSA_ENCRYPTION, key),
        };
        public_key_to_spki(&algorithm, bytes)
    }

    /// How a key of this kind signs when nothing else is asked.
    pub(super) const fn scheme(&self) -> Scheme {
        match self {
            Self::P256(_) => Scheme::EcdsaP256,
            Self::P384(_) => Scheme::EcdsaP384,
            Self::Ed25519(_) => Scheme::Ed25519,
            Self::Rsa(_) => Scheme::RsaPkcs1(Hash::Sha256),
        }
    }

    /// Whether `signature` is this key's signature, made in [`Self::scheme`].
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let outcome = match self {
            Self::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
            Self::P384(point) => {
                UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point).verify(message, signature)
            }
            Self::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature),
            Self::Rsa(key) => {
                UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key).verify(message, signature)
            }
        };
        outcome.is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

fn curve(attributes: &[Attribute]) -> Option<PublicKey> {
    let (mut params, mut point) = (None, None);
    for attribute in attributes {
        match attribute {
            Attribute::EcParams(bytes) => params = Some(bytes.as_slice()),
            Attribute::EcPoint(bytes) => point = Some(bytes.as_slice()),
            _ => {}
        }
    }
    let (params, point) = (params?, point?);
    match params {
        P256 => Some(PublicKey::P256(bare(point)?)),
        P384 => Some(PublicKey::P384(bare(point)?)),
        other if ED25519_CURVES.contains(&other) => Some(PublicKey::Ed25519(bare(point)?)),
        _ => None,
    }
}

/// CKA_EC_POINT is the DER of an OCTET STRING; some modules give, and imports leave, the bytes without it.
fn bare<const LENGTH: usize>(point: &[u8]) -> Option<[u8; LENGTH]> {
    let header = [0x04, u8::try_from(LENGTH).ok()?];
    let within = point.strip_prefix(&header).filter(|within| within.len() == LENGTH);
    within.unwrap_or(point).try_into().ok()
}

fn rsa(attributes: &[Attribute]) -> Option<PublicKey> {
    let (mut modulus, mut exponent) = (None, None);
    for attribute in attributes {
        match attribute {
            Attribute::Modulus(bytes) => modulus = Some(integer(bytes)),
            Attribute::PublicExponent(bytes) => exponent = Some(integer(bytes)),
            _ => {}
        }
    }
    Some(PublicKey::Rsa(der(0x30, &[modulus?, exponent?].concat())))
}

/// An unsigned number as DER INTEGER.
pub(super) fn integer(number: &[u8]) -> Vec<u8> {
    let significant =
        number.iter().position(|byte| *byte != 0).and_then(|at| number.get(at..)).unwrap_or(&[0]);
    let negative = significant.first().is_some_and(|first| first & 0x80 != 0);
    let mut padded = if negative { vec![0] } else { Vec::new() };
    padded.extend_from_slice(significant);
    der(0x02, &padded)
}

/// Tag, length and contents (X.690 §8.1, §10.1).
pub(super) fn der(tag: u8, contents: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    match u8::try_from(contents.len()) {
        Ok(short) if short < 0x80 => bytes.push(short),
        _ => {
            let length = contents.len().to_be_bytes();
            let significant: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
            bytes.push(0x80 | u8::try_from(significant.len()).unwrap_or(0x7f));
            bytes.extend(significant);
        }
    }
    bytes.extend_from_slice(contents);
    bytes
}
