use core::fmt;

use super::Malformed;
use super::cursor::{self, Cursor, tag};

/// What a key may be used for (RFC 5280 §4.2.1.3).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyUsage(u16);

impl KeyUsage {
    /// Nothing at all.
    pub const NONE: Self = Self(0);
    /// Verifying signatures other than those on certificates and revocation lists.
    pub const DIGITAL_SIGNATURE: Self = Self(1);
    /// Verifying signatures that bind the signer against later denial (`contentCommitment`).
    pub const NON_REPUDIATION: Self = Self(1 << 1);
    /// Enciphering keys.
    pub const KEY_ENCIPHERMENT: Self = Self(1 << 2);
    /// Enciphering data.
    pub const DATA_ENCIPHERMENT: Self = Self(1 << 3);
    /// Agreeing on keys.
    pub const KEY_AGREEMENT: Self = Self(1 << 4);
    /// Verifying signatures on certificates.
    pub const KEY_CERT_SIGN: Self = Self(1 << 5);
    /// Verifying signatures on revocation lists.
    pub const CRL_SIGN: Self = Self(1 << 6);

    const NAMES: [(Self, &'static str); 7] = [
        (Self::DIGITAL_SIGNATURE, "digitalSignature"),
        (Self::NON_REPUDIATION, "nonRepudiation"),
        (Self::KEY_ENCIPHERMENT, "keyEncipherment"),
        (Self::DATA_ENCIPHERMENT, "dataEncipherment"),
        (Self::KEY_AGREEMENT, "keyAgreement"),
        (Self::KEY_CERT_SIGN, "keyCertSign"),
        (Self::CRL_SIGN, "cRLSign"),
    ];

    /// Content of the extension: a named bit list with at least one bit set.
    pub(crate) fn parse(content: &[u8]) -> Result<Self, Malformed> {
        let bits = cursor::named_bits(Cursor::only(content, tag::BIT_STRING)?)?;
        if bits == 0 { Err(Malformed::BitString) } else { Ok(Self(bits)) }
    }

    /// Both together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether everything in `other` is in this.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl fmt::Debug for KeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for KeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> =
            Self::NAMES.iter().filter(|(bit, _)| self.contains(*bit)).map(|(_, name)| *name).collect();
        if names.is_empty() { f.write_str("none") } else { f.write_str(&names.join("+")) }
    }
}
