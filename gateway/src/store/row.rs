//! Records as both databases keep them: words, numbers and bytes, and the way there and back.
//!
//! Lists of words are text with single spaces. What is read back is parsed again: a database that was edited by hand
//! gives [`StoreError::Corrupt`], not a wrong answer.

use std::collections::HashMap;
use std::hash::Hash;
use std::str::FromStr;

use certs::{Bin, Iin};
use policy::{CaseKind, Ground};
use serde::Serialize;
use sqlx::FromRow;

use super::StoreError;
use crate::clock::Millis;
use crate::enrolment::{Agency, ConsoleRole, Duty, Fingerprint, Official, State, System, SystemRole, User};
use crate::replica::{CaseSource, CaseState, ReplicaCase, SourceMode};

fn corrupt(what: &str) -> StoreError {
    StoreError::Corrupt(what.to_owned())
}

/// A word of a closed list, by its name in the database.
fn word<T: FromStr>(text: &str, what: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| corrupt(what))
}

fn words<T: FromStr, C: FromIterator<T>>(text: &str, what: &str) -> Result<C, StoreError> {
    text.split(' ').filter(|part| !part.is_empty()).map(|part| word(part, what)).collect()
}

fn joined<T>(items: impl IntoIterator<Item = T>, name: impl Fn(&T) -> &str) -> String {
    let mut text = String::new();
    for item in items {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(name(&item));
    }
    text
}

/// Numbers are checked when they come in; the check digit is not asked for again, for a test authority may waive it.
fn bin(text: &str) -> Result<Bin, StoreError> {
    Bin::parse_unchecked_digit(text).map_err(|_| corrupt("a BIN"))
}

pub(super) fn iin(text: &str) -> Result<Iin, StoreError> {
    Iin::parse_unchecked_digit(text).map_err(|_| corrupt("an IIN"))
}

fn state(text: &str) -> Result<State, StoreError> {
    State::named(text).ok_or_else(|| corrupt("the state of an enrolment"))
}

#[derive(Debug, FromRow, Serialize)]
pub(super) struct AgencyRow {
    pub bin: String,
    pub code: String,
    pub name: String,
    pub kind: String,
    pub state: String,
}

impl From<&Agency> for AgencyRow {
    fn from(agency: &Agency) -> Self {
        Self {
            bin: agency.bin.as_str().to_owned(),
            code: agency.code.clone(),
            name: agency.name.clone(),
            kind: agency.kind.as_str().to_owned(),
            state: agency.state.name().to_owned(),
        }
    }
}

impl TryFrom<AgencyRow> for Agency {
    type Error = StoreError;

    fn try_from(row: AgencyRow) -> Result<Self, StoreError> {
        Ok(Self {
            bin: bin(&row.bin)?,
            kind: word(&row.kind, "the kind of a body")?,
            state: state(&row.state)?,
            code: row.code,
            name: row.name,
        })
    }
}

#[derive(Debug, FromRow, Serialize)]
pub(super) struct SystemRow {
    #[serde(serialize_with = "as_hex")]
    pub certificate: Vec<u8>,
    pub agency: String,
    pub name: String,
    pub role: String,
    pub detail: String,
    pub state: String,
}

/// JSON has no bytes; the statement turns the digits back.
fn as_hex<S: serde::Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex::encode(bytes))
}

impl From<&System> for SystemRow {
    fn from(system: &System) -> Self {
        let (role, detail) = match &system.role {
            SystemRole::Exchange => ("exchange", ""),
            SystemRole::CaseFeed { source } => ("case-feed", source.as_str()),
            SystemRole::Console(capacity) => ("console", capacity.name()),
        };
        Self {
            certificate: system.certificate.0.to_vec(),
            agency: system.agency.as_str().to_owned(),
            name: system.name.clone(),
            role: role.to_owned(),
            detail: detail.to_owned(),
            state: system.state.name().to_owned(),
        }
    }
}

impl TryFrom<SystemRow> for System {
    type Error = StoreError;

