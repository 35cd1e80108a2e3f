//! Who may sign a revocation list.

use std::sync::Arc;

use super::list::Outline;
use super::{List, ListError, Terms};
use crate::UnixTime;
use crate::anchors::Anchors;
use crate::path::{Certificate, Constraints, KeyUsage, Path, validate};

/// The path of whoever signed `outline`: a certificate with the list's issuer name and key identifier, allowed to sign lists, that chains
/// to an anchor (RFC 5280 §6.3.3 (f), (g)).
pub(super) fn find_signer(
    outline: &Outline,
    anchors: &Anchors,
    extra: &[Arc<Certificate>],
    at: UnixTime,
    terms: &Terms,
) -> Result<Path, ListError> {
    let name = &outline.issuer;
    let constraints = Constraints {
        key_usage: KeyUsage::CRL_SIGN,
        acceptance: terms.acceptance,
        conformance: terms.conformance,
        ..Constraints::PLAIN
    };
    let mut refused = ListError::SignerUnknown;
    for candidate in anchors.named(name).chain(anchors.authorities_named(name)).chain(extra) {
        if !outline.names_as_signer(candidate) {
            continue;
        }
        if let Err(error) = outline.verify_signature(candidate, terms) {
            if refused == ListError::SignerUnknown {
                refused = ListError::Signature(error);
            }
            continue;
        }
        match validate(candidate, extra, anchors, at, &constraints) {
            Ok(path) => return Ok(path),
            Err(error) => refused = ListError::SignerRefused(error),
        }
    }
    Err(refused)
}

/// Whether the signer of a direct list speaks for the authority that issued a certificate.
///
/// RFC 5280 asks for one name and one anchor. That is not enough here: an authority that changes keys keeps its name, often keeps one list
/// per key, and then the list of one key says nothing about certificates under the other, which would pass for good. So the keys must be
/// one, or a certificate must tie them: the authority certified the list key itself (RFC 4210 §4.4 link certificates, either way round),
/// or the same superior certified both and the list key signs nothing but lists.
pub(super) fn speaks_for(
    list: &List,
    authority: &Certificate,
    authority_issuer: Option<&Certificate>,
) -> bool {
    let signer = list.signer();
    let key = signer.leaf();
    if key.subject() != authority.subject() {
        return false;
    }
    let own = authority.key_digest();
    if key.key_digest() == own {
        return true;
    }
    let signer_issuer = signer.issuer_of(0).map(|issuer| issuer.key_digest());
    let superior = authority_issuer.map(Certificate::key_digest);
    let certified_by_authority = key.is_self_issued() && signer_issuer == Some(own);
    let certifies_authority = authority.is_self_issued() && superior == Some(key.key_digest());
    let lists_only = !key.is_authority()
        || key.extensions().key_usage.is_some_and(|usage| !usage.contains(KeyUsage::KEY_CERT_SIGN));
    certified_by_authority
        || certifies_authority
        || (lists_only && superior.is_some() && signer_issuer == superior)
}
