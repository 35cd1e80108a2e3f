//! The rows of custody.

use sqlx::FromRow;
use uuid::Uuid;

use super::{Account, Look, RetentionClock};
use crate::clock::Millis;
use crate::destruction::{Cause, Destruction, Keeping, Termination};
use crate::store::StoreError;
use crate::store::journal_row::unsigned;
use crate::store::row::digest;

/// The columns of a destruction, in the order of [`DestructionRow`].
macro_rules! destruction_columns {
    () => {
        "id, case_ref, kind, number, cause, reason, asked_by, asked_at, confirmed_by, confirmed_at"
    };
}
pub(super) use destruction_columns;

#[derive(Debug, FromRow)]
pub(super) struct DestructionRow {
    id: Uuid,
    case_ref: Vec<u8>,
    kind: String,
    number: String,
    cause: String,
    reason: String,
    asked_by: String,
    asked_at: i64,
    confirmed_by: Option<String>,
    confirmed_at: Option<i64>,
}

impl TryFrom<DestructionRow> for Destruction {
    type Error = StoreError;

    fn try_from(row: DestructionRow) -> Result<Self, StoreError> {
        let cause = Cause::named(&row.cause);
        Ok(Self {
            id: row.id,
            case_ref: digest(&row.case_ref, "the key of a destruction")?,
            kind: row.kind,
            number: row.number,
            cause: cause.ok_or_else(|| StoreError::Corrupt("the cause of a destruction".to_owned()))?,
            reason: row.reason,
            asked_by: row.asked_by,
            asked_at: Millis(row.asked_at),
            confirmed: row.confirmed_by.zip(row.confirmed_at.map(Millis)),
        })
    }
}

#[derive(Debug, FromRow)]
pub(super) struct AccountRow {
    origin: String,
    idx: Option<i64>,
}

impl TryFrom<AccountRow> for Account {
    type Error = StoreError;

    fn try_from(row: AccountRow) -> Result<Self, StoreError> {
        Ok(Self { origin: row.origin, index: row.idx.map(unsigned).transpose()? })
    }
}

#[derive(Debug, FromRow)]
pub(super) struct LookRow {
    size: i64,
    at: i64,
    shared: bool,
}

impl TryFrom<LookRow> for Look {
    type Error = StoreError;

    fn try_from(row: LookRow) -> Result<Self, StoreError> {
        Ok(Self { size: unsigned(row.size)?, at: Millis(row.at), shared: row.shared })
    }
}

/// The columns of a termination, in the order of [`TerminationRow`].
macro_rules! termination_columns {
    () => {
        "kind, number, case_ref, keeping, ended_at, due_at, agency, reason, reported_by, reported_at"
    };
}
pub(super) use termination_columns;

#[derive(Debug, FromRow)]
pub(super) struct TerminationRow {
    kind: String,
    number: String,
    case_ref: Vec<u8>,
    keeping: String,
    ended_at: i64,
    due_at: i64,
    agency: String,
    reason: String,
    reported_by: String,
    reported_at: i64,
}

impl TryFrom<TerminationRow> for Termination {
    type Error = StoreError;

    fn try_from(row: TerminationRow) -> Result<Self, StoreError> {
        let keeping = Keeping::ALL.into_iter().find(|keeping| keeping.name() == row.keeping);
        Ok(Self {
            kind: row.kind,
            number: row.number,
            case_ref: digest(&row.case_ref, "the key of a terminated record")?,
            keeping: keeping.ok_or_else(|| StoreError::Corrupt("how long a record is kept".to_owned()))?,
            ended_at: Millis(row.ended_at),
            due_at: Millis(row.due_at),
            agency: row.agency,
            reason: row.reason,
            reported_by: row.reported_by,
            reported_at: Millis(row.reported_at),
        })
    }
}

#[derive(Debug, FromRow)]
pub(super) struct ClockRow {
    kind: String,
    number: String,
    started_at: i64,
    noticed_at: Option<i64>,
}

impl TryFrom<ClockRow> for RetentionClock {
    type Error = StoreError;

    fn try_from(row: ClockRow) -> Result<Self, StoreError> {
        let (started_at, noticed_at) = (Millis(row.started_at), row.noticed_at.map(Millis));
        Ok(Self { kind: row.kind, number: row.number, started_at, noticed_at })
    }
}
