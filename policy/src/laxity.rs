//! What would make a registry of the law laxer than the law has it: the built-in catalogue holds beneath every other one.

use crate::catalogue::{Catalogue, OperationEntry, RegistryEntry};
use crate::files::PolicyFiles;
use crate::registry::RegistryClass;

/// A value that is laxer than the built-in catalogue has it, and what that one says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` is {found}, which is laxer than the law has it: {expected}")]
pub struct Laxity {
    /// Code of the registry.
    pub registry: String,
    /// Code of the operation, if it is one of its values.
    pub operation: Option<String>,
    /// Member of the entry: `class`, `private_life`, `pending_cases_only` or `fields`.
    pub field: &'static str,
    /// What was found.
    pub found: String,
    /// What the law asks for.
    pub expected: String,
}

/// What somebody says of a registry, whatever else he says of it.
#[derive(Debug, Clone)]
pub struct Said<'a> {
    /// Code of the registry.
    pub registry: &'a str,
    /// What the law says apart about it.
    pub class: RegistryClass,
    /// Its operations.
    pub operations: Vec<SaidOperation<'a>>,
}

/// What somebody says of an operation.
#[derive(Debug, Clone, Copy)]
pub struct SaidOperation<'a> {
    /// Code, e.g. `person-by-iin`.
    pub code: &'a str,
    /// Whether the answer touches private life (OI 12(4)).
    pub private_life: bool,
    /// Whether the answer is confined to pending criminal cases against property (IAB 6(1)49)).
    pub pending_cases_only: bool,
    /// Fields of the answer, if they have the names of the catalogue.
    pub fields: &'a [String],
}

impl Catalogue {
    /// The catalogue that comes with the program: the registries of the law.
    ///
    /// # Errors
    /// None that a released program can meet: the tests read it.
    pub fn of_the_law() -> Result<Self, crate::PolicyError> {
        Self::as_written(PolicyFiles::default_set().registries())
    }

    /// The first value that is laxer than this catalogue has it. Of a registry that it does not know nothing is.
    #[must_use]
    pub fn laxity(&self, said: &Said<'_>) -> Option<Laxity> {
        let known = self.registry(said.registry)?;
        let laxity = |operation: Option<&str>, field, found: String, expected: String| Laxity {
            registry: known.code.clone(),
            operation: operation.map(str::to_owned),
            field,
            found,
            expected,
        };
        if laxer(known.class, said.class) {
            return Some(laxity(None, "class", said.class.to_string(), known.class.to_string()));
        }
        said.operations.iter().find_map(|operation| {
            let at = |field, found, expected| Some(laxity(Some(operation.code), field, found, expected));
            let law = known.operation(operation.code);
            if known.is_private(operation.code) && !operation.private_life {
                return at("private_life", "false".to_owned(), "true".to_owned());
            }
            if law.is_some_and(|law| operation.pending_cases_only && !law.pending_cases_only) {
                return at("pending_cases_only", "true".to_owned(), "false".to_owned());
            }
            let private = operation.fields.iter().find(|field| known.only_in_private(field));
            match private.filter(|_| !operation.private_life) {
                Some(field) => {
                    at("fields", format!("`{field}` without private_life"), "private_life".to_owned())
                }
                None => None,
            }
        })
    }
}

/// Of a registry without a law of its own an operator may be stricter; of the others each says something else.
fn laxer(law: RegistryClass, said: RegistryClass) -> bool {
    law != said && (law != RegistryClass::General || said == RegistryClass::PendingCases)
}

impl RegistryEntry {
    fn operation(&self, code: &str) -> Option<&OperationEntry> {
        self.operations.iter().find(|operation| operation.code == code)
    }

    /// Whether an operation touches private life: as the law's catalogue has it, or because all it knows of this registry do.
    fn is_private(&self, operation: &str) -> bool {
        match self.operation(operation) {
            Some(operation) => operation.private_life,
            None => self.operations.iter().all(|operation| operation.private_life),
        }
    }

    /// Whether a field is answered by operations that touch private life, and by no other.
    fn only_in_private(&self, field: &str) -> bool {
        let mut answering = self
            .operations
            .iter()
            .filter(|operation| operation.fields.iter().any(|known| known == field))
            .peekable();
        answering.peek().is_some() && answering.all(|operation| operation.private_life)
    }

    pub(crate) fn said(&self) -> Said<'_> {
        let operations = self.operations.iter().map(|operation| SaidOperation {
            code: &operation.code,
            private_life: operation.private_life,
            pending_cases_only: operation.pending_cases_only,
            fields: &operation.fields,
        });
        Said { registry: &self.code, class: self.class, operations: operations.collect() }
    }
}
