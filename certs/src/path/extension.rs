//! The extensions of a certificate (RFC 5280 §4.2), each read into its own type, once.

use const_oid::ObjectIdentifier;

use super::cursor::{self, Cursor, tag};
use super::distribution::DistributionPoint;
use super::name_constraints::NameConstraints;
use super::{GeneralName, KeyUsage, Malformed, Name, budget};

pub(crate) mod oid {
    use const_oid::ObjectIdentifier as Oid;

    pub(crate) const SUBJECT_KEY_ID: Oid = Oid::new_unwrap("2.5.29.14");
    pub(crate) const KEY_USAGE: Oid = Oid::new_unwrap("2.5.29.15");
    pub(crate) const SUBJECT_ALT_NAME: Oid = Oid::new_unwrap("2.5.29.17");
    pub(crate) const ISSUER_ALT_NAME: Oid = Oid::new_unwrap("2.5.29.18");
    pub(crate) const BASIC_CONSTRAINTS: Oid = Oid::new_unwrap("2.5.29.19");
    pub(crate) const NAME_CONSTRAINTS: Oid = Oid::new_unwrap("2.5.29.30");
    pub(crate) const CRL_DISTRIBUTION_POINTS: Oid = Oid::new_unwrap("2.5.29.31");
    pub(crate) const CERTIFICATE_POLICIES: Oid = Oid::new_unwrap("2.5.29.32");
    pub(crate) const ANY_POLICY: Oid = Oid::new_unwrap("2.5.29.32.0");
    pub(crate) const POLICY_MAPPINGS: Oid = Oid::new_unwrap("2.5.29.33");
    pub(crate) const AUTHORITY_KEY_ID: Oid = Oid::new_unwrap("2.5.29.35");
    pub(crate) const POLICY_CONSTRAINTS: Oid = Oid::new_unwrap("2.5.29.36");
    pub(crate) const EXTENDED_KEY_USAGE: Oid = Oid::new_unwrap("2.5.29.37");
    pub(crate) const ANY_PURPOSE: Oid = Oid::new_unwrap("2.5.29.37.0");
    pub(crate) const FRESHEST_CRL: Oid = Oid::new_unwrap("2.5.29.46");
    pub(crate) const INHIBIT_ANY_POLICY: Oid = Oid::new_unwrap("2.5.29.54");
    pub(crate) const AUTHORITY_INFO_ACCESS: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.1.1");
    pub(crate) const ACCESS_OCSP: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.48.1");
    pub(crate) const ACCESS_ISSUERS: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.48.2");
    pub(crate) const OCSP_NO_CHECK: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.48.1.5");
    pub(crate) const QUALIFIER_CPS: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.2.1");
    pub(crate) const QUALIFIER_NOTICE: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.2.2");
}

/// RFC 5280 §4.2.1.9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether the key may sign certificates.
    pub authority: bool,
    /// How many authorities, self-issued ones not counted, may follow below.
    pub path_length: Option<u32>,
    /// Whether the extension is marked critical.
    pub critical: bool,
}

/// RFC 5280 §4.2.1.1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthorityKeyId {
    /// `keyIdentifier`.
    pub key: Option<Vec<u8>>,
    /// `authorityCertIssuer`.
    pub issuer: Option<Vec<GeneralName>>,
    /// `authorityCertSerialNumber`, content of the INTEGER.
    pub serial: Option<Vec<u8>>,
}

/// RFC 5280 §4.2.1.4, §4.2.1.5, §4.2.1.11, §4.2.1.14.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyExtensions {
    /// Policies asserted; `None` without the extension.
    pub asserted: Option<Vec<ObjectIdentifier>>,
    /// Issuer's policy to subject's policy.
    pub mappings: Vec<(ObjectIdentifier, ObjectIdentifier)>,
    /// `requireExplicitPolicy`.
    pub require_explicit: Option<u32>,
    /// `inhibitPolicyMapping`.
    pub inhibit_mapping: Option<u32>,
    /// `inhibitAnyPolicy`.
    pub inhibit_any: Option<u32>,
}

