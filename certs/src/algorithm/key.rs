use core::{fmt, str::FromStr};

use der::asn1::{AnyRef, ObjectIdentifier, UintRef};
use der::{Decode, Sequence, Tag, Tagged};
use x509_cert::spki::SubjectPublicKeyInfoRef;

use super::{Algorithm, AlgorithmError, oid, pss};

/// The kind of a public key, by the name used outside: `rsa-2048`, `p-256`, `p-384`, `ed25519`, `gost-2015-512`,
/// `gost-2015-256`, `gost-2004`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// RSA.
    Rsa {
        /// Bits of the modulus.
        bits: u16,
    },
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
    /// Ed25519.
    Ed25519,
    /// GOST R 34.10-2015, 512 bits.
    Gost2015_512,
    /// GOST R 34.10-2015, 256 bits.
    Gost2015_256,
    /// GOST 34.310-2004.
    Gost2004,
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits } => write!(f, "rsa-{bits}"),
            Self::P256 => f.write_str("p-256"),
            Self::P384 => f.write_str("p-384"),
            Self::Ed25519 => f.write_str("ed25519"),
            Self::Gost2015_512 => f.write_str("gost-2015-512"),
            Self::Gost2015_256 => f.write_str("gost-2015-256"),
            Self::Gost2004 => f.write_str("gost-2004"),
        }
    }
}

/// A name that is no [`KeyKind`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} names no kind of key; expected rsa-<bits>, p-256, p-384, ed25519, gost-2015-512, gost-2015-256 or gost-2004"
)]
pub struct UnknownKeyKind(String);

impl FromStr for KeyKind {
    type Err = UnknownKeyKind;

    fn from_str(name: &str) -> Result<Self, UnknownKeyKind> {
        let fixed =
            [Self::P256, Self::P384, Self::Ed25519, Self::Gost2015_512, Self::Gost2015_256, Self::Gost2004];
        if let Some(kind) = fixed.into_iter().find(|kind| kind.to_string() == name) {
            return Ok(kind);
        }
        name.strip_prefix("rsa-")
            .and_then(|bits| bits.parse().ok())
            .map(|bits| Self::Rsa { bits })
            .ok_or_else(|| UnknownKeyKind(name.to_owned()))
    }
}

impl serde::Serialize for KeyKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for KeyKind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}

/// A public key whose `SubjectPublicKeyInfo` was understood.
#[derive(Clone, Copy, Debug)]
pub struct PublicKey<'a> {
    kind: KeyKind,
    restriction: Restriction,
    bits: &'a [u8],
    spki: &'a [u8],
}

/// What an RSA key says of the signatures it may make (RFC 4055 §1.2, §3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Restriction {
    /// Any of its kind.
    None,
    /// `id-RSASSA-PSS` without parameters: PSS with any.
    Pss,
    /// `id-RSASSA-PSS` with parameters: PSS with these.
    Only(Algorithm),
}

#[derive(Sequence)]
struct RsaPublicKey<'a> {
    modulus: UintRef<'a>,
    exponent: UintRef<'a>,
}

impl<'a> PublicKey<'a> {
    /// Reads a DER `SubjectPublicKeyInfo` (RFC 5280 §4.1.2.7).
    ///
    /// # Errors
    /// [`AlgorithmError::MalformedKey`], or [`AlgorithmError::NotAccepted`] for a kind of key this verifier has no use for.
    pub fn parse(spki_der: &'a [u8]) -> Result<Self, AlgorithmError> {
        let spki = SubjectPublicKeyInfoRef::from_der(spki_der).map_err(|_| AlgorithmError::MalformedKey)?;
        let bits = spki.subject_public_key.as_bytes().ok_or(AlgorithmError::MalformedKey)?;
        let kind = kind_of(&spki.algorithm.oid, spki.algorithm.parameters, bits)?;
        let restriction = match (spki.algorithm.oid, spki.algorithm.parameters) {
            (oid::RSA_PSS, None) => Restriction::Pss,
            (oid::RSA_PSS, parameters) => Restriction::Only(pss::algorithm(parameters)?),
            _ => Restriction::None,
        };
        Ok(Self { kind, restriction, bits, spki: spki_der })
    }

    /// What kind of key it is.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Whether the key itself rules `algorithm` out.
    pub(super) fn forbids(&self, algorithm: Algorithm) -> bool {
        match self.restriction {
            Restriction::None => false,
            Restriction::Pss => !algorithm.is_pss(),
            Restriction::Only(only) => algorithm != only,
        }
    }

    /// Content of the BIT STRING.
    pub(super) fn bits(&self) -> &'a [u8] {
        self.bits
    }

    /// The whole `SubjectPublicKeyInfo`.
    pub(super) fn spki(&self) -> &'a [u8] {
        self.spki
    }
}

fn kind_of(
    algorithm: &ObjectIdentifier,
    parameters: Option<AnyRef<'_>>,
    bits: &[u8],
) -> Result<KeyKind, AlgorithmError> {
    match *algorithm {
        // RFC 3279 §2.3.1: parameters are NULL.
        oid::RSA_ENCRYPTION | oid::RSA_PSS => rsa_kind(bits),
        oid::EC_PUBLIC_KEY => curve_kind(parameters, bits),
        oid::ED25519 if parameters.is_none() && bits.len() == 32 => Ok(KeyKind::Ed25519),
        oid::ED25519 => Err(AlgorithmError::MalformedKey),
        oid::GOST_2015_512_KEY => Ok(KeyKind::Gost2015_512),
        oid::GOST_2015_256_KEY => Ok(KeyKind::Gost2015_256),
        oid::GOST_2004_KEY => Ok(KeyKind::Gost2004),
        other => Err(AlgorithmError::not_accepted(&other)),
    }
}

fn rsa_kind(bits: &[u8]) -> Result<KeyKind, AlgorithmError> {
    let key = RsaPublicKey::from_der(bits).map_err(|_| AlgorithmError::MalformedKey)?;
    let modulus = key.modulus.as_bytes();
    let leading = modulus.first().map_or(8, |byte| byte.leading_zeros());
    let total = u32::try_from(modulus.len()).ok().and_then(|length| length.checked_mul(8));
    let bits = total.and_then(|total| total.checked_sub(leading)).and_then(|bits| u16::try_from(bits).ok());
    if key.exponent.as_bytes().is_empty() {
        return Err(AlgorithmError::MalformedKey);
    }
    bits.map(|bits| KeyKind::Rsa { bits }).ok_or(AlgorithmError::MalformedKey)
}

/// RFC 5480 §2.1.1: only named curves; explicit parameters let an attacker choose the generator.
fn curve_kind(parameters: Option<AnyRef<'_>>, bits: &[u8]) -> Result<KeyKind, AlgorithmError> {
    let parameters = parameters.ok_or(AlgorithmError::MalformedKey)?;
    if parameters.tag() != Tag::ObjectIdentifier {
        return Err(AlgorithmError::not_accepted("elliptic curve with explicit parameters"));
    }
    let curve: ObjectIdentifier = parameters.decode_as().map_err(|_| AlgorithmError::MalformedKey)?;
    let (kind, length) = match curve {
        oid::P_256 => (KeyKind::P256, 65),
        oid::P_384 => (KeyKind::P384, 97),
        other => return Err(AlgorithmError::not_accepted(&other)),
    };
    if bits.len() == length && bits.first() == Some(&4) {
        Ok(kind)
    } else {
        Err(AlgorithmError::MalformedKey)
    }
}
