//! Deciding again: what would another set of rules have made of recorded requests?

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::code::Code;
use crate::decision::{Granted, Refused};
use crate::facts::Facts;
use crate::policy::Policy;

/// How a decision came out, in the form in which it is kept. It permits nothing: only [`Granted`] does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Decided {
    /// A record may be released.
    Granted {
        /// The role under which.
        role: String,
        /// The fields released, sorted.
        fields: Vec<String>,
    },
    /// Nothing may be released.
    Refused {
        /// The refusal code.
        code: Code,
        /// The clause.
        clause: String,
        /// The rule.
        rule: String,
    },
}

impl<C> From<&Granted<C>> for Decided {
    fn from(granted: &Granted<C>) -> Self {
        Self::Granted { role: granted.role().to_owned(), fields: granted.fields().to_vec() }
    }
}

impl From<&Refused> for Decided {
    fn from(refused: &Refused) -> Self {
        let code = refused.code_listed();
        Self::Refused { code, clause: refused.clause().to_owned(), rule: refused.rule().to_owned() }
    }
}

impl fmt::Display for Decided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Granted { role, fields } => write!(f, "granted to the role {role}: {}", fields.join(", ")),
            Self::Refused { code, clause, rule } => write!(f, "refused: {code} ({clause}, rule {rule})"),
        }
    }
}

/// A recorded request that a proposed set decides otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The request, by the name the caller gave it.
    pub request: String,
    /// How it was decided.
    pub before: Decided,
    /// How the proposed set decides it.
    pub after: Decided,
}

impl Change {
    /// Whether the proposed set releases something that was not released before: the changes to read first.
    #[must_use]
    pub fn releases_more(&self) -> bool {
        match (&self.before, &self.after) {
            (_, Decided::Refused { .. }) => false,
            (Decided::Refused { .. }, Decided::Granted { .. }) => true,
            (Decided::Granted { fields: before, .. }, Decided::Granted { fields: after, .. }) => {
                after.iter().any(|field| !before.contains(field))
            }
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.releases_more() { "MORE" } else { "    " };
        writeln!(f, "{mark}  {}", self.request)?;
        writeln!(f, "      was       {}", self.before)?;
        write!(f, "      would be  {}", self.after)
    }
}

impl Policy {
    /// Decides a recorded request again under this set; `None` if the outcome is the same.
    #[must_use]
    pub fn replay(&self, request: &str, facts: &Facts, before: &Decided) -> Option<Change> {
        let after = self.consider(facts);
        (after != *before).then(|| Change { request: request.to_owned(), before: before.clone(), after })
    }
}
