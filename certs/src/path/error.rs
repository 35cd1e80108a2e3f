use const_oid::ObjectIdentifier;

use super::budget::Exhausted;
use super::{KeyUsage, Malformed};
use crate::UnixTime;
use crate::algorithm::AlgorithmError;
use crate::instant::Utc;

/// Why there is no path from a certificate to an anchor. `depth` counts from the certificate in question (0) towards the anchor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// A certificate cannot be read.
    #[error("a certificate is malformed")]
    Malformed(#[from] Malformed),
    /// No anchor, and no authority under one, has the name and key identifier that the certificate at `depth` says issued it.
    #[error("no accepted authority issued the certificate at depth {depth}")]
    Untrusted {
        /// How far the search got.
        depth: usize,
    },
    /// The chain has no end within the budget.
    #[error("no anchor within {allowed} intermediate authorities")]
    TooDeep {
        /// How many may stand between, self-issued ones not counted if the caller set the limit.
        allowed: usize,
    },
    /// The authority named as issuer did not sign this.
    #[error("the signature on the certificate at depth {depth} is not good")]
    Signature {
        /// Which certificate.
        depth: usize,
        /// Why.
        #[source]
        error: AlgorithmError,
    },
    /// Past the last second.
    #[error("the certificate at depth {depth} ended at {}, the instant of checking is {}", Utc(*.not_after), Utc(*.at))]
    Expired {
        /// Which certificate.
        depth: usize,
        /// Last second.
        not_after: UnixTime,
        /// Instant of checking.
        at: UnixTime,
    },
    /// Before the first second.
    #[error("the certificate at depth {depth} begins at {}, the instant of checking is {}", Utc(*.not_before), Utc(*.at))]
    NotYetValid {
        /// Which certificate.
        depth: usize,
        /// First second.
        not_before: UnixTime,
        /// Instant of checking.
        at: UnixTime,
    },
    /// Something signed that is no authority (RFC 5280 §6.1.4 (k)).
    #[error("the certificate at depth {depth} signed another but is no authority's")]
    NotAnAuthority {
        /// Which certificate.
        depth: usize,
    },
    /// RFC 5280 §6.1.4 (l), (m).
    #[error("the authority at depth {depth} allows {allowed} authorities below it, there are {found}")]
    PathLength {
        /// Which authority.
        depth: usize,
        /// `pathLenConstraint`.
        allowed: u32,
        /// Authorities below that are not self-issued.
        found: u32,
    },
    /// RFC 5280 §6.1.4 (n), or what the caller requires of the certificate in question.
    #[error("the key at depth {depth} may be used for {allowed}, {required} is required")]
    KeyUsage {
        /// Which certificate.
        depth: usize,
        /// What is needed.
        required: KeyUsage,
        /// What the certificate says.
        allowed: KeyUsage,
    },
    /// RFC 5280 §4.2.1.12.
    #[error("the key at depth {depth} is not for purpose {required}")]
    Purpose {
        /// Which certificate.
        depth: usize,
        /// What the caller requires.
        required: ObjectIdentifier,
    },
    /// RFC 5280 §6.1.3 (b), (c).
    #[error("the certificate at depth {depth} has a name that an authority above may not vouch for")]
    NameConstraints {
        /// Which certificate.
        depth: usize,
    },
    /// RFC 5280 §6.1.3 (f), §6.1.5 (g).
    #[error("no policy that is required is valid for the path at depth {depth}")]
    Policy {
        /// Where it showed.
        depth: usize,
    },
    /// RFC 5280 §6.1.4 (a): anyPolicy must not be mapped.
    #[error("the authority at depth {depth} maps to or from any policy")]
    PolicyMapping {
        /// Which authority.
        depth: usize,
    },
    /// RFC 5280 §6.1.4 (o), §6.1.5 (f).
    #[error("the certificate at depth {depth} has critical extension {oid}, which is not processed")]
    UnknownCritical {
        /// Which certificate.
        depth: usize,
        /// Which extension.
        oid: ObjectIdentifier,
    },
    /// A rule of RFC 5280 §4 on what authorities may issue.
    #[error("the certificate at depth {depth} breaks its profile: {rule}")]
    Profile {
        /// Which certificate.
        depth: usize,
        /// The rule, with its section.
        rule: &'static str,
    },
    /// More work than one certificate is worth.
    #[error("the search for a path was given up: {0}")]
    Budget(Exhausted),
}

/// What to tell whoever presented the certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Culprit {
    /// Not vouched for by an accepted authority.
    Untrusted,
    /// Too old.
    Expired,
    /// Too young.
    NotYetValid,
    /// Genuine, but not for this use.
    Purpose,
    /// Cannot be read.
    Malformed,
    /// Costs more than is allowed.
    Budget,
}

impl PathError {
    /// The kind of failure, for a refusal code.
    #[must_use]
    pub fn culprit(&self) -> Culprit {
        match self {
            Self::Malformed(_) => Culprit::Malformed,
            Self::Expired { .. } => Culprit::Expired,
            Self::NotYetValid { .. } => Culprit::NotYetValid,
            Self::KeyUsage { depth: 0, .. } | Self::Purpose { depth: 0, .. } => Culprit::Purpose,
            Self::Budget(_) => Culprit::Budget,
            _ => Culprit::Untrusted,
        }
    }

    /// Of several failed attempts, the one that got furthest is worth telling: a chain that ends at an anchor and breaks a rule says more
    /// than one that ends nowhere.
    pub(crate) fn weight(&self) -> u8 {
        match self {
            Self::Untrusted { .. } | Self::Malformed(_) => 0,
            Self::TooDeep { .. } => 1,
            Self::Signature { .. } => 2,
            Self::NotAnAuthority { .. } | Self::UnknownCritical { .. } | Self::Profile { .. } => 3,
            Self::KeyUsage { depth: 0, .. } | Self::Purpose { depth: 0, .. } => 6,
            Self::Expired { .. } | Self::NotYetValid { .. } => 5,
            Self::Budget(_) => 7,
            _ => 4,
        }
    }
}
