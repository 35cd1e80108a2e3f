//! Strict JSON (RFC 8259 as RFC 7493, I-JSON, narrows it): what two readers could understand differently is refused.
//!
//! Refused beyond plain syntax: duplicate member names, invalid UTF-8, a byte order mark, control characters in names
//! and strings (also escaped), nesting deeper than [`MAX_DEPTH`], and names that `serde_json` keeps for itself.

use std::cell::Cell;
use std::fmt;

use serde::Deserialize as _;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The deepest nesting read. A request document needs 4; parameters may nest a little.
pub const MAX_DEPTH: u32 = 16;

/// Why bytes are not strict JSON of the wanted shape.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what}")]
pub struct JsonError {
    /// Counted from 1.
    pub line: usize,
    pub column: usize,
    /// Says what is wrong; names members, never repeats their values.
    pub what: String,
}

/// Reads strict JSON.
///
/// # Errors
/// The first violation with its place.
pub fn read(bytes: &[u8]) -> Result<Value, JsonError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let (line, column) = place(bytes, error.valid_up_to());
        JsonError { line, column, what: "not valid UTF-8".to_owned() }
    })?;
    let depth = Cell::new(0);
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Strict { depth: &depth }.deserialize(&mut reader).map_err(|error| located(&error))?;
    reader.end().map_err(|error| located(&error))?;
    Ok(value)
}

/// Reads a strict JSON object into a type.
///
/// # Errors
/// As [`read`]; a value of the wrong shape is reported at line 1, column 1 with the member's name.
pub fn read_as<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonError> {
    let value = read(bytes)?;
    // An object need not be made one again.
    let read = if value.is_object() { T::deserialize(value) } else { object(value) };
    read.map_err(|error: serde_json::Error| JsonError {
        line: 1,
        column: 1,
        what: without_values(&error.to_string()),
    })
}

/// A struct from an object alone: serde would also take an array of its members' values.
///
/// # Errors
/// Any other value, or one that is not of the shape.
pub fn object<'de, T: DeserializeOwned, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let members = Map::<String, Value>::deserialize(deserializer)?;
    T::deserialize(Value::Object(members)).map_err(D::Error::custom)
}

/// A struct that may be left out, as [`object`].
///
/// # Errors
/// As [`object`].
pub fn object_if_any<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let members = Option::<Map<String, Value>>::deserialize(deserializer)?;
    members.map(|members| T::deserialize(Value::Object(members)).map_err(D::Error::custom)).transpose()
}

/// A list of structs, as [`object`].
///
/// # Errors
/// As [`object`].
pub fn objects<'de, T: DeserializeOwned, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let items = Vec::<Map<String, Value>>::deserialize(deserializer)?;
    let read = |members| T::deserialize(Value::Object(members)).map_err(D::Error::custom);
    items.into_iter().map(read).collect()
}

fn located(error: &serde_json::Error) -> JsonError {
    let text = error.to_string();
    let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    JsonError { line: error.line().max(1), column: error.column().max(1), what: without_values(what) }
}

/// serde quotes the offending value, as in `string "…"` and ``integer `…` ``, and the name of an unknown member; a value may
/// be personal data, and so may what a client took for a name, so they are left out. Names of ours that serde lists stay.
fn without_values(what: &str) -> String {
    if let Some((before, rest)) = what.split_once("string \"") {
        let after = rest.rsplit_once('"').map_or("", |(_, after)| after);
        return format!("{before}string{after}");
    }
    for quoting in ["integer", "floating point", "boolean", "unknown field", "unknown variant", "character"] {
        if let Some((before, rest)) = what.split_once(&format!("{quoting} `")) {
            let after = rest.split_once('`').map_or("", |(_, after)| after);
            return format!("{before}{quoting}{after}");
        }
    }
    what.to_owned()
}

fn place(bytes: &[u8], offset: usize) -> (usize, usize) {
    let before = bytes.get(..offset).unwrap_or(bytes);
    let line = before.iter().filter(|byte| **byte == b'\n').count().saturating_add(1);
    let column = before.iter().rev().take_while(|byte| **byte != b'\n').count().saturating_add(1);
    (line, column)
}

