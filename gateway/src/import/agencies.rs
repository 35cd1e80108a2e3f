//! Agencies with their systems and officials (SLS 16-2(1), 16-3(4)).

use std::collections::{HashMap, HashSet};

use certs::{Bin, Iin};
use policy::BodyKind;

use super::fault::{Faults, ImportError, shown};
use super::field::Fields;
use super::record::{Record, Section, records};
use super::{File, Known, separate};
use crate::clock::Millis;
use crate::enrolment::{Agency, ConsoleRole, Duty, Fingerprint, Holder, Official, State, System, SystemRole};
use crate::replica::SourceMode;
use crate::store::AgencyBook;

const SECTIONS: [Section; 3] = [
    Section { singular: "agency", plural: "agencies", fields: &["bin", "code", "name", "kind", "state"] },
    Section {
        singular: "system",
        plural: "systems",
        fields: &["bin", "name", "certificate", "role", "source", "capacity", "iin", "state"],
    },
    Section {
        singular: "official",
        plural: "officials",
        fields: &["bin", "iin", "name", "duty", "from", "until"],
    },
];

/// Words of the field `state`.
pub(super) const STATES: &[&str] = &["active", "suspended"];

/// Reads agencies, systems and officials.
///
/// # Errors
/// Everything that is wrong with the file, in the order of its lines.
pub fn read_agencies(file: &File<'_>, known: &Known) -> Result<AgencyBook, Vec<ImportError>> {
    let mut faults = Faults::of(file.name);
    let mut sections = records(file, &SECTIONS, &mut faults).into_iter();
    let mut next = || sections.next().unwrap_or_default();
    let (agency_records, system_records, official_records) = (next(), next(), next());
    let agencies = agencies(&agency_records, known, &mut faults);
    // A broken line of an agency is one error, not one more for each of its systems.
    let mut enrolled: HashSet<Bin> = known.agencies.keys().cloned().collect();
    let readable = agency_records
        .iter()
        .filter_map(|record| Fields::of(record, known.check_digits, &mut Faults::of(file.name)).bin("bin"));
    enrolled.extend(readable);
    let (systems, holders) = systems(&system_records, known, &enrolled, &mut faults);
    let officials = officials(&official_records, known, &enrolled, &mut faults);
    separate::check(&system_records, &official_records, known, &systems, &holders, &mut faults);
    faults.or(AgencyBook { agencies, systems, officials, holders })
}

fn agencies(records: &[Record], known: &Known, faults: &mut Faults) -> Vec<Agency> {
    let kinds: Vec<&str> = BodyKind::ALL.iter().map(|kind| kind.as_str()).collect();
    let (mut bins, mut codes) = (HashMap::new(), HashMap::new());
    let mut agencies = Vec::new();
    for record in records {
        let mut fields = Fields::of(record, known.check_digits, faults);
        let (bin, code, name) = (fields.bin("bin"), fields.code("code"), fields.name("name"));
        let kind = fields.word("kind", &kinds);
        let state = fields.named("state", STATES, State::named);
        if let Some(bin) = &bin {
            fields.once(&mut bins, bin.clone(), "bin");
        }
        if let Some(code) = &code {
            fields.once(&mut codes, code.clone(), "code");
        }
        let (Some(bin), Some(code), Some(name), Some(kind), Some(state)) = (bin, code, name, kind, state)
        else {
            continue;
        };
        if known.agencies.iter().any(|(other, taken)| *taken == code && *other != bin) {
            fields.wrong("code", &shown(&code), "a code that no other enrolled agency has");
        }
        agencies.push(Agency { bin, code, name, kind, state });
    }
    agencies
}

fn systems(
    records: &[Record],
    known: &Known,
    enrolled: &HashSet<Bin>,
    faults: &mut Faults,
) -> (Vec<System>, Vec<Holder>) {
    let mut holders = Vec::new();
    let mut certificates = HashMap::new();
    let mut systems = Vec::new();
    for record in records {
        let mut fields = Fields::of(record, known.check_digits, faults);
        let agency = enrolled_agency(&mut fields, "bin", enrolled);
        let name = fields.name("name");
        let certificate = fields.read("certificate", "64 hexadecimal digits (SHA-256)", Fingerprint::parse);
        let role = role(&mut fields, known);
        let state = fields.named("state", STATES, State::named);
        let holder = holder(&mut fields, role.as_ref());
        if let Some(certificate) = certificate {
            holders.extend(holder.map(|iin| Holder { certificate, iin }));
            fields.once(&mut certificates, certificate, "certificate");
        }
        if let (Some(agency), Some(name), Some(certificate), Some(role), Some(state)) =
            (agency, name, certificate, role, state)
        {
            systems.push(System { certificate, agency, name, role, state });
        }
    }
    (systems, holders)
}

