//! Why a set of rules cannot be used, by culprit, with the file and line where there is one.

use crate::digest::Digest;
use crate::matrix::MatrixError;

/// A place in one of the files of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Name of the file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// Why a set of rules cannot be used. Nothing of a faulty set is loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// A file the set needs is not there.
    #[error("the set has no {what}")]
    Missing {
        /// What is missing, e.g. `schema (schema.cedarschema)`.
        what: &'static str,
    },
    /// A file the set has no use for: a rule in it would silently not apply.
    #[error("{file}: not a file a set of rules is made of")]
    Stray {
        /// Name of the file.
        file: String,
    },
    /// A file is too long to be read.
    #[error("{file}: {found} bytes; at most {} are read", crate::bounds::MAX_FILE)]
    TooLong {
        /// Name of the file.
        file: String,
        /// Its length in bytes.
        found: usize,
    },
    /// More files than a set has.
    #[error("the set has {found} files; at most {} are read", crate::bounds::MAX_FILES)]
    TooMany {
        /// How many.
        found: usize,
    },
    /// A rule is nested or chained beyond what can be read without overflowing the stack.
    #[error("{at}: {found} {what}; at most {most} are read")]
    TooDeep {
        /// Where.
        at: Place,
        /// What was counted.
        what: &'static str,
        /// How many.
        found: usize,
        /// The bound.
        most: usize,
    },
    /// A rule or the schema cannot be parsed.
    #[error("{at}: {problem}")]
    Syntax {
        /// Where.
        at: Place,
        /// The parser's words.
        problem: String,
    },
    /// A rule does not fit the schema.
    #[error("{at}: {problem}")]
    Type {
        /// Where.
        at: Place,
        /// The validator's words.
        problem: String,
    },
    /// A rule lacks an annotation, or carries one that means nothing.
    #[error("{at}: {problem}")]
    Annotation {
        /// Where.
        at: Place,
        /// What was expected and what was found.
        problem: String,
    },
    /// Two rules carry one identifier.
    #[error("{at}: the identifier `{id}` is already used at {first}")]
    Duplicate {
        /// Where.
        at: Place,
        /// The identifier.
        id: String,
        /// Where it was used first.
        first: Place,
    },
    /// The schema differs from the facts this program puts before the rules.
    #[error(
        "{file}: the schema is not the one this program was built with, found {found}, expected {expected}"
    )]
    OtherSchema {
        /// Name of the file.
        file: String,
        /// Digest of the schema found.
        found: Digest,
        /// Digest of the schema expected.
        expected: Digest,
    },
    /// The matrix cannot be used.
    #[error("{file}: {error}")]
    Matrix {
        /// Name of the file.
        file: String,
        /// Why.
        error: MatrixError,
    },
    /// A data file cannot be used.
    #[error("{at}: {problem}")]
    Data {
        /// Where.
        at: Place,
        /// What was expected.
        problem: String,
    },
    /// No proof came with the rules, and one is required.
    #[error("the rules {digest} come without a record of proof")]
    Unproven {
        /// Digest of the rules.
        digest: Digest,
    },
    /// The proof that came with the rules is of other rules or of other theorems.
    #[error("the record of proof is for {proven}, the {what} are {found}")]
    ProofOfOther {
        /// `rules` or `theorems`.
        what: &'static str,
        /// Digest in the record.
        proven: Digest,
        /// Digest found.
        found: Digest,
    },
    /// The record says that a theorem does not hold, or lacks one.
    #[error("the record of proof does not show that `{theorem}` holds")]
    NotProven {
        /// The theorem.
        theorem: String,
    },
}
