use crate::algorithm::Acceptance;
use crate::path::Conformance;

/// What a store puts up with in lists and answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Which signatures count.
    pub acceptance: Acceptance,
    /// How much of RFC 5280 §5 authorities are held to.
    pub conformance: Conformance,
    /// Seconds that `thisUpdate` may lie ahead: clocks differ.
    pub ahead: i64,
    /// Seconds that an OCSP answer without `nextUpdate` is relied on after its `thisUpdate`.
    pub answer_lifetime: i64,
}

impl Terms {
    /// Strict signatures, a minute between clocks, ten minutes for an answer that names no end: the national responder names none.
    pub const STRICT: Self = Self {
        acceptance: Acceptance::STRICT,
        conformance: Conformance::Processing,
        ahead: 60,
        answer_lifetime: 600,
    };
}

impl Default for Terms {
    fn default() -> Self {
        Self::STRICT
    }
}
