use const_oid::ObjectIdentifier;

/// Octets that are not what they claim to be (X.690, RFC 5280 §4 and §5).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// An element is longer than what holds it.
    #[error("the encoding ends in the middle of an element")]
    Truncated,
    /// Octets follow where the structure ends.
    #[error("octets follow the end of the structure")]
    TrailingData,
    /// Valid BER at most: another reader may see something else.
    #[error("the encoding is not distinguished (DER)")]
    NotDistinguished,
    /// Another type stands where one was due.
    #[error("identifier octet {found:#04x} stands where {expected:#04x} is due")]
    UnexpectedTag {
        /// Due.
        expected: u8,
        /// Found.
        found: u8,
    },
    /// An INTEGER that is empty, or negative where it must not be.
    #[error("an integer is out of its range")]
    Integer,
    /// A BIT STRING with an impossible count of unused bits.
    #[error("a bit string is not well formed")]
    BitString,
    /// An OBJECT IDENTIFIER that cannot be read, or is longer than 39 octets.
    #[error("an object identifier is not well formed")]
    ObjectIdentifier,
    /// Not `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`, or no such day.
    #[error("a time is not well formed")]
    Time,
    /// A character string with characters outside of its type.
    #[error("a character string is not well formed")]
    Text,
    /// RFC 5280 §4.1.2.1: only version 3 has the extensions that chains are checked by.
    #[error("version {found} is not supported")]
    Version {
        /// Counted from 1.
        found: u32,
    },
    /// RFC 5280 §4.1.2.2.
    #[error("a serial number has {octets} octets, at most 20 are allowed")]
    SerialNumber {
        /// Length of the INTEGER's content.
        octets: usize,
    },
    /// RFC 5280 §4.1.1.2: the signed and the unsigned field must be equal.
    #[error("the signature algorithm inside the signed part differs from the one outside")]
    AlgorithmsDiffer,
    /// RFC 5280 §4.2: not more than one instance of an extension.
    #[error("extension {oid} occurs twice")]
    DuplicateExtension {
        /// Which.
        oid: ObjectIdentifier,
    },
    /// The content of a known extension is not what its definition says.
    #[error("extension {oid} is not well formed")]
    Extension {
        /// Which.
        oid: ObjectIdentifier,
    },
    /// Larger than anything an authority would issue.
    #[error("{size} octets are more than the budget of {limit}")]
    TooLarge {
        /// Octets.
        size: usize,
        /// The budget.
        limit: usize,
    },
}
