//! The catalogue: every ground and every registry, with the clause behind each, as data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::body::BodyKind;
use crate::bounds;
use crate::error::{Place, PolicyError};
use crate::facts::Facts;
use crate::files::File;
use crate::ground::Ground;
use crate::laxity::Laxity;
use crate::matrix::is_code;
use crate::registry::RegistryClass;
use crate::statements::line_at;

/// What the law says about a ground, for people. The rules say the same to the machine; a test compares the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroundEntry {
    /// The ground.
    pub ground: Ground,
    /// What it is, in words that follow "on the ground of" or stand alone.
    pub title: String,
    /// The clause.
    pub clause: String,
    /// Bodies that may use it by the law itself.
    pub bodies: Vec<BodyKind>,
    /// Bodies that may use it only under a joint act in force that names them.
    pub bodies_by_act: Vec<BodyKind>,
    /// What the request carries.
    pub carries: Vec<String>,
    /// What is reconciled before a record is let out.
    pub reconciled: Vec<String>,
    /// Which registries and fields it reaches.
    pub registries: String,
    /// What oversight follows.
    pub oversight: String,
    /// Who has to have agreed on the act, if the ground rests on one. Number, date and validity are with the act on record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<ActRequired>,
}

/// The joint act a ground rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActRequired {
    /// The clause that leaves the matter to the act.
    pub clause: String,
    /// Its parties.
    pub parties: Vec<String>,
}

/// A registry that may be on the list of integrated systems (SLS 16-1(1)¶2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistryEntry {
    /// Code, e.g. `population`.
    pub code: String,
    /// What it holds.
    pub title: String,
    /// The clause, or the act, by which it exists.
    pub clause: String,
    /// What the law says apart about it.
    pub class: RegistryClass,
    /// What it can be asked.
    pub operations: Vec<OperationEntry>,
}

/// An operation of a registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperationEntry {
    /// Code, e.g. `person-by-iin`.
    pub code: String,
    /// What it answers.
    pub title: String,
    /// Whether the answer touches private life (OI 12(4)).
    #[serde(default)]
    pub private_life: bool,
    /// Whether the answer is confined to pending criminal cases against property (IAB 6(1)49)).
    #[serde(default)]
    pub pending_cases_only: bool,
    /// Fields of the answer.
    pub fields: Vec<String>,
}

/// The grounds of the law, in its order.
///
/// # Errors
/// None that a released program can meet: the tests read them.
pub fn grounds() -> Result<Vec<GroundEntry>, PolicyError> {
    read(&GROUNDS)
}

const GROUNDS: File = File::embedded("grounds.json", include_str!("../data/grounds.json"));

/// The registries of a set, by code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    registries: BTreeMap<String, RegistryEntry>,
}

impl Catalogue {
    /// Reads a JSON list of [`RegistryEntry`], and beneath it the catalogue of the law: its registries and operations are known whether
    /// the list names them or not, and no entry may be laxer than that one's.
    ///
    /// # Errors
    /// [`PolicyError::Data`] with the line, or with the registry at fault; for what is laxer than the law, with both values.
    pub fn parse(file: &File) -> Result<Self, PolicyError> {
        let (mut own, law) = (Self::as_written(file)?, Self::of_the_law()?);
        for entry in own.registries.values() {
            if let Some(laxity) = law.laxity(&entry.said()) {
                return Err(lax(file, &laxity));
            }
        }
        for (code, known) in law.registries {
            match own.registries.get_mut(&code) {
                None => {
                    own.registries.insert(code, known);
                }
                Some(entry) => entry.keep(known.operations),
            }
        }
        Ok(own)
    }

    /// Reads a list as it stands.
    pub(crate) fn as_written(file: &File) -> Result<Self, PolicyError> {
        let mut registries = BTreeMap::new();
        for entry in read::<RegistryEntry>(file)? {
            let faults = entry.faults();
            if let Some(problem) = faults {
                return Err(at_registry(file, &entry.code, &problem));
            }
            if let Some(twice) = registries.insert(entry.code.clone(), entry) {
                return Err(at_registry(file, &twice.code, "stands twice"));
            }
        }
        Ok(Self { registries })
    }

    /// The entry with this code.
    #[must_use]
    pub fn registry(&self, code: &str) -> Option<&RegistryEntry> {
        self.registries.get(code)
    }

