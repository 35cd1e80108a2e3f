//! Registered persons (SLS 16-2(1)).

use std::collections::{BTreeSet, HashMap, HashSet};

use certs::Bin;
use policy::Ground;

use super::agencies::{STATES, enrolled_agency};
use super::fault::{Faults, ImportError};
use super::field::Fields;
use super::record::{Section, records};
use super::{File, Known};
use crate::enrolment::{State, User};

const SECTION: [Section; 1] = [Section {
    singular: "user",
    plural: "users",
    fields: &["iin", "agency", "name", "role", "grounds", "state", "from", "until"],
}];

/// Reads registered persons, each of an enrolled agency.
///
/// # Errors
/// Everything that is wrong with the file, in the order of its lines.
pub fn read_users(file: &File<'_>, known: &Known) -> Result<Vec<User>, Vec<ImportError>> {
    let mut faults = Faults::of(file.name);
    let list: Vec<&str> = Ground::ALL.iter().map(|ground| ground.as_str()).collect();
    let enrolled: HashSet<Bin> = known.agencies.keys().cloned().collect();
    let mut persons = HashMap::new();
    let mut users = Vec::new();
    for record in records(file, &SECTION, &mut faults).into_iter().flatten() {
        let mut fields = Fields::of(&record, known.check_digits, &mut faults);
        let iin = fields.iin("iin");
        let agency = enrolled_agency(&mut fields, "agency", &enrolled);
        let (name, role) = (fields.name("name"), fields.code("role"));
        let grounds: Option<BTreeSet<Ground>> = fields.words("grounds", &list);
        if grounds.as_ref().is_some_and(BTreeSet::is_empty) {
            fields.wrong("grounds", "nothing", format!("one or more of: {}", list.join(", ")));
        }
        let state = fields.named("state", STATES, State::named);
        let term = fields.term();
        if let Some(iin) = &iin {
            fields.once(&mut persons, iin.clone(), "iin");
        }
        if let (
            Some(iin),
            Some(agency),
            Some(name),
            Some(role),
            Some(grounds),
            Some(state),
            Some((from, until)),
        ) = (iin, agency, name, role, grounds, state, term)
        {
            users.push(User { iin, agency, name, role, grounds, state, from, until });
        }
        if faults.is_full() {
            break;
        }
    }
    faults.or(users)
}
