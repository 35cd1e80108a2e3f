//! The contract's table of refusals, written down once more: the tests hold the product to it.

/// Status and codes.
pub const REFUSALS: &[(u16, &[&str])] = &[
    (400, &["malformed-document", "malformed-signature"]),
    (
        401,
        &[
            "signature-invalid",
            "algorithm-not-accepted",
            "certificate-untrusted",
            "certificate-expired",
            "certificate-not-yet-valid",
            "certificate-revoked",
            "certificate-purpose",
        ],
    ),
    (
        403,
        &[
            "system-not-enrolled",
            "user-not-registered",
            "user-suspended",
            "agency-mismatch",
            "ground-not-permitted",
            "registry-not-listed",
            "operation-not-permitted",
            "case-not-found",
            "case-kind-mismatch",
            "case-not-open",
            "case-not-in-production",
            "sanction-missing",
        ],
    ),
    (409, &["duplicate-request"]),
    (413, &["too-large"]),
    (415, &["unsupported-media-type"]),
    (422, &["document-stale", "circumstances-missing", "parameters-invalid"]),
    (429, &["rate-limited"]),
    (502, &["registry-failed"]),
    (504, &["registry-timeout"]),
    (
        503,
        &[
            "revocation-unknown",
            "case-unverifiable",
            "registry-unavailable",
            "evidence-unavailable",
            "overloaded",
        ],
    ),
];

/// Refusals that follow a grant: the registry was asked, or was to be asked, and gave nothing.
pub const AFTER_THE_GRANT: &[&str] = &["registry-failed", "registry-timeout", "registry-unavailable"];

/// Refusals that may leave no record.
pub const WITHOUT_RECEIPT: &[&str] = &["evidence-unavailable", "overloaded"];

/// The status of a code.
///
/// # Panics
/// When the contract has no such code.
#[must_use]
pub fn status(code: &str) -> u16 {
    let found = REFUSALS.iter().find(|(_, codes)| codes.contains(&code));
    found.unwrap_or_else(|| panic!("the contract has no code {code}")).0
}
