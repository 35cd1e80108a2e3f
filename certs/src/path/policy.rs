//! Certificate policies: RFC 5280 §6.1 with the graph of RFC 9618 in place of the tree, whose size was exponential.

use std::collections::{BTreeMap, BTreeSet};

use const_oid::ObjectIdentifier as Oid;

use super::extension::oid::ANY_POLICY;
use super::{Certificate, Constraints, PathError};

/// One policy at one level. Policies are unique per level, so parents and children are named by policy.
#[derive(Clone, Debug)]
struct Node {
    expected: BTreeSet<Oid>,
    parents: BTreeSet<Oid>,
}

type Level = BTreeMap<Oid, Node>;

/// `valid_policy_graph` and the three counters, while a path is walked from the anchor down.
#[derive(Debug)]
pub(crate) struct Policies {
    /// Levels from the anchor (depth 0) down; empty when the graph is NULL.
    levels: Vec<Level>,
    explicit: u32,
    mapping: u32,
    any: u32,
}

impl Policies {
    /// §6.1.2 (a), (d), (e), (f) for a path of `length` certificates.
    pub(crate) fn new(constraints: &Constraints, length: u32) -> Self {
        let counter = |set: bool| if set { 0 } else { length.saturating_add(1) };
        let root = Node { expected: BTreeSet::from([ANY_POLICY]), parents: BTreeSet::new() };
        Self {
            levels: vec![Level::from([(ANY_POLICY, root)])],
            explicit: counter(constraints.explicit_policy),
            mapping: counter(constraints.inhibit_policy_mapping),
            any: counter(constraints.inhibit_any_policy),
        }
    }

    /// §6.1.3 (d), (e), (f).
    pub(crate) fn admit(&mut self, certificate: &Certificate, depth: usize) -> Result<(), PathError> {
        match &certificate.extensions().policies.asserted {
            Some(asserted) => {
                let any_counts = self.any > 0 || (depth > 0 && certificate.is_self_issued());
                self.grow(asserted, any_counts);
            }
            None => self.levels.clear(),
        }
        if self.explicit == 0 && self.levels.is_empty() { Err(PathError::Policy { depth }) } else { Ok(()) }
    }

    /// RFC 9618 §5.4, replacing §6.1.3 (d).
    fn grow(&mut self, asserted: &[Oid], any_counts: bool) {
        let Some(above) = self.levels.last() else { return };
        let mut level = Level::new();
        for policy in asserted.iter().filter(|policy| **policy != ANY_POLICY) {
            let mut parents = expecting(above, policy);
            if parents.is_empty() && above.contains_key(&ANY_POLICY) {
                parents.insert(ANY_POLICY);
            }
            if !parents.is_empty() {
                level.insert(*policy, Node { expected: BTreeSet::from([*policy]), parents });
            }
        }
        if any_counts && asserted.contains(&ANY_POLICY) {
            let expected: BTreeSet<Oid> =
                above.values().flat_map(|node| node.expected.iter().copied()).collect();
            for policy in expected {
                level.entry(policy).or_insert_with(|| Node {
                    expected: BTreeSet::from([policy]),
                    parents: expecting(above, &policy),
                });
            }
        }
        self.levels.push(level);
        self.prune();
    }

    /// §6.1.3 (d)(3): whatever has no child at the last level goes; if nothing is left there, the graph is NULL.
    fn prune(&mut self) {
        let mut needed: Option<BTreeSet<Oid>> = None;
        for level in self.levels.iter_mut().rev() {
            if let Some(needed) = &needed {
                level.retain(|policy, _| needed.contains(policy));
            }
            if level.is_empty() {
                self.levels.clear();
                return;
            }
            needed = Some(level.values().flat_map(|node| node.parents.iter().copied()).collect());
        }
    }

