//! Finding a path from a certificate to an anchor: depth first, every candidate and every signature paid for from a budget.

use std::sync::Arc;

use super::budget::{Budget, MAX_INTERMEDIATES};
use super::process::{process, process_anchor};
use super::{Certificate, Constraints, Path, PathError, ValidPolicies};
use crate::UnixTime;
use crate::anchors::Anchors;

/// Finds and checks a path from `leaf` to one of `anchors`, as of `at`.
///
/// Issuers are looked for among `intermediates` (what came with the certificate) and the authorities that `anchors` knows. Names must
/// match in full and key identifiers where present (RFC 5280 §6.1.3 (a)(4), §4.2.1.1). Revocation is not checked here: ask
/// [`crate::revocation::RevocationStore`] about the [`Path`].
///
/// A `leaf` that is itself an anchor is trusted as such.
///
/// # Errors
/// [`PathError`], that of the attempt that got furthest.
pub fn validate(
    leaf: &Arc<Certificate>,
    intermediates: &[Arc<Certificate>],
    anchors: &Anchors,
    at: UnixTime,
    constraints: &Constraints,
) -> Result<Path, PathError> {
    if let Some(anchor) = anchors.find(leaf.fingerprint()) {
        process_anchor(anchor, at, constraints)?;
        let policies = ValidPolicies { any: true, ..ValidPolicies::default() };
        return Ok(Path { certificates: Vec::new(), anchor: anchor.clone(), policies, at });
    }
    let mut search = Search { intermediates, anchors, at, constraints, budget: Budget::new() };
    search.extend(&mut vec![leaf.clone()])
}

struct Search<'a> {
    intermediates: &'a [Arc<Certificate>],
    anchors: &'a Anchors,
    at: UnixTime,
    constraints: &'a Constraints,
    budget: Budget,
}

impl Search<'_> {
    /// Completes `chain`, whose last certificate needs an issuer.
    fn extend(&mut self, chain: &mut Vec<Arc<Certificate>>) -> Result<Path, PathError> {
        let Some(current) = chain.last().cloned() else { return Err(PathError::Untrusted { depth: 0 }) };
        let mut worst = PathError::Untrusted { depth: chain.len().saturating_sub(1) };
        let anchors = self.anchors;
        for anchor in anchors.named(current.issuer()).filter(|anchor| current.names_as_issuer(anchor)) {
            match self.arrive(chain, &current, anchor) {
                Ok(path) => return Ok(path),
                Err(error) => worst = heavier(worst, error)?,
            }
        }
        for authority in self.candidates(&current) {
            if chain.iter().any(|member| same_authority(member, &authority)) {
                continue;
            }
            match self.climb(chain, &current, authority) {
                Ok(path) => return Ok(path),
                Err(error) => worst = heavier(worst, error)?,
            }
        }
        Err(worst)
    }

    /// The last step: `anchor` issued `current`, and the whole chain holds.
    fn arrive(
        &mut self,
        chain: &[Arc<Certificate>],
        current: &Certificate,
        anchor: &Arc<Certificate>,
    ) -> Result<Path, PathError> {
        self.signed(current, anchor, chain.len().saturating_sub(1))?;
        let authorities = chain.iter().skip(1).filter(|authority| !authority.is_self_issued()).count();
        if authorities > self.constraints.max_intermediates {
            return Err(PathError::TooDeep { allowed: self.constraints.max_intermediates });
        }
        let policies = process(chain, anchor, self.at, self.constraints, &mut self.budget)?;
        Ok(Path { certificates: chain.to_vec(), anchor: anchor.clone(), policies, at: self.at })
    }

    /// One step up: `authority` issued `current`; go on from there.
    fn climb(
        &mut self,
        chain: &mut Vec<Arc<Certificate>>,
        current: &Certificate,
        authority: Arc<Certificate>,
    ) -> Result<Path, PathError> {
        if chain.len() > MAX_INTERMEDIATES {
            return Err(PathError::TooDeep { allowed: MAX_INTERMEDIATES });
        }
        if !authority.is_authority() {
            return Err(PathError::NotAnAuthority { depth: chain.len() });
        }
        self.signed(current, &authority, chain.len().saturating_sub(1))?;
        chain.push(authority);
        let found = self.extend(chain);
        chain.pop();
        found
    }

    /// RFC 5280 §6.1.3 (a)(1).
    fn signed(&mut self, current: &Certificate, issuer: &Certificate, depth: usize) -> Result<(), PathError> {
        self.budget.candidate()?;
        let acceptance = self.constraints.acceptance;
        if current.is_known_signed_by(issuer, acceptance) {
            return Ok(());
        }
        self.budget.signature()?;
        current.verify_signature(issuer, acceptance).map_err(|error| PathError::Signature { depth, error })
    }

    fn candidates(&self, current: &Certificate) -> Vec<Arc<Certificate>> {
        let mut found: Vec<Arc<Certificate>> = Vec::new();
        for authority in self.anchors.authorities_named(current.issuer()).chain(self.intermediates) {
            if current.names_as_issuer(authority) && !found.contains(authority) {
                found.push(authority.clone());
            }
        }
        found
    }
}

/// A path that meets one authority twice is a loop; RFC 5280 §6.1 forbids the same certificate twice, and the same name with the same
/// key adds nothing either.
fn same_authority(one: &Certificate, other: &Certificate) -> bool {
    one.subject() == other.subject() && one.key_digest() == other.key_digest()
}

/// Keeps what is worth telling; an exhausted budget ends the search at once.
fn heavier(one: PathError, other: PathError) -> Result<PathError, PathError> {
    if matches!(other, PathError::Budget(_)) {
        return Err(other);
    }
    Ok(if other.weight() > one.weight() { other } else { one })
}
