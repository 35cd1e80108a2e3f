//! What a certificate must look like to be used for something here. A profile is data; three are shipped (`certs/profiles/`).

mod data;
mod subject;

use const_oid::ObjectIdentifier;

pub use data::ProfileError;
use data::{Data, Use};

use crate::algorithm::{Acceptance, KeyKind};
use crate::path::{Certificate, KeyUsage, Path};
use crate::signer::Role;

/// `id-kp-timeStamping` (RFC 3161 §2.3).
const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");
/// `extKeyUsage`.
const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
/// `anyExtendedKeyUsage` (RFC 5280 §4.2.1.12).
const ANY_PURPOSE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");

/// What a key is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Signing a document as a person.
    Signing,
    /// Opening a TLS channel as an agency's system.
    Channel,
    /// Signing time-stamps (RFC 3161 §2.3).
    TimeStamping,
}

/// Why a genuine certificate is not for this use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsuited {
    /// `keyUsage` lacks something.
    #[error("the key may be used for {found}, {required} is required")]
    KeyUsage {
        /// What is required, all of it.
        required: KeyUsage,
        /// What the certificate allows; [`KeyUsage::NONE`] without the extension.
        found: KeyUsage,
    },
    /// `keyUsage` has something it must not.
    #[error("the key may be used for {found}, which must not include {forbidden}")]
    ForbiddenKeyUsage {
        /// What must not be there.
        forbidden: KeyUsage,
        /// What the certificate allows.
        found: KeyUsage,
    },
    /// `extKeyUsage` lacks the purpose.
    #[error("the key is not for purpose {required}")]
    Purpose {
        /// The purpose.
        required: ObjectIdentifier,
    },
    /// RFC 3161 §2.3: the only purpose, and critical.
    #[error("a time-stamping key must have that one purpose, marked critical")]
    TimeStamping,
    /// The subject names no person where it must, or several.
    #[error("the certificate names {found} persons by identification number, expected exactly 1")]
    Persons {
        /// How many.
        found: usize,
    },
    /// The subject names no organisation where it must, or several.
    #[error("the certificate names {found} organisations by identification number, expected at most 1")]
    Organisations {
        /// How many.
        found: usize,
    },
    /// A number that is none. Which digits is not said.
    #[error("an identification number in the certificate is not valid: {0}")]
    Number(crate::identity::NumberError),
    /// The subject cannot be read.
    #[error("the certificate's subject cannot be read")]
    Subject,
}

/// What certificates must look like under one country's or one authority's rules.
#[derive(Clone, Debug)]
pub struct Profile {
    data: Data,
}

impl Profile {
    /// Reads a profile from TOML.
    ///
    /// # Errors
    /// [`ProfileError`].
    pub fn parse(toml: &str) -> Result<Self, ProfileError> {
        Data::parse(toml).map(|data| Self { data })
    }

    /// A shipped profile: `national`, `national-test` or `generic`.
    ///
    /// # Errors
    /// [`ProfileError::Unknown`].
    pub fn named(name: &str) -> Result<Self, ProfileError> {
        Self::parse(match name {
            "national" => include_str!("../profiles/national.toml"),
            "national-test" => include_str!("../profiles/national-test.toml"),
            "generic" => include_str!("../profiles/generic.toml"),
            other => return Err(ProfileError::Unknown { name: other.to_owned() }),
        })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.data.name
    }

    /// Which signatures count at all.
    #[must_use]
    pub fn acceptance(&self) -> Acceptance {
        Acceptance { sha1: false, rsa_bits: self.data.rsa_bits }
    }

    /// Whether documents may be signed with a key of this kind.
    #[must_use]
    pub fn accepts_key(&self, kind: KeyKind) -> bool {
        let name = kind.to_string();
        let family = if matches!(kind, KeyKind::Rsa { .. }) { "rsa" } else { name.as_str() };
        self.data.keys.iter().any(|accepted| accepted == family)
    }

