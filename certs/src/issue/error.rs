use super::KeyError;

/// Why something could not be issued. The culprit is always the caller's material.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// The certificate, key or request handed in cannot be read.
    #[error("the {what} cannot be read")]
    Malformed {
        /// What was being read.
        what: &'static str,
    },
    /// The certificate vouches for another key than the one it came with.
    #[error("the certificate is not of this key")]
    KeyMismatch,
    /// An instant that X.509 cannot write: years 1950 to 9999 only.
    #[error("the instant {instant} cannot be written in a certificate")]
    Instant {
        /// Unix seconds.
        instant: i64,
    },
    /// A serial number that is empty, zero or longer than 20 octets (RFC 5280 §4.1.2.2).
    #[error("a serial number of {octets} significant octets is out of range")]
    Serial {
        /// Octets without leading zeros.
        octets: usize,
    },
    /// A text that its string type cannot carry.
    #[error("a text holds characters that its string type cannot carry")]
    Text,
    /// The key refused.
    #[error("signing failed")]
    Key(#[from] KeyError),
}

impl IssueError {
    pub(super) fn malformed(what: &'static str) -> Self {
        Self::Malformed { what }
    }
}
