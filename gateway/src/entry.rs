//! The journal's rows as both databases keep them.
//!
//! A row has a public half (what the leaf commits to: kinds, times, digests) and a sealed half (the content: signed
//! request, facts, reasons), encrypted under a key of the case so that it can be destroyed with the case's material
//! (SLS 16-3(3)) while the tree over the leaves still verifies.

use std::sync::Arc;
use std::time::Instant;

use certs::Bin;
use uuid::Uuid;

use crate::clock::Millis;
use crate::urgent::Effect;

/// What an entry records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Grant,
    Answer,
    Refusal,
    Failure,
    /// A grant whose outcome a crash took away.
    Interrupted,
    /// An administrative act: import, enrolment, configuration.
    Act,
    /// Somebody read the log.
    Reading,
    /// Content was destroyed (SLS 16-3(3), OI 5(5)).
    Destruction,
    /// A notice was given, as of a destruction to come (OI 5(5)).
    Notice,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Grant,
        Self::Answer,
        Self::Refusal,
        Self::Failure,
        Self::Interrupted,
        Self::Act,
        Self::Reading,
        Self::Destruction,
        Self::Notice,
    ];

    /// As stored and as logged.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Answer => "answer",
            Self::Refusal => "refusal",
            Self::Failure => "failure",
            Self::Interrupted => "interrupted",
            Self::Act => "act",
            Self::Reading => "reading",
            Self::Destruction => "destruction",
            Self::Notice => "notice",
        }
    }

    /// Whether it is a step of a request for a record.
    #[must_use]
    pub const fn is_of_request(self) -> bool {
        matches!(self, Self::Grant | Self::Answer | Self::Refusal | Self::Failure | Self::Interrupted)
    }

    /// The kind with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A claim to a request id: single use per signer, on every node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    /// Keyed commitment to the signer's IIN, the same on every node of a deployment.
    pub signer: [u8; 32],
    pub request: Uuid,
    /// When it was looked at and nobody had claimed it.
    pub unclaimed: Option<Instant>,
}

/// One row of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    pub index: u64,
    pub kind: Kind,
    pub at: Millis,
    /// The request it speaks of, where its id could be read.
    pub request: Option<Uuid>,
    /// The agency on whose channel it happened.
    pub agency: Option<Bin>,
    /// The refusal or failure code.
    pub code: Option<String>,
    /// Index, in the same log, of the grant this entry is the outcome of.
    pub grant: Option<u64>,
    /// The leaf's exact bytes.
    pub leaf: Vec<u8>,
    /// Encrypted content, and which case's key opens it.
    pub content: Vec<u8>,
    pub case_ref: Option<[u8; 32]>,
}

impl StoredEntry {
    /// All but what is sealed.
    #[must_use]
    pub fn public_half(&self) -> Self {
        Self {
            index: self.index,
            kind: self.kind,
            at: self.at,
            request: self.request,
            agency: self.agency.clone(),
            code: self.code.clone(),
            grant: self.grant,
            leaf: self.leaf.clone(),
            content: Vec::new(),
            case_ref: None,
        }
    }
}

/// The head of one origin's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub size: u64,
    pub root: [u8; 32],
    /// The signed checkpoint note over size and root.
    pub checkpoint: String,
}

/// A head that an authority time-stamped (RFC 3161).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StampedHead {
    /// Its checkpoint with the witnesses' lines, if the log has witnesses.
    pub head: Head,
    /// The token, over the checkpoint's text (DER).
    pub token: Vec<u8>,
    /// Certificates, lists and answers that say who made it, kept as documents.
    pub relied_on: Vec<evidence::statement::Item>,
}

/// What one transaction adds to a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The size before; the compare half of the compare-and-swap.
    pub before: u64,
    pub entries: Vec<Arc<StoredEntry>>,
    /// New tree nodes by stored index, one after another without gaps.
    pub nodes: Vec<(u64, [u8; 32])>,
    pub head: Head,
    /// What the entries do to the clocks of urgent measures.
    pub effects: Vec<Effect>,
}

/// What became of a request, for `GET /v1/requests/{id}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The log it is in.
    pub origin: String,
    pub entry: StoredEntry,
}
