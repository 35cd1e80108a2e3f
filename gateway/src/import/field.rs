//! Reading the fields of one record: each gives its value, or leaves a fault and nothing.

use std::collections::HashMap;
use std::hash::Hash;
use std::str::FromStr;

use certs::identity::NumberError;
use certs::{Bin, Iin};

use super::Format;
use super::fault::{Faults, shown};
use super::instant;
use super::known::CheckDigits;
use super::record::{Record, Value};
use crate::clock::Millis;
use crate::legible::is_line;

/// Longest name of an agency, system or person, in characters.
const NAME: usize = 200;
/// Longest code, in characters.
const CODE: usize = 40;

/// One record being read.
pub(super) struct Fields<'a> {
    record: &'a Record,
    check_digits: CheckDigits,
    faults: &'a mut Faults,
}

impl<'a> Fields<'a> {
    pub(super) const fn of(record: &'a Record, check_digits: CheckDigits, faults: &'a mut Faults) -> Self {
        Self { record, check_digits, faults }
    }

    /// The line a field is on; the record's own where it is absent.
    pub(super) fn line(&self, field: &str) -> u64 {
        self.record.cells.get(field).map_or(self.record.line, |cell| cell.line)
    }

    pub(super) fn is_present(&self, field: &str) -> bool {
        self.record.cells.contains_key(field)
    }

    /// Leaves a fault about what a field says.
    pub(super) fn wrong(&mut self, field: &str, found: &str, expected: impl Into<String>) {
        let line = self.line(field);
        self.faults.add(line, field, found, expected);
    }

