//! SHA-256 digests and the canonical form of JSON they are taken over.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// How a digest is introduced in text: the algorithm's name and a colon.
const PREFIX: &str = "sha-256:";

/// Integers up to here are exact in the number format of RFC 8785 (IEEE 754 double, RFC 7493 section 2.2).
const MAX_EXACT_INTEGER: u64 = 1 << 53;

/// A SHA-256 digest. Text form: `sha-256:` and 43 characters of unpadded base64url (RFC 4648 section 5).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// A digest computed elsewhere.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not a digest in the form of [`Digest`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DigestMalformed {
    /// The text does not begin with `sha-256:`.
    #[error("a digest begins with sha-256:")]
    Algorithm,
    /// What follows is not the unpadded base64url form of 32 bytes.
    #[error("a SHA-256 digest is 43 characters of unpadded base64url")]
    Encoding,
}

impl FromStr for Digest {
    type Err = DigestMalformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let encoded = text.strip_prefix(PREFIX).ok_or(DigestMalformed::Algorithm)?;
        // The engine refuses padding and non-zero trailing bits, so each digest has one text form.
        let bytes = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| DigestMalformed::Encoding)?;
        bytes.try_into().map(Self).map_err(|_| DigestMalformed::Encoding)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A JSON value that has no canonical form.
#[derive(Debug, thiserror::Error)]
pub enum NotCanonical {
    /// An integer that an IEEE 754 double cannot hold. Its canonical form would stand for other integers too, so that
    /// two different records had one digest (RFC 7493 section 2.2).
    #[error("the number {0} is not exact in the canonical form of JSON (RFC 8785)")]
    Number(String),
    /// The serializer refused.
    #[error("the value could not be brought into canonical form (RFC 8785)")]
    Form(#[source] serde_json::Error),
}

/// The RFC 8785 (JCS) canonical bytes of `value`.
///
/// # Errors
/// [`NotCanonical`] on an integer beyond 2^53 in either direction.
pub fn canonical_bytes(value: &Value) -> Result<Vec<u8>, NotCanonical> {
    refuse_inexact(value)?;
    serde_json_canonicalizer::to_vec(value).map_err(NotCanonical::Form)
}

/// The digest of the RFC 8785 canonical form of `value`: what a receipt's `answer` claim holds.
///
/// # Errors
/// As [`canonical_bytes`].
pub fn canonical_digest(value: &Value) -> Result<Digest, NotCanonical> {
    canonical_bytes(value).map(|bytes| Digest::of(&bytes))
}

fn refuse_inexact(value: &Value) -> Result<(), NotCanonical> {
    match value {
        Value::Number(number) => {
            let magnitude = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
            match magnitude {
                Some(integer) if integer > MAX_EXACT_INTEGER => Err(NotCanonical::Number(number.to_string())),
                _ => Ok(()),
            }
        }
        Value::Array(items) => items.iter().try_for_each(refuse_inexact),
        Value::Object(members) => members.values().try_for_each(refuse_inexact),
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn writes_the_algorithm_and_unpadded_base64url() {
        let digest = Digest::of(b"");
        assert_eq!(digest.to_string(), "sha-256:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
        assert_eq!(digest.to_string().parse(), Ok(digest));
    }

    #[test]
    fn refuses_other_spellings_of_a_digest() {
        let good = Digest::of(b"x").to_string();
        for bad in [
            good.replace("sha-256:", "SHA-256:"),
            format!("{good}="),
            good.trim_end_matches(|_| true).to_owned(),
            format!("{good}A"),
            good.replace("sha-256:", "sha-256: "),
        ] {
            assert!(bad.parse::<Digest>().is_err(), "{bad}");
        }
        // The last character of 43 carries 4 bits of value and 2 that must be zero.
        let mut stretched = "sha-256:".to_owned();
        stretched.push_str(&"A".repeat(42));
        stretched.push('B');
        assert_eq!(stretched.parse::<Digest>(), Err(DigestMalformed::Encoding));
    }

    #[test]
    fn canonical_form_is_that_of_rfc_8785() {
        // RFC 8785 section 3.2.3 and 3.2.2 examples.
        let value = json!({"peach": "This sorting order", "péché": "is wrong according to French",
            "pêche": "but canonicalization MUST", "sin": "ignore locale"});
        let bytes = canonical_bytes(&value).unwrap();
        assert!(bytes.starts_with(br#"{"peach":"This sorting order","p"#));
        let text = r#"{"b": 1.0, "a": 333333333.33333329, "c": 1E30, "d": 4.50, "e": 2e-3}"#;
        let numbers: Value = serde_json::from_str(text).unwrap();
        assert_eq!(
            String::from_utf8(canonical_bytes(&numbers).unwrap()).unwrap(),
            r#"{"a":333333333.3333333,"b":1,"c":1e+30,"d":4.5,"e":0.002}"#
        );
    }

    #[test]
    fn refuses_an_integer_that_would_be_rounded() {
        assert!(canonical_digest(&json!({"a": [9_007_199_254_740_992_u64]})).is_ok());
        assert!(canonical_digest(&json!({"a": [9_007_199_254_740_993_u64]})).is_err());
        assert!(canonical_digest(&json!({"a": -9_007_199_254_740_993_i64})).is_err());
    }
}