/// Deserializes any value, refusing what [`read`] refuses. `depth` is shared down the recursion.
struct Strict<'d> {
    depth: &'d Cell<u32>,
}

impl Strict<'_> {
    fn enter<E: serde::de::Error>(&self) -> Result<(), E> {
        let depth = self.depth.get().saturating_add(1);
        if depth > MAX_DEPTH {
            return Err(E::custom(format_args!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.depth.set(depth);
        Ok(())
    }

    fn leave(&self) {
        self.depth.set(self.depth.get().saturating_sub(1));
    }
}

fn refuse_control<E: serde::de::Error>(text: &str) -> Result<(), E> {
    match text.chars().any(char::is_control) {
        true => Err(E::custom("a control character in a string")),
        false => Ok(()),
    }
}

/// What begins the names by which `serde_json` tells itself that a text stands for the JSON inside it: it would go on to read that, where
/// everybody else sees an object.
const PRIVATE: &str = "$serde_json::private::";

pub(crate) fn refuse_private<E: serde::de::Error>(name: &str) -> Result<(), E> {
    match name.starts_with(PRIVATE) {
        true => Err(E::custom("a member name that this reader keeps for itself")),
        false => Ok(()),
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number out of range"))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        refuse_control(value)?;
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: serde::de::Error>(self, value: String) -> Result<Value, E> {
        refuse_control(&value)?;
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        self.enter()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Strict { depth: self.depth })? {
            list.push(item);
        }
        self.leave();
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        self.enter()?;
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            refuse_control(&name)?;
            refuse_private(&name)?;
            if map.contains_key(&name) {
                return Err(A::Error::custom("a member name stands twice in one object"));
            }
            let value = members.next_value_seed(Strict { depth: self.depth })?;
            map.insert(name, value);
        }
        self.leave();
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_plain_json() {
        let value = read(br#" {"a":[1,2.5,true,null,"x"]} "#).unwrap();
        assert_eq!(value, serde_json::json!({"a": [1, 2.5, true, null, "x"]}));
    }

    #[test]
    fn refuses_what_two_readers_could_understand_differently() {
        for (bytes, what) in [
            (&br#"{"a":1,"a":2}"#[..], "stands twice"),
            (&br#"{"a":{"b":1,"\u0062":2}}"#[..], "stands twice"),
            (&b"{\"a\":\"\\u0000\"}"[..], "control character"),
            (&b"{\"a\":\"\x01\"}"[..], "control character"),
            (&b"{\"a\\n\":1}"[..], "control character"),
            (&b"\xef\xbb\xbf{}"[..], "expected value"),
            (&b"{\"a\":\"\xff\"}"[..], "not valid UTF-8"),
            (&b"{\"a\":1}{}"[..], "trailing characters"),
            (&b"{\"a\":1e999}"[..], "out of range"),
            (&b"{\"a\":\"\\ud800\"}"[..], "hex escape"),
            (&br#"{"a":{"$serde_json::private::RawValue":"\"operational\""}}"#[..], "keeps for itself"),
            (&br#"{"a":[{"\u0024serde_json::private::RawValue":"{}","b":1}]}"#[..], "keeps for itself"),
            (&br#"{"$serde_json::private::Number":"1"}"#[..], "keeps for itself"),
        ] {
            let error = read(bytes).unwrap_err();
            assert!(error.what.contains(what), "{error} for {bytes:?}");
        }
    }

    #[test]
    fn refuses_nesting_beyond_the_limit_and_no_less() {
        let nested = |levels: usize| [vec![b'['; levels], vec![b']'; levels]].concat();
        assert!(read(&nested(16)).is_ok());
        assert!(read(&nested(17)).unwrap_err().what.contains("deeper"));
        assert!(read(&nested(60_000)).is_err());
    }

    #[test]
    fn says_where_and_never_repeats_a_value() {
        let error = read(b"{\n  \"a\": nope}").unwrap_err();
        assert_eq!(error.line, 2);
        #[derive(Debug, serde::Deserialize)]
        struct Wanted {
            #[expect(dead_code, reason = "only its type matters")]
            number: u32,
        }
        let error = read_as::<Wanted>(br#"{"number":"900101300017"}"#).unwrap_err();
        assert!(!error.what.contains("900101300017"), "{error}");
    }
}
