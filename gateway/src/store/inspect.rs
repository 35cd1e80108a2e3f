//! What only the check of a whole log reads.

use std::ops::Range;

use sqlx::FromRow;
use uuid::Uuid;

use super::journal_row::unsigned;
use super::row::digest;
use super::{FoundKey, KeptDocument, StoreError};
use crate::entry::Claim;

/// How many there are, as of one state of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tallies {
    /// Of one log: the size its head states.
    pub size: u64,
    pub entries: u64,
    pub nodes: u64,
    /// Of all logs in the database.
    pub claims: u64,
    pub grants: u64,
}

#[derive(Debug, FromRow)]
pub(super) struct TallyRow {
    size: i64,
    entries: i64,
    nodes: i64,
    claims: i64,
    grants: i64,
}

impl TryFrom<TallyRow> for Tallies {
    type Error = StoreError;

    fn try_from(row: TallyRow) -> Result<Self, StoreError> {
        Ok(Self {
            size: unsigned(row.size)?,
            entries: unsigned(row.entries)?,
            nodes: unsigned(row.nodes)?,
            claims: unsigned(row.claims)?,
            grants: unsigned(row.grants)?,
        })
    }
}

/// The nodes of `runs` that lie in `wanted`.
pub(super) fn nodes(
    runs: Vec<(i64, Vec<u8>)>,
    wanted: Range<u64>,
) -> Result<Vec<(u64, [u8; 32])>, StoreError> {
    let mut nodes = Vec::new();
    for (first, hashes) in runs {
        for (index, hash) in (unsigned(first)?..).zip(hashes.chunks(32)) {
            if wanted.contains(&index) {
                nodes.push((index, digest(hash, "a tree node")?));
            }
        }
    }
    Ok(nodes)
}

pub(super) fn claims(found: Vec<(Uuid, Vec<u8>)>) -> Result<Vec<Claim>, StoreError> {
    let claim = |(request, signer): (Uuid, Vec<u8>)| {
        Ok(Claim { request, signer: digest(&signer, "a claim")?, unclaimed: None })
    };
    found.into_iter().map(claim).collect()
}

pub(super) fn keys(found: Vec<(Vec<u8>, Option<Vec<u8>>)>) -> Result<Vec<FoundKey>, StoreError> {
    found.into_iter().map(|(case, wrapped)| Ok((digest(&case, "a case reference")?, wrapped))).collect()
}

pub(super) fn documents(found: Vec<(Vec<u8>, Vec<u8>)>) -> Result<Vec<KeptDocument>, StoreError> {
    found.into_iter().map(|(name, bytes)| Ok((digest(&name, "the name of a document")?, bytes))).collect()
}
