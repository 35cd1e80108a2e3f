//! Files of JSON, read so that every error has its line.
//!
//! The reader of values stops at its first error and forgets places. Here objects and arrays are taken apart one level
//! at a time into slices of the file, and a slice's place gives its line.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::Format;
use super::fault::{Faults, shown};
use super::record::{Cell, Record, Section, Value};

/// The members of an object, in order, doubles and all.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry::<String, &'de RawValue>()? {
                    members.push((Cow::Owned(member.0), member.1));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

/// The text of a file, and where its lines begin.
pub(super) struct Text<'a> {
    pub(super) text: &'a str,
    lines: Vec<usize>,
}

impl<'a> Text<'a> {
    pub(super) fn of(bytes: &'a [u8], faults: &mut Faults) -> Option<Self> {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
            Err(error) => {
                let newlines = bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count();
                let line = u64::try_from(newlines).unwrap_or(u64::MAX).saturating_add(1);
                faults.add(line, "", "bytes that are not UTF-8", "text in UTF-8");
                return None;
            }
        };
        let lines =
            std::iter::once(0).chain(text.match_indices('\n').map(|(place, _)| place.saturating_add(1)));
        Some(Self { text, lines: lines.collect() })
    }

    /// The line a slice of this text begins on.
    pub(super) fn line(&self, slice: &RawValue) -> u64 {
        let place = slice.get().as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
        u64::try_from(self.lines.partition_point(|start| *start <= place)).unwrap_or(u64::MAX)
    }

    /// Says where the text is no JSON of the expected form.
    pub(super) fn broken(error: &serde_json::Error, expected: &str, faults: &mut Faults) {
        let line = u64::try_from(error.line()).unwrap_or(u64::MAX).max(1);
        faults.add(line, "", &format!("an error in column {}", error.column()), expected);
    }
}

/// A document: one object whose members are sections of records.
pub(super) struct Document<'a> {
    text: Text<'a>,
    members: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Document<'a> {
    pub(super) fn parse(bytes: &'a [u8], faults: &mut Faults) -> Option<Self> {
        let text = Text::of(bytes, faults)?;
        match serde_json::from_str::<Members<'a>>(text.text) {
            Ok(Members(members)) => {
                let document = Self { text, members };
                document.refuse_doubles(&document.members, faults);
                Some(document)
            }
            Err(error) => {
                Text::broken(&error, "one JSON object", faults);
                None
            }
        }
    }

    fn line(&self, slice: &RawValue) -> u64 {
        self.text.line(slice)
    }

    /// Members other than these are faults.
    pub(super) fn refuse_others(&self, known: &[&str], faults: &mut Faults) {
        for (name, value) in &self.members {
            if !known.contains(&name.as_ref()) {
                let expected = format!("members out of: {}", known.join(", "));
                faults.add(self.line(value), "", &format!("the member {}", shown(name)), expected);
            }
        }
    }

    fn refuse_doubles(&self, members: &[(Cow<'_, str>, &RawValue)], faults: &mut Faults) {
        let mut names: Vec<&str> = Vec::new();
        for (name, value) in members {
            if names.contains(&name.as_ref()) {
                faults.add(self.line(value), name, "the member twice", "each member once");
            }
            names.push(name);
        }
    }

    /// The objects a member lists, each as the slice it is.
    fn objects(&self, name: &str, faults: &mut Faults) -> Vec<(u64, &'a RawValue)> {
        let Some((_, slice)) = self.members.iter().find(|(member, _)| member == name) else {
            return Vec::new();
        };
        let Ok(items) = serde_json::from_str::<Vec<&'a RawValue>>(slice.get()) else {
            faults.add(self.line(slice), name, kind(slice), "an array of objects");
            return Vec::new();
        };
        items.into_iter().map(|item| (self.line(item), item)).collect()
    }

    /// The records of a section.
    pub(super) fn records(&self, section: &Section, faults: &mut Faults) -> Vec<Record> {
        let mut records = Vec::new();
        for (line, item) in self.objects(section.plural, faults) {
            if let Some(record) = self.record(line, item, section, faults) {
                records.push(record);
            }
            if faults.is_full() {
                break;
            }
        }
        records
    }

    fn record(
        &self,
        line: u64,
        item: &'a RawValue,
        section: &Section,
        faults: &mut Faults,
    ) -> Option<Record> {
        let Ok(Members(members)) = serde_json::from_str::<Members<'a>>(item.get()) else {
            faults.add(line, section.plural, kind(item), "an object");
            return None;
        };
        self.refuse_doubles(&members, faults);
        let mut cells = HashMap::with_capacity(members.len());
        for (name, slice) in members {
            if !section.fields.contains(&name.as_ref()) {
                let expected = format!("members out of: {}", section.fields.join(", "));
                faults.add(self.line(slice), "", &format!("the member {}", shown(&name)), expected);
            } else if let Some(cell) = self.cell(slice) {
                cells.insert(name.into_owned(), cell);
            }
        }
        Some(Record { line, cells, format: Format::Json })
    }

    /// A value, or nothing for `null`.
    fn cell(&self, slice: &RawValue) -> Option<Cell> {
        let text = slice.get();
        let value = match text.bytes().next() {
            Some(b'n') => return None,
            Some(b'"') => serde_json::from_str(text).map_or(Value::Other("a broken string"), Value::Text),
            Some(b'[') => serde_json::from_str(text).map_or(Value::Other("an array"), Value::List),
            Some(b'-' | b'0'..=b'9') => Value::Number(text.to_owned()),
            _ => Value::Other(kind(slice)),
        };
        Some(Cell { line: self.line(slice), value })
    }
}

/// What a value is, in words.
pub(super) fn kind(slice: &RawValue) -> &'static str {
    match slice.get().bytes().next() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}
