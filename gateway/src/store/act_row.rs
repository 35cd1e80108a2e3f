//! Joint acts and declared debtors as both databases keep them.

use serde::Serialize;
use sqlx::FromRow;

use super::StoreError;
use crate::acts::{Debtor, JointAct};
use crate::clock::Millis;

#[derive(Debug, FromRow, Serialize)]
pub(super) struct DebtorRow {
    number: String,
    since: i64,
    until: Option<i64>,
}

impl From<&Debtor> for DebtorRow {
    fn from(debtor: &Debtor) -> Self {
        let Debtor { number, from, until } = debtor;
        Self { number: number.clone(), since: from.0, until: until.map(|until| until.0) }
    }
}

impl From<DebtorRow> for Debtor {
    fn from(row: DebtorRow) -> Self {
        Self { number: row.number, from: Millis(row.since), until: row.until.map(Millis) }
    }
}

/// Number and JSON of each act, as one JSON text.
pub(super) fn act_entries(acts: &[JointAct]) -> Result<String, StoreError> {
    let entry = |act: &JointAct| Ok((act.number.clone(), serde_json::to_string(act)?));
    let entries: Result<Vec<(String, String)>, serde_json::Error> = acts.iter().map(entry).collect();
    let text = entries.and_then(|entries| serde_json::to_string(&entries));
    text.map_err(|error| StoreError::Corrupt(error.to_string()))
}

pub(super) fn acts_of(entries: Vec<String>) -> Result<Vec<JointAct>, StoreError> {
    let read = |entry: String| serde_json::from_str(&entry);
    let acts = entries.into_iter().map(read).collect::<Result<_, _>>();
    acts.map_err(|_| StoreError::Corrupt("a joint act".to_owned()))
}
