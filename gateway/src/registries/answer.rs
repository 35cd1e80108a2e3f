//! Reading a registry's JSON strictly, so that what is recorded, released and digested is one and the same value.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::json::refuse_private;

/// Largest whole number that every JSON reader keeps exactly (RFC 7493 section 2.2).
const EXACT: u64 = (1 << 53) - 1;

/// Reads one JSON value under I-JSON (RFC 7493): no member name twice in an object, whole numbers within ±(2^53 − 1).
///
/// # Errors
/// What breaks the form and at which line and column, without any of the text.
pub(crate) fn strict(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Strict.deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        if number.unsigned_abs() > EXACT {
            Err(E::custom("a whole number beyond 2^53"))
        } else {
            Ok(number.into())
        }
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        if number > EXACT { Err(E::custom("a whole number beyond 2^53")) } else { Ok(number.into()) }
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        serde_json::Number::from_f64(number)
            .map(Value::Number)
            .ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(Strict)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            refuse_private(&name)?;
            let value = members.next_value_seed(Strict)?;
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("a member name twice in one object"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_two_readers_would_read_differently() {
        for bad in [
            r#"{"a":1,"a":2}"#,
            r#"{"a":{"$serde_json::private::RawValue":"1"}}"#,
            r#"{"b":[{"a":1,"a":1}]}"#,
            "9007199254740992",
            "-9007199254740992",
            "1 2",
            "",
            "nul",
        ] {
            assert!(strict(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(strict(b"\"\xff\"").is_err());
        assert!(strict(&[b'['; 1000]).is_err(), "nesting without end");
    }

    #[test]
    fn keeps_what_every_reader_reads_alike() {
        let text = r#"{"a":[1,-9007199254740991,1.5,null,true,"ә"],"b":{}}"#;
        assert_eq!(strict(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(text).unwrap());
    }
}
