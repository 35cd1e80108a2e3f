//! Facts of a request as its statement will hold them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use evidence::statement::Few;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

/// Facts by name, each in its JSON from the moment it is learned: most of what a statement says, written once and copied into it.
#[derive(Clone, Default)]
pub struct StatedFacts {
    facts: BTreeMap<Cow<'static, str>, Box<RawValue>>,
    /// One that has no JSON: then there is no statement.
    unwritable: Option<Cow<'static, str>>,
}

impl StatedFacts {
    /// States a fact, in place of one of the same name.
    pub fn state(&mut self, name: impl Into<Cow<'static, str>>, fact: &(impl Serialize + ?Sized)) {
        let name = name.into();
        match to_raw_value(fact) {
            Ok(written) => drop(self.facts.insert(name, written)),
            Err(_) => self.unwritable = Some(name),
        }
    }
}

impl fmt::Debug for StatedFacts {
    /// Their names: what they are is personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.facts.keys()).finish()
    }
}

impl<const N: usize> From<[(&'static str, Value); N]> for StatedFacts {
    fn from(facts: [(&'static str, Value); N]) -> Self {
        let mut stated = Self::default();
        facts.into_iter().for_each(|(name, fact)| stated.state(name, &fact));
        stated
    }
}

impl Few for StatedFacts {
    fn is_none(&self) -> bool {
        self.facts.is_empty() && self.unwritable.is_none()
    }
}

impl Serialize for StatedFacts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.unwritable {
            None => self.facts.serialize(serializer),
            Some(name) => Err(S::Error::custom(format!("the fact {name} has no JSON"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use evidence::statement::Statement;
    use serde_json::json;

    use super::*;

    fn written(facts: StatedFacts) -> Result<Vec<u8>, evidence::statement::StatementMalformed> {
        Statement::stating(evidence::Kind::Grant, facts).to_bytes()
    }

    #[test]
    fn a_statement_holds_them_in_its_one_spelling() {
        let facts = [("user", json!({ "role": "investigator", "agency": "1\n" })), ("case", json!(null))];
        let read = Statement::from_bytes(&written(facts.clone().into()).unwrap()).unwrap();
        assert_eq!(read.facts, facts.map(|(name, fact)| (name.to_owned(), fact)).into());
        assert_eq!(format!("{:?}", StatedFacts::from([("case", json!("123"))])), r#"{"case"}"#);
        assert!(StatedFacts::default().is_none());
        assert!(!StatedFacts::from([("case", json!(null))]).is_none());
    }

    #[test]
    fn one_that_cannot_be_written_is_not_left_out() {
        let mut facts = StatedFacts::from([("case", json!(1))]);
        facts.state("user", &BTreeMap::from([((1, 2), 3)]));
        assert!(!facts.is_none());
        let error = written(facts).unwrap_err();
        assert!(format!("{error:?}").contains("user"), "{error:?}");
    }
}
