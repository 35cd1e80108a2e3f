//! The record that the theorems were proven for a set of rules, by its digest.

use serde::{Deserialize, Serialize};

use crate::bounds;
use crate::digest::Digest;
use crate::error::{Place, PolicyError};
use crate::files::File;
use crate::theorem::{theorems, theorems_digest};

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
        bounds::length(file)?;
        serde_json::from_str(file.text()).map_err(|error| PolicyError::Data {
            at: Place { file: file.name().to_owned(), line: error.line() },
            problem: format!("not a record of proof: {error}"),
        })
    }

    /// Holds the record against a set: these rules, the theorems of this program, and every claim about every rule.
    ///
    /// # Errors
    /// [`PolicyError::ProofOfOther`] if it is of other rules or other theorems, [`PolicyError::NotProven`] if it lacks a claim.
    pub(crate) fn covers<'a>(
        &self,
        rules: Digest,
        names: impl Iterator<Item = &'a str>,
    ) -> Result<(), PolicyError> {
        let compared = [("rules", self.rules, rules), ("theorems", self.theorems, theorems_digest())];
        for (what, proven, found) in compared {
            if proven != found {
                return Err(PolicyError::ProofOfOther { what, proven, found });
            }
        }
        let theorems = theorems()?.into_iter().map(|theorem| theorem.name().to_owned());
        let about_rules = names.flat_map(|rule| [never_errs(rule), matters(rule)]);
        match theorems.chain(about_rules).find(|claim| !self.holds.contains(claim)) {
            Some(theorem) => Err(PolicyError::NotProven { theorem }),
            None => Ok(()),
        }
    }
}

/// Name of the claim that a rule can be evaluated on any facts.
pub(crate) fn never_errs(rule: &str) -> String {
    format!("never-errs:{rule}")
}

/// Name of the claim that some request is decided otherwise without a rule.
pub(crate) fn matters(rule: &str) -> String {
    format!("matters:{rule}")
}
