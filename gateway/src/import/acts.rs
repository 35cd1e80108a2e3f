//! Joint acts (SLS 16-1(1)¶3) and declared debtors (IAB 6(1)49)).

use std::collections::HashMap;

use policy::{BodyKind, Ground};

use super::File;
use super::fault::{Faults, ImportError};
use super::field::Fields;
use super::known::CheckDigits;
use super::record::{Section, records};
use crate::acts::{Debtor, JointAct};

const ACTS: [Section; 1] = [Section {
    singular: "act",
    plural: "acts",
    fields: &[
        "number",
        "date",
        "title",
        "parties",
        "bodies",
        "grounds",
        "roles",
        "registries",
        "from",
        "until",
    ],
}];

const DEBTORS: [Section; 1] =
    [Section { singular: "debtor", plural: "debtors", fields: &["number", "from", "until"] }];

/// Reads joint acts.
///
/// # Errors
/// Everything that is wrong with the file, in the order of its lines.
pub fn read_acts(file: &File<'_>) -> Result<Vec<JointAct>, Vec<ImportError>> {
    let mut faults = Faults::of(file.name);
    let mut seen = HashMap::new();
    let mut acts = Vec::new();
    for record in records(file, &ACTS, &mut faults).into_iter().flatten() {
        let mut fields = Fields::of(&record, CheckDigits::Required, &mut faults);
        if let Some(act) = act(&mut fields) {
            fields.once(&mut seen, act.number.clone(), "number");
            acts.push(act);
        }
        if faults.is_full() {
            break;
        }
    }
    faults.or(acts)
}

fn act(fields: &mut Fields<'_>) -> Option<JointAct> {
    let bodies: Vec<&str> = BodyKind::ALL.iter().map(|kind| kind.as_str()).collect();
    let by_act: Vec<&str> = Ground::ALL.iter().map(|ground| ground.as_str()).collect();
    let (number, title, date) = (fields.name("number"), fields.name("title"), fields.day("date"));
    let parties = fields.names("parties");
    let (bodies, grounds) = (fields.words("bodies", &bodies), fields.words("grounds", &by_act));
    let (roles, registries) = (fields.codes("roles"), fields.codes("registries"));
    let (from, until) = fields.term()?;
    let act = JointAct {
        number: number?,
        date: date?,
        title: title?,
        parties: parties?,
        bodies: bodies?,
        grounds: grounds?,
        roles: roles?,
        registries: registries?,
        from,
        until,
    };
    // An act without one of these admits nobody to anything: surely not what was meant.
    let lists = [
        ("parties", act.parties.is_empty()),
        ("bodies", act.bodies.is_empty()),
        ("grounds", act.grounds.is_empty()),
        ("roles", act.roles.is_empty()),
        ("registries", act.registries.is_empty()),
    ];
    for (field, _) in lists.iter().filter(|(_, empty)| *empty) {
        fields.wrong(field, "nothing", "one or more");
    }
    Some(act)
}

/// Reads declared debtors, by IIN or BIN.
///
/// # Errors
/// Everything that is wrong with the file, in the order of its lines.
pub fn read_debtors(file: &File<'_>, check_digits: CheckDigits) -> Result<Vec<Debtor>, Vec<ImportError>> {
    let mut faults = Faults::of(file.name);
    let mut seen = HashMap::new();
    let mut debtors = Vec::new();
    for record in records(file, &DEBTORS, &mut faults).into_iter().flatten() {
        let mut fields = Fields::of(&record, check_digits, &mut faults);
        // An IIN and a BIN are checked by the same digit.
        let (number, term) = (fields.iin("number"), fields.term());
        if let (Some(number), Some((from, until))) = (number, term) {
            let number = number.as_str().to_owned();
            fields.once(&mut seen, number.clone(), "number");
            debtors.push(Debtor { number, from, until });
        }
        if faults.is_full() {
            break;
        }
    }
    faults.or(debtors)
}