    /// The operation with these codes.
    #[must_use]
    pub fn operation(&self, registry: &str, operation: &str) -> Option<&OperationEntry> {
        self.registry(registry)?.operations.iter().find(|entry| entry.code == operation)
    }

    /// All entries, by code.
    pub fn registries(&self) -> impl Iterator<Item = &RegistryEntry> {
        self.registries.values()
    }

    /// Where the catalogue knows a registry or an operation to be stricter than the facts say, the catalogue prevails: the
    /// preventive record stays the preventive record under whatever settings.
    pub(crate) fn prevail(&self, facts: &mut Facts) {
        let Some(registry) = self.registries.get(&facts.registry.code) else { return };
        // Of a registry without a law of its own the facts may be stricter; none of it becomes pending cases by being called so.
        if registry.class != RegistryClass::General || facts.registry.class == RegistryClass::PendingCases {
            facts.registry.class = registry.class;
        }
        let known = registry.operations.iter().find(|entry| entry.code == facts.operation.code);
        if let Some(operation) = known {
            facts.operation.private_life |= operation.private_life;
            facts.operation.pending_cases_only &= operation.pending_cases_only;
        }
    }
}

impl RegistryEntry {
    /// Adds the operations that the law knows and this entry does not name.
    fn keep(&mut self, known: Vec<OperationEntry>) {
        let named = |known: &OperationEntry| self.operations.iter().any(|own| own.code == known.code);
        let missing: Vec<OperationEntry> = known.into_iter().filter(|known| !named(known)).collect();
        self.operations.extend(missing);
    }

    fn faults(&self) -> Option<String> {
        let codes = std::iter::once(&self.code)
            .chain(self.operations.iter().map(|operation| &operation.code))
            .chain(self.operations.iter().flat_map(|operation| &operation.fields));
        if let Some(code) = codes.into_iter().find(|code| !is_code(code)) {
            let shown: String = code.chars().take(64).collect();
            return Some(format!("`{shown}` must be 1 to 64 of a-z, 0-9, `-`, `_`, `.`"));
        }
        self.operations
            .iter()
            .find(|operation| operation.fields.is_empty())
            .map(|operation| format!("operation {} has no fields", operation.code))
    }
}

/// Names what is laxer than the law by the line it stands on, or that of the entry which leaves it out.
fn lax(file: &File, laxity: &Laxity) -> PolicyError {
    let Laxity { registry, operation, field, .. } = laxity;
    let code = |code: &str| format!("\"{code}\"");
    let text = file.text();
    // Each is looked for behind the one before: registry, operation, member.
    let mut at = after(text, 0, "\"code\"", &code(registry)).unwrap_or(0);
    let mut of = format!("registry {registry}");
    if let Some(operation) = operation {
        at = after(text, at, "\"code\"", &code(operation)).unwrap_or(at);
        of = format!("{of}, operation {operation}");
    }
    let next = after(text, at, "\"code\"", "").unwrap_or(text.len());
    let member = text.get(at..next).and_then(|entry| Some(at.saturating_add(entry.find(&code(field))?)));
    let line = line_at(text, member.unwrap_or(at));
    PolicyError::Data { at: Place { file: file.name().to_owned(), line }, problem: format!("{of}: {laxity}") }
}

/// Where the value of a member begins, looked for from a place on: `"code" : "population"` is found however it is spaced.
fn after(text: &str, from: usize, member: &str, value: &str) -> Option<usize> {
    text.get(from..)?.match_indices(member).find_map(|(index, _)| {
        let end = from.checked_add(index)?.checked_add(member.len())?;
        let rest = text.get(end..)?;
        let found = rest.trim_start().strip_prefix(':')?.trim_start();
        found.starts_with(value).then(|| text.len().saturating_sub(found.len()))
    })
}

fn at_registry(file: &File, code: &str, problem: &str) -> PolicyError {
    let needle = format!("\"{code}\"");
    let line = file.text().lines().position(|line| line.contains(&needle)).map_or(1, |index| index + 1);
    let shown: String = code.chars().take(64).collect();
    PolicyError::Data {
        at: Place { file: file.name().to_owned(), line },
        problem: format!("registry {shown}: {problem}"),
    }
}

fn read<T: serde::de::DeserializeOwned>(file: &File) -> Result<Vec<T>, PolicyError> {
    bounds::length(file)?;
    serde_json::from_str(file.text()).map_err(|error| PolicyError::Data {
        at: Place { file: file.name().to_owned(), line: error.line() },
        problem: error.to_string(),
    })
}
