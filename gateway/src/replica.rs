//! Cases as the gateway knows them between two feeds of a case registry (SLS 16-2(3)¶2).

use certs::{Bin, Iin};
use policy::{CaseKind, CaseStatus};

use crate::clock::Millis;

/// The state of one case at one version, as its registry reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseState {
    pub kind: CaseKind,
    pub number: String,
    pub status: CaseStatus,
    pub agency: Bin,
    /// In whose production the case is; the first leads. At most [`CaseState::MAX_HOLDERS`].
    pub holders: Vec<Iin>,
    /// Grows with every change in the case registry; an older state never overwrites a newer one.
    pub version: i64,
}

impl CaseState {
    /// An investigative group has a leader and members; larger ones than this are not seen in practice.
    pub const MAX_HOLDERS: usize = 32;
}

/// How a case registry is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceMode {
    /// It feeds a replica through `PUT /v1/cases`.
    Replica,
    /// It is asked at the moment of the request.
    Live { url: String },
}

/// A case registry the gateway relies on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseSource {
    pub code: String,
    pub kinds: Vec<CaseKind>,
    pub mode: SourceMode,
    /// How old its word may be, in seconds; older is `case-unverifiable`.
    pub max_age: u32,
    /// The instant its last feed spoke of; `None` before the first. Always `None` for a live source.
    pub as_of: Option<Millis>,
}

/// A case out of the replica with the source that vouches for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaCase {
    pub state: CaseState,
    pub source: CaseSource,
}
