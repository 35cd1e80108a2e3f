//! What is wrong with a file, in words for whoever wrote it.

use std::fmt;

/// Errors reported of one file; after these the rest is left unread.
pub const MOST_ERRORS: usize = 100;

/// Characters of a found value that are shown.
const SHOWN: usize = 60;

/// Runs of digits at least this long are masked, wherever they stand: a shifted column must not print somebody's IIN.
const MASKED: usize = 8;

/// One error. Never shows a full IIN.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ImportError {
    pub file: String,
    /// Counted from 1.
    pub line: u64,
    /// The column or member; empty when it is about the whole line.
    pub field: String,
    pub found: String,
    pub expected: String,
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}", self.file, self.line)?;
        if !self.field.is_empty() {
            write!(f, ", {}", self.field)?;
        }
        write!(f, ": found {}, expected {}", self.found, self.expected)
    }
}

impl std::error::Error for ImportError {}

/// The errors of one file so far.
#[derive(Debug)]
pub(super) struct Faults {
    file: String,
    errors: Vec<ImportError>,
}

impl Faults {
    pub(super) fn of(file: &str) -> Self {
        Self { file: file.to_owned(), errors: Vec::new() }
    }

    pub(super) fn add(&mut self, line: u64, field: &str, found: &str, expected: impl Into<String>) {
        if self.is_full() {
            return;
        }
        self.errors.push(ImportError {
            file: self.file.clone(),
            line,
            field: field.to_owned(),
            found: found.to_owned(),
            expected: expected.into(),
        });
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    pub(super) const fn is_full(&self) -> bool {
        self.errors.len() >= MOST_ERRORS
    }

    /// What was read, if nothing was wrong with any of it.
    pub(super) fn or<T>(mut self, read: T) -> Result<T, Vec<ImportError>> {
        if self.errors.is_empty() {
            return Ok(read);
        }
        self.errors.sort_by_key(|error| error.line);
        Err(self.errors)
    }
}

/// A found value as it may be shown: in quotes, of bearable length, long numbers masked but for their last four digits.
pub(super) fn shown(value: &str) -> String {
    let mut text = String::new();
    let mut digits = String::new();
    for character in value.chars().take(SHOWN) {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        flush(&mut text, &mut digits);
        text.push(if character.is_control() { '\u{fffd}' } else { character });
    }
    flush(&mut text, &mut digits);
    if value.chars().nth(SHOWN).is_some() {
        text.push('…');
    }
    format!("\"{text}\"")
}

fn flush(text: &mut String, digits: &mut String) {
    let hidden = if digits.len() < MASKED { 0 } else { digits.len().saturating_sub(4) };
    text.extend(digits.chars().enumerate().map(|(place, digit)| if place < hidden { '*' } else { digit }));
    digits.clear();
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn masks_every_long_number_but_its_end() {
        assert_eq!(shown("900101300017"), "\"********0017\"");
        assert_eq!(shown("iin 90010130001x 1234567"), "\"iin *******0001x 1234567\"");
        assert_eq!(shown("a\nb"), "\"a\u{fffd}b\"");
        assert_eq!(shown(&"я".repeat(61)), format!("\"{}…\"", "я".repeat(60)));
    }
}
