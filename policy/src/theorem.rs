//! What the rules are proven to guarantee. A theorem is itself a Cedar statement, in `theorems/`: it permits exactly the requests
//! that keep the promise, so that "every released record keeps it" is "whatever the rules permit, the theorem permits".

use cedar_policy::{Policy as CedarPolicy, PolicyId};

use crate::code::Code;
use crate::digest::Digest;
use crate::error::{Place, PolicyError};
use crate::files::File;
use crate::rules::{annotation, code, written};

/// What a theorem claims about a set of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The rules of this code alone let nothing past that breaks the promise, whatever other rules permit. So no rule an
    /// operator adds can break it.
    Guarded(Code),
    /// The set as a whole lets nothing past that breaks the promise.
    Kept,
    /// The set permits at least one request of this kind.
    Possible,
}

/// A theorem.
#[derive(Debug, Clone)]
pub struct Theorem {
    pub(crate) name: String,
    pub(crate) clause: String,
    pub(crate) says: String,
    pub(crate) claim: Claim,
    #[cfg_attr(not(feature = "prove"), expect(dead_code, reason = "only a proof reads it"))]
    pub(crate) statement: CedarPolicy,
}

impl Theorem {
    /// Its name, e.g. `only-on-an-open-case`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The clause it states.
    #[must_use]
    pub fn clause(&self) -> &str {
        &self.clause
    }

    /// What it says, in one sentence.
    #[must_use]
    pub fn says(&self) -> &str {
        &self.says
    }

    /// What it claims about a set.
    #[must_use]
    pub const fn claim(&self) -> Claim {
        self.claim
    }
}

/// All theorems, in the order of their files.
///
/// # Errors
/// None that a released program can meet: the tests read them.
pub fn theorems() -> Result<Vec<Theorem>, PolicyError> {
    let mut all = Vec::new();
    for file in THEOREMS {
        for (at, statement) in written(file)? {
            all.push(describe(&at, &statement)?);
        }
    }
    Ok(all)
}

/// Digest of the theorems: a record of proof says which ones it is of.
#[must_use]
pub fn theorems_digest() -> Digest {
    Digest::of_parts(THEOREMS.iter().map(|file| (file.name(), file.text().as_bytes())))
}

fn describe(at: &Place, statement: &CedarPolicy) -> Result<Theorem, PolicyError> {
    let needed = |name: &str| {
        let text = statement.annotation(name).filter(|text| !text.is_empty());
        text.map(str::to_owned)
            .ok_or_else(|| annotation(at.clone(), format!("the theorem has no @{name}(\"…\")")))
    };
    let claim = match (statement.annotation("code"), statement.annotation("possible")) {
        (Some(text), None) => Claim::Guarded(code(at, text)?),
        (None, None) => Claim::Kept,
        (None, Some(_)) => Claim::Possible,
        (Some(_), Some(_)) => {
            return Err(annotation(at.clone(), "@code and @possible exclude each other".to_owned()));
        }
    };
    let name = needed("id")?;
    let statement = statement.new_id(PolicyId::new(&name));
    Ok(Theorem { clause: needed("clause")?, says: needed("says")?, name, claim, statement })
}

macro_rules! theorem_files {
    ($($name:literal),+ $(,)?) => {
        &[$(File::embedded($name, include_str!(concat!("../theorems/", $name)))),+]
    };
}

const THEOREMS: &[File] = theorem_files![
    "sls-16-2-1.cedar",
    "sls-16-2-3.cedar",
    "grounds.cedar",
    "registries.cedar",
    "sanctions.cedar",
    "possible.cedar",
];
