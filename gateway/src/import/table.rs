//! Files of comma-separated values (RFC 4180), with a header row.

use std::collections::HashMap;

use ::csv::{Reader, ReaderBuilder, StringRecord};

use super::Format;
use super::fault::{Faults, shown};
use super::record::{Cell, Record, Section, Value};

/// The column that says which kind a row is, in files with rows of several kinds.
const RECORD: &str = "record";

/// What spreadsheets put in front of UTF-8.
const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// The rows, by section.
pub(super) fn records(bytes: &[u8], sections: &[Section], faults: &mut Faults) -> Vec<Vec<Record>> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let mut rows: Vec<Vec<Record>> = sections.iter().map(|_| Vec::new()).collect();
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut row = StringRecord::new();
    let Some(line) = next(&mut reader, &mut row, faults) else { return rows };
    let Some(columns) = header(line, &row, sections, faults) else { return rows };
    while let Some(line) = next(&mut reader, &mut row, faults) {
        if row.len() != columns.len() {
            let expected = format!("{}, one for each column of the header", columns.len());
            faults.add(line, "", &format!("{} values", row.len()), expected);
        } else if let Some((section, record)) = record(line, &row, &columns, sections, faults)
            && let Some(rows) = rows.get_mut(section)
        {
            rows.push(record);
        }
        if faults.is_full() {
            break;
        }
    }
    rows
}

/// The next row and its line; a row that is not text ends the reading.
fn next(reader: &mut Reader<&[u8]>, row: &mut StringRecord, faults: &mut Faults) -> Option<u64> {
    match reader.read_record(row) {
        Ok(true) => Some(row.position().map_or(1, ::csv::Position::line)),
        Ok(false) => None,
        Err(error) => {
            let line = error.position().map_or(1, ::csv::Position::line);
            faults.add(line, "", "bytes that are not UTF-8", "text in UTF-8");
            None
        }
    }
}

fn header(line: u64, row: &StringRecord, sections: &[Section], faults: &mut Faults) -> Option<Vec<String>> {
    let mut known: Vec<&str> = Vec::new();
    if sections.len() > 1 {
        known.push(RECORD);
    }
    for field in sections.iter().flat_map(|section| section.fields) {
        if !known.contains(field) {
            known.push(field);
        }
    }
    let mut columns: Vec<String> = Vec::new();
    let mut sound = true;
    for name in row {
        if !known.contains(&name) {
            let expected =
                format!("a header row with columns, separated by commas, out of: {}", known.join(", "));
            faults.add(line, "", &format!("the column {}", shown(name)), expected);
            sound = false;
        } else if columns.iter().any(|column| column == name) {
            faults.add(line, name, "the column twice", "each column once");
            sound = false;
        }
        columns.push(name.to_owned());
    }
    if sections.len() > 1 && !columns.iter().any(|column| column == RECORD) {
        faults.add(line, RECORD, "no such column", "a column that says what each row is");
        sound = false;
    }
    sound.then_some(columns)
}

/// One row as a record of its section. A filled cell that means nothing for this kind of row is a fault: it is in the
/// wrong column.
fn record(
    line: u64,
    row: &StringRecord,
    columns: &[String],
    sections: &[Section],
    faults: &mut Faults,
) -> Option<(usize, Record)> {
    let mut cells: HashMap<String, Cell> = columns
        .iter()
        .zip(row)
        .filter(|(_, text)| !text.is_empty())
        .map(|(column, text)| (column.clone(), Cell { line, value: Value::Text(text.to_owned()) }))
        .collect();
    let place = match sections {
        [_] => 0,
        _ => {
            let word = match cells.remove(RECORD) {
                Some(Cell { value: Value::Text(word), .. }) => word,
                _ => String::new(),
            };
            let place = sections.iter().position(|section| section.singular == word);
            if place.is_none() {
                let words: Vec<_> = sections.iter().map(|section| section.singular).collect();
                faults.add(line, RECORD, &shown(&word), format!("one of: {}", words.join(", ")));
            }
            place?
        }
    };
    let section = sections.get(place)?;
    for column in columns {
        if let Some(Cell { value: Value::Text(text), .. }) = cells.get(column)
            && !section.fields.contains(&column.as_str())
        {
            let expected = format!("nothing: {} rows have no {column}", section.singular);
            faults.add(line, column, &shown(text), expected);
        }
    }
    Some((place, Record { line, cells, format: Format::Csv }))
}
