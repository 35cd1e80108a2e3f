//! Rotation of the master key: every data key is wrapped anew, the content under them stays as it is.

use crate::store::StoreError;
use crate::store::custody::Custody;
use crate::vault::{Rewrapped, Vault, VaultError};

/// Keys read between two looks at the table.
const PAGE: u16 = 500;

/// Why a rotation stopped. It goes on where it was when begun again.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    #[error("the keys cannot be read or written")]
    Store(#[from] StoreError),
    #[error("a key cannot be wrapped")]
    Vault(#[from] VaultError),
}

/// What a rotation found and did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Keys that were under the master key before and are under the new one now.
    pub anew: u64,
    /// Keys that were under the new one already.
    pub already: u64,
    /// Keys that open under neither.
    pub unknown: u64,
}

/// Wraps every key under the vault's master key that is still under the one before. Nodes may work meanwhile, if they know both.
///
/// # Errors
/// [`RotationError`].
pub async fn rotate(vault: &Vault, custody: &dyn Custody) -> Result<Rotated, RotationError> {
    let (mut after, mut rotated) = ([0; 32], Rotated::default());
    loop {
        let page = custody.wrapped(&after, PAGE).await?;
        let Some((last, _)) = page.last() else { return Ok(rotated) };
        after = *last;
        for (case, wrapped) in &page {
            match vault.rewrap(case, wrapped)? {
                Rewrapped::Already => rotated.already = rotated.already.saturating_add(1),
                Rewrapped::Unknown => rotated.unknown = rotated.unknown.saturating_add(1),
                Rewrapped::Anew(new) => {
                    // One that was destroyed, or wrapped anew by another, between reading and writing is left alone.
                    let done = custody.rewrap(case, wrapped, &new).await?;
                    rotated.anew = rotated.anew.saturating_add(u64::from(done));
                }
            }
        }
    }
}
