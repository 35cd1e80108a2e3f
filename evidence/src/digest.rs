//! SHA-256 digests.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// How a digest is introduced in text: the algorithm's name and a colon.
const PREFIX: &str = "sha-256:";

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
