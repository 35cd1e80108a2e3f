//! Certification paths (RFC 5280 §6): from a certificate to an authority that is trusted.
//!
//! Read in this order: [`validate`] finds a path, `process` walks it, [`Certificate`] is what it walks on.

pub mod budget;
mod build;
mod certificate;
mod conformance;
mod constraints;
pub(crate) mod cursor;
mod distribution;
mod error;
pub(crate) mod extension;
mod general_name;
mod key_usage;
mod malformed;
pub(crate) mod name;
mod name_constraints;
mod policy;
mod process;
mod readable;
pub(crate) mod text;

use std::sync::Arc;

pub use build::validate;
pub use certificate::{Certificate, Validity};
pub(crate) use certificate::{names_length, place, serial_number, sha256};
pub use constraints::{Conformance, Constraints};
pub use distribution::{DistributionPoint, DistributionPointName, Reasons};
pub use error::{Culprit, PathError};
pub use extension::{AccessAddresses, AuthorityKeyId, BasicConstraints, Extensions, PolicyExtensions};
pub use general_name::GeneralName;
pub use key_usage::KeyUsage;
pub use malformed::Malformed;
pub use name::{Name, NameKey};
pub use policy::ValidPolicies;

use crate::UnixTime;

/// A path that was found and checked. There is no other way to make one than [`validate`].
#[derive(Debug)]
pub struct Path {
    certificates: Vec<Arc<Certificate>>,
    anchor: Arc<Certificate>,
    policies: ValidPolicies,
    at: UnixTime,
}

impl Path {
    /// The certificate in question. The anchor itself if that was in question.
    #[must_use]
    pub fn leaf(&self) -> &Arc<Certificate> {
        self.certificates.first().unwrap_or(&self.anchor)
    }

    /// From the certificate in question up to what the anchor issued; empty if the anchor itself was in question.
    #[must_use]
    pub fn certificates(&self) -> &[Arc<Certificate>] {
        &self.certificates
    }

    /// The end of the path.
    #[must_use]
    pub fn anchor(&self) -> &Arc<Certificate> {
        &self.anchor
    }

    /// Who issued the certificate at `depth`; `None` beyond the path.
    #[must_use]
    pub fn issuer_of(&self, depth: usize) -> Option<&Arc<Certificate>> {
        self.certificates.get(depth)?;
        Some(self.certificates.get(depth.checked_add(1)?).unwrap_or(&self.anchor))
    }

    /// Policies the path is valid for.
    #[must_use]
    pub fn policies(&self) -> &ValidPolicies {
        &self.policies
    }

    /// The instant it was checked as of.
    #[must_use]
    pub fn at(&self) -> UnixTime {
        self.at
    }
}