/// Addresses from `authorityInfoAccess` (RFC 5280 §4.2.2.1). Only addresses: fetching is not this crate's business.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessAddresses {
    /// OCSP responders.
    pub ocsp: Vec<String>,
    /// Certificates of the issuer.
    pub issuers: Vec<String>,
}

/// All extensions of one certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    /// `basicConstraints`.
    pub basic_constraints: Option<BasicConstraints>,
    /// `keyUsage`.
    pub key_usage: Option<KeyUsage>,
    /// `extKeyUsage`.
    pub purposes: Option<Vec<ObjectIdentifier>>,
    /// `subjectKeyIdentifier`.
    pub subject_key_id: Option<Vec<u8>>,
    /// `authorityKeyIdentifier`.
    pub authority_key_id: Option<AuthorityKeyId>,
    /// The four policy extensions.
    pub policies: PolicyExtensions,
    /// `nameConstraints`.
    pub(crate) name_constraints: Option<NameConstraints>,
    /// `subjectAltName`.
    pub alternative_names: Vec<GeneralName>,
    /// `cRLDistributionPoints`.
    pub distribution_points: Vec<DistributionPoint>,
    /// `freshestCRL`.
    pub freshest_lists: Vec<DistributionPoint>,
    /// `authorityInfoAccess`.
    pub access: AccessAddresses,
    /// `id-pkix-ocsp-nocheck` (RFC 6960 §4.2.2.2.1).
    pub ocsp_no_check: bool,
    /// Critical extensions that were not understood: whoever meets one refuses (RFC 5280 §4.2).
    pub unknown_critical: Vec<ObjectIdentifier>,
    /// Identifiers of all critical extensions.
    pub critical: Vec<ObjectIdentifier>,
}

impl Extensions {
    /// Reads the content of `Extensions`.
    pub(crate) fn parse(content: &[u8]) -> Result<Self, Malformed> {
        let mut parsed = Self::default();
        let mut seen = Vec::new();
        for_each(content, &mut seen, |id, critical, value| {
            let known = parsed.read(id, critical, value).map_err(|_| Malformed::Extension { oid: id })?;
            if critical {
                parsed.critical.push(id);
                if !known {
                    parsed.unknown_critical.push(id);
                }
            }
            Ok(())
        })?;
        Ok(parsed)
    }

    /// Whether the certificate marks this extension critical.
    pub(crate) fn is_critical(&self, id: ObjectIdentifier) -> bool {
        self.critical.contains(&id)
    }

