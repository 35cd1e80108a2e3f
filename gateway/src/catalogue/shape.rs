//! What an answer's schema declares, and the part of it a ground lets out (SLS 16-3(1)).
//!
//! Only members declared under `properties` exist here. What a registry adds without declaring it never passes, not even
//! under `*`: nobody decided that it may.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Nesting of an answer beyond which its schema is refused; also ends recursive schemas.
const DEPTH: usize = 16;

/// A declared answer, or the part of one that may be released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Text, number, truth value or null.
    Scalar,
    Members(BTreeMap<String, Shape>),
    Items(Box<Shape>),
}

impl Shape {
    /// Reads the declared members out of a JSON Schema; local references (`#/$defs/…`) are followed.
    ///
    /// # Errors
    /// What the schema leaves open: an answer whose members are not declared cannot be cut.
    pub fn declared(schema: &Value) -> Result<Self, String> {
        Self::read(schema, schema, "", DEPTH)
    }

    fn read(root: &Value, schema: &Value, place: &str, depth: usize) -> Result<Self, String> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(format!("{place}: nested deeper than {DEPTH}"));
        };
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let target = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
            let target =
                target.ok_or_else(|| format!("{place}: expected a local $ref, found {reference:?}"))?;
            return Self::read(root, target, place, depth);
        }
        let kinds = kinds(schema);
        match (kinds.contains(&"object"), kinds.contains(&"array")) {
            (true, false) if kinds.iter().all(|kind| matches!(*kind, "object" | "null")) => {
                Self::members(root, schema, place, depth)
            }
            (false, true) if kinds.iter().all(|kind| matches!(*kind, "array" | "null")) => {
                let items =
                    schema.get("items").ok_or_else(|| format!("{place}: an array must declare its items"))?;
                Ok(Self::Items(Box::new(Self::read(root, items, place, depth)?)))
            }
            (false, false) if !kinds.is_empty() || scalar_choice(schema) => Ok(Self::Scalar),
            _ => Err(format!("{place}: expected one type: an object, an array, or scalars")),
        }
    }

    fn members(root: &Value, schema: &Value, place: &str, depth: usize) -> Result<Self, String> {
        let declared =
            schema.get("properties").and_then(Value::as_object).filter(|members| !members.is_empty());
        let declared = declared.ok_or_else(|| format!("{place}: an object must declare its properties"))?;
        let mut members = BTreeMap::new();
        for (name, member) in declared {
            let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
            members.insert(name.clone(), Self::read(root, member, &place, depth)?);
        }
        Ok(Self::Members(members))
    }

    /// The part named by dot paths; `*` names all of it. A path goes through an array to each of its items.
    ///
    /// # Errors
    /// The path that names nothing declared.
    pub fn cut<'a>(&self, paths: impl IntoIterator<Item = &'a str>) -> Result<Self, &'a str> {
        let mut kept = self.nothing();
        for path in paths {
            kept = kept.joined(self.part(path).ok_or(path)?);
        }
        Ok(kept)
    }

    /// What this part and the paths have in common; a path that names nothing here adds nothing.
    #[must_use]
    pub fn narrowed<'a>(&self, paths: impl IntoIterator<Item = &'a str>) -> Self {
        paths.into_iter().filter_map(|path| self.part(path)).fold(self.nothing(), Self::joined)
    }

    /// Dot paths of all scalars in this part, in order.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        match self {
            Self::Scalar => vec![String::new()],
            Self::Items(item) => item.paths(),
            Self::Members(members) => {
                let below = |(name, member): (&String, &Self)| {
                    let joined =
                        |path: String| if path.is_empty() { name.clone() } else { format!("{name}.{path}") };
                    member.paths().into_iter().map(joined).collect::<Vec<_>>()
                };
                members.iter().flat_map(below).collect()
            }
        }
    }

    /// None of the members; a top-level scalar cannot be taken apart.
    fn nothing(&self) -> Self {
        match self {
            Self::Items(item) => Self::Items(Box::new(item.nothing())),
            Self::Members(_) | Self::Scalar => Self::Members(BTreeMap::new()),
        }
    }

    fn part(&self, path: &str) -> Option<Self> {
        match self {
            _ if path == "*" => Some(self.clone()),
            Self::Scalar => None,
            Self::Items(item) => Some(Self::Items(Box::new(item.part(path)?))),
            Self::Members(members) => {
                let (name, rest) = match path.split_once('.') {
                    Some((name, rest)) => (name, Some(rest)),
                    None => (path, None),
                };
                let member = members.get(name)?;
                let member = match rest {
                    Some(rest) => member.part(rest)?,
                    None => member.clone(),
                };
                Some(Self::Members(BTreeMap::from([(name.to_owned(), member)])))
            }
        }
    }

    /// Both parts of the same declared shape together.
    fn joined(self, other: Self) -> Self {
        match (self, other) {
            (Self::Members(mut mine), Self::Members(theirs)) => {
                for (name, their) in theirs {
                    let member = match mine.remove(&name) {
                        Some(my) => my.joined(their),
                        None => their,
                    };
                    mine.insert(name, member);
                }
                Self::Members(mine)
            }
            (Self::Items(mine), Self::Items(theirs)) => Self::Items(Box::new(mine.joined(*theirs))),
            (_, other) => other,
        }
    }

    /// Cuts an answer to this shape. What does not fit the shape is left out, so that nothing undeclared can pass even if
    /// the schema was satisfied in a way its reader did not foresee.
    #[must_use]
    pub fn project(&self, answer: Value) -> Option<Value> {
        match (self, answer) {
            (_, Value::Null) => Some(Value::Null),
            (Self::Members(members), Value::Object(mut object)) => {
                let kept = members.iter().filter_map(|(name, member)| {
                    let value = member.project(object.remove(name)?)?;
                    Some((name.clone(), value))
                });
                Some(Value::Object(kept.collect::<Map<_, _>>()))
            }
            (Self::Items(item), Value::Array(items)) => {
                Some(Value::Array(items.into_iter().filter_map(|value| item.project(value)).collect()))
            }
            (Self::Scalar, value @ (Value::Bool(_) | Value::Number(_) | Value::String(_))) => Some(value),
            _ => None,
        }
    }
}

fn kinds(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(kind)) => vec![kind],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether a schema without a type allows only listed scalars.
fn scalar_choice(schema: &Value) -> bool {
    let scalar = |value: &Value| !value.is_object() && !value.is_array();
    match (schema.get("const"), schema.get("enum").and_then(Value::as_array)) {
        (Some(value), _) => scalar(value),
        (None, Some(values)) => values.iter().all(scalar),
        (None, None) => false,
    }
}