    /// Whether time-stamps made under `policy` count.
    #[must_use]
    pub fn accepts_stamp_policy(&self, policy: &ObjectIdentifier) -> bool {
        self.data.stamp_policies.is_empty() || self.data.stamp_policies.contains(policy)
    }

    /// Whether the key of `certificate` may be used for `purpose`.
    ///
    /// # Errors
    /// [`Unsuited`].
    pub fn suits(&self, certificate: &Certificate, purpose: Purpose) -> Result<(), Unsuited> {
        match purpose {
            Purpose::Signing => suits_use(certificate, &self.data.signing),
            Purpose::Channel => suits_use(certificate, &self.data.channel),
            Purpose::TimeStamping => suits_time_stamping(certificate),
        }
    }

    /// Whether the certificate at the start of `path` suits, and no authority on it is restricted to other purposes.
    ///
    /// # Errors
    /// [`Unsuited`].
    pub fn suits_path(&self, path: &Path, purpose: Purpose) -> Result<(), Unsuited> {
        self.suits(path.leaf(), purpose)?;
        let required = match purpose {
            Purpose::Signing => self.data.signing.purpose,
            Purpose::Channel => self.data.channel.purpose,
            Purpose::TimeStamping => TIME_STAMPING,
        };
        let authorities = path.certificates().iter().skip(1).chain([path.anchor()]);
        // RFC 5280 §4.2.1.12 speaks of end entities; every implementation reads it as a limit on authorities too.
        let restricted = |authority: &&std::sync::Arc<Certificate>| !has_purpose(authority, required, false);
        let own = path.leaf();
        match authorities.filter(|authority| *authority != own).find(restricted) {
            Some(_) => Err(Unsuited::Purpose { required }),
            None => Ok(()),
        }
    }

    /// The roles that the purposes of `certificate` state, in its order. Unknown ones state nothing.
    #[must_use]
    pub fn roles(&self, certificate: &Certificate) -> Vec<Role> {
        let purposes = certificate.extensions().purposes.as_deref().unwrap_or_default();
        purposes.iter().filter_map(|purpose| self.data.roles.get(purpose).copied()).collect()
    }
}

fn suits_use(certificate: &Certificate, wanted: &Use) -> Result<(), Unsuited> {
    let extensions = certificate.extensions();
    // A certificate without keyUsage is not limited by RFC 5280 §4.2.1.3; a profile asks for it to be said.
    let found = extensions.key_usage.unwrap_or(KeyUsage::NONE);
    if !found.contains(wanted.key_usage) {
        return Err(Unsuited::KeyUsage { required: wanted.key_usage, found });
    }
    if wanted.not_key_usage != KeyUsage::NONE && found.contains(wanted.not_key_usage) {
        return Err(Unsuited::ForbiddenKeyUsage { forbidden: wanted.not_key_usage, found });
    }
    if has_purpose(certificate, wanted.purpose, wanted.purpose_stated) {
        Ok(())
    } else {
        Err(Unsuited::Purpose { required: wanted.purpose })
    }
}

fn has_purpose(certificate: &Certificate, purpose: ObjectIdentifier, stated: bool) -> bool {
    match certificate.extensions().purposes.as_deref() {
        None => !stated,
        Some(purposes) => purposes.contains(&purpose) || (!stated && purposes.contains(&ANY_PURPOSE)),
    }
}

fn suits_time_stamping(certificate: &Certificate) -> Result<(), Unsuited> {
    let extensions = certificate.extensions();
    let only = extensions.purposes.as_deref() == Some(&[TIME_STAMPING]);
    if !(only && extensions.critical.contains(&EXTENDED_KEY_USAGE)) {
        return Err(Unsuited::TimeStamping);
    }
    let signs = [KeyUsage::DIGITAL_SIGNATURE, KeyUsage::NON_REPUDIATION];
    match extensions.key_usage {
        Some(found) if !signs.into_iter().any(|usage| found.contains(usage)) => {
            Err(Unsuited::KeyUsage { required: KeyUsage::DIGITAL_SIGNATURE, found })
        }
        _ => Ok(()),
    }
}