    /// Reads one extension; `false` if it is not processed here. Extensions that RFC 5280 forbids to be critical (§4.2.1.1, §4.2.1.2,
    /// §4.2.2.1) count as not processed when they are.
    fn read(&mut self, id: ObjectIdentifier, critical: bool, value: &[u8]) -> Result<bool, Malformed> {
        match id {
            oid::BASIC_CONSTRAINTS => self.basic_constraints = Some(basic_constraints(value, critical)?),
            oid::KEY_USAGE => self.key_usage = Some(KeyUsage::parse(value)?),
            oid::EXTENDED_KEY_USAGE => {
                self.purposes = Some(listed_oids(Cursor::only(value, tag::SEQUENCE)?)?);
            }
            oid::SUBJECT_KEY_ID => {
                self.subject_key_id = Some(Cursor::only(value, tag::OCTET_STRING)?.to_vec());
                return Ok(!critical);
            }
            oid::AUTHORITY_KEY_ID => {
                self.authority_key_id = Some(AuthorityKeyId::parse(value)?);
                return Ok(!critical);
            }
            oid::CERTIFICATE_POLICIES => {
                let (policies, understood) = certificate_policies(value)?;
                self.policies.asserted = Some(policies);
                return Ok(understood);
            }
            oid::POLICY_MAPPINGS => self.policies.mappings = policy_mappings(value)?,
            oid::POLICY_CONSTRAINTS => self.read_policy_constraints(value)?,
            oid::INHIBIT_ANY_POLICY => {
                self.policies.inhibit_any = Some(cursor::count(Cursor::only(value, tag::INTEGER)?)?);
            }
            oid::NAME_CONSTRAINTS => self.name_constraints = Some(NameConstraints::parse(value)?),
            oid::SUBJECT_ALT_NAME => {
                self.alternative_names = GeneralName::read_all(Cursor::only(value, tag::SEQUENCE)?)?;
            }
            oid::ISSUER_ALT_NAME => drop(GeneralName::read_all(Cursor::only(value, tag::SEQUENCE)?)?),
            oid::CRL_DISTRIBUTION_POINTS => self.distribution_points = DistributionPoint::read_all(value)?,
            oid::FRESHEST_CRL => self.freshest_lists = DistributionPoint::read_all(value)?,
            oid::AUTHORITY_INFO_ACCESS => {
                self.access = AccessAddresses::parse(value)?;
                return Ok(!critical);
            }
            oid::OCSP_NO_CHECK => {
                Cursor::only(value, tag::NULL)?;
                self.ocsp_no_check = true;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn read_policy_constraints(&mut self, value: &[u8]) -> Result<(), Malformed> {
        let mut content = Cursor::new(Cursor::only(value, tag::SEQUENCE)?);
        self.policies.require_explicit = content.optional(tag::context(0))?.map(cursor::count).transpose()?;
        self.policies.inhibit_mapping = content.optional(tag::context(1))?.map(cursor::count).transpose()?;
        if self.policies.require_explicit.is_none() && self.policies.inhibit_mapping.is_none() {
            return Err(Malformed::Truncated);
        }
        content.finish()
    }
}

/// Walks the content of `Extensions`: certificates, revocation lists, their entries and OCSP answers share the form.
pub(crate) fn for_each(
    content: &[u8],
    seen: &mut Vec<ObjectIdentifier>,
    mut each: impl FnMut(ObjectIdentifier, bool, &[u8]) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    let mut cursor = Cursor::new(content);
    if cursor.is_empty() {
        return Err(Malformed::Truncated);
    }
    while !cursor.is_empty() {
        let mut extension = cursor.sequence()?;
        let id = extension.oid()?;
        let critical = extension.default_false(tag::BOOLEAN)?;
        let value = extension.expect(tag::OCTET_STRING)?;
        extension.finish()?;
        if seen.contains(&id) {
            return Err(Malformed::DuplicateExtension { oid: id });
        }
        if seen.len() >= budget::MAX_LISTED {
            return Err(Malformed::TooLarge { size: seen.len(), limit: budget::MAX_LISTED });
        }
        seen.push(id);
        each(id, critical, value)?;
    }
    Ok(())
}

fn basic_constraints(value: &[u8], critical: bool) -> Result<BasicConstraints, Malformed> {
    let mut content = Cursor::new(Cursor::only(value, tag::SEQUENCE)?);
    let authority = content.default_false(tag::BOOLEAN)?;
    let path_length = content.optional(tag::INTEGER)?.map(cursor::count).transpose()?;
    content.finish()?;
    Ok(BasicConstraints { authority, path_length, critical })
}

fn listed_oids(content: &[u8]) -> Result<Vec<ObjectIdentifier>, Malformed> {
    let mut cursor = Cursor::new(content);
    let mut listed = Vec::new();
    while !cursor.is_empty() {
        listed.push(cursor.oid()?);
    }
    bounded(&listed, budget::MAX_LISTED)?;
    Ok(listed)
}

/// RFC 5280 §4.2: sequences of size 1 to MAX; MAX is ours to set.
fn bounded<T>(listed: &[T], limit: usize) -> Result<(), Malformed> {
    match listed.len() {
        0 => Err(Malformed::Truncated),
        size if size > limit => Err(Malformed::TooLarge { size, limit }),
        _ => Ok(()),
    }
}

/// The policies, and whether every qualifier is of a known kind: a critical extension with any other must be refused (§4.2.1.4).
fn certificate_policies(value: &[u8]) -> Result<(Vec<ObjectIdentifier>, bool), Malformed> {
    let mut cursor = Cursor::new(Cursor::only(value, tag::SEQUENCE)?);
    let mut policies = Vec::new();
    let mut understood = true;
    while !cursor.is_empty() {
        let mut information = cursor.sequence()?;
        let id = information.oid()?;
        if let Some(qualifiers) = information.optional(tag::SEQUENCE)? {
            let mut qualifiers = Cursor::new(qualifiers);
            while !qualifiers.is_empty() {
                let kind = qualifiers.sequence()?.oid()?;
                understood &= kind == oid::QUALIFIER_CPS || kind == oid::QUALIFIER_NOTICE;
            }
        }
        information.finish()?;
        // §4.2.1.4: a policy must not occur twice.
        if policies.contains(&id) {
            return Err(Malformed::NotDistinguished);
        }
        policies.push(id);
        bounded(&policies, budget::MAX_POLICIES)?;
    }
    bounded(&policies, budget::MAX_POLICIES)?;
    Ok((policies, understood))
}

fn policy_mappings(value: &[u8]) -> Result<Vec<(ObjectIdentifier, ObjectIdentifier)>, Malformed> {
    let mut cursor = Cursor::new(Cursor::only(value, tag::SEQUENCE)?);
    let mut mappings = Vec::new();
    while !cursor.is_empty() {
        let mut pair = cursor.sequence()?;
        mappings.push((pair.oid()?, pair.oid()?));
        pair.finish()?;
    }
    bounded(&mappings, budget::MAX_POLICIES)?;
    Ok(mappings)
}

impl AuthorityKeyId {
    /// Reads the extension's value.
    pub(crate) fn parse(value: &[u8]) -> Result<Self, Malformed> {
        let mut content = Cursor::new(Cursor::only(value, tag::SEQUENCE)?);
        let key = content.optional(tag::context(0))?.map(<[u8]>::to_vec);
        let issuer = content.optional(tag::constructed(1))?.map(GeneralName::read_all).transpose()?;
        let serial = content.optional(tag::context(2))?.map(cursor::integer).transpose()?.map(<[u8]>::to_vec);
        content.finish()?;
        // §4.2.1.1: issuer and serial number come together or not at all.
        if issuer.is_some() == serial.is_some() {
            Ok(Self { key, issuer, serial })
        } else {
            Err(Malformed::Truncated)
        }
    }

    /// Whether this identifies the key with `subject_key_id`, of a certificate with `issuer` and `serial`. A key identifier decides
    /// alone; two roots of one name differ in nothing else. Issuer and serial number decide only without one: authorities that cross-certify
    /// each other have several certificates for one key.
    pub(crate) fn identifies(&self, subject_key_id: Option<&[u8]>, issuer: &Name, serial: &[u8]) -> bool {
        match (&self.key, subject_key_id, &self.issuer, &self.serial) {
            (Some(own), Some(their), _, _) => own == their,
            (None, _, Some(names), Some(own)) => {
                own == serial
                    && names.iter().any(|name| matches!(name, GeneralName::Directory(name) if name == issuer))
            }
            _ => true,
        }
    }
}

impl AccessAddresses {
    fn parse(value: &[u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(Cursor::only(value, tag::SEQUENCE)?);
        if cursor.is_empty() {
            return Err(Malformed::Truncated);
        }
        let mut addresses = Self::default();
        while !cursor.is_empty() {
            let mut description = cursor.sequence()?;
            let method = description.oid()?;
            let location = GeneralName::read(&mut description)?;
            description.finish()?;
            match (method, location) {
                (oid::ACCESS_OCSP, GeneralName::Uri(uri)) => addresses.ocsp.push(uri),
                (oid::ACCESS_ISSUERS, GeneralName::Uri(uri)) => addresses.issuers.push(uri),
                _ => {}
            }
            if addresses.ocsp.len() + addresses.issuers.len() > budget::MAX_LISTED {
                return Err(Malformed::TooLarge { size: budget::MAX_LISTED + 1, limit: budget::MAX_LISTED });
            }
        }
        Ok(addresses)
    }
}
