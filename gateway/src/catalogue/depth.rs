//! How deep a JSON Schema may go. Compiling one and checking a value against it descend by recursion, and follow references: what
//! leads back to itself would never end, and what is nested without end overflows the stack.

use std::collections::BTreeSet;

use serde_json::Value;

/// Deepest nesting of a schema. Those of the sample registries have 6.
const MAX_DEPTH: usize = 64;

/// Checks a schema before it is compiled.
///
/// # Errors
/// What is too deep, or leads back to itself or out of the document.
pub(super) fn check(schema: &Value) -> Result<(), String> {
    let mut walk = Walk { schema, following: Vec::new(), followed: BTreeSet::new() };
    walk.through(schema, MAX_DEPTH)
}

struct Walk<'a> {
    schema: &'a Value,
    /// References that lead to where the walk is.
    following: Vec<&'a str>,
    /// References that were followed to their end.
    followed: BTreeSet<&'a str>,
}

impl<'a> Walk<'a> {
    fn through(&mut self, at: &'a Value, depth: usize) -> Result<(), String> {
        let Some(below) = depth.checked_sub(1) else {
            return Err(format!("nested deeper than {MAX_DEPTH}, references followed"));
        };
        match at {
            Value::Object(members) => {
                for (name, member) in members {
                    match (name.as_str(), member) {
                        ("$ref", Value::String(reference)) => self.follow(reference, below)?,
                        ("$dynamicRef" | "$recursiveRef", _) => {
                            return Err(format!("`{name}` is not used here"));
                        }
                        _ => self.through(member, below)?,
                    }
                }
                Ok(())
            }
            Value::Array(items) => items.iter().try_for_each(|item| self.through(item, below)),
            _ => Ok(()),
        }
    }

    fn follow(&mut self, reference: &'a str, depth: usize) -> Result<(), String> {
        if self.following.contains(&reference) {
            return Err("a reference leads back to itself".to_owned());
        }
        if self.followed.contains(reference) {
            return Ok(());
        }
        let pointer =
            reference.strip_prefix('#').filter(|pointer| pointer.is_empty() || pointer.starts_with('/'));
        let target = pointer.and_then(|pointer| self.schema.pointer(pointer));
        let target = target.ok_or("a reference leads nowhere in this schema: expected \"#/…\"")?;
        self.following.push(reference);
        let walked = self.through(target, depth);
        self.following.pop();
        self.followed.insert(reference);
        walked
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_leads_back_to_itself_is_refused() {
        for schema in [
            json!({"$ref": "#"}),
            json!({"properties": {"a": {"$ref": "#"}}}),
            json!({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"anyOf": [{"$ref": "#/$defs/a"}]}}}),
        ] {
            assert_eq!(check(&schema), Err("a reference leads back to itself".to_owned()), "{schema}");
        }
        assert!(check(&json!({"$dynamicRef": "#a"})).is_err());
        assert!(check(&json!({"$ref": "https://elsewhere.example/schema"})).is_err());
        assert!(check(&json!({"$ref": "#anchor"})).is_err());
    }

    #[test]
    fn what_ends_is_accepted_however_often_it_is_referred_to() {
        let twice = |next: &str| json!({"allOf": [{"$ref": next}, {"$ref": next}]});
        let mut schema =
            json!({"$defs": {"d40": {"type": "string"}}, "properties": {"a": {"$ref": "#/$defs/d30"}}});
        for n in 30..40 {
            schema["$defs"][format!("d{n}")] = twice(&format!("#/$defs/d{}", n + 1));
        }
        assert_eq!(check(&schema), Ok(()));
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |levels: usize| (0..levels).fold(json!(true), |inner, _| json!({ "not": inner }));
        assert_eq!(check(&nested(63)), Ok(()));
        assert!(check(&nested(64)).unwrap_err().contains("nested deeper than 64"));
    }
}
