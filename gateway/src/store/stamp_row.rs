//! Rows of time-stamped checkpoints.

use sqlx::FromRow;

use super::StoreError;
use super::journal_row::unsigned;
use super::row::digest;
use crate::entry::{Head, StampedHead};

#[derive(Debug, FromRow)]
pub(super) struct StampRow {
    size: i64,
    root: Vec<u8>,
    checkpoint: String,
    token: Vec<u8>,
    relied_on: String,
}

impl TryFrom<StampRow> for StampedHead {
    type Error = StoreError;

    fn try_from(row: StampRow) -> Result<Self, StoreError> {
        let head = Head {
            size: unsigned(row.size)?,
            root: digest(&row.root, "the root of a time-stamped log")?,
            checkpoint: row.checkpoint,
        };
        let relied_on = serde_json::from_str(&row.relied_on).map_err(|error| unreadable(&error))?;
        Ok(Self { head, token: row.token, relied_on })
    }
}

/// What a time-stamp relied on, as stored.
pub(super) fn relied_on(stamp: &StampedHead) -> Result<String, StoreError> {
    serde_json::to_string(&stamp.relied_on).map_err(|error| unreadable(&error))
}

fn unreadable(error: &serde_json::Error) -> StoreError {
    StoreError::Corrupt(format!("what a time-stamp relied on: {error}"))
}
