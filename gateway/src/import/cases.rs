//! Cases as a case registry reports them (SLS 16-2(3)¶2), where a file stands in for its feed.

use std::collections::{HashMap, HashSet};

use policy::{CaseKind, CaseStatus};

use super::fault::{Faults, ImportError, shown};
use super::field::Fields;
use super::record::{Record, Section, records};
use super::{File, Known};
use crate::legible::is_line;
use crate::replica::{CaseSource, CaseState, SourceMode};

const SECTION: [Section; 1] = [Section {
    singular: "case",
    plural: "cases",
    fields: &["source", "kind", "number", "status", "agency", "holders", "version"],
}];

/// Longest case number, in characters.
const NUMBER: usize = 64;

/// What a file of cases says: the states to feed, and for which source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseFile {
    pub source: String,
    pub cases: Vec<CaseState>,
}

/// Reads cases, all of one configured source that is fed.
///
/// # Errors
/// Everything that is wrong with the file, in the order of its lines.
pub fn read_cases(file: &File<'_>, known: &Known) -> Result<CaseFile, Vec<ImportError>> {
    let mut faults = Faults::of(file.name);
    let mut source: Option<String> = None;
    let mut numbers = HashMap::new();
    let mut cases = Vec::new();
    for record in records(file, &SECTION, &mut faults).into_iter().flatten() {
        let mut fields = Fields::of(&record, known.check_digits, &mut faults);
        let vouching = vouching(&mut fields, source.as_deref(), known);
        if let Some(vouching) = vouching {
            source.get_or_insert_with(|| vouching.code.clone());
        }
        if let Some(case) = case(&record, vouching, known, &mut faults) {
            let mut fields = Fields::of(&record, known.check_digits, &mut faults);
            fields.once(&mut numbers, (case.kind, case.number.clone()), "number");
            cases.push(case);
        }
        if faults.is_full() {
            break;
        }
    }
    faults.or(CaseFile { source: source.unwrap_or_default(), cases })
}

/// The source of a case: one that is configured and fed, and the same throughout the file.
fn vouching<'a>(fields: &mut Fields<'_>, before: Option<&str>, known: &'a Known) -> Option<&'a CaseSource> {
    let code = fields.code("source")?;
    let source = known.sources.get(&code).filter(|source| source.mode == SourceMode::Replica);
    if source.is_none() {
        fields.wrong("source", &shown(&code), "a configured case source that is fed");
    } else if before.is_some_and(|before| before != code) {
        fields.wrong("source", &shown(&code), "the same source in the whole file");
    }
    source
}

fn case(
    record: &Record,
    source: Option<&CaseSource>,
    known: &Known,
    faults: &mut Faults,
) -> Option<CaseState> {
    let mut fields = Fields::of(record, known.check_digits, faults);
    let kinds: Vec<&str> = CaseKind::ALL.iter().map(|kind| kind.as_str()).collect();
    let statuses: Vec<&str> = CaseStatus::ALL.iter().map(|status| status.as_str()).collect();
    let kind: Option<CaseKind> = fields.word("kind", &kinds);
    if let (Some(kind), Some(source)) = (kind, source)
        && !source.kinds.contains(&kind)
    {
        let vouched: Vec<&str> = source.kinds.iter().map(|kind| kind.as_str()).collect();
        fields.wrong(
            "kind",
            kind.as_str(),
            format!("what {} speaks for: {}", source.code, vouched.join(", ")),
        );
    }
    let number = number(&mut fields);
    let status = fields.word("status", &statuses);
    let agency = fields.bin("agency");
    let holders = fields.iins("holders");
    if let Some(holders) = &holders {
        if holders.len() > CaseState::MAX_HOLDERS {
            fields.wrong("holders", &format!("{} persons", holders.len()), "at most 32 persons");
        }
        if holders.iter().collect::<HashSet<_>>().len() < holders.len() {
            fields.wrong("holders", "a person twice", "each person once");
        }
    }
    let version = fields.count("version");
    Some(CaseState {
        kind: kind?,
        number: number?,
        status: status?,
        agency: agency?,
        holders: holders?,
        version: version?,
    })
}

fn number(fields: &mut Fields<'_>) -> Option<String> {
    const EXPECTED: &str = "a number of 1 to 64 characters without spaces around it";
    let text = fields.text("number", EXPECTED)?;
    if is_line(text, NUMBER) {
        return Some(text.to_owned());
    }
    fields.wrong("number", &shown(text), EXPECTED);
    None
}
