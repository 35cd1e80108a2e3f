//! Who signed.

use core::fmt;
use std::sync::Arc;

use crate::UnixTime;
use crate::algorithm::{Algorithm, KeyKind};
use crate::identity::{Bin, Iin};
use crate::path::Certificate;

/// What a certificate says its owner may do (national register, 1.2.398.3.3.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A private person.
    Individual,
    /// An information system of a private person.
    IndividualInformationSystem,
    /// Somebody of an organisation; another role says who.
    Organisation,
    /// The head of an organisation.
    Head,
    /// Somebody with the right to sign for an organisation.
    RightToSign,
    /// Somebody with the right to sign financial documents.
    RightToSignFinancial,
    /// An officer of a personnel department.
    HumanResources,
    /// An employee.
    Employee,
    /// An information system of an organisation.
    InformationSystem,
}

/// The person behind a signature, as the certificate says. `Debug` shows no identification number.
#[derive(Clone)]
pub struct Signer {
    pub(crate) iin: Option<Iin>,
    pub(crate) bin: Option<Bin>,
    pub(crate) roles: Vec<Role>,
    pub(crate) algorithm: Algorithm,
    pub(crate) key: KeyKind,
    pub(crate) certificate: Arc<Certificate>,
    pub(crate) signed_at: Option<UnixTime>,
    pub(crate) stamped_at: Option<UnixTime>,
}

impl Signer {
    /// Individual identification number. `None` only under a profile that does not require one.
    #[must_use]
    pub fn iin(&self) -> Option<&Iin> {
        self.iin.as_ref()
    }

    /// Business identification number of the organisation the certificate was issued for; none for private persons.
    #[must_use]
    pub fn bin(&self) -> Option<&Bin> {
        self.bin.as_ref()
    }

    /// Roles in the order of the certificate.
    #[must_use]
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// What signed.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// What kind of key it was, by the name used outside (`p-256`).
    #[must_use]
    pub fn key(&self) -> KeyKind {
        self.key
    }

    /// The certificate.
    #[must_use]
    pub fn certificate(&self) -> &Arc<Certificate> {
        &self.certificate
    }

    /// SHA-256 of the certificate.
    #[must_use]
    pub fn certificate_digest(&self) -> &[u8; 32] {
        self.certificate.fingerprint()
    }

    /// Serial number of the certificate: content of the INTEGER.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        self.certificate.serial()
    }

    /// When the signer says it signed. A claim.
    #[must_use]
    pub fn signed_at(&self) -> Option<UnixTime> {
        self.signed_at
    }

    /// When a time-stamping authority says the signature existed. Verified.
    #[must_use]
    pub fn stamped_at(&self) -> Option<UnixTime> {
        self.stamped_at
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("bin", &self.bin)
            .field("roles", &self.roles)
            .field("algorithm", &self.algorithm)
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}
