//! The register's rows.

use certs::Bin;
use sqlx::FromRow;
use uuid::Uuid;

use crate::clock::Millis;
use crate::register::{Ending, Place, Progress, Registered, Track};
use crate::store::StoreError;
use crate::store::journal_row::unsigned;

/// The columns of a request, in the order of [`RequestRow`].
macro_rules! request_columns {
    () => {
        "place, at, outcome, track, request, officer, subject, case_key, agency, registry, operation, code"
    };
}
pub(super) use request_columns;

#[derive(Debug, FromRow)]
pub(super) struct RequestRow {
    place: i64,
    at: i64,
    outcome: i16,
    track: i16,
    request: Option<Uuid>,
    officer: Option<Uuid>,
    subject: Option<Uuid>,
    case_key: Option<Uuid>,
    agency: Option<String>,
    registry: Option<String>,
    operation: Option<String>,
    code: Option<String>,
}

impl TryFrom<RequestRow> for Registered {
    type Error = StoreError;

    fn try_from(row: RequestRow) -> Result<Self, StoreError> {
        let spoilt = |what: &str| StoreError::Corrupt(format!("{what} of a request in the register"));
        let ending = Ending::ALL.into_iter().find(|ending| ending.number() == row.outcome);
        let agency = row.agency.as_deref().map(Bin::parse_unchecked_digit).transpose();
        Ok(Self {
            place: Place(row.place),
            at: Millis(row.at),
            ending: ending.ok_or_else(|| spoilt("the outcome"))?,
            track: if row.track == 0 { Track::Ordinary } else { Track::Operational },
            request: row.request,
            officer: row.officer,
            subject: row.subject,
            case: row.case_key,
            agency: agency.map_err(|_| spoilt("the agency"))?,
            registry: row.registry,
            operation: row.operation,
            code: row.code,
        })
    }
}

#[derive(Debug, FromRow)]
pub(super) struct ProgressRow {
    number: i16,
    origin: String,
    next: i64,
    size: i64,
}

impl TryFrom<ProgressRow> for Progress {
    type Error = StoreError;

    fn try_from(row: ProgressRow) -> Result<Self, StoreError> {
        Ok(Self { log: row.number, origin: row.origin, next: unsigned(row.next)?, size: unsigned(row.size)? })
    }
}
