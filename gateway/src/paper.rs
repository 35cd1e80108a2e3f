//! Documents that a decision relied on, as evidence keeps them.

use bytes::Bytes;
use certs::relied::{Item, ItemKind};
use evidence::Digest;
use evidence::statement::Role;

/// Whose words a part of what an entry keeps is. Parts of different hands are never packed together: the length would tell whoever writes the
/// ones, and sees lengths in the database, how much they are like the others (`docs/decisions/store.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hand {
    /// The gateway's, of what the database says in clear besides, or somebody brought along.
    Gateway,
    /// What only a live source knows, or what the gateway says of it: kept as it is.
    Source,
    /// What was brought along, as somebody wrote it.
    Brought,
}

/// A document relied on.
#[derive(Clone)]
pub struct Paper {
    pub role: Role,
    pub media_type: &'static str,
    pub digest: Digest,
    source: Source,
}

#[derive(Clone)]
enum Source {
    /// Names a person: sealed with the entry, destroyed with it.
    Personal(Bytes),
    /// Names nobody: kept once for all entries that rely on it.
    Common(Item),
}

impl std::fmt::Debug for Paper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Paper({:?}, {})", self.role, self.digest)
    }
}

impl Paper {
    /// A document that names persons.
    #[must_use]
    pub fn personal(role: Role, media_type: &'static str, bytes: Bytes) -> Self {
        Self { role, media_type, digest: Digest::of(&bytes), source: Source::Personal(bytes) }
    }

    /// A certificate, list or answer that a signature's verification relied on. The signer's own certificate names a person.
    #[must_use]
    pub fn relied(item: &Item, signer_certificate: &[u8; 32]) -> Self {
        let (role, media_type) = match item.kind() {
            ItemKind::Certificate => (Role::Certificate, "application/pkix-cert"),
            ItemKind::Crl => (Role::Crl, "application/pkix-crl"),
            ItemKind::Ocsp => (Role::Ocsp, "application/ocsp-response"),
        };
        if item.digest().as_bytes() == signer_certificate {
            return Self::personal(role, media_type, Bytes::copy_from_slice(item.bytes()));
        }
        let digest = Digest::from_bytes(*item.digest().as_bytes());
        Self { role, media_type, digest, source: Source::Common(item.clone()) }
    }

    /// Whose words it is.
    #[must_use]
    pub const fn hand(&self) -> Hand {
        match self.role {
            Role::CaseFacts => Hand::Source,
            Role::SignedRequest
            | Role::Certificate
            | Role::Crl
            | Role::Ocsp
            | Role::TimeStamp
            | Role::Sanction
            | Role::Resolution
            | Role::Policy
            | Role::Other => Hand::Brought,
        }
    }

    /// The bytes, if they are to be sealed with the entry.
    #[must_use]
    pub fn sealed(&self) -> Option<&[u8]> {
        match &self.source {
            Source::Personal(bytes) => Some(bytes),
            Source::Common(_) => None,
        }
    }

    /// The bytes, if they are to be kept once for all.
    #[must_use]
    pub fn common(&self) -> Option<&[u8]> {
        match &self.source {
            Source::Personal(_) => None,
            Source::Common(item) => Some(item.bytes()),
        }
    }
}
