//! Path processing, RFC 5280 §6.1, over a chain whose names chain and whose signatures were checked while it was built.

use std::sync::Arc;

use super::budget::Budget;
use super::extension::oid::ANY_PURPOSE;
use super::name_constraints::NameConstraints;
use super::policy::{Policies, ValidPolicies};
use super::{Certificate, Conformance, Constraints, KeyUsage, PathError, conformance};
use crate::UnixTime;

/// Everything that is carried from one certificate down to the next (§6.1.2).
struct Walk<'a> {
    at: UnixTime,
    constraints: &'a Constraints,
    policies: Policies,
    /// Every constraint met so far: each must hold by itself, which is the intersection of what is permitted and the union of what is
    /// excluded.
    names: Vec<&'a NameConstraints>,
    /// How many more authorities may follow, which one said so, and what it said.
    room: Option<Room>,
    budget: &'a mut Budget,
}

#[derive(Clone, Copy)]
struct Room {
    left: u32,
    allowed: u32,
    by: usize,
}

/// Walks `chain` (the certificate in question first) from `anchor` down.
pub(crate) fn process(
    chain: &[Arc<Certificate>],
    anchor: &Certificate,
    at: UnixTime,
    constraints: &Constraints,
    budget: &mut Budget,
) -> Result<ValidPolicies, PathError> {
    let length = u32::try_from(chain.len()).unwrap_or(u32::MAX);
    let policies = Policies::new(constraints, length);
    let mut walk = Walk { at, constraints, policies, names: Vec::new(), room: None, budget };
    walk.start(anchor, chain.len())?;
    let (leaf, authorities) = chain.split_first().ok_or(PathError::Untrusted { depth: 0 })?;
    for (above_leaf, authority) in authorities.iter().enumerate().rev() {
        let depth = above_leaf + 1;
        walk.admit(authority, depth)?;
        walk.descend(authority, depth)?;
    }
    walk.admit(leaf, 0)?;
    walk.conclude(leaf)
}

/// The checks of a certificate that is itself an anchor: there is no path to walk.
pub(crate) fn process_anchor(
    anchor: &Certificate,
    at: UnixTime,
    constraints: &Constraints,
) -> Result<(), PathError> {
    within_validity(anchor, 0, at)?;
    if constraints.conformance == Conformance::Profile {
        conformance::check(anchor, 0)?;
    }
    known_critical(anchor, 0)?;
    usable_for(anchor, constraints)
}

impl<'a> Walk<'a> {
    /// The anchor is a certificate here, and what it says about itself holds (RFC 5937 §3): dates, uses, length, names.
    fn start(&mut self, anchor: &'a Certificate, depth: usize) -> Result<(), PathError> {
        within_validity(anchor, depth, self.at)?;
        if self.constraints.conformance == Conformance::Profile {
            conformance::check(anchor, depth)?;
        }
        self.policies.restrict(anchor);
        self.authority(anchor, depth)?;
        self.confine(anchor, depth);
        Ok(())
    }

    /// §6.1.3: what holds for every certificate. Signature (a)(1) and name chaining (a)(4) were checked when the chain was built;
    /// revocation (a)(3) is the caller's next question.
    fn admit(&mut self, certificate: &'a Certificate, depth: usize) -> Result<(), PathError> {
        within_validity(certificate, depth, self.at)?;
        if certificate.issuer().is_empty() {
            return Err(PathError::Profile { depth, rule: "the issuer has a name (RFC 5280 §4.1.2.4)" });
        }
        if self.constraints.conformance == Conformance::Profile {
            conformance::check(certificate, depth)?;
        }
        if depth == 0 || !certificate.is_self_issued() {
            for constraints in &self.names {
                constraints.check(certificate, depth, self.budget)?;
            }
        }
        self.policies.admit(certificate, depth)
    }

    /// §6.1.4: preparation for the next certificate.
    fn descend(&mut self, certificate: &'a Certificate, depth: usize) -> Result<(), PathError> {
        self.policies.map(certificate, depth)?;
        self.policies.descend(certificate);
        self.authority(certificate, depth)?;
        if !certificate.is_self_issued() {
            self.step(depth)?;
        }
        self.confine(certificate, depth);
        Ok(())
    }

