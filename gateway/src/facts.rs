//! Facts of a request as its statement will hold them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use evidence::statement::Few;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

/// Facts by name, each in its JSON from the moment it is stated: most of what a statement says, and nothing of it is a tree of values.
#[derive(Clone, Default)]
pub struct StatedFacts {
    facts: BTreeMap<Cow<'static, str>, Box<RawValue>>,
    /// One that has no JSON: then there is no statement.
    unwritable: Option<Cow<'static, str>>,
}

impl StatedFacts {
    /// States a fact, in place of one of the same name. As `serde_json` writes it, it must be what it reads again: no member twice, no
    /// number beyond 64 bits.
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

impl<N: Into<Cow<'static, str>>, F: Serialize> FromIterator<(N, F)> for StatedFacts {
    fn from_iter<I: IntoIterator<Item = (N, F)>>(facts: I) -> Self {
        let mut stated = Self::default();
        facts.into_iter().for_each(|(name, fact)| stated.state(name, &fact));
        stated
    }
}

impl<const N: usize> From<[(&'static str, Value); N]> for StatedFacts {
    fn from(facts: [(&'static str, Value); N]) -> Self {
        facts.into_iter().collect()
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
    use evidence::Kind;
    use evidence::statement::{Facts, Statement, StatementMalformed};
    use serde_json::json;

    use super::*;

    #[derive(Serialize)]
    struct User {
        role: &'static str,
        agency: Option<&'static str>,
        from: i64,
    }

    fn written(facts: StatedFacts) -> Result<Vec<u8>, StatementMalformed> {
        Statement::stating(Kind::Grant, facts).to_bytes()
    }

    #[test]
    fn they_are_written_as_a_tree_of_values_would_be() {
        let user = User { role: "investigator\n", agency: None, from: -1 };
        let mut facts = StatedFacts::from([("case", json!({ "z": "Ә", "b": [1.5, u64::MAX, null] }))]);
        facts.state("user", &user);
        let tree = [("case", json!({ "z": "Ә", "b": [1.5, u64::MAX, null] })), ("user", json!(user))];
        let tree: Facts = tree.map(|(name, fact)| (name.to_owned(), fact)).into();
        let bytes = written(facts).unwrap();
        assert_eq!(bytes, Statement::stating(Kind::Grant, tree.clone()).to_bytes().unwrap());
        assert_eq!(Statement::from_bytes(&bytes).unwrap().facts, tree);
    }

    #[test]
    fn what_they_are_is_not_shown() {
        assert_eq!(format!("{:?}", StatedFacts::from([("case", json!("123"))])), r#"{"case"}"#);
    }

    #[test]
    fn none_are_left_unsaid() {
        assert_eq!(written(StatedFacts::default()).unwrap(), Statement::of(Kind::Grant).to_bytes().unwrap());
    }

    #[test]
    fn one_that_cannot_be_written_is_not_left_out() {
        let mut facts = StatedFacts::default();
        facts.state("user", &BTreeMap::from([((1, 2), 3)]));
        let error = written(facts).unwrap_err();
        assert!(format!("{error:?}").contains("user"), "{error:?}");
    }
}
