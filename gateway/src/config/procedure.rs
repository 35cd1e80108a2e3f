//! Values of the procedure that the law leaves to orders: strict unless an operator has a reason.

use std::num::NonZeroU32;

use policy::CaseKind;
use serde::{Deserialize, Serialize};

use super::number;

/// When a document counts as issued just now, and when circumstances count as stated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DocumentWindow {
    /// Seconds a document may be old.
    pub max_age: u32,
    /// Seconds its clock may be ahead of ours.
    pub max_ahead: u32,
    /// Characters that circumstances need at least (SLS 16-2(3)¶1).
    pub circumstances_min: u32,
}

impl Default for DocumentWindow {
    fn default() -> Self {
        Self { max_age: 300, max_ahead: 60, circumstances_min: 20 }
    }
}

/// How fast one official may ask, and how many refusals of one system are recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rates {
    pub officer_per_second: NonZeroU32,
    /// Requests at once after a pause.
    pub burst: NonZeroU32,
    /// Refusals of one client certificate that are recorded before a registered user is known: anyone with a certificate can be refused.
    pub refusals_per_second: NonZeroU32,
    /// Such refusals at once after a pause.
    pub refusals_burst: NonZeroU32,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            officer_per_second: number(5),
            burst: number(20),
            refusals_per_second: number(2),
            refusals_burst: number(6_000),
        }
    }
}

/// A case registry that the gateway relies on (SLS 16-2(3)¶2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseSource {
    pub code: String,
    pub kinds: Vec<CaseKind>,
    pub mode: Mode,
    /// Where a live source is asked; absent for a replica.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Seconds its word may be old; older is `case-unverifiable`.
    pub max_age: NonZeroU32,
}

/// How a case source is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// It feeds a replica.
    Replica,
    /// It is asked at the moment of the request.
    Live,
}

impl From<&CaseSource> for crate::replica::CaseSource {
    fn from(configured: &CaseSource) -> Self {
        use crate::replica::SourceMode;
        let mode = match (configured.mode, &configured.url) {
            (Mode::Live, Some(url)) => SourceMode::Live { url: url.clone() },
            // Loading refuses a live source without an address.
            (Mode::Replica, _) | (Mode::Live, None) => SourceMode::Replica,
        };
        Self {
            code: configured.code.clone(),
            kinds: configured.kinds.clone(),
            mode,
            max_age: configured.max_age.get(),
            as_of: None,
        }
    }
}
