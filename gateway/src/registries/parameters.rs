//! Parameters of a question: data that fits the operation's schema, or a refusal that says what does not.

use serde_json::{Map, Value};

use crate::catalogue::{Misfit, Operation};
use crate::refusal::{Code, Refusal};

/// Parameters that satisfied the schema of one operation.
#[derive(Clone, Debug)]
pub struct Parameters(Map<String, Value>);

impl Parameters {
    /// Checks what a request gives against what the operation takes.
    ///
    /// # Errors
    /// `parameters-invalid`, naming the declared member and what was expected of it, never what was found: it may be
    /// somebody's personal data.
    pub fn check(operation: &Operation, given: Map<String, Value>) -> Result<Self, Refusal> {
        let given = Value::Object(given);
        operation.parameters().check(&given).map_err(|breach| {
            let member = if breach.member.is_empty() { String::new() } else { format!(".{}", breach.member) };
            Refusal::new(
                Code::ParametersInvalid,
                format!("parameters{member}: expected {}.", breach.expected),
            )
        })?;
        match given {
            Value::Object(members) => Ok(Self(members)),
            _ => Err(Refusal::new(Code::ParametersInvalid, "parameters: expected an object.")),
        }
    }

    /// The members by name.
    #[must_use]
    pub fn members(&self) -> &Map<String, Value> {
        &self.0
    }
}

/// The refusal for a value that fits its schema but not its place in the question.
pub(super) fn misfit(misfit: &Misfit) -> Refusal {
    Refusal::new(Code::ParametersInvalid, format!("parameters.{misfit}."))
}
