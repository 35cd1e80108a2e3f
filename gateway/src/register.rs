//! The register of requests: what reviewers search, a keyed index over the journal.
//!
//! It is derived from the journal by [`Indexer`] and never stands for it. Persons and cases are in it as keyed commitments
//! alone: who lacks the deployment's commitment key learns from it nobody's name.

mod indexer;
mod keys;
mod members;
mod particulars;
mod taken;

use certs::Bin;
use serde::Serialize;
use uuid::Uuid;

use crate::clock::Millis;

pub use indexer::{IndexError, Indexer};
pub use keys::Keyring;
pub use particulars::{Clerk, Particulars};
pub use taken::{Followed, Newest};

/// A person or case in the register: the first 16 bytes of a keyed commitment (HMAC-SHA-256).
pub type Key = Uuid;

/// Entries of a log up to the next whole number of logs (docs/evidence/log.md: a log has at most 2^48 leaves).
const LOG_SPAN: u64 = 1 << 48;

/// Where the first entry of a request stands: the log's number in the register, and the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(pub i64);

impl Place {
    /// `None` beyond what the register can count.
    #[must_use]
    pub fn new(log: i16, index: u64) -> Option<Self> {
        let log = u64::try_from(log).ok()?;
        let whole = log.checked_mul(LOG_SPAN)?.checked_add(index)?;
        (index < LOG_SPAN).then_some(())?;
        i64::try_from(whole).ok().map(Self)
    }

    /// The index in its log.
    #[must_use]
    pub fn index(self) -> u64 {
        u64::try_from(self.0).unwrap_or(0) % LOG_SPAN
    }

    /// The log's number.
    #[must_use]
    pub fn log(self) -> i16 {
        i16::try_from(u64::try_from(self.0).unwrap_or(0) / LOG_SPAN).unwrap_or(i16::MAX)
    }
}

/// Which procedure a request belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Track {
    #[default]
    Ordinary,
    /// Operational-search and covert measures: seen by their overseers alone (OI 14(3), 24, 25).
    Operational,
}

impl Track {
    /// As stored.
    #[must_use]
    pub const fn number(self) -> i16 {
        match self {
            Self::Ordinary => 0,
            Self::Operational => 1,
        }
    }

    /// The track of a ground.
    #[must_use]
    pub const fn of(ground: policy::Ground) -> Self {
        match ground {
            policy::Ground::Operational | policy::Ground::Covert => Self::Operational,
            _ => Self::Ordinary,
        }
    }
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    Pending,
    Answered,
    Refused,
    Failed,
}

impl Ending {
    pub const ALL: [Self; 4] = [Self::Pending, Self::Answered, Self::Refused, Self::Failed];

    /// As stored.
    #[must_use]
    pub const fn number(self) -> i16 {
        match self {
            Self::Pending => 0,
            Self::Answered => 1,
            Self::Refused => 2,
            Self::Failed => 3,
        }
    }

    /// As written in queries and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// One request in the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    pub place: Place,
    pub at: Millis,
    pub ending: Ending,
    pub track: Track,
    pub request: Option<Uuid>,
    pub officer: Option<Key>,
    pub subject: Option<Key>,
    pub case: Option<Key>,
    pub agency: Option<Bin>,
    pub registry: Option<String>,
    pub operation: Option<String>,
    pub code: Option<String>,
}

/// The outcome of a request whose grant is in the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    pub place: Place,
    pub ending: Ending,
    pub code: Option<String>,
}

/// What of a log goes into the register at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portion {
    pub log: i16,
    /// The log's place in the register before and after: compared and swapped.
    pub from: u64,
    pub to: u64,
    pub requests: Vec<Registered>,
    pub ended: Vec<Ended>,
}

/// How far a log is in the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    pub log: i16,
    pub origin: String,
    pub next: u64,
    /// Entries of the log.
    pub size: u64,
}

/// What a reader may see at all, whatever they ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    pub agency: Option<Bin>,
    pub track: Option<Track>,
}

/// A search: every condition that is given must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    pub scope: Scope,
    pub officer: Option<Key>,
    pub agency: Option<Bin>,
    /// Any of these: a number alone may name cases of several kinds.
    pub cases: Vec<Key>,
    pub registry: Option<String>,
    pub subject: Option<Key>,
    pub ending: Option<Ending>,
    pub code: Option<String>,
    /// From this instant on.
    pub from: Option<Millis>,
    /// Up to and without this instant.
    pub to: Option<Millis>,
    /// Before this row, in the order newest first.
    pub after: Option<(Millis, Place)>,
    pub limit: u16,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_holds_the_log_and_the_index() {
        let place = Place::new(3, 70_000).unwrap();
        assert_eq!((place.log(), place.index()), (3, 70_000));
        assert!(Place::new(3, LOG_SPAN).is_none());
        assert!(Place::new(-1, 0).is_none());
        assert!(Place::new(i16::MAX, LOG_SPAN - 1).is_some());
    }
}
