//! `manifest.json`: the demonstration country as a program reads it (contract, "Commands").

use policy::CaseKind;
use serde::Serialize;
use serde_json::Value;

use crate::config::{self, Config};
use crate::demo::authorities::OTHERS;
use crate::demo::cast::{Cast, DemoAgency, DemoOfficer, OfficerState};
use crate::demo::gateway::role;
use crate::enrolment::{ConsoleRole, SystemRole};

/// The manifest. Paths are relative to its directory.
#[derive(Debug, Serialize)]
pub struct Manifest {
    pub exchange: String,
    pub console: String,
    pub admin: String,
    pub tls_ca: String,
    pub log_vkey: String,
    pub jwks: String,
    pub registry_calls: String,
    /// Where the duty prosecutor shows what the gateway told (OI 12(7)); the same is in `notices.jsonl`.
    pub notices: String,
    /// The file that names who works on the grounds that joint acts open, with a question on each.
    pub tracks: String,
    pub feeds: Vec<FeedEntry>,
    /// Both must have cosigned what a receipt shows.
    pub witnesses: Vec<WitnessEntry>,
    pub agencies: Vec<AgencyEntry>,
    pub officers: Vec<OfficerEntry>,
    pub cases: Vec<CaseEntry>,
    pub registries: Vec<RegistryEntry>,
    pub consoles: Vec<ConsoleEntry>,
}

/// A credential for the console.
#[derive(Debug, Serialize)]
pub struct ConsoleEntry {
    /// `operator`, `security`, `auditor`, `agency` or `prosecutor`.
    pub capacity: &'static str,
    pub agency: String,
    pub cert: String,
    pub key: String,
}

/// A system that feeds cases (`PUT /v1/cases`).
#[derive(Debug, Serialize)]
pub struct FeedEntry {
    /// The case source it speaks for, and the kinds of case of that.
    pub source: String,
    pub kinds: Vec<CaseKind>,
    pub cert: String,
    pub key: String,
}

/// A witness of the gateway's log (C2SP tlog-witness).
#[derive(Debug, Serialize)]
pub struct WitnessEntry {
    pub url: String,
    pub vkey: String,
}

impl From<&config::Witness> for WitnessEntry {
    fn from(witness: &config::Witness) -> Self {
        Self { url: witness.url.clone(), vkey: witness.vkey.clone() }
    }
}

#[derive(Debug, Serialize)]
pub struct AgencyEntry {
    pub code: String,
    pub bin: String,
    pub cert: String,
    pub key: String,
    /// `enrolled` or `unknown`.
    pub state: &'static str,
}

#[derive(Debug, Serialize)]
pub struct OfficerEntry {
    pub code: String,
    pub iin: String,
    pub agency: String,
    pub cert: String,
    pub key: String,
    pub algorithm: String,
    pub state: OfficerState,
}

#[derive(Debug, Serialize)]
pub struct CaseEntry {
    pub kind: String,
    pub number: String,
    pub status: String,
    pub agency: String,
    pub holder: String,
}

/// One operation of one registry, with parameters that find a record.
#[derive(Clone, Debug, Serialize)]
pub struct RegistryEntry {
    pub code: String,
    pub operation: String,
    pub parameters: Value,
    /// `integrated`, `suspended`, `unreachable` or `slow`.
    pub state: &'static str,
}

impl Manifest {
    /// Who may report cases.
    #[must_use]
    pub fn feeds(config: &Config) -> Vec<FeedEntry> {
        let fed = |name: &str| match role(name) {
            SystemRole::CaseFeed { source } => config.case_sources.iter().find(|it| it.code == source),
            _ => None,
        };
        let entries = OTHERS.iter().filter_map(|(name, _)| Some((name, fed(name)?)));
        let entry = |(name, source): (&&str, &config::CaseSource)| FeedEntry {
            source: source.code.clone(),
            kinds: source.kinds.clone(),
            cert: format!("systems/{name}.pem"),
            key: format!("systems/{name}.key"),
        };
        entries.map(entry).collect()
    }

    /// Who may read on the console.
    #[must_use]
    pub fn consoles() -> Vec<ConsoleEntry> {
        let enrolled = OTHERS.iter().filter_map(|(name, agency)| match role(name) {
            SystemRole::Console(capacity) => Some((name, agency, capacity)),
            _ => None,
        });
        let entry = |(name, agency, capacity): (&&str, &&str, ConsoleRole)| ConsoleEntry {
            capacity: capacity.name(),
            agency: (*agency).to_owned(),
            cert: format!("systems/{name}.pem"),
            key: format!("systems/{name}.key"),
        };
        enrolled.map(entry).collect()
    }

    /// The people part of the manifest; who works by joint act alone is named elsewhere ([`crate::demo::tracks`]).
    #[must_use]
    pub fn people(cast: &Cast) -> (Vec<AgencyEntry>, Vec<OfficerEntry>, Vec<CaseEntry>) {
        let agencies = cast.agencies.iter().filter(|agency| !agency.by_act).map(Self::agency);
        let officers = cast.officers.iter().filter(|officer| !officer.by_act).map(Self::officer);
        let cases = cast.cases.iter().map(|case| CaseEntry {
            kind: case.kind.to_string(),
            number: case.number.clone(),
            status: case.status.to_string(),
            agency: case.agency.to_owned(),
            holder: cast.officer(case.holder).map(|o| o.iin.as_str().to_owned()).unwrap_or_default(),
        });
        (agencies.collect(), officers.collect(), cases.collect())
    }

    /// An agency's entry.
    #[must_use]
    pub fn agency(agency: &DemoAgency) -> AgencyEntry {
        AgencyEntry {
            code: agency.code.to_owned(),
            bin: agency.bin.as_str().to_owned(),
            cert: format!("systems/{}.pem", agency.code),
            key: format!("systems/{}.key", agency.code),
            state: if agency.enrolled { "enrolled" } else { "unknown" },
        }
    }

    /// An officer's entry.
    #[must_use]
    pub fn officer(officer: &DemoOfficer) -> OfficerEntry {
        OfficerEntry {
            code: officer.code.to_owned(),
            iin: officer.iin.as_str().to_owned(),
            agency: officer.agency.to_owned(),
            cert: format!("officers/{}.pem", officer.code),
            key: format!("officers/{}.key", officer.code),
            algorithm: officer.key.to_string(),
            state: officer.state,
        }
    }
}
