//! `manifest.json` as the contract describes it.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

/// The demonstration country.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub exchange: String,
    pub console: String,
    pub admin: String,
    pub tls_ca: String,
    pub log_vkey: String,
    pub jwks: String,
    pub registry_calls: String,
    pub notices: String,
    pub tracks: String,
    pub feeds: Vec<Feed>,
    pub witnesses: Vec<Witness>,
    pub agencies: Vec<Agency>,
    pub officers: Vec<Officer>,
    pub cases: Vec<Case>,
    pub registries: Vec<Registry>,
    pub consoles: Vec<Console>,
}

/// A system that feeds cases.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feed {
    pub source: String,
    pub kinds: Vec<String>,
    pub cert: String,
    pub key: String,
}

/// A credential for the console.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Console {
    pub capacity: String,
    pub agency: String,
    pub cert: String,
    pub key: String,
}

/// A witness of the log.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witness {
    pub url: String,
    pub vkey: String,
}

/// An agency and its system's certificate.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agency {
    pub code: String,
    pub bin: String,
    pub cert: String,
    pub key: String,
    pub state: String,
}

/// A person who signs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Officer {
    pub code: String,
    pub iin: String,
    pub agency: String,
    pub cert: String,
    pub key: String,
    pub algorithm: String,
    pub state: String,
}

/// A case in somebody's production.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub kind: String,
    pub number: String,
    pub status: String,
    pub agency: String,
    pub holder: String,
}

/// A registry with a question it can answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registry {
    pub code: String,
    pub operation: String,
    pub parameters: Value,
    pub state: String,
}

impl Manifest {
    /// Reads `DIR/manifest.json`.
    #[must_use]
    pub fn read(directory: &Path) -> Self {
        let text = std::fs::read(directory.join("manifest.json")).expect("a manifest");
        serde_json::from_slice(&text).expect("the manifest of the contract")
    }

    /// The agency with this code.
    #[must_use]
    pub fn agency(&self, code: &str) -> &Agency {
        self.agencies.iter().find(|agency| agency.code == code).expect("an agency of the manifest")
    }

    /// The officer with this code.
    #[must_use]
    pub fn officer(&self, code: &str) -> &Officer {
        self.officers.iter().find(|officer| officer.code == code).expect("an officer of the manifest")
    }

    /// The officer who holds an open case of each kind (contract).
    #[must_use]
    pub fn lead(&self) -> &Officer {
        let holds = |iin: &str, kind: &str| {
            self.cases.iter().any(|case| case.holder == iin && case.kind == kind && case.status == "open")
        };
        let kinds = ["criminal", "civil", "administrative", "search", "enforcement"];
        let mut registered = self.officers.iter().filter(|officer| officer.state == "registered");
        registered
            .find(|officer| kinds.iter().all(|kind| holds(&officer.iin, kind)))
            .expect("one officer holds an open case of each kind")
    }

    /// An officer's open case of a kind.
    #[must_use]
    pub fn case(&self, holder: &Officer, kind: &str) -> &Case {
        self.cases
            .iter()
            .find(|case| case.holder == holder.iin && case.kind == kind && case.status == "open")
            .expect("an open case")
    }

    /// Registries in a state, with their questions.
    pub fn registries(&self, state: &str) -> impl Iterator<Item = &Registry> {
        self.registries.iter().filter(move |registry| registry.state == state)
    }

    /// The question of an operation.
    #[must_use]
    pub fn registry(&self, operation: &str) -> &Registry {
        self.registries.iter().find(|it| it.operation == operation).expect("an operation of the manifest")
    }
}
