//! A profile as it is written in TOML.

use std::collections::BTreeMap;

use const_oid::ObjectIdentifier;
use serde::Deserialize;

use crate::algorithm::KeyKind;
use crate::path::KeyUsage;
use crate::signer::Role;

/// Why a text is no profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// Not TOML, a member missing, or one too many.
    #[error("the profile cannot be read: {0}")]
    Syntax(String),
    /// Not a dotted object identifier.
    #[error("{found:?} is no object identifier")]
    ObjectIdentifier {
        /// What stands there.
        found: String,
    },
    /// Not a key usage of RFC 5280 §4.2.1.3.
    #[error("{found:?} is no key usage")]
    KeyUsage {
        /// What stands there.
        found: String,
    },
    /// Not a kind of key.
    #[error("{found:?} is no kind of key")]
    Key {
        /// What stands there.
        found: String,
    },
    /// No profile of this name is shipped.
    #[error("there is no profile {name:?}; there are national, national-test and generic")]
    Unknown {
        /// The name asked for.
        name: String,
    },
}

/// What a key must be for.
#[derive(Clone, Debug)]
pub(super) struct Use {
    pub(super) key_usage: KeyUsage,
    pub(super) not_key_usage: KeyUsage,
    pub(super) purpose: ObjectIdentifier,
    pub(super) purpose_stated: bool,
}

/// Where in the subject an identification number stands.
#[derive(Clone, Debug)]
pub(super) struct Number {
    pub(super) attribute: ObjectIdentifier,
    pub(super) prefix: String,
    pub(super) required: bool,
    pub(super) check_digit: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Data {
    pub(super) name: String,
    pub(super) rsa_bits: u16,
    pub(super) keys: Vec<String>,
    pub(super) signing: Use,
    pub(super) channel: Use,
    pub(super) person: Number,
    pub(super) organisation: Number,
    pub(super) stamp_policies: Vec<ObjectIdentifier>,
    pub(super) roles: BTreeMap<ObjectIdentifier, Role>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Written {
    name: String,
    rsa_bits: u16,
    keys: Vec<String>,
    signing: WrittenUse,
    channel: WrittenUse,
    person: WrittenNumber,
    organisation: WrittenNumber,
    time_stamp: WrittenStamp,
    roles: BTreeMap<String, Role>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct WrittenUse {
    key_usage: Vec<String>,
    #[serde(default)]
    not_key_usage: Vec<String>,
    purpose: String,
    purpose_stated: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct WrittenNumber {
    attribute: String,
    prefix: String,
    required: bool,
    check_digit: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct WrittenStamp {
    policies: Vec<String>,
}

impl Data {
    pub(super) fn parse(toml: &str) -> Result<Self, ProfileError> {
        let written: Written =
            toml::from_str(toml).map_err(|error| ProfileError::Syntax(error.message().to_owned()))?;
        for name in &written.keys {
            let known = name == "rsa"
                || name.parse::<KeyKind>().is_ok_and(|kind| !matches!(kind, KeyKind::Rsa { .. }));
            if !known {
                return Err(ProfileError::Key { found: name.clone() });
            }
        }
        let roles =
            written.roles.into_iter().map(|(id, role)| Ok((oid(&id)?, role))).collect::<Result<_, _>>()?;
        let policies = &written.time_stamp.policies;
        Ok(Self {
            name: written.name,
            // No profile can let a weaker key in than the strict acceptance does.
            rsa_bits: written.rsa_bits.max(crate::algorithm::Acceptance::STRICT.rsa_bits),
            keys: written.keys,
            signing: written.signing.read()?,
            channel: written.channel.read()?,
            person: written.person.read()?,
            organisation: written.organisation.read()?,
            stamp_policies: policies.iter().map(|id| oid(id)).collect::<Result<_, _>>()?,
            roles,
        })
    }
}

impl WrittenUse {
    fn read(self) -> Result<Use, ProfileError> {
        Ok(Use {
            key_usage: key_usage(&self.key_usage)?,
            not_key_usage: key_usage(&self.not_key_usage)?,
            purpose: oid(&self.purpose)?,
            purpose_stated: self.purpose_stated,
        })
    }
}

impl WrittenNumber {
    fn read(self) -> Result<Number, ProfileError> {
        Ok(Number {
            attribute: oid(&self.attribute)?,
            prefix: self.prefix,
            required: self.required,
            check_digit: self.check_digit,
        })
    }
}

fn oid(text: &str) -> Result<ObjectIdentifier, ProfileError> {
    text.parse().map_err(|_| ProfileError::ObjectIdentifier { found: text.to_owned() })
}

fn key_usage(names: &[String]) -> Result<KeyUsage, ProfileError> {
    let known = [
        KeyUsage::DIGITAL_SIGNATURE,
        KeyUsage::NON_REPUDIATION,
        KeyUsage::KEY_ENCIPHERMENT,
        KeyUsage::DATA_ENCIPHERMENT,
        KeyUsage::KEY_AGREEMENT,
        KeyUsage::KEY_CERT_SIGN,
        KeyUsage::CRL_SIGN,
    ];
    names.iter().try_fold(KeyUsage::NONE, |all, name| {
        let usage = known.into_iter().find(|usage| usage.to_string() == *name);
        usage.map(|usage| all.with(usage)).ok_or_else(|| ProfileError::KeyUsage { found: name.clone() })
    })
}