/// The person who holds a credential for the console, if it says so.
fn holder(fields: &mut Fields<'_>, role: Option<&SystemRole>) -> Option<Iin> {
    if !fields.is_present("iin") {
        return None;
    }
    if let Some(SystemRole::Console(_)) = role {
        return fields.iin("iin");
    }
    fields.wrong("iin", "a value", "nothing: only the role console has a holder");
    None
}

/// The agency of a system, official or user: enrolled, or enrolled by this very file.
pub(super) fn enrolled_agency(fields: &mut Fields<'_>, field: &str, enrolled: &HashSet<Bin>) -> Option<Bin> {
    let bin = fields.bin(field)?;
    if enrolled.contains(&bin) {
        return Some(bin);
    }
    fields.wrong(field, &shown(bin.as_str()), "the BIN of an enrolled agency");
    None
}

fn role(fields: &mut Fields<'_>, known: &Known) -> Option<SystemRole> {
    const ROLES: &[&str] = &["exchange", "case-feed", "console"];
    const CAPACITIES: &[&str] = &["operator", "security", "agency", "prosecutor", "auditor"];
    let role = fields.named("role", ROLES, |text| ROLES.iter().find(|role| **role == text).copied())?;
    for (field, owner) in [("source", "case-feed"), ("capacity", "console")] {
        if owner != role && fields.is_present(field) {
            fields.wrong(field, "a value", format!("nothing: only the role {owner} has a {field}"));
        }
    }
    match role {
        "case-feed" => source(fields, known).map(|source| SystemRole::CaseFeed { source }),
        "console" => fields.named("capacity", CAPACITIES, ConsoleRole::named).map(SystemRole::Console),
        _ => Some(SystemRole::Exchange),
    }
}

/// A configured source that is fed.
fn source(fields: &mut Fields<'_>, known: &Known) -> Option<String> {
    let code = fields.code("source")?;
    if known.sources.get(&code).is_some_and(|source| source.mode == SourceMode::Replica) {
        return Some(code);
    }
    let mut fed: Vec<_> = known
        .sources
        .values()
        .filter(|it| it.mode == SourceMode::Replica)
        .map(|it| it.code.as_str())
        .collect();
    fed.sort_unstable();
    let expected = format!("a configured case source that is fed: {}", fed.join(", "));
    fields.wrong("source", &shown(&code), expected);
    None
}

fn officials(
    records: &[Record],
    known: &Known,
    enrolled: &HashSet<Bin>,
    faults: &mut Faults,
) -> Vec<Official> {
    let mut duties = HashMap::new();
    let mut officials = Vec::new();
    for record in records {
        let mut fields = Fields::of(record, known.check_digits, faults);
        let agency = enrolled_agency(&mut fields, "bin", enrolled);
        let (iin, name) = (fields.iin("iin"), fields.name("name"));
        let duty = fields.named("duty", &["head", "responsible"], Duty::named);
        let term = fields.term();
        let (Some(agency), Some(iin), Some(name), Some(duty), Some((from, until))) =
            (agency, iin, name, duty, term)
        else {
            continue;
        };
        fields.once(&mut duties, (agency.clone(), iin.clone(), duty.name()), "iin");
        officials.push((record, Official { agency, iin, name, duty, from, until }));
    }
    one_head(&officials, known, faults);
    officials.into_iter().map(|(_, official)| official).collect()
}

/// An agency has one head at a time (SLS 16-3(4)): those of the file, and those enrolled that the file does not replace.
fn one_head(officials: &[(&Record, Official)], known: &Known, faults: &mut Faults) {
    let heads = officials.iter().filter(|(_, official)| official.duty == Duty::Head);
    let replaced: HashSet<_> = heads.clone().map(|(_, head)| (&head.agency, &head.iin)).collect();
    let staying = known.officials.iter().filter(|official| {
        official.duty == Duty::Head && !replaced.contains(&(&official.agency, &official.iin))
    });
    let mut before: HashMap<&Bin, Vec<&Official>> = HashMap::new();
    for head in staying {
        before.entry(&head.agency).or_default().push(head);
    }
    for (record, head) in heads {
        let others = before.entry(&head.agency).or_default();
        if others.iter().any(|other| overlap(other, head)) {
            let expected = "one head of an agency at a time: end the other's term first";
            Fields::of(record, known.check_digits, faults).wrong(
                "from",
                "a second head in the same term",
                expected,
            );
        }
        others.push(head);
    }
}

fn overlap(one: &Official, two: &Official) -> bool {
    let end = |official: &Official| official.until.unwrap_or(Millis(i64::MAX));
    one.from < end(two) && two.from < end(one)
}
