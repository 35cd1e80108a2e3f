//! What is known of a person and of a case: what a request is held against, in one look.

use std::collections::HashMap;
use std::sync::Arc;

use certs::Iin;
use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};

use super::StoreError;
use super::row::{ReplicaRow, UserRow};
use crate::enrolment::User;
use crate::replica::ReplicaCase;

/// A person and a case number, whoever and whatever they are.
pub(super) type Asked = (Iin, String);

/// What the register of users and the replica say.
#[derive(Clone, Debug)]
pub struct Known {
    /// The registered person, in whatever state.
    pub user: Option<User>,
    /// Cases that cannot be read are the trouble of who relies on them: what is to be said of the person comes before.
    pub cases: Held,
}

/// Every replica case with a number, in the order of their kinds' names, each with its source as it stands now.
pub type Held = Result<Vec<ReplicaCase>, Arc<StoreError>>;

impl Default for Known {
    fn default() -> Self {
        Self { user: None, cases: Ok(Vec::new()) }
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

/// The person asked about and one of the cases with the number, as far as there are any.
pub(super) struct KnownRow {
    asked: (String, String),
    user: Option<UserRow>,
    case: Option<ReplicaRow>,
}

impl<'r, R: Row> FromRow<'r, R> for KnownRow
where
    UserRow: FromRow<'r, R>,
    ReplicaRow: FromRow<'r, R>,
    &'static str: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    Option<&'r str>: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
        let is_there = |column: &'static str| row.try_get::<Option<&str>, _>(column).map(|it| it.is_some());
        Ok(Self {
            asked: (row.try_get("asked_iin")?, row.try_get("asked_number")?),
            user: is_there("iin")?.then(|| UserRow::from_row(row)).transpose()?,
            // By its source: a case without one, which the constraints exclude, is none.
            case: is_there("code")?.then(|| ReplicaRow::from_row(row)).transpose()?,
        })
    }
}

/// What is known, by what was asked.
pub(super) fn known(asked: &[Asked], rows: Vec<KnownRow>) -> Result<HashMap<Asked, Known>, StoreError> {
    let mut found: HashMap<(String, String), Known> = HashMap::with_capacity(asked.len());
    for row in rows {
        let known = found.entry(row.asked).or_default();
        known.user = row.user.map(TryInto::try_into).transpose()?;
        row.case.into_iter().for_each(|case| known.add(case));
    }
    found.values_mut().for_each(Known::in_order);
    let take = |(iin, number): &Asked| {
        let known = found.remove(&(iin.as_str().to_owned(), number.clone()));
        Some(((iin.clone(), number.clone()), known?))
    };
    Ok(asked.iter().filter_map(take).collect())
}
