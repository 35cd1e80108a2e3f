use const_oid::ObjectIdentifier;

use super::{KeyUsage, budget};
use crate::algorithm::Acceptance;

/// How much of RFC 5280 a chain is held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conformance {
    /// §6: what decides whether a path may be relied on.
    Processing,
    /// §6, and the rules of §4 on what an authority may issue, whose breach harms nobody by itself (a missing key identifier, an
    /// extension not marked critical).
    Profile,
}

/// What a path must satisfy besides being one: the inputs of RFC 5280 §6.1.1 (c) to (g), and what the caller wants the key for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraints {
    /// Everything the key must be allowed to do. A certificate without `keyUsage` allows all.
    pub key_usage: KeyUsage,
    /// The purpose the key must have. A certificate without `extKeyUsage` has all, unless [`Self::purpose_stated`]; one with
    /// `anyExtendedKeyUsage` has all. Authorities that list purposes must list this one too.
    pub purpose: Option<ObjectIdentifier>,
    /// Whether the certificate must list the purpose itself: neither absence nor `anyExtendedKeyUsage` counts.
    pub purpose_stated: bool,
    /// `user-initial-policy-set`; `None` for any policy.
    pub initial_policies: Option<Vec<ObjectIdentifier>>,
    /// `initial-explicit-policy`.
    pub explicit_policy: bool,
    /// `initial-policy-mapping-inhibit`.
    pub inhibit_policy_mapping: bool,
    /// `initial-any-policy-inhibit`.
    pub inhibit_any_policy: bool,
    /// Authorities allowed between certificate and anchor, self-issued ones not counted. [`budget::MAX_INTERMEDIATES`] holds besides.
    pub max_intermediates: usize,
    /// Which signatures count.
    pub acceptance: Acceptance,
    /// How much of the standard.
    pub conformance: Conformance,
}

impl Constraints {
    /// No constraint but the standard's and strict signatures.
    pub const PLAIN: Self = Self {
        key_usage: KeyUsage::NONE,
        purpose: None,
        purpose_stated: false,
        initial_policies: None,
        explicit_policy: false,
        inhibit_policy_mapping: false,
        inhibit_any_policy: false,
        max_intermediates: budget::MAX_INTERMEDIATES,
        acceptance: Acceptance::STRICT,
        conformance: Conformance::Processing,
    };
}

impl Default for Constraints {
    fn default() -> Self {
        Self::PLAIN
    }
}
