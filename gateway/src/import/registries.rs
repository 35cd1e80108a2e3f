//! The catalogue of registries (SLS 16-1(1)¶2). What a listing must say is the catalogue's own affair; here is its file.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::document::{Text, kind};
use super::fault::{Faults, ImportError, shown};
use super::{File, Format};

/// Why a listing is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlisted {
    /// Where in the listing, counted from 1.
    pub line: u64,
    pub field: String,
    pub found: String,
    pub expected: String,
}

/// Reads listings of registries: a JSON array of them, or one alone. `check` judges the text of one listing and gives
/// its code and canonical JSON.
///
/// # Errors
/// Everything that is wrong with the file, in the order of its lines.
pub fn read_registries(
    file: &File<'_>,
    check: impl Fn(&str) -> Result<(String, String), Unlisted>,
) -> Result<Vec<(String, String)>, Vec<ImportError>> {
    let mut faults = Faults::of(file.name);
    let mut entries: Vec<(String, String)> = Vec::new();
    let mut seen: HashMap<String, u64> = HashMap::new();
    for (line, listing) in listings(file, &mut faults) {
        match check(listing.get()) {
            Ok((code, canonical)) => {
                if let Some(first) = seen.insert(code.clone(), line) {
                    let expected = format!("each code once: the first is on line {first}");
                    faults.add(line, "code", &shown(&code), expected);
                }
                entries.push((code, canonical));
            }
            Err(Unlisted { line: within, field, found, expected }) => {
                faults.add(line.saturating_add(within).saturating_sub(1), &field, &found, expected);
            }
        }
    }
    faults.or(entries)
}

fn listings<'a>(file: &File<'a>, faults: &mut Faults) -> Vec<(u64, &'a RawValue)> {
    const EXPECTED: &str = "a JSON array of listings, or one listing";
    if file.format == Format::Csv {
        faults.add(1, "", "a table", EXPECTED);
        return Vec::new();
    }
    let Some(text) = Text::of(file.bytes, faults) else { return Vec::new() };
    let read = if text.text.trim_start().starts_with('[') {
        serde_json::from_str::<Vec<&'a RawValue>>(text.text)
    } else {
        serde_json::from_str::<&'a RawValue>(text.text).map(|listing| vec![listing])
    };
    match read {
        Err(error) => Text::broken(&error, EXPECTED, faults),
        Ok(items) if items.is_empty() => faults.add(1, "", "no listing", EXPECTED),
        Ok(items) => {
            let (objects, others): (Vec<_>, Vec<_>) =
                items.into_iter().partition(|item| item.get().starts_with('{'));
            for other in others {
                faults.add(text.line(other), "", kind(other), "a listing: an object");
            }
            return objects.into_iter().map(|item| (text.line(item), item)).collect();
        }
    }
    Vec::new()
}
