//! Revocation by lists.

use std::collections::HashMap;
use std::sync::Arc;

use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::CertificateRevocationList;

use crate::UnixTime;
use crate::algorithm::{self, Acceptance};
use crate::anchors::Anchors;
use crate::path::{Certificate, KeyUsage, NameKey, Path, sha256};
use crate::relied::{ItemKind, Relied};

/// What is known about one certificate.
#[derive(Debug)]
pub(super) enum Status {
    Good { sources: Vec<Source> },
    Revoked { at: UnixTime },
    Unknown { why: Unknown },
}

/// Why nothing is known.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unknown {
    #[error("no revocation list of the issuing authority is held")]
    NothingHeld,
    #[error("the revocation list that is held is not current")]
    NotCurrent,
    #[error("the path has no certificate at that depth")]
    NotInPath,
}

/// A verified list.
#[derive(Debug)]
struct List {
    issuer: NameKey,
    key: [u8; 32],
    revoked: HashMap<Vec<u8>, UnixTime>,
    from: UnixTime,
    until: UnixTime,
    bytes: Arc<[u8]>,
    digest: [u8; 32],
}

/// A list a status relies on.
#[derive(Clone, Debug)]
pub(super) struct Source(Arc<List>);

impl Source {
    pub(super) fn bytes(&self) -> &Arc<[u8]> {
        &self.0.bytes
    }

    pub(super) fn digest(&self) -> &[u8; 32] {
        &self.0.digest
    }
}

pub(super) fn kind(_: &Source) -> ItemKind {
    ItemKind::Crl
}

/// Why a list was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// Not a revocation list in DER, or a delta, or with a critical extension.
    #[error("the revocation list cannot be used")]
    Unusable,
    /// It is of another authority, or that authority did not sign it.
    #[error("the revocation list is not signed by the authority")]
    NotSigned,
}

/// Verified revocation lists. Each is verified once, when it is added.
#[derive(Debug, Default)]
pub struct RevocationStore {
    lists: Vec<Arc<List>>,
}

impl RevocationStore {
    /// Takes a DER list of `issuer`, replacing older ones.
    ///
    /// # Errors
    /// [`ListError`].
    pub fn add_list(&mut self, der: &[u8], issuer: &Certificate) -> Result<(), ListError> {
        let (rest, list) = CertificateRevocationList::from_der(der).map_err(|_| ListError::Unusable)?;
        let until = list.next_update().ok_or(ListError::Unusable)?.timestamp();
        if !rest.is_empty() || list.extensions().iter().any(|extension| extension.critical) {
            return Err(ListError::Unusable);
        }
        if list.issuer().as_raw() != issuer.subject().der() || !issuer.allows(KeyUsage::CRL_SIGN) {
            return Err(ListError::NotSigned);
        }
        verify(der, issuer)?;
        let revoked = list
            .iter_revoked_certificates()
            .map(|entry| (entry.raw_serial().to_vec(), entry.revocation_date.timestamp()))
            .collect();
        let added = Arc::new(List {
            issuer: issuer.subject().key(),
            key: *issuer.key_digest(),
            revoked,
            from: list.last_update().timestamp(),
            until,
            bytes: der.into(),
            digest: sha256(der),
        });
        self.lists.retain(|held| held.key != added.key || held.from > added.from);
        self.lists.push(added);
        Ok(())
    }

    pub(super) fn status(&self, path: &Path, depth: usize, at: UnixTime) -> Status {
        let pair = path.certificates().get(depth).zip(path.issuer_of(depth));
        let Some((certificate, issuer)) = pair else { return Status::Unknown { why: Unknown::NotInPath } };
        let own =
            |list: &&Arc<List>| list.issuer == issuer.subject().key() && list.key == *issuer.key_digest();
        let mut held = self.lists.iter().filter(own).peekable();
        if held.peek().is_none() {
            return Status::Unknown { why: Unknown::NothingHeld };
        }
        match held.find(|list| list.from <= at && at <= list.until) {
            None => Status::Unknown { why: Unknown::NotCurrent },
            Some(list) => match list.revoked.get(certificate.serial()) {
                Some(since) => Status::Revoked { at: *since },
                None => Status::Good { sources: vec![Source(list.clone())] },
            },
        }
    }
}

fn verify(der: &[u8], issuer: &Certificate) -> Result<(), ListError> {
    use crate::path::cursor::{Cursor, octets_of_bits, tag};
    let read = || {
        let mut outer = Cursor::new(Cursor::only(der, tag::SEQUENCE)?);
        let signed = outer.expect_tlv(tag::SEQUENCE)?.raw;
        let algorithm = outer.expect_tlv(tag::SEQUENCE)?.raw;
        octets_of_bits(outer.expect(tag::BIT_STRING)?).map(|signature| (signed, algorithm, signature))
    };
    let (signed, algorithm, signature) = read().map_err(|_| ListError::Unusable)?;
    algorithm::verify(issuer.public_key(), algorithm, signed, signature, Acceptance::STRICT)
        .map(|_| ())
        .map_err(|_| ListError::NotSigned)
}

/// A store that holds the lists in `relied`, each verified anew.
pub(super) fn restore(
    relied: &Relied,
    known: &[Arc<Certificate>],
    anchors: &Anchors,
    _at: UnixTime,
) -> Result<RevocationStore, String> {
    let mut store = RevocationStore::default();
    for item in relied.items().iter().filter(|item| item.kind == ItemKind::Crl) {
        let issuers = known.iter().chain(anchors.iter().map(|(certificate, _)| certificate));
        let mut taken = issuers.map(|issuer| store.add_list(&item.bytes, issuer));
        if !taken.any(|result| result.is_ok()) {
            return Err(format!("list {} is not of an authority on the path", item.digest));
        }
    }
    Ok(store)
}
