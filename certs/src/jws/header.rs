//! The protected header (RFC 7515 §4).

use core::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

use super::MalformedJws;
use crate::algorithm::{Algorithm, Digest};

/// Octets of header: eight certificates of 4 KiB in base64 in base64.
const LONGEST: usize = 64 * 1024;
/// Certificates in `x5c`.
const MOST_CERTIFICATES: usize = 8;
/// Members of a header. RFC 7515 defines eleven.
const MOST_MEMBERS: usize = 32;
/// Longest name of an algorithm that is repeated in a refusal.
const LONGEST_NAME: usize = 32;

/// The accepted values of `alg` (RFC 7518 §3.1, RFC 8037 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JwsAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// Ed25519.
    EdDsa,
}

impl JwsAlgorithm {
    const ALL: [(Self, &str); 5] = [
        (Self::Rs256, "RS256"),
        (Self::Ps256, "PS256"),
        (Self::Es256, "ES256"),
        (Self::Es384, "ES384"),
        (Self::EdDsa, "EdDSA"),
    ];

    /// The value of `alg`.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(algorithm, _)| *algorithm == self).map_or("", |(_, name)| name)
    }
}

impl From<JwsAlgorithm> for Algorithm {
    fn from(algorithm: JwsAlgorithm) -> Self {
        match algorithm {
            JwsAlgorithm::Rs256 => Self::RsaPkcs1Sha256,
            JwsAlgorithm::Ps256 => Self::RsaPssSha256,
            JwsAlgorithm::Es256 => Self::EcdsaP256Sha256,
            JwsAlgorithm::Es384 => Self::EcdsaP384Sha384,
            JwsAlgorithm::EdDsa => Self::Ed25519,
        }
    }
}

/// What the header says, once nothing in it is forbidden.
pub(super) struct Header {
    /// The algorithm, or the name of one that is not accepted.
    pub(super) algorithm: Result<JwsAlgorithm, String>,
    pub(super) certificates: Vec<Vec<u8>>,
}

impl Header {
    pub(super) fn parse(json: &[u8]) -> Result<Self, MalformedJws> {
        if json.len() > LONGEST {
            return Err(MalformedJws::HeaderLength { limit: LONGEST });
        }
        let members: Members = serde_json::from_slice(json).map_err(|_| MalformedJws::Header)?;
        let name = members.alg.ok_or(MalformedJws::Header)?;
        let accepted = JwsAlgorithm::ALL.iter().find(|(_, accepted)| *accepted == name);
        let Some((algorithm, _)) = accepted else {
            let shown = name.chars().filter(char::is_ascii_graphic).take(LONGEST_NAME).collect();
            return Ok(Self { algorithm: Err(shown), certificates: Vec::new() });
        };
        if let Some(member) = members.forbidden {
            return Err(MalformedJws::Member { member });
        }
        let certificates = certificates(members.x5c.as_deref().unwrap_or_default())?;
        if let Some(thumbprint) = members.thumbprint {
            same_thumbprint(&thumbprint, &certificates)?;
        }
        Ok(Self { algorithm: Ok(*algorithm), certificates })
    }
}

/// RFC 7515 §4.1.6: base64, not base64url.
fn certificates(x5c: &[String]) -> Result<Vec<Vec<u8>>, MalformedJws> {
    let wrong = MalformedJws::Certificates { limit: MOST_CERTIFICATES };
    if x5c.is_empty() || x5c.len() > MOST_CERTIFICATES {
        return Err(wrong);
    }
    x5c.iter().map(|text| STANDARD.decode(text)).collect::<Result<_, _>>().map_err(|_| wrong)
}

fn same_thumbprint(thumbprint: &str, certificates: &[Vec<u8>]) -> Result<(), MalformedJws> {
    let given = URL_SAFE_NO_PAD.decode(thumbprint).map_err(|_| MalformedJws::Thumbprint)?;
    let own = certificates.first().map(|first| Digest::Sha256.of(first)).transpose();
    if own.is_ok_and(|own| own == Some(given)) { Ok(()) } else { Err(MalformedJws::Thumbprint) }
}

/// Members that hand the choice of key or rules to whoever made the token. No extension is understood, so any `crit` is unknown
/// (RFC 7515 §4.1.11), and `b64` (RFC 7797) is one of those.
const FORBIDDEN: [&str; 6] = ["crit", "b64", "jku", "jwk", "x5u", "zip"];

#[derive(Default)]
struct Members {
    alg: Option<String>,
    x5c: Option<Vec<String>>,
    thumbprint: Option<String>,
    forbidden: Option<&'static str>,
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JWS header")
    }

    /// RFC 7515 §4 lets a reader take the last of doubled members; two readers then disagree, so none is taken.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Members::default();
        let mut seen: Vec<String> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if seen.contains(&name) || seen.len() == MOST_MEMBERS {
                return Err(A::Error::custom("a member occurs twice, or there are too many"));
            }
            match name.as_str() {
                "alg" => members.alg = Some(map.next_value()?),
                "x5c" => members.x5c = Some(map.next_value()?),
                "x5t#S256" => members.thumbprint = Some(map.next_value()?),
                other => {
                    members.forbidden =
                        members.forbidden.or(FORBIDDEN.into_iter().find(|forbidden| *forbidden == other));
                    map.next_value::<IgnoredAny>()?;
                }
            }
            seen.push(name);
        }
        Ok(members)
    }
}
