//! What may be taken from a case registry's feed, the same on both databases.

use std::collections::HashMap;

use policy::CaseKind;

use super::StoreError;
use crate::replica::{CaseSource, CaseState, SourceMode};

/// Why a feed is not taken. Nothing of it was stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedFault {
    #[error("no source of this name is configured")]
    UnknownSource,
    #[error("this source is asked live and feeds no replica")]
    LiveSource,
    #[error("case {number}: the source does not speak for cases of the kind {kind}")]
    KindNotOfSource { number: String, kind: CaseKind },
    #[error("case {number} of the kind {kind} is reported by another source")]
    OtherSource { number: String, kind: CaseKind },
    #[error(
        "case {number} of the kind {kind} was reported otherwise under the same version; a change needs a higher one"
    )]
    SameVersion { number: String, kind: CaseKind },
}

impl FeedFault {
    /// This fault in a feed of `source`.
    pub(super) fn of(self, source: &str) -> StoreError {
        StoreError::Feed { source_code: source.to_owned(), fault: self }
    }
}

/// The first case that is at fault, by number and kind as stored; `fault` says with what.
pub(super) fn refuse(
    at_fault: Option<(String, String)>,
    source: &str,
    fault: impl FnOnce(String, CaseKind) -> FeedFault,
) -> Result<(), StoreError> {
    let Some((number, kind)) = at_fault else { return Ok(()) };
    let kind = kind.parse().map_err(|_| StoreError::Corrupt("the kind of a case".to_owned()))?;
    Err(fault(number, kind).of(source))
}

/// A case another source reported first.
pub(super) fn other_source(number: String, kind: CaseKind) -> FeedFault {
    FeedFault::OtherSource { number, kind }
}

/// A case whose version is known with other content.
pub(super) fn same_version(number: String, kind: CaseKind) -> FeedFault {
    FeedFault::SameVersion { number, kind }
}

/// The newest state of each case of a feed, in key order: two feeds that wait for each other do so in one direction.
pub(super) fn newest<'a>(
    source: &CaseSource,
    cases: &'a [CaseState],
) -> Result<Vec<&'a CaseState>, StoreError> {
    if source.mode != SourceMode::Replica {
        return Err(FeedFault::LiveSource.of(&source.code));
    }
    let mut newest: HashMap<(&str, CaseKind), &CaseState> = HashMap::with_capacity(cases.len());
    for case in cases {
        if !source.kinds.contains(&case.kind) {
            let fault = FeedFault::KindNotOfSource { number: case.number.clone(), kind: case.kind };
            return Err(fault.of(&source.code));
        }
        let kept = newest.entry((&case.number, case.kind)).or_insert(case);
        if kept.version == case.version && *kept != case {
            let fault = FeedFault::SameVersion { number: case.number.clone(), kind: case.kind };
            return Err(fault.of(&source.code));
        }
        if kept.version < case.version {
            *kept = case;
        }
    }
    let mut newest: Vec<_> = newest.into_values().collect();
    newest.sort_unstable_by_key(|case| (&case.number, case.kind));
    Ok(newest)
}
