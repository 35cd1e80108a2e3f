//! What both databases do around one batch of a log.

use std::collections::HashSet;

use uuid::Uuid;

use super::StoreError;
use super::journal_row::signed;
use super::row::digest;
use super::tried::Key;
use crate::entry::{Batch, Claim};

/// What a claim is for.
pub(super) fn key(claim: &Claim) -> Key {
    (claim.request, claim.signer)
}

/// Claims in key order, each key once.
///
/// Every node takes claims in this order, so that two nodes that want the same keys wait for each other in one
/// direction only and never deadlock.
pub(super) fn key_order(claims: &[Claim]) -> Vec<Key> {
    let mut keys: Vec<_> = claims.iter().map(key).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Which of `claims` were new, given the keys that were. Of equal claims in one call the first holds.
pub(super) fn held(claims: &[Claim], mut won: HashSet<Key>) -> Vec<bool> {
    claims.iter().map(|claim| won.remove(&key(claim))).collect()
}

/// The keys of rows of claims.
pub(super) fn keys(rows: Vec<(Uuid, Vec<u8>)>) -> Result<HashSet<Key>, StoreError> {
    rows.into_iter().map(|(request, signer)| Ok((request, digest(&signer, "a claim")?))).collect()
}

/// A batch follows on the head it names: entries without gaps, and a head behind the last of them.
pub(super) fn checked(batch: Batch) -> Result<Batch, StoreError> {
    let mut next = batch.before;
    for entry in &batch.entries {
        if entry.index != next {
            return Err(StoreError::Seal(format!("entry {} follows on {next} entries", entry.index)));
        }
        next = next.saturating_add(1);
    }
    if batch.head.size != next {
        return Err(StoreError::Seal(format!("a head of {} over {next} entries", batch.head.size)));
    }
    Ok(batch)
}

/// The nodes of a batch as they are stored, in one row: the index of the first, and the hashes one after another.
pub(super) fn run(batch: &Batch) -> Result<Option<(i64, Vec<u8>)>, StoreError> {
    let Some((first, _)) = batch.nodes.first() else { return Ok(None) };
    if (*first..).zip(&batch.nodes).any(|(next, (index, _))| *index != next) {
        return Err(StoreError::Seal(format!("the nodes from {first} on have a gap")));
    }
    let hashes: Vec<[u8; 32]> = batch.nodes.iter().map(|(_, hash)| *hash).collect();
    Ok(Some((signed(*first)?, hashes.into_flattened())))
}

/// Whether there is nothing to write: all claims were lost and nothing else was to be said.
pub(super) fn is_empty(batch: &Batch) -> bool {
    batch.entries.is_empty() && batch.nodes.is_empty()
}
