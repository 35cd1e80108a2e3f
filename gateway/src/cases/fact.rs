//! What a case registry said, as relied on and as kept in the evidence.

use bytes::Bytes;
use evidence::statement::Role;
use policy::{CaseKind, CaseStatus};
use serde::Serialize;

use crate::cases::live::LiveCase;
use crate::clock::Millis;
use crate::paper::Paper;
use crate::replica::{CaseSource, CaseState};

/// A case in its registry's own words, with how old they are.
#[derive(Clone, Debug)]
pub struct CaseFact {
    pub state: CaseState,
    pub source: String,
    pub as_of: Millis,
    /// Seconds the source's word is good for.
    pub max_age: u32,
    /// The exact answer of a live source.
    pub answer: Option<Vec<u8>>,
}

impl CaseFact {
    #[must_use]
    pub fn replica(source: &CaseSource, state: CaseState, as_of: Millis) -> Self {
        Self { state, source: source.code.clone(), as_of, max_age: source.max_age, answer: None }
    }

    #[must_use]
    pub fn live(source: &CaseSource, case: LiveCase) -> Self {
        let LiveCase { state, as_of, answer } = case;
        Self { state, source: source.code.clone(), as_of, max_age: source.max_age, answer: Some(answer) }
    }

    /// For the evidence: everything the decision relied on.
    #[must_use]
    pub fn evidence(&self) -> impl Serialize {
        let state = &self.state;
        CaseEvidence {
            kind: &state.kind,
            number: &state.number,
            status: &state.status,
            agency: state.agency.as_str(),
            holders: state.holders.iter().map(certs::Iin::as_str).collect(),
            version: state.version,
            source: &self.source,
            as_of: self.as_of.0,
            max_age: self.max_age,
        }
    }

    /// The exact answer of a live source, as a document.
    #[must_use]
    pub fn paper(&self) -> Option<Paper> {
        let bytes = self.answer.as_ref()?;
        Some(Paper::personal(Role::CaseFacts, "application/json", Bytes::copy_from_slice(bytes)))
    }
}

/// The case, as evidence.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct CaseEvidence<'a> {
    kind: &'a CaseKind,
    number: &'a str,
    status: &'a CaseStatus,
    agency: &'a str,
    holders: Vec<&'a str>,
    version: i64,
    source: &'a str,
    as_of: i64,
    max_age: u32,
}
