//! What is known of a system, a person, a case and a request id: what a request is held against, in one look.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use certs::Iin;
use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};
use uuid::Uuid;

use super::StoreError;
use super::enrolment_row::EnrolmentRow;
use super::row::{ReplicaRow, UserRow};
use crate::enrolment::{Enrolment, Fingerprint, User};
use crate::replica::ReplicaCase;

/// What a request names, whoever and whatever they are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    /// Of the system on the channel.
    pub certificate: Fingerprint,
    pub person: Iin,
    /// The number.
    pub case: String,
    /// The request's id, and the commitment to its signer under which it is claimed.
    pub request: Uuid,
    pub signer: [u8; 32],
}

/// What the registers and the replica say, as of one moment.
#[derive(Clone, Debug)]
pub struct Known {
    /// The system with its agency, in whatever state they are.
    pub enrolment: Option<Enrolment>,
    /// The registered person, in whatever state.
    pub user: Option<User>,
    /// Cases that cannot be read are the trouble of who relies on them: what is to be said of the person comes before.
    pub cases: Held,
    /// The request id was not claimed at this instant, or later.
    pub unclaimed: Option<Instant>,
}

/// Every replica case with a number, in the order of their kinds' names, each with its source as it stands now.
pub type Held = Result<Vec<ReplicaCase>, Arc<StoreError>>;

impl Default for Known {
    fn default() -> Self {
        Self { enrolment: None, user: None, cases: Ok(Vec::new()), unclaimed: None }
    }
}

impl Known {
    fn add(&mut self, case: ReplicaRow) {
        let read = ReplicaCase::try_from(case).map_err(Arc::new);
        match (&mut self.cases, read) {
            (Ok(cases), Ok(case)) => cases.push(case),
            (cases @ Ok(_), Err(error)) => *cases = Err(error),
            (Err(_), _) => {}
        }
    }

    fn in_order(&mut self) {
        if let Ok(cases) = &mut self.cases {
            cases.sort_by_key(|case| case.state.kind.as_str());
        }
    }
}

/// What is there of one question, with one of the cases that have its number.
pub(super) struct KnownRow {
    /// Which question, from 0.
    place: i64,
    enrolment: Option<EnrolmentRow>,
    user: Option<UserRow>,
    case: Option<ReplicaRow>,
    unclaimed: bool,
}

impl<'r, R: Row> FromRow<'r, R> for KnownRow
where
    EnrolmentRow: FromRow<'r, R>,
    UserRow: FromRow<'r, R>,
    ReplicaRow: FromRow<'r, R>,
    &'static str: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    bool: Decode<'r, R::Database> + Type<R::Database>,
    Option<&'r str>: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
        let is_there = |column: &'static str| row.try_get::<Option<&str>, _>(column).map(|it| it.is_some());
        Ok(Self {
            place: row.try_get("place")?,
            // By its agency: the constraints exclude a system without one.
            enrolment: is_there("agency_code")?.then(|| EnrolmentRow::from_row(row)).transpose()?,
            user: is_there("iin")?.then(|| UserRow::from_row(row)).transpose()?,
            // By its source: a case without one, which the constraints exclude, is none.
            case: is_there("code")?.then(|| ReplicaRow::from_row(row)).transpose()?,
            unclaimed: row.try_get("unclaimed")?,
        })
    }
}

/// What is known, by what was asked at this instant.
pub(super) fn known(
    asked: &[Asked],
    rows: Vec<KnownRow>,
    since: Instant,
) -> Result<HashMap<Asked, Known>, StoreError> {
    let mut found: Vec<Known> = asked.iter().map(|_| Known::default()).collect();
    for row in rows {
        let known = usize::try_from(row.place).ok().and_then(|place| found.get_mut(place));
        let known = known.ok_or_else(|| StoreError::Corrupt("an answer to no question".to_owned()))?;
        known.enrolment = row.enrolment.map(TryInto::try_into).transpose()?;
        known.user = row.user.map(TryInto::try_into).transpose()?;
        known.unclaimed = row.unclaimed.then_some(since);
        row.case.into_iter().for_each(|case| known.add(case));
    }
    found.iter_mut().for_each(Known::in_order);
    Ok(asked.iter().cloned().zip(found).collect())
}
