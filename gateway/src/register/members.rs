//! An object of which a few members are looked at: the rest is passed over, and nothing copied but what is written with escapes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// The members of an object, each told once.
pub(super) struct Members<'a>(BTreeMap<Cow<'a, str>, &'a RawValue>);

/// A text, copied only where it is written with escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> Members<'a> {
    fn raw(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).map(|member| member.get())
    }

    /// A member that is a text.
    pub(super) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        serde_json::from_str(self.raw(name)?).ok().map(|Text(text)| text)
    }

    /// A member that is an object.
    pub(super) fn members(&self, name: &str) -> Option<Members<'a>> {
        serde_json::from_str(self.raw(name)?).ok()
    }

    /// A member, whatever it is.
    pub(super) fn value(&self, name: &str) -> Option<Value> {
        crate::json::read(self.raw(name)?.as_bytes()).ok()
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((Text(name), value)) = map.next_entry()? {
                    if members.insert(name, value).is_some() {
                        return Err(A::Error::custom("a member is told twice"));
                    }
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Reader)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_found_however_they_are_spelled() {
        let text = r#"{"\u0072egistry":"pop\u0075lation", "basis": {"case": "1"}, "n": [1, {}]}"#;
        let object: Members<'_> = serde_json::from_str(text).unwrap();
        assert_eq!(object.text("registry").as_deref(), Some("population"));
        assert_eq!(object.members("basis").unwrap().text("case").as_deref(), Some("1"));
        assert_eq!(object.value("n"), Some(json!([1, {}])));
        assert!(
            object.text("basis").is_none() && object.members("n").is_none() && object.value("m").is_none()
        );
    }

    #[test]
    fn what_two_readers_could_take_differently_is_not_read() {
        let inner: Members<'_> = serde_json::from_str(r#"{"a":{"b":1,"b":2}}"#).unwrap();
        assert_eq!(inner.value("a"), None);
        for text in [r#"{"a":1,"\u0061":2}"#, "[]", "[1]", "null", r#"{"a":1"#, ""] {
            assert!(serde_json::from_str::<Members<'_>>(text).is_err(), "{text}");
        }
    }
}