    fn try_from(row: SystemRow) -> Result<Self, StoreError> {
        let role = match row.role.as_str() {
            "exchange" => SystemRole::Exchange,
            "case-feed" => SystemRole::CaseFeed { source: row.detail },
            "console" => SystemRole::Console(
                ConsoleRole::named(&row.detail).ok_or_else(|| corrupt("the capacity of a console"))?,
            ),
            _ => return Err(corrupt("the role of a system")),
        };
        Ok(Self {
            certificate: Fingerprint(digest(&row.certificate, "a fingerprint")?),
            agency: bin(&row.agency)?,
            name: row.name,
            role,
            state: state(&row.state)?,
        })
    }
}

/// 32 bytes, or what they were meant to be.
pub(super) fn digest(bytes: &[u8], what: &str) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| corrupt(what))
}

#[derive(Debug, FromRow, Serialize)]
pub(super) struct OfficialRow {
    agency: String,
    iin: String,
    duty: String,
    name: String,
    since: i64,
    until: Option<i64>,
}

impl From<&Official> for OfficialRow {
    fn from(official: &Official) -> Self {
        Self {
            agency: official.agency.as_str().to_owned(),
            iin: official.iin.as_str().to_owned(),
            duty: official.duty.name().to_owned(),
            name: official.name.clone(),
            since: official.from.0,
            until: official.until.map(|until| until.0),
        }
    }
}

impl TryFrom<OfficialRow> for Official {
    type Error = StoreError;

    fn try_from(row: OfficialRow) -> Result<Self, StoreError> {
        Ok(Self {
            agency: bin(&row.agency)?,
            iin: iin(&row.iin)?,
            duty: Duty::named(&row.duty).ok_or_else(|| corrupt("the duty of an official"))?,
            name: row.name,
            from: Millis(row.since),
            until: row.until.map(Millis),
        })
    }
}

#[derive(Debug, FromRow, Serialize)]
pub(super) struct UserRow {
    iin: String,
    // A case has one too, and both may stand in one row.
    #[sqlx(rename = "user_agency")]
    agency: String,
    name: String,
    role: String,
    grounds: String,
    state: String,
    since: i64,
    until: Option<i64>,
}

impl From<&User> for UserRow {
    fn from(user: &User) -> Self {
        Self {
            iin: user.iin.as_str().to_owned(),
            agency: user.agency.as_str().to_owned(),
            name: user.name.clone(),
            role: user.role.clone(),
            grounds: joined(&user.grounds, |ground: &&Ground| ground.as_str()),
            state: user.state.name().to_owned(),
            since: user.from.0,
            until: user.until.map(|until| until.0),
        }
    }
}

impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        Ok(Self {
            iin: iin(&row.iin)?,
            agency: bin(&row.agency)?,
            grounds: words(&row.grounds, "the grounds of a user")?,
            state: state(&row.state)?,
            name: row.name,
            role: row.role,
            from: Millis(row.since),
            until: row.until.map(Millis),
        })
    }
}

#[derive(Debug, FromRow, Serialize)]
pub(super) struct SourceRow {
    code: String,
    kinds: String,
    url: Option<String>,
    max_age: i64,
    as_of: Option<i64>,
}

impl From<&CaseSource> for SourceRow {
    fn from(source: &CaseSource) -> Self {
        Self {
            code: source.code.clone(),
            kinds: joined(&source.kinds, |kind: &&CaseKind| kind.as_str()),
            url: match &source.mode {
                SourceMode::Replica => None,
                SourceMode::Live { url } => Some(url.clone()),
            },
            max_age: i64::from(source.max_age),
            as_of: source.as_of.map(|at| at.0),
        }
    }
}

impl TryFrom<SourceRow> for CaseSource {
    type Error = StoreError;