    /// A text that is there, whatever it says.
    pub(super) fn text(&mut self, field: &str, expected: &str) -> Option<&'a str> {
        let record: &'a Record = self.record;
        match record.cells.get(field).map(|cell| &cell.value) {
            Some(Value::Text(text)) => Some(text),
            other => {
                let found = named(other);
                self.wrong(field, found, expected);
                None
            }
        }
    }

    /// A text that a reader understands.
    pub(super) fn read<T>(
        &mut self,
        field: &str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(field, expected)?;
        let value = read(text);
        if value.is_none() {
            self.wrong(field, &shown(text), expected);
        }
        value
    }

    pub(super) fn bin(&mut self, field: &str) -> Option<Bin> {
        let waived = self.check_digits == CheckDigits::Waived;
        self.number(field, |text| if waived { Bin::parse_unchecked_digit(text) } else { text.parse() })
    }

    pub(super) fn iin(&mut self, field: &str) -> Option<Iin> {
        let text = self.text(field, "12 digits")?;
        self.iin_of(field, text)
    }

    fn iin_of(&mut self, field: &str, text: &str) -> Option<Iin> {
        let waived = self.check_digits == CheckDigits::Waived;
        let read = if waived { Iin::parse_unchecked_digit(text) } else { text.parse() };
        self.checked(field, text, read)
    }

    fn number<T>(&mut self, field: &str, read: impl FnOnce(&str) -> Result<T, NumberError>) -> Option<T> {
        let text = self.text(field, "12 digits")?;
        self.checked(field, text, read(text))
    }

    fn checked<T>(&mut self, field: &str, text: &str, read: Result<T, NumberError>) -> Option<T> {
        match read {
            Ok(number) => Some(number),
            Err(error) => {
                let expected = match error {
                    NumberError::NotTwelveDigits => "12 digits",
                    NumberError::CheckDigit => "12 digits with a right check digit",
                };
                self.wrong(field, &shown(text), expected);
                None
            }
        }
    }

    /// A name for people to read.
    pub(super) fn name(&mut self, field: &str) -> Option<String> {
        self.read(
            field,
            "a name of 1 to 200 characters, all of them visible, without spaces around it",
            |text| is_line(text, NAME).then(|| text.to_owned()),
        )
    }

    /// A code for machines to read.
    pub(super) fn code(&mut self, field: &str) -> Option<String> {
        self.read(field, "a code: a-z, 0-9 and hyphens, beginning with a letter, at most 40", |text| {
            let sound = text.len() <= CODE
                && text.starts_with(|first: char| first.is_ascii_lowercase())
                && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
            sound.then(|| text.to_owned())
        })
    }

    /// A word of a closed list that the law or the program gives.
    pub(super) fn word<T: FromStr>(&mut self, field: &str, list: &[&str]) -> Option<T> {
        self.read(field, &one_of(list), |text| text.parse().ok())
    }

    /// A word of a closed list, by a function that knows it.
    pub(super) fn named<T>(
        &mut self,
        field: &str,
        list: &[&str],
        named: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.read(field, &one_of(list), named)
    }

    /// A list: `;` between its members in CSV, an array of strings in JSON.
    fn list(&mut self, field: &str, expected: &str) -> Option<Vec<&'a str>> {
        let record: &'a Record = self.record;
        match (record.format, record.cells.get(field).map(|cell| &cell.value)) {
            (Format::Csv, Some(Value::Text(text))) => Some(text.split(';').collect()),
            (Format::Csv, None) => Some(Vec::new()),
            (Format::Json, Some(Value::List(items))) => Some(items.iter().map(String::as_str).collect()),
            (_, other) => {
                let found = named(other);
                self.wrong(field, found, expected);
                None
            }
        }
    }

    /// A list of words of a closed list.
    pub(super) fn words<T: FromStr, C: FromIterator<T>>(&mut self, field: &str, list: &[&str]) -> Option<C> {
        let expected = format!("a list of words out of: {}", list.join(", "));
        let mut words = Vec::new();
        let mut sound = true;
        for item in self.list(field, &expected)? {
            match item.parse() {
                Ok(word) => words.push(word),
                Err(_) => {
                    self.wrong(field, &shown(item), expected.as_str());
                    sound = false;
                }
            }
        }
        sound.then(|| words.into_iter().collect())
    }

    /// A day, `YYYY-MM-DD`, kept as it is written.
    pub(super) fn day(&mut self, field: &str) -> Option<String> {
        let form = time::macros::format_description!("[year]-[month]-[day]");
        self.read(field, "a day, like 2026-11-22", |text| {
            time::Date::parse(text, form).ok().map(|_| text.to_owned())
        })
    }

    /// A list of names for people to read.
    pub(super) fn names(&mut self, field: &str) -> Option<Vec<String>> {
        self.several(field, "a list of names of 1 to 200 characters, all of them visible", |text| {
            is_line(text, NAME)
        })
    }

    /// A list of codes for machines to read.
    pub(super) fn codes(&mut self, field: &str) -> Option<Vec<String>> {
        self.several(field, "a list of codes: a-z, 0-9 and hyphens, at most 64", |text| {
            let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            !text.is_empty() && text.len() <= 64 && text.chars().all(sound)
        })
    }

    fn several(&mut self, field: &str, expected: &str, sound: impl Fn(&str) -> bool) -> Option<Vec<String>> {
        let items = self.list(field, expected)?;
        if let Some(wrong) = items.iter().find(|item| !sound(item)) {
            self.wrong(field, &shown(wrong), expected);
            return None;
        }
        Some(items.into_iter().map(str::to_owned).collect())
    }

    /// A list of persons.
    pub(super) fn iins(&mut self, field: &str) -> Option<Vec<Iin>> {
        let mut persons = Vec::new();
        let mut sound = true;
        for item in self.list(field, "a list of IINs")? {
            match self.iin_of(field, item) {
                Some(person) => persons.push(person),
                None => sound = false,
            }
        }
        sound.then_some(persons)
    }

    /// A whole number from 0.
    pub(super) fn count(&mut self, field: &str) -> Option<i64> {
        const EXPECTED: &str = "a whole number from 0 to 9223372036854775807";
        let record: &'a Record = self.record;
        let digits = match (record.format, record.cells.get(field).map(|cell| &cell.value)) {
            (Format::Csv, Some(Value::Text(digits))) | (Format::Json, Some(Value::Number(digits))) => digits,
            (_, other) => {
                let found = named(other);
                self.wrong(field, found, EXPECTED);
                return None;
            }
        };
        let number = digits.parse().ok().filter(|number| *number >= 0 && !digits.starts_with('+'));
        if number.is_none() {
            self.wrong(field, &shown(digits), EXPECTED);
        }
        number
    }

    /// First instant of a term and first instant after it, in the fields `from` and `until`.
    pub(super) fn term(&mut self) -> Option<(Millis, Option<Millis>)> {
        let from = self.read("from", instant::EXPECTED, instant::beginning);
        let until = if self.is_present("until") {
            Some(self.read("until", instant::EXPECTED, instant::ending)?)
        } else {
            None
        };
        let from = from?;
        if until.is_some_and(|until| until <= from) {
            self.wrong("until", "an end before the beginning", "an end after what `from` says, or nothing");
            return None;
        }
        Some((from, until))
    }

    /// Leaves a fault if this key occurred before.
    pub(super) fn once<K: Eq + Hash>(&mut self, seen: &mut HashMap<K, u64>, key: K, field: &str) {
        let line = self.record.line;
        if let Some(first) = seen.insert(key, line) {
            self.wrong(field, "a second one", format!("one in the file: the first is on line {first}"));
        }
    }
}

fn one_of(list: &[&str]) -> String {
    format!("one of: {}", list.join(", "))
}

/// What is there instead of what was expected.
fn named(value: Option<&Value>) -> &'static str {
    match value {
        None => "nothing",
        Some(Value::Text(_)) => "a text",
        Some(Value::Number(_)) => "a number",
        Some(Value::List(_)) => "a list",
        Some(Value::Other(kind)) => kind,
    }
}
