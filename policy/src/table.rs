//! The matrix in words: what a lawyer reads and signs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::body::BodyKind;
use crate::catalogue::{Catalogue, GroundEntry};
use crate::ground::Ground;
use crate::matrix::{Matrix, Row};

/// Who may ask one operation and see the same fields: bodies, joined in one line.
type Shared<'a> = BTreeMap<(&'a str, &'a str, &'a str, &'a [String]), Vec<BodyKind>>;

impl Matrix {
    /// Every row, ground by ground: body and role, what they may ask, which fields they see.
    ///
    /// `grounds` gives titles and clauses ([`crate::grounds`]), `catalogue` what each operation answers.
    #[must_use]
    pub fn print(&self, grounds: &[GroundEntry], catalogue: &Catalogue) -> String {
        let mut text = String::from(
            "Who may see what, under which ground. Whatever is not written here is refused (operation-not-permitted),\n\
             and what is written is let out only if every rule of policies/ is kept as well.\n",
        );
        for entry in grounds {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "\nOn {} ({}, {})", entry.ground, entry.title, entry.clause);
            let by_officials = self.by_officials(entry.ground);
            if by_officials.is_empty() {
                text.push_str("  nobody may ask anything\n");
            }
            for ((bodies, role), rows) in by_officials {
                let _ = writeln!(text, "  {role} of {bodies} may ask");
                for (registry, operation, fields) in rows {
                    let private = catalogue
                        .operation(registry, operation)
                        .is_some_and(|operation| operation.private_life);
                    let mark = if private { " (private life)" } else { "" };
                    let _ = writeln!(text, "    {registry}/{operation}{mark}: {}", fields.join(", "));
                }
            }
        }
        text
    }

    /// Rows of one ground, by the officials who have them.
    fn by_officials(&self, ground: Ground) -> BTreeMap<(String, &str), Vec<Asked<'_>>> {
        let mut shared = Shared::new();
        for row in self.rows().filter(|row| row.ground == ground) {
            shared.entry(row.sight()).or_default().push(row.body);
        }
        let mut by_officials: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for ((role, registry, operation, fields), bodies) in shared {
            let names: Vec<&str> = bodies.iter().map(|body| body.as_str()).collect();
            by_officials.entry((names.join(", "), role)).or_default().push((registry, operation, fields));
        }
        by_officials
    }
}

impl Row {
    fn sight(&self) -> (&str, &str, &str, &[String]) {
        (&self.role, &self.registry, &self.operation, &self.fields)
    }
}

/// Registry, operation and fields.
type Asked<'a> = (&'a str, &'a str, &'a [String]);

/// A row that a proposed matrix has otherwise than the one in force: what the second pair of eyes looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowChange {
    /// New: all its fields are opened.
    Added(Row),
    /// Gone: all its fields are closed.
    Removed(Row),
    /// The same officials, ground and operation, other fields.
    Fields {
        /// The row as proposed.
        row: Row,
        /// Fields opened.
        opened: Vec<String>,
        /// Fields closed.
        closed: Vec<String>,
    },
}

impl Matrix {
    /// Every row that `proposed` has otherwise, removed rows last.
    #[must_use]
    pub fn changes_to(&self, proposed: &Self) -> Vec<RowChange> {
        let in_force: BTreeMap<_, &Row> = self.rows().map(|row| (row.subject(), row)).collect();
        let then: BTreeMap<_, &Row> = proposed.rows().map(|row| (row.subject(), row)).collect();
        let new = then.iter().filter_map(|(subject, row)| match in_force.get(subject) {
            None => Some(RowChange::Added((*row).clone())),
            Some(known) => known.change_to(row),
        });
        let gone = in_force.iter().filter(|(subject, _)| !then.contains_key(*subject));
        new.chain(gone.map(|(_, row)| RowChange::Removed((*row).clone()))).collect()
    }
}

impl Row {
    fn subject(&self) -> (Ground, BodyKind, &str, &str, &str) {
        (self.ground, self.body, &self.role, &self.registry, &self.operation)
    }

    fn change_to(&self, proposed: &Self) -> Option<RowChange> {
        let beyond = |more: &Self, less: &Self| -> Vec<String> {
            more.fields.iter().filter(|field| !less.fields.contains(field)).cloned().collect()
        };
        let (opened, closed) = (beyond(proposed, self), beyond(self, proposed));
        let same = opened.is_empty() && closed.is_empty();
        (!same).then(|| RowChange::Fields { row: proposed.clone(), opened, closed })
    }
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { body, role, ground, registry, operation, .. } = self;
        write!(f, "{role} of {body} on {ground} may ask {registry}/{operation}")
    }
}

impl std::fmt::Display for RowChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Added(row) => write!(f, "opened: {row}: {}", row.fields.join(", ")),
            Self::Removed(row) => write!(f, "closed: {row}"),
            Self::Fields { row, opened, closed } => {
                write!(f, "changed: {row}")?;
                let lists = [("fields opened", opened), ("fields closed", closed)];
                lists
                    .iter()
                    .filter(|(_, fields)| !fields.is_empty())
                    .try_for_each(|(what, fields)| write!(f, "; {what}: {}", fields.join(", ")))
            }
        }
    }
}