    /// §6.1.4 (k), (n), (o), and purposes: an authority that lists some vouches for no others.
    fn authority(&self, certificate: &Certificate, depth: usize) -> Result<(), PathError> {
        if !certificate.is_authority() {
            return Err(PathError::NotAnAuthority { depth });
        }
        require_usage(certificate, depth, KeyUsage::KEY_CERT_SIGN)?;
        known_critical(certificate, depth)?;
        match self.constraints.purpose {
            Some(required) if !has_purpose(certificate, self.constraints) => {
                Err(PathError::Purpose { depth, required })
            }
            _ => Ok(()),
        }
    }

    /// §6.1.4 (l).
    fn step(&mut self, depth: usize) -> Result<(), PathError> {
        let Some(room) = &mut self.room else { return Ok(()) };
        let (by, allowed) = (room.by, room.allowed);
        let exceeded =
            PathError::PathLength { depth: by.max(depth), allowed, found: allowed.saturating_add(1) };
        room.left = room.left.checked_sub(1).ok_or(exceeded)?;
        Ok(())
    }

    /// §6.1.4 (g), (m).
    fn confine(&mut self, certificate: &'a Certificate, depth: usize) {
        self.names.extend(certificate.extensions().name_constraints.as_ref());
        let stated =
            certificate.extensions().basic_constraints.and_then(|constraints| constraints.path_length);
        if let Some(allowed) = stated
            && self.room.is_none_or(|room| allowed < room.left)
        {
            self.room = Some(Room { left: allowed, allowed, by: depth });
        }
    }

    /// §6.1.5.
    fn conclude(self, leaf: &Certificate) -> Result<ValidPolicies, PathError> {
        known_critical(leaf, 0)?;
        let policies = self.policies.conclude(leaf, self.constraints)?;
        usable_for(leaf, self.constraints)?;
        Ok(policies)
    }
}

/// §6.1.3 (a)(2).
fn within_validity(certificate: &Certificate, depth: usize, at: UnixTime) -> Result<(), PathError> {
    let validity = certificate.validity();
    if at < validity.not_before {
        Err(PathError::NotYetValid { depth, not_before: validity.not_before, at })
    } else if at > validity.not_after {
        Err(PathError::Expired { depth, not_after: validity.not_after, at })
    } else {
        Ok(())
    }
}

/// §6.1.4 (o), §6.1.5 (f).
fn known_critical(certificate: &Certificate, depth: usize) -> Result<(), PathError> {
    match certificate.extensions().unknown_critical.first() {
        Some(oid) => Err(PathError::UnknownCritical { depth, oid: *oid }),
        None => Ok(()),
    }
}

fn require_usage(certificate: &Certificate, depth: usize, required: KeyUsage) -> Result<(), PathError> {
    match certificate.extensions().key_usage {
        Some(allowed) if !allowed.contains(required) => Err(PathError::KeyUsage { depth, required, allowed }),
        _ => Ok(()),
    }
}

/// What the caller wants the key for.
fn usable_for(leaf: &Certificate, constraints: &Constraints) -> Result<(), PathError> {
    require_usage(leaf, 0, constraints.key_usage)?;
    let Some(required) = constraints.purpose else { return Ok(()) };
    let stated = leaf.extensions().purposes.as_ref().is_some_and(|purposes| purposes.contains(&required));
    if stated || (!constraints.purpose_stated && has_purpose(leaf, constraints)) {
        Ok(())
    } else {
        Err(PathError::Purpose { depth: 0, required })
    }
}

/// §4.2.1.12.
fn has_purpose(certificate: &Certificate, constraints: &Constraints) -> bool {
    match (&certificate.extensions().purposes, constraints.purpose) {
        (Some(purposes), Some(required)) => purposes.contains(&required) || purposes.contains(&ANY_PURPOSE),
        _ => true,
    }
}
