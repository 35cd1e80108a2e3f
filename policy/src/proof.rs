//! The record that the theorems were proven for a set of rules, by its digest.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::error::{Place, PolicyError};
use crate::files::File;

/// Whether a set has to come with its record of proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofDemand {
    /// A set without a fitting record does not load. The default of the service.
    Required,
    /// For proving itself, and for development.
    Waived,
}

/// A record of proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// Digest of the rules and the schema that were proven.
    pub rules: Digest,
    /// Digest of the theorems they were proven against.
    pub theorems: Digest,
    /// What proved them, e.g. `cedar-policy-symcc 0.8.1, cvc5 1.0.3`.
    pub prover: String,
    /// Names of the theorems that hold, sorted.
    pub holds: Vec<String>,
}

impl Proof {
    /// Reads a record.
    ///
    /// # Errors
    /// [`PolicyError::Data`] with the line if it is not one.
    pub fn parse(file: &File) -> Result<Self, PolicyError> {
        serde_json::from_str(file.text()).map_err(|error| PolicyError::Data {
            at: Place { file: file.name().to_owned(), line: error.line() },
            problem: format!("not a record of proof: {error}"),
        })
    }

    /// Holds the record against a set.
    ///
    /// # Errors
    /// [`PolicyError::ProofOfOther`] if it is of other rules or other theorems, [`PolicyError::NotProven`] if it lacks one.
    pub fn covers(&self, rules: &Digest) -> Result<(), PolicyError> {
        if self.rules != *rules {
            return Err(PolicyError::ProofOfOther { what: "rules", proven: self.rules, found: *rules });
        }
        Ok(())
    }
}
