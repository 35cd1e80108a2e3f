//! The matrix role × ground × registry × field: who sees what under which ground, as data under four eyes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::body::BodyKind;
use crate::bounds::MAX_FILE;
use crate::catalogue::Catalogue;
use crate::facts::Facts;
use crate::ground::Ground;

/// One row: officials of one kind of body in one role, on one ground, may ask one operation and see these fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Kind of body.
    pub body: BodyKind,
    /// Role of the official.
    pub role: String,
    /// Ground.
    pub ground: Ground,
    /// Code of the registry.
    pub registry: String,
    /// Code of the operation.
    pub operation: String,
    /// Fields of the answer that are released; sorted, each once.
    pub fields: Arc<[String]>,
}

/// An entry as it is proposed and approved: every body in every role on every ground may ask all it opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Kinds of body.
    pub bodies: Vec<BodyKind>,
    /// Roles.
    pub roles: Vec<String>,
    /// Grounds.
    pub grounds: Vec<Ground>,
    /// What they open.
    pub opens: Vec<Opening>,
}

/// An operation of a registry and the fields of its answer that are released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// Code of the registry.
    pub registry: String,
    /// Code of the operation.
    pub operation: String,
    /// Fields of the answer.
    pub fields: Vec<String>,
}

/// All rows in force.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Matrix {
    rows: BTreeMap<String, BTreeMap<String, Vec<Row>>>,
}

/// Why a matrix cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MatrixError {
    /// Not JSON of the expected shape.
    #[error("line {line}, column {column}: expected a list of matrix entries")]
    Malformed {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// More bytes than are read.
    #[error("{found} bytes; at most {} are read", crate::bounds::MAX_FILE)]
    TooLong {
        /// How many.
        found: usize,
    },
    /// A role that is empty, too long or not `a-z 0-9 - _ .`.
    #[error("entry {entry}: role `{found}` must be 1 to 64 of a-z, 0-9, `-`, `_`, `.`")]
    NotARole {
        /// Number of the entry, from 1.
        entry: usize,
        /// What was found, cut to 64 characters.
        found: String,
    },
    /// A registry, operation or field that the catalogue does not have.
    #[error("entry {entry}: the catalogue has no {what} `{found}`")]
    NotInCatalogue {
        /// Number of the entry, from 1.
        entry: usize,
        /// `registry`, `operation` or `field`.
        what: &'static str,
        /// What was found, cut to 64 characters.
        found: String,
    },
    /// An entry that stands for no row at all.
    #[error("entry {entry}: {member} is empty, so the entry permits nothing")]
    Empty {
        /// Number of the entry, from 1.
        entry: usize,
        /// Member of the entry.
        member: &'static str,
    },
    /// Two rows for the same body, role, ground, registry and operation.
    #[error("entry {entry}: {body} / {role} / {ground} already has a row for {registry}/{operation}")]
    Twice {
        /// Number of the second entry, from 1.
        entry: usize,
        /// Body of the row.
        body: BodyKind,
        /// Role of the row.
        role: String,
        /// Ground of the row.
        ground: Ground,
        /// Registry of the row.
        registry: String,
        /// Operation of the row.
        operation: String,
    },
}

impl Matrix {
    /// Reads a JSON list of [`Entry`] and holds it against the catalogue.
    ///
    /// # Errors
    /// [`MatrixError`] names the entry and what is wrong with it; nothing of a faulty matrix is used.
    pub fn parse(json: &str, catalogue: &Catalogue) -> Result<Self, MatrixError> {
        if json.len() > MAX_FILE {
            return Err(MatrixError::TooLong { found: json.len() });
        }
        let entries: Vec<Entry> = serde_json::from_str(json)
            .map_err(|error| MatrixError::Malformed { line: error.line(), column: error.column() })?;
        Self::from_entries(&entries, catalogue)
    }

