//! Nobody both administers users and reviews them (SLS 6(12-4)): heads and responsible officials enrol users (SLS 16-3(4)), the operator
//! imports them; whoever holds a reviewing credential for the console is none of these.

use std::collections::HashSet;

use certs::Iin;

use super::Known;
use super::fault::Faults;
use super::field::Fields;
use super::record::Record;
use crate::enrolment::{ConsoleRole, Fingerprint, Holder, System, SystemRole};

/// Holds a file against itself and against who is enrolled already.
pub(super) fn check(
    systems: &[Record],
    officials: &[Record],
    known: &Known,
    read: &[System],
    holders: &[Holder],
    faults: &mut Faults,
) {
    let replaced: HashSet<Fingerprint> = read.iter().map(|system| system.certificate).collect();
    let staying = known.holders.iter().filter(|(holder, _)| !replaced.contains(&holder.certificate));
    let held: Vec<(&Iin, ConsoleRole)> = staying
        .map(|(holder, capacity)| (&holder.iin, *capacity))
        .chain(holders.iter().filter_map(|holder| Some((&holder.iin, capacity(read, holder)?))))
        .collect();
    let reviewers: HashSet<&Iin> = held.iter().filter(|(_, it)| it.reviews()).map(|(iin, _)| *iin).collect();
    let operators: HashSet<&Iin> = held.iter().filter(|(_, it)| !it.reviews()).map(|(iin, _)| *iin).collect();
    let mut administrators: HashSet<Iin> =
        known.officials.iter().map(|official| official.iin.clone()).collect();
    for record in officials {
        let mut fields = Fields::of(record, known.check_digits, faults);
        let Some(iin) = quiet(record, known) else { continue };
        if reviewers.contains(&iin) {
            let expected = "an official who does not review on the console: nobody both administers users and reviews them";
            fields.wrong("iin", "the holder of a reviewing credential", expected);
        }
        administrators.insert(iin);
    }
    for record in systems {
        let Some(iin) = quiet(record, known) else { continue };
        let mut fields = Fields::of(record, known.check_digits, faults);
        let expected = "somebody else: nobody both administers users and reviews them";
        if reviewers.contains(&iin) && operators.contains(&iin) {
            fields.wrong("iin", "the holder of a credential for the other side", expected);
        } else if reviewers.contains(&iin) && administrators.contains(&iin) {
            fields.wrong("iin", "a head or responsible official", expected);
        }
    }
}

fn capacity(systems: &[System], holder: &Holder) -> Option<ConsoleRole> {
    let system = systems.iter().find(|system| system.certificate == holder.certificate)?;
    match system.role {
        SystemRole::Console(capacity) => Some(capacity),
        SystemRole::Exchange | SystemRole::CaseFeed { .. } => None,
    }
}

/// The IIN of a record; what is wrong with it was said where it was read.
fn quiet(record: &Record, known: &Known) -> Option<Iin> {
    let mut unheard = Faults::of("");
    let mut fields = Fields::of(record, known.check_digits, &mut unheard);
    if fields.is_present("iin") { fields.iin("iin") } else { None }
}
