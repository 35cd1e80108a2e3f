//! Rules of RFC 5280 §4 on what authorities may issue. Path processing (§6) works without them; a profile may still insist.

use super::extension::oid;
use super::{Certificate, GeneralName, KeyUsage, PathError};

type Rule = (&'static str, fn(&Certificate) -> bool);

const RULES: [Rule; 13] = [
    ("serial numbers are positive (RFC 5280 §4.1.2.2)", positive_serial),
    ("an authority has a name (RFC 5280 §4.1.2.6)", |c| !c.is_authority() || !c.subject().is_empty()),
    ("the issuer's key is identified (RFC 5280 §4.2.1.1)", identifies_issuer),
    ("an authority's key is identified (RFC 5280 §4.2.1.2)", |c| {
        !c.is_authority() || c.extensions().subject_key_id.is_some()
    }),
    ("only authorities sign certificates (RFC 5280 §4.2.1.3)", |c| {
        c.is_authority()
            || !c.extensions().key_usage.is_some_and(|usage| usage.contains(KeyUsage::KEY_CERT_SIGN))
    }),
    ("alternative names are critical without a subject (RFC 5280 §4.2.1.6)", named),
    ("host names are in the preferred syntax (RFC 5280 §4.2.1.6)", host_names),
    ("an authority's basic constraints are critical (RFC 5280 §4.2.1.9)", |c| {
        c.extensions()
            .basic_constraints
            .is_none_or(|constraints| !constraints.authority || constraints.critical)
    }),
    ("a path length is for authorities that sign certificates (RFC 5280 §4.2.1.9)", path_length),
    ("name constraints are for authorities (RFC 5280 §4.2.1.10)", |c| {
        c.is_authority() || c.extensions().name_constraints.is_none()
    }),
    ("name constraints are critical (RFC 5280 §4.2.1.10)", |c| {
        c.extensions().name_constraints.is_none() || c.extensions().is_critical(oid::NAME_CONSTRAINTS)
    }),
    ("policy constraints are critical (RFC 5280 §4.2.1.11)", policy_constraints),
    ("inhibitAnyPolicy is critical (RFC 5280 §4.2.1.14)", |c| {
        c.extensions().policies.inhibit_any.is_none() || c.extensions().is_critical(oid::INHIBIT_ANY_POLICY)
    }),
];

/// All rules, in the order of the standard.
pub(crate) fn check(certificate: &Certificate, depth: usize) -> Result<(), PathError> {
    match RULES.iter().find(|(_, holds)| !holds(certificate)) {
        Some((rule, _)) => Err(PathError::Profile { depth, rule }),
        None => Ok(()),
    }
}

/// Roots are exempt: they are told apart by their octets, and one of the oldest still in use has serial number 0.
fn positive_serial(certificate: &Certificate) -> bool {
    let root = certificate.is_self_issued() && certificate.is_authority();
    let positive =
        certificate.serial().first().is_some_and(|first| *first < 0x80) && certificate.serial() != [0];
    root || positive
}

/// A self-signed certificate may leave it out: issuer and subject key are one.
fn identifies_issuer(certificate: &Certificate) -> bool {
    let identified = certificate.extensions().authority_key_id.as_ref().is_some_and(|id| id.key.is_some());
    identified || (certificate.is_self_issued() && certificate.is_authority())
}

fn named(certificate: &Certificate) -> bool {
    let extensions = certificate.extensions();
    !certificate.subject().is_empty()
        || (!extensions.alternative_names.is_empty() && extensions.is_critical(oid::SUBJECT_ALT_NAME))
}

fn host_names(certificate: &Certificate) -> bool {
    certificate.extensions().alternative_names.iter().all(|name| match name {
        GeneralName::Dns(host) => preferred_syntax(host.strip_prefix("*.").unwrap_or(host)),
        _ => true,
    })
}

/// RFC 1034 §3.5 and RFC 1123 §2.1: letters, digits, hyphens inside; the last label is not a number, or it would be an address.
fn preferred_syntax(host: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
    };
    let numeric =
        host.rsplit('.').next().is_some_and(|last| last.bytes().all(|octet| octet.is_ascii_digit()));
    host.len() <= 253 && !numeric && host.split('.').all(label)
}

fn path_length(certificate: &Certificate) -> bool {
    match certificate.extensions().basic_constraints {
        Some(constraints) if constraints.path_length.is_some() => {
            constraints.authority && certificate.allows(KeyUsage::KEY_CERT_SIGN)
        }
        _ => true,
    }
}

fn policy_constraints(certificate: &Certificate) -> bool {
    let policies = &certificate.extensions().policies;
    let present = policies.require_explicit.is_some() || policies.inhibit_mapping.is_some();
    !present || certificate.extensions().is_critical(oid::POLICY_CONSTRAINTS)
}
