//! What was found out about a set of rules, in words.

use std::fmt;

use crate::digest::Digest;
use crate::proof::Proof;

/// What became of one claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It holds, for every request there could be.
    Holds,
    /// It does not: why, and a request that shows it, one fact a line. No line where the claim is that some request exists.
    Fails {
        /// Why it fails.
        because: String,
        /// The request that shows it.
        example: Vec<String>,
    },
    /// The solver could not tell. Counts as not holding.
    Unknown {
        /// The solver's words.
        because: String,
    },
}

/// One claim about a set of rules, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Name of the claim: a theorem's, `never-errs:<rule>` or `matters:<rule>`.
    pub claim: String,
    /// The clause behind it.
    pub clause: String,
    /// What it says, in one sentence.
    pub says: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// All claims about a set of rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Digest of the rules and the schema.
    pub rules: Digest,
    /// Digest of the theorems.
    pub theorems: Digest,
    /// What proved them.
    pub prover: String,
    /// Every claim, theorems first.
    pub findings: Vec<Finding>,
}

impl Finding {
    /// Whether the claim holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.outcome == Outcome::Holds
    }
}

impl Report {
    /// The claims that do not hold.
    pub fn failures(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| !finding.holds())
    }

    /// The record of proof, if every claim holds.
    #[must_use]
    pub fn proof(&self) -> Option<Proof> {
        if self.findings.is_empty() || self.failures().next().is_some() {
            return None;
        }
        let mut holds: Vec<String> = self.findings.iter().map(|finding| finding.claim.clone()).collect();
        holds.sort();
        Some(Proof { rules: self.rules, theorems: self.theorems, prover: self.prover.clone(), holds })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.holds() { "holds" } else { "FAILS" };
        writeln!(f, "{mark}  {}  ({})  {}", self.claim, self.clause, self.says)?;
        match &self.outcome {
            Outcome::Holds => Ok(()),
            Outcome::Unknown { because } => writeln!(f, "       The solver could not tell: {because}"),
            Outcome::Fails { because, example } => {
                writeln!(f, "       {because}")?;
                example.iter().try_for_each(|line| writeln!(f, "         {line}"))
            }
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.findings.iter().try_for_each(|finding| write!(f, "{finding}"))?;
        let failed = self.failures().count();
        let all = self.findings.len();
        if failed == 0 {
            writeln!(f, "all {all} claims hold for the rules {}", self.rules)
        } else {
            writeln!(f, "{failed} of {all} claims fail for the rules {}", self.rules)
        }
    }
}
