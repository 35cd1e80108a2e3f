//! The journal's rows, and the checks on what is to be added to them.

use certs::Bin;
use sqlx::FromRow;
use uuid::Uuid;

use super::StoreError;
use super::row::digest;
use crate::clock::Millis;
use crate::entry::{Head, Kind, Outcome, StoredEntry};

/// Most requests of one agency with one id that are looked at.
pub(super) const MOST_OUTCOMES: i64 = 32;

/// The columns of an entry, in the order of [`EntryRow`].
macro_rules! entry_columns {
    () => {
        "origin, idx, kind, at, request, agency, code, grant_idx, leaf, content, case_ref"
    };
}
pub(super) use entry_columns;

#[derive(Debug, FromRow)]
pub(super) struct EntryRow {
    origin: String,
    idx: i64,
    kind: String,
    at: i64,
    request: Option<Uuid>,
    agency: Option<String>,
    code: Option<String>,
    grant_idx: Option<i64>,
    leaf: Vec<u8>,
    content: Vec<u8>,
    case_ref: Option<Vec<u8>>,
}

impl TryFrom<EntryRow> for StoredEntry {
    type Error = StoreError;

    fn try_from(row: EntryRow) -> Result<Self, StoreError> {
        let spoilt =
            |what: &str| StoreError::Corrupt(format!("{what} of entry {} of {}", row.idx, row.origin));
        Ok(Self {
            index: u64::try_from(row.idx).map_err(|_| spoilt("the index"))?,
            kind: Kind::named(&row.kind).ok_or_else(|| spoilt("the kind"))?,
            at: Millis(row.at),
            request: row.request,
            agency: match &row.agency {
                None => None,
                Some(text) => Some(Bin::parse_unchecked_digit(text).map_err(|_| spoilt("the agency"))?),
            },
            grant: row.grant_idx.map(u64::try_from).transpose().map_err(|_| spoilt("the grant"))?,
            case_ref: row.case_ref.as_deref().map(|bytes| digest(bytes, "a case reference")).transpose()?,
            code: row.code,
            leaf: row.leaf,
            content: row.content,
        })
    }
}

impl TryFrom<EntryRow> for Outcome {
    type Error = StoreError;

    fn try_from(row: EntryRow) -> Result<Self, StoreError> {
        Ok(Self { origin: row.origin.clone(), entry: row.try_into()? })
    }
}

#[derive(Debug, FromRow)]
pub(super) struct HeadRow {
    size: i64,
    root: Vec<u8>,
    checkpoint: String,
}

impl TryFrom<HeadRow> for Head {
    type Error = StoreError;

    fn try_from(row: HeadRow) -> Result<Self, StoreError> {
        Ok(Self {
            size: unsigned(row.size)?,
            root: digest(&row.root, "the root of a log")?,
            checkpoint: row.checkpoint,
        })
    }
}

/// A place in a log as the databases count.
pub(super) fn signed(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::Corrupt(format!("{number} is beyond any log")))
}

/// A place in a log out of the database.
pub(super) fn unsigned(number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| StoreError::Corrupt(format!("{number} is no place in a log")))
}

/// Puts nodes into the order in which they were asked for. One beyond its run is found without bytes.
pub(super) fn in_order(
    origin: &str,
    asked: &[u64],
    found: Vec<(i64, Vec<u8>)>,
) -> Result<Vec<[u8; 32]>, StoreError> {
    let mut nodes = std::collections::HashMap::with_capacity(found.len());
    for (index, hash) in found.into_iter().filter(|(_, hash)| !hash.is_empty()) {
        nodes.insert(unsigned(index)?, digest(&hash, "a tree node")?);
    }
    let node = |index: &u64| {
        nodes
            .get(index)
            .copied()
            .ok_or_else(|| StoreError::Corrupt(format!("node {index} of {origin} is absent")))
    };
    asked.iter().map(node).collect()
}
