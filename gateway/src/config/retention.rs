//! How long content is kept after its case has ended, where the law or an order sets a time (OI 5(5)).

use std::num::NonZeroU32;

use policy::CaseKind;
use serde::{Deserialize, Serialize};

/// The retention clock of one kind of case. Without one, content goes when the case's material does (SLS 16-3(3)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    pub kind: CaseKind,
    /// Days from when the case was seen to have ended.
    pub days: NonZeroU32,
    /// Days before the end at which notice is given; never fewer lie between notice and destruction.
    #[serde(default)]
    pub notice_days: u32,
}

impl Retention {
    /// Days after which notice is due.
    #[must_use]
    pub fn notice_from(&self) -> u32 {
        self.days.get().saturating_sub(self.notice_days)
    }
}
