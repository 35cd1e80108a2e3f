use std::sync::Arc;

use super::{Answer, List, Reason};
use crate::UnixTime;

/// What is known about one certificate. There are three states and no default: whoever forgets one does not compile.
#[derive(Clone, Debug)]
pub enum Status {
    /// The authority says, in something that was verified and is current, that it has not revoked the certificate.
    Good {
        /// What says so. Several lists if each covers some reasons, or a complete list and its delta.
        sources: Vec<Source>,
    },
    /// The authority says it has.
    Revoked {
        /// Since when.
        at: UnixTime,
        /// Why, if it says.
        reason: Option<Reason>,
        /// What says so.
        source: Source,
    },
    /// Nothing verified and current says either. This refuses.
    Unknown {
        /// Why not.
        why: Unknown,
    },
}

/// Why nothing is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Unknown {
    /// No list and no answer of this authority is held.
    #[error("no revocation list and no answer of the issuing authority is held")]
    NothingHeld,
    /// Lists or answers are held, but none is current at the instant asked about.
    #[error("what is held is not current")]
    NotCurrent,
    /// Lists are held, but their scope, signer or reasons leave this certificate out.
    #[error("no list that is held covers the certificate")]
    NotCovered,
    /// Whoever signed the list or the answer was itself revoked, or nothing is known about it.
    #[error("the signer of the list or answer is not known to be good")]
    SignerNotGood,
    /// The authority itself answers that it does not know the certificate.
    #[error("the authority does not know the certificate")]
    NotKnownToAuthority,
    /// There is no such certificate in the path.
    #[error("the path has no certificate at that depth")]
    NotInPath,
}

/// One verified thing a status relies on.
#[derive(Clone, Debug)]
pub enum Source {
    /// A revocation list.
    List(Arc<List>),
    /// An OCSP answer.
    Answer(Arc<Answer>),
}

impl Source {
    /// The octets as received, to be kept as evidence.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::List(list) => list.bytes(),
            Self::Answer(answer) => answer.bytes(),
        }
    }

    /// SHA-256 of the octets.
    #[must_use]
    pub fn digest(&self) -> &[u8; 32] {
        match self {
            Self::List(list) => list.digest(),
            Self::Answer(answer) => answer.digest(),
        }
    }

    /// When it was true.
    #[must_use]
    pub fn this_update(&self) -> UnixTime {
        match self {
            Self::List(list) => list.window().from,
            Self::Answer(answer) => answer.window().from,
        }
    }

    /// The last second it may be relied on.
    #[must_use]
    pub fn usable_until(&self) -> UnixTime {
        match self {
            Self::List(list) => list.window().until,
            Self::Answer(answer) => answer.window().until,
        }
    }
}

impl Status {
    /// Whether the certificate may be relied on: good, and nothing else.
    #[must_use]
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Good { .. })
    }
}

/// First and last second at which something may be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// `thisUpdate`.
    pub from: UnixTime,
    /// `nextUpdate`, or earlier if the signer's certificate ends earlier.
    pub until: UnixTime,
}

impl Window {
    /// Whether `at` is inside, the beginning lying ahead by at most `ahead` seconds (clocks differ).
    #[must_use]
    pub fn contains(self, at: UnixTime, ahead: i64) -> bool {
        self.from.saturating_sub(ahead) <= at && at <= self.until
    }
}
