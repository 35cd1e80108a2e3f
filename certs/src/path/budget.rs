//! How much work one verification may cost. A chain is built from certificates that the signer chose; without budgets a few kilobytes
//! buy hours (CVE-2024-0567, CVE-2018-16875, the `pathological` part of x509-limbo).

use super::PathError;

/// Octets of one certificate. National certificates have 1 to 2.5 KiB, the largest in the Web PKI about 100 KiB (names of shared hosts).
pub const MAX_CERTIFICATE_BYTES: usize = 128 * 1024;

/// Authorities between the leaf and the anchor, self-issued ones included. The national trees have one; RFC 5280 sets none; rustls-webpki
/// stops at 6, GnuTLS at 16. PKITS needs 5.
pub const MAX_INTERMEDIATES: usize = 8;

/// Signatures checked while one path is looked for. rustls-webpki allows 100 at 17 µs; a national 512-bit signature costs about 0.6 ms,
/// and one verification may cost 50 ms in all.
pub const MAX_SIGNATURE_CHECKS: u32 = 48;

/// Issuers tried while one path is looked for, by name and key identifier, before any signature is checked.
pub const MAX_CANDIDATES: u32 = 4_096;

/// Comparisons of a name with a constraint in one path. rustls-webpki allows 250,000.
pub const MAX_NAME_COMPARISONS: u32 = 100_000;

/// Policies, and mappings of policies, that one certificate may list. RFC 9618 keeps the work linear, this keeps it small.
pub const MAX_POLICIES: usize = 128;

/// Names, distribution points, purposes or addresses that one extension may list.
pub const MAX_LISTED: usize = 1_024;

/// Which budget ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Exhausted {
    /// [`MAX_SIGNATURE_CHECKS`].
    #[error("more than {MAX_SIGNATURE_CHECKS} signatures to check")]
    Signatures,
    /// [`MAX_CANDIDATES`].
    #[error("more than {MAX_CANDIDATES} issuers to try")]
    Candidates,
    /// [`MAX_NAME_COMPARISONS`].
    #[error("more than {MAX_NAME_COMPARISONS} names to compare with constraints")]
    NameComparisons,
}

/// What is left to spend.
#[derive(Debug)]
pub(crate) struct Budget {
    signatures: u32,
    candidates: u32,
    names: u32,
}

impl Budget {
    pub(crate) fn new() -> Self {
        Self { signatures: MAX_SIGNATURE_CHECKS, candidates: MAX_CANDIDATES, names: MAX_NAME_COMPARISONS }
    }

    pub(crate) fn signature(&mut self) -> Result<(), PathError> {
        spend(&mut self.signatures, Exhausted::Signatures)
    }

    pub(crate) fn candidate(&mut self) -> Result<(), PathError> {
        spend(&mut self.candidates, Exhausted::Candidates)
    }

    pub(crate) fn name_comparison(&mut self) -> Result<(), PathError> {
        spend(&mut self.names, Exhausted::NameComparisons)
    }
}

fn spend(left: &mut u32, exhausted: Exhausted) -> Result<(), PathError> {
    *left = left.checked_sub(1).ok_or(PathError::Budget(exhausted))?;
    Ok(())
}