    /// Takes entries apart into rows.
    ///
    /// # Errors
    /// As [`Matrix::parse`].
    pub fn from_entries(entries: &[Entry], catalogue: &Catalogue) -> Result<Self, MatrixError> {
        let mut matrix = Self::default();
        for (number, entry) in (1..).zip(entries) {
            entry.check(number)?;
            for opening in &entry.opens {
                opening.check(number, catalogue)?;
                matrix.open(number, entry, opening)?;
            }
        }
        Ok(matrix)
    }

    fn open(&mut self, number: usize, entry: &Entry, opening: &Opening) -> Result<(), MatrixError> {
        let fields: BTreeSet<String> = opening.fields.iter().cloned().collect();
        let fields: Arc<[String]> = fields.into_iter().collect();
        let operations = self.rows.entry(opening.registry.clone()).or_default();
        let rows = operations.entry(opening.operation.clone()).or_default();
        for &body in &entry.bodies {
            for role in &entry.roles {
                for &ground in &entry.grounds {
                    let row = Row {
                        body,
                        role: role.clone(),
                        ground,
                        registry: opening.registry.clone(),
                        operation: opening.operation.clone(),
                        fields: fields.clone(),
                    };
                    if rows.iter().any(|known| known.same_subject(&row)) {
                        return Err(row.twice(number));
                    }
                    rows.push(row);
                }
            }
        }
        Ok(())
    }

    /// Every row, ordered by registry and operation, then as entered.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.values().flat_map(BTreeMap::values).flatten()
    }

    /// The row under which these facts are considered, if any.
    ///
    /// A grant is made under one role. Of several roles the one with the most fields is taken, then the first by name.
    #[must_use]
    pub fn find(&self, facts: &Facts) -> Option<&Row> {
        self.rows
            .get(&facts.registry.code)?
            .get(&facts.operation.code)?
            .iter()
            .filter(|row| row.body == facts.body.kind && row.ground == facts.ground.ground)
            .filter(|row| facts.user.roles.contains(&row.role))
            .max_by(|a, b| a.fields.len().cmp(&b.fields.len()).then_with(|| b.role.cmp(&a.role)))
    }
}

impl Row {
    fn same_subject(&self, other: &Self) -> bool {
        (self.body, &self.role, self.ground) == (other.body, &other.role, other.ground)
    }

    fn twice(self, entry: usize) -> MatrixError {
        let Self { body, role, ground, registry, operation, .. } = self;
        MatrixError::Twice { entry, body, role, ground, registry, operation }
    }
}

impl Entry {
    fn check(&self, entry: usize) -> Result<(), MatrixError> {
        let lists = [
            ("bodies", self.bodies.is_empty()),
            ("roles", self.roles.is_empty()),
            ("grounds", self.grounds.is_empty()),
            ("opens", self.opens.is_empty()),
        ];
        if let Some((member, _)) = lists.into_iter().find(|(_, empty)| *empty) {
            return Err(MatrixError::Empty { entry, member });
        }
        match self.roles.iter().find(|role| !is_code(role)) {
            Some(role) => Err(MatrixError::NotARole { entry, found: shown(role) }),
            None => Ok(()),
        }
    }
}

impl Opening {
    fn check(&self, entry: usize, catalogue: &Catalogue) -> Result<(), MatrixError> {
        let missing = |what, code: &str| MatrixError::NotInCatalogue { entry, what, found: shown(code) };
        if catalogue.registry(&self.registry).is_none() {
            return Err(missing("registry", &self.registry));
        }
        let Some(operation) = catalogue.operation(&self.registry, &self.operation) else {
            return Err(missing("operation", &self.operation));
        };
        if self.fields.is_empty() {
            return Err(MatrixError::Empty { entry, member: "fields" });
        }
        match self.fields.iter().find(|field| !operation.fields.contains(field)) {
            Some(field) => Err(missing("field", field)),
            None => Ok(()),
        }
    }
}

fn shown(code: &str) -> String {
    code.chars().take(64).collect()
}

/// A code: 1 to 64 of `a-z`, `0-9`, `-`, `_`, `.`.
pub(crate) fn is_code(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.'))
}