    /// §6.1.4 (a), (b).
    pub(crate) fn map(&mut self, certificate: &Certificate, depth: usize) -> Result<(), PathError> {
        let mappings = &certificate.extensions().policies.mappings;
        if mappings.iter().any(|(issuer, subject)| *issuer == ANY_POLICY || *subject == ANY_POLICY) {
            return Err(PathError::PolicyMapping { depth });
        }
        let mut targets = BTreeMap::<Oid, BTreeSet<Oid>>::new();
        for (issuer, subject) in mappings {
            targets.entry(*issuer).or_default().insert(*subject);
        }
        if targets.is_empty() || self.levels.is_empty() {
            return Ok(());
        }
        let mapping_allowed = self.mapping > 0;
        let Some(level) = self.levels.last_mut() else { return Ok(()) };
        let from_any = level.get(&ANY_POLICY).map(|any| any.parents.clone());
        for (issuer, subjects) in targets {
            if !mapping_allowed {
                level.remove(&issuer);
            } else if let Some(node) = level.get_mut(&issuer) {
                node.expected = subjects;
            } else if let Some(parents) = &from_any {
                level.insert(issuer, Node { expected: subjects, parents: parents.clone() });
            }
        }
        self.prune();
        Ok(())
    }

    /// §6.1.4 (h), (i), (j).
    pub(crate) fn descend(&mut self, certificate: &Certificate) {
        if !certificate.is_self_issued() {
            for counter in [&mut self.explicit, &mut self.mapping, &mut self.any] {
                *counter = counter.saturating_sub(1);
            }
        }
        self.restrict(certificate);
    }

    /// §6.1.4 (i), (j) alone: also for the anchor's own constraints (RFC 5937 §3.2).
    pub(crate) fn restrict(&mut self, certificate: &Certificate) {
        let limits = &certificate.extensions().policies;
        self.explicit = self.explicit.min(limits.require_explicit.unwrap_or(u32::MAX));
        self.mapping = self.mapping.min(limits.inhibit_mapping.unwrap_or(u32::MAX));
        self.any = self.any.min(limits.inhibit_any.unwrap_or(u32::MAX));
    }

    /// §6.1.5 (a), (b), (g): the policies the path is valid for, as the anchor's domain names them.
    pub(crate) fn conclude(
        mut self,
        leaf: &Certificate,
        constraints: &Constraints,
    ) -> Result<ValidPolicies, PathError> {
        if self.explicit > 0 {
            self.explicit -= 1;
        }
        if leaf.extensions().policies.require_explicit == Some(0) {
            self.explicit = 0;
        }
        let valid = self.intersect(constraints.initial_policies.as_deref());
        if self.explicit == 0 && valid.is_empty() { Err(PathError::Policy { depth: 0 }) } else { Ok(valid) }
    }

    /// RFC 9618 §5.6: nodes whose parent is anyPolicy name what the anchor's domain authorised.
    fn intersect(&self, wanted: Option<&[Oid]>) -> ValidPolicies {
        let any = self.levels.last().is_some_and(|level| level.contains_key(&ANY_POLICY));
        let authorised: BTreeSet<Oid> = self
            .levels
            .iter()
            .flatten()
            .filter(|(policy, node)| **policy != ANY_POLICY && node.parents.contains(&ANY_POLICY))
            .map(|(policy, _)| *policy)
            .collect();
        match wanted {
            None => ValidPolicies { any, named: authorised },
            Some(wanted) if any => ValidPolicies { any: false, named: wanted.iter().copied().collect() },
            Some(wanted) => ValidPolicies {
                any: false,
                named: wanted.iter().copied().filter(|policy| authorised.contains(policy)).collect(),
            },
        }
    }
}

fn expecting(level: &Level, policy: &Oid) -> BTreeSet<Oid> {
    level.iter().filter(|(_, node)| node.expected.contains(policy)).map(|(parent, _)| *parent).collect()
}

/// `user-constrained-policy-set`: what a path may be relied on for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValidPolicies {
    /// Any policy.
    pub any: bool,
    /// These policies.
    pub named: BTreeSet<Oid>,
}

impl ValidPolicies {
    /// Whether the path is valid for no policy at all, which matters only where one is required.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.any && self.named.is_empty()
    }
}
