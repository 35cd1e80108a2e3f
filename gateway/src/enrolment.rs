//! Who is registered: agencies, their systems, their officials and their users (SLS 16-2(1), 16-3(4)).

use std::collections::BTreeSet;
use std::fmt;

use certs::{Bin, Iin};
use policy::{BodyKind, Ground};
use serde::{Deserialize, Serialize};

use crate::clock::Millis;

/// SHA-256 of a certificate's DER bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// The fingerprint of a certificate.
    #[must_use]
    pub fn of(der: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(der).into())
    }

    /// Reads 64 hexadecimal digits, with or without colons.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(|c| *c != ':').collect();
        let bytes = hex::decode(digits).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Whether an enrolment is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Active,
    Suspended,
}

impl State {
    /// As stored and as written in imports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }

    /// The one with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Active, Self::Suspended].into_iter().find(|it| it.name() == name)
    }
}

/// A body that may obtain records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agency {
    pub bin: Bin,
    /// Short name used in metrics and commands: `police`.
    pub code: String,
    pub name: String,
    pub kind: BodyKind,
    pub state: State,
}

/// What an enrolled system may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SystemRole {
    /// Sends requests for records.
    Exchange,
    /// Feeds the case replica of this source (`PUT /v1/cases`).
    CaseFeed { source: String },
    /// Reads on the console listener in one capacity.
    Console(ConsoleRole),
}

/// Capacities on the console. Nobody both administers users and reviews them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsoleRole {
    Operator,
    Security,
    Agency,
    Prosecutor,
    Auditor,
}

impl ConsoleRole {
    /// Whether it looks at what officials did. The operator administers users instead.
    #[must_use]
    pub const fn reviews(self) -> bool {
        !matches!(self, Self::Operator)
    }

    /// As stored and as written in imports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Security => "security",
            Self::Agency => "agency",
            Self::Prosecutor => "prosecutor",
            Self::Auditor => "auditor",
        }
    }

    /// The one with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Operator, Self::Security, Self::Agency, Self::Prosecutor, Self::Auditor]
            .into_iter()
            .find(|it| it.name() == name)
    }
}

/// A TLS client certificate that is enrolled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct System {
    pub certificate: Fingerprint,
    pub agency: Bin,
    pub name: String,
    pub role: SystemRole,
    pub state: State,
}

/// The person who holds a credential for the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    pub certificate: Fingerprint,
    pub iin: Iin,
}

/// A system with the agency it acts for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    pub system: System,
    pub agency: Agency,
}

/// An official whom the head of a body made responsible (SLS 16-3(4)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Official {
    pub agency: Bin,
    pub iin: Iin,
    pub name: String,
    pub duty: Duty,
    pub from: Millis,
    pub until: Option<Millis>,
}

/// What an official answers for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Duty {
    Head,
    Responsible,
}

impl Duty {
    /// As stored and as written in imports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Responsible => "responsible",
        }
    }

    /// The one with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Head, Self::Responsible].into_iter().find(|it| it.name() == name)
    }
}

/// A registered person (SLS 16-2(1)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub iin: Iin,
    pub agency: Bin,
    pub name: String,
    /// Office held, as the policy's matrix names it: `investigator`, `judge`, …
    pub role: String,
    pub grounds: BTreeSet<Ground>,
    pub state: State,
    /// Term of office, first instant and first instant after it.
    pub from: Millis,
    pub until: Option<Millis>,
}
