//! JSON Schemas of parameters and answers, compiled once when the catalogue is loaded.

use std::fmt;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use serde_json::{Map, Value};

use super::depth;

/// A compiled schema with the text it came from.
pub struct Schema {
    text: Value,
    validator: Validator,
}

/// The first thing in a value that breaks its schema, in words that hold nothing of the value itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The declared member at fault; empty for the value as a whole.
    pub member: String,
    pub expected: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let member = if self.member.is_empty() { "the value" } else { &self.member };
        write!(f, "{member}: expected {}", self.expected)
    }
}

impl Schema {
    /// Compiles under draft 2020-12 with formats asserted. Unknown formats and references to other documents are refused,
    /// and patterns run on an engine whose time is linear in the text.
    ///
    /// # Errors
    /// Why the schema does not compile.
    pub fn compile(text: &Value) -> Result<Self, String> {
        if !text.is_object() {
            return Err("expected an object".to_owned());
        }
        depth::check(text)?;
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex())
            .should_validate_formats(true)
            .should_ignore_unknown_formats(false)
            .with_format("iin", |text: &str| text.parse::<certs::Iin>().is_ok())
            .with_format("bin", |text: &str| text.parse::<certs::Bin>().is_ok())
            .offline()
            .build(text)
            .map_err(|error| format!("{} at {}", error.masked(), place(&error)))?;
        Ok(Self { text: text.clone(), validator })
    }

    /// Compiles the schema of parameters: an object that takes nothing it does not declare.
    ///
    /// # Errors
    /// Why the schema does not compile, or what it leaves open.
    pub fn of_parameters(text: &Value) -> Result<Self, String> {
        let closed = text.get("additionalProperties") == Some(&Value::Bool(false));
        if text.get("type").and_then(Value::as_str) != Some("object") || !closed {
            return Err("parameters must be of type object with additionalProperties false".to_owned());
        }
        Self::compile(text)
    }

    /// The schema as it was written.
    #[must_use]
    pub fn text(&self) -> &Value {
        &self.text
    }

    /// The properties declared at the top.
    pub fn properties(&self) -> impl Iterator<Item = (&str, &Value)> {
        let declared = self.text.get("properties").and_then(Value::as_object);
        declared.into_iter().flat_map(Map::iter).map(|(name, schema)| (name.as_str(), schema))
    }

    /// Whether the top level requires this property.
    #[must_use]
    pub fn requires(&self, name: &str) -> bool {
        let required = self.text.get("required").and_then(Value::as_array);
        required.is_some_and(|names| names.iter().any(|required| required == name))
    }

    /// Checks a value.
    ///
    /// # Errors
    /// The first breach.
    pub fn check(&self, value: &Value) -> Result<(), Breach> {
        // The quick check allocates nothing; words are made only for a value that fails.
        if self.validator.is_valid(value) {
            return Ok(());
        }
        let breach = self.validator.iter_errors(value).next().map(|error| self.breach(&error));
        Err(breach.unwrap_or_else(|| Breach { member: String::new(), expected: "another value".to_owned() }))
    }

    fn breach(&self, error: &ValidationError<'_>) -> Breach {
        let path = error.instance_path().to_string();
        let first = path.strip_prefix('/').unwrap_or_default().split('/').next().unwrap_or_default();
        // A name nobody declared was chosen by the sender and may itself be personal data.
        let member = match self.properties().find(|(name, _)| *name == first) {
            Some((name, _)) => name.to_owned(),
            None => String::new(),
        };
        Breach { member, expected: self.expected(error.kind()) }
    }

    fn expected(&self, kind: &ValidationErrorKind) -> String {
        match kind {
            ValidationErrorKind::Required { property } => format!("the member {property}"),
            ValidationErrorKind::AdditionalProperties { .. } => {
                let declared: Vec<&str> = self.properties().map(|(name, _)| name).collect();
                format!("no members beyond {}", declared.join(", "))
            }
            ValidationErrorKind::Type { kind: TypeKind::Single(kind) } => format!("type {kind}"),
            ValidationErrorKind::Format { format } => match format.as_str() {
                "iin" => "an IIN: 12 digits, the last of which checks the others".to_owned(),
                "bin" => "a BIN: 12 digits, the last of which checks the others".to_owned(),
                "date" => "a date as YYYY-MM-DD".to_owned(),
                other => format!("the form {other}"),
            },
            ValidationErrorKind::Pattern { pattern } => format!("a match of {pattern}"),
            ValidationErrorKind::Enum { options } => format!("one of {options}"),
            ValidationErrorKind::Constant { expected_value } => format!("{expected_value}"),
            ValidationErrorKind::MinLength { limit } => format!("at least {limit} characters"),
            ValidationErrorKind::MaxLength { limit } => format!("at most {limit} characters"),
            ValidationErrorKind::Minimum { limit } => format!("at least {limit}"),
            ValidationErrorKind::Maximum { limit } => format!("at most {limit}"),
            ValidationErrorKind::MinItems { limit } => format!("at least {limit} items"),
            ValidationErrorKind::MaxItems { limit } => format!("at most {limit} items"),
            other => format!("what {} says", other.keyword()),
        }
    }
}

fn place(error: &ValidationError<'_>) -> String {
    let path = error.instance_path().to_string();
    if path.is_empty() { "the top".to_owned() } else { path }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Schema").field(&self.text).finish()
    }
}
