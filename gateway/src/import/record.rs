//! A record of a file before its fields are read: the same for a line of CSV and an object of JSON.

use std::collections::HashMap;

use super::document::Document;
use super::fault::Faults;
use super::{File, Format, table};

/// A field's value as it is written.
#[derive(Debug)]
pub(super) enum Value {
    /// A cell of CSV, or a string of JSON.
    Text(String),
    /// A number of JSON, as written.
    Number(String),
    /// An array of strings.
    List(Vec<String>),
    /// Anything else, by the name of what it is.
    Other(&'static str),
}

#[derive(Debug)]
pub(super) struct Cell {
    pub(super) line: u64,
    pub(super) value: Value,
}

#[derive(Debug)]
pub(super) struct Record {
    pub(super) line: u64,
    /// Present fields; an empty cell and a `null` are absent.
    pub(super) cells: HashMap<String, Cell>,
    pub(super) format: Format,
}

/// Records of one kind: what they are called and which fields they may have.
#[derive(Debug)]
pub(super) struct Section {
    /// The word in the `record` column, and the member of a JSON document that lists them.
    pub(super) singular: &'static str,
    pub(super) plural: &'static str,
    pub(super) fields: &'static [&'static str],
}

/// The records of each section, in the order of `sections`. Unknown columns and members are faults.
pub(super) fn records(file: &File<'_>, sections: &[Section], faults: &mut Faults) -> Vec<Vec<Record>> {
    let records = match file.format {
        Format::Csv => table::records(file.bytes, sections, faults),
        Format::Json => Document::parse(file.bytes, faults)
            .map(|document| {
                let plurals: Vec<_> = sections.iter().map(|section| section.plural).collect();
                document.refuse_others(&plurals, faults);
                sections.iter().map(|section| document.records(section, faults)).collect()
            })
            .unwrap_or_default(),
    };
    // A file that could not be read at all has its error already.
    if faults.is_empty() && records.iter().all(Vec::is_empty) {
        let expected: Vec<_> = sections.iter().map(|section| section.plural).collect();
        faults.add(1, "", "no record", format!("at least one of: {}", expected.join(", ")));
    }
    records
}
