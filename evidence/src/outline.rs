//! Statements read by whoever checks many of them: their facts are looked over, and kept by name only.
//!
//! Facts are most of a statement's bytes and take most of the time that reading it whole costs, and a check of a whole log
//! compares none of them. What it does need is that they are spelled in the one way they have.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::statement::{Statement, StatementMalformed};

/// Members of one object that are looked over here; an object of more is read whole.
const FEW: usize = 64;
/// Levels that are looked over here: fewer than the reader of statements goes down.
const DEEP: usize = 64;
/// What begins the names that the reader of statements does not take for names.
const PRIVATE: &str = "$serde_json::";

/// The names of facts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names<'a>(Vec<Cow<'a, str>>);

impl Names<'_> {
    /// Whether a fact of this name is stated.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|it| it == name)
    }
}

/// A statement without what its facts are.
pub type Outline<'a> = Statement<Names<'a>>;

/// Reads what [`Statement::from_bytes`] reads, and refuses what it refuses.
///
/// # Errors
/// [`StatementMalformed`].
pub fn outline(bytes: &[u8]) -> Result<Outline<'_>, StatementMalformed> {
    match Statement::<BTreeMap<&str, &RawValue>>::parse(bytes) {
        Ok(raw) if raw.facts.values().all(|fact| is_spelled(fact.get())) => {
            Ok(raw.with_facts(|facts| Names(facts.into_keys().map(Cow::Borrowed).collect())))
        }
        // Also what is only uncommon: a name that is written with an escape, an object of very many members.
        _ => {
            let whole = Statement::from_bytes(bytes)?;
            Ok(whole.with_facts(|facts| Names(facts.into_keys().map(Cow::Owned).collect())))
        }
    }
}

/// Whether a JSON text is spelled as the writer of statements does, each member told once. `false` where that is not seen.
fn is_spelled(text: &str) -> bool {
    let mut respelled = Vec::with_capacity(text.len());
    let mut reader = serde_json::Deserializer::from_str(text);
    Respell(&mut respelled, 0).deserialize(&mut reader).is_ok() && respelled == text.as_bytes()
}

/// Writes the value it reads, so many levels down.
struct Respell<'a>(&'a mut Vec<u8>, usize);

impl Respell<'_> {
    fn inside<E: serde::de::Error>(&mut self) -> Result<Respell<'_>, E> {
        match self.1 < DEEP {
            true => Ok(Respell(&mut *self.0, self.1.saturating_add(1))),
            false => Err(E::custom("not looked over here")),
        }
    }

    fn write<E: serde::de::Error>(self, value: &(impl serde::Serialize + ?Sized)) -> Result<(), E> {
        serde_json::to_writer(self.0, value).map_err(E::custom)
    }
}

impl<'de> DeserializeSeed<'de> for Respell<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Respell<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.write(&())
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        self.write(&value)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        self.write(&value)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        self.write(&value)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        self.write(&value)
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
        self.write(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        self.0.push(b'[');
        let open = self.0.len();
        loop {
            let end = self.0.len();
            if end > open {
                self.0.push(b',');
            }
            if items.next_element_seed(self.inside()?)?.is_none() {
                self.0.truncate(end);
                break;
            }
        }
        self.0.push(b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        let mut names: Vec<&str> = Vec::with_capacity(8);
        self.0.push(b'{');
        while let Some(name) = members.next_key::<&str>()? {
            if names.contains(&name) || names.len() == FEW || name.starts_with(PRIVATE) {
                return Err(A::Error::custom("not looked over here"));
            }
            if !names.is_empty() {
                self.0.push(b',');
            }
            names.push(name);
            serde_json::to_writer(&mut *self.0, name).map_err(A::Error::custom)?;
            self.0.push(b':');
            members.next_value_seed(self.inside()?)?;
        }
        self.0.push(b'}');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::leaf::Kind;

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "(?s).{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                // In any order, which is kept.
                prop::collection::hash_map("(?s).{0,4}", inner, 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// What is changed in the bytes of a statement.
    fn change() -> impl Strategy<Value = Option<(prop::sample::Index, u8)>> {
        prop::option::of((any::<prop::sample::Index>(), prop_oneof![Just(b' '), Just(b'0'), any::<u8>()]))
    }

    proptest! {
        #[test]
        fn it_reads_what_the_whole_reads(
            facts in prop::collection::btree_map("[a-z\"\\n]{0,4}", value(), 0..5),
            change in change(),
        ) {
            let mut statement = Statement::of(Kind::Grant);
            statement.facts = facts;
            let mut bytes = statement.to_bytes().unwrap();
            if let Some((at, byte)) = change {
                let at = at.index(bytes.len());
                bytes.insert(at, byte);
            }
            let (whole, read) = (Statement::from_bytes(&bytes), outline(&bytes));
            prop_assert_eq!(whole.is_ok(), read.is_ok(), "{}", String::from_utf8_lossy(&bytes));
            if let (Ok(whole), Ok(read)) = (whole, read) {
                let names = Names(whole.facts.keys().cloned().map(Cow::Owned).collect());
                prop_assert_eq!(whole.with_facts(|_| names), read);
            }
        }
    }

    #[test]
    fn a_fact_has_one_spelling() {
        for spelled in
            ["1", "-0.0", "1e+300", "\"\\n\\u0001é\"", "[]", "[1,[2,{}]]", r#"{"b":1,"a":{"b":null}}"#]
        {
            assert!(is_spelled(spelled), "{spelled}");
        }
        for other in [
            "1 ",
            "01",
            "1e300",
            "1.0e2",
            "\"\\u000a\"",
            "\"\\u00e9\"",
            "[1, 2]",
            "[1,]",
            r#"{"a":1,"a":2}"#,
            r#"{"a" :1}"#,
            "",
            "1 2",
        ] {
            assert!(!is_spelled(other), "{other}");
        }
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(is_spelled(&nested(DEEP)) && !is_spelled(&nested(DEEP + 1)), "not looked over here");
        for depth in [DEEP, 120, 125, 126, 127, 128, 200] {
            let text = format!(r#"{{"version":1,"kind":"grant","facts":{{"deep":{}}}}}"#, nested(depth));
            let (whole, read) = (Statement::from_bytes(text.as_bytes()), outline(text.as_bytes()));
            assert_eq!(whole.is_ok(), read.is_ok(), "{depth}");
        }
        for private in
            [r#"{"$serde_json::private::RawValue":"1"}"#, r#"{"$serde_json::private::RawValue":1}"#]
        {
            let text = format!(r#"{{"version":1,"kind":"grant","facts":{{"it":{private}}}}}"#);
            let (whole, read) = (Statement::from_bytes(text.as_bytes()), outline(text.as_bytes()));
            assert_eq!(whole.is_ok(), read.is_ok(), "{private}");
        }
        let many: serde_json::Map<_, _> = (0..100).map(|at| (format!("{at:03}"), json!(at))).collect();
        assert!(!is_spelled(&Value::Object(many.clone()).to_string()), "not looked over here");
        let mut statement = Statement::of(Kind::Grant);
        statement.facts.insert("many".to_owned(), Value::Object(many));
        let bytes = statement.to_bytes().unwrap();
        assert!(outline(&bytes).is_ok_and(|outline| outline.facts.contains("many")));
    }
}