    fn try_from(row: SourceRow) -> Result<Self, StoreError> {
        Ok(Self {
            kinds: words(&row.kinds, "the kinds of a case source")?,
            mode: row.url.map_or(SourceMode::Replica, |url| SourceMode::Live { url }),
            max_age: u32::try_from(row.max_age).map_err(|_| corrupt("the maximum age of a case source"))?,
            as_of: row.as_of.map(Millis),
            code: row.code,
        })
    }
}

#[derive(Debug, FromRow, Serialize)]
pub(super) struct CaseRow {
    number: String,
    kind: String,
    status: String,
    agency: String,
    holders: String,
    version: i64,
}

impl From<&CaseState> for CaseRow {
    fn from(case: &CaseState) -> Self {
        Self {
            number: case.number.clone(),
            kind: case.kind.as_str().to_owned(),
            status: case.status.as_str().to_owned(),
            agency: case.agency.as_str().to_owned(),
            holders: joined(&case.holders, |holder: &&Iin| holder.as_str()),
            version: case.version,
        }
    }
}

impl TryFrom<CaseRow> for CaseState {
    type Error = StoreError;

    fn try_from(row: CaseRow) -> Result<Self, StoreError> {
        let holders = row.holders.split(' ').filter(|part| !part.is_empty()).map(iin);
        Ok(Self {
            kind: word(&row.kind, "the kind of a case")?,
            status: word(&row.status, "the status of a case")?,
            agency: bin(&row.agency)?,
            holders: holders.collect::<Result<_, _>>()?,
            number: row.number,
            version: row.version,
        })
    }
}

/// A case joined with its source.
#[derive(Debug, FromRow)]
pub(super) struct ReplicaRow {
    #[sqlx(flatten)]
    case: CaseRow,
    #[sqlx(flatten)]
    source: SourceRow,
}

impl TryFrom<ReplicaRow> for ReplicaCase {
    type Error = StoreError;

    fn try_from(row: ReplicaRow) -> Result<Self, StoreError> {
        Ok(Self { state: row.case.try_into()?, source: row.source.try_into()? })
    }
}

/// Rows as one JSON text, for statements that take a whole import as one parameter.
pub(super) fn json<'a, T: 'a, R: From<&'a T> + Serialize>(
    items: impl IntoIterator<Item = &'a T>,
) -> Result<String, StoreError> {
    let rows: Vec<R> = items.into_iter().map(R::from).collect();
    list(&rows)
}

/// Refuses an import that speaks of one key twice: which of the two was meant cannot be known.
pub(super) fn distinct<K: Ord>(mut keys: Vec<K>, what: &str) -> Result<(), StoreError> {
    keys.sort_unstable();
    let repeated = keys.iter().zip(keys.iter().skip(1)).any(|(one, next)| one == next);
    if repeated { Err(StoreError::Repeated { what: what.to_owned() }) } else { Ok(()) }
}

/// Records out of rows, or the first one that cannot be read.
pub(super) fn records<R, T: TryFrom<R, Error = StoreError>>(rows: Vec<R>) -> Result<Vec<T>, StoreError> {
    rows.into_iter().map(T::try_from).collect()
}

/// Records by their key.
pub(super) fn keyed<R, T, K>(rows: Vec<R>, key: impl Fn(&T) -> K) -> Result<HashMap<K, T>, StoreError>
where
    T: TryFrom<R, Error = StoreError>,
    K: Eq + Hash,
{
    let records = rows.into_iter().map(T::try_from);
    records.map(|record| record.map(|record| (key(&record), record))).collect()
}

/// Items as a JSON array, for `json_to_recordset` and SQLite's `json_each`.
pub(super) fn list<T: Serialize>(items: &[T]) -> Result<String, StoreError> {
    serde_json::to_string(items).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// Bytes as a JSON array of hexadecimal digits, for SQLite's `json_each` and `unhex`.
pub(super) fn hex_list<'a>(bytes: impl IntoIterator<Item = &'a [u8; 32]>) -> Result<String, StoreError> {
    list(&bytes.into_iter().map(hex::encode).collect::<Vec<_>>())
}
