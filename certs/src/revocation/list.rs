//! Certificate revocation lists (RFC 5280 §5).

use core::fmt;
use core::ops::Range;

use super::entries::{Entries, Entry};
use super::scope::Scope;
use super::{Terms, Window};
use crate::UnixTime;
use crate::algorithm::{self, AlgorithmError};
use crate::path::cursor::{self, Cursor, tag};
use crate::path::extension::{self, for_each};
use crate::path::{
    AuthorityKeyId, Certificate, Conformance, DistributionPoint, Malformed, Name, Path, sha256,
};

/// Octets of one list: a million entries with reasons are about 40 MB.
pub const MAX_LIST_BYTES: usize = 256 * 1024 * 1024;

mod oid {
    use const_oid::ObjectIdentifier as Oid;

    pub(super) const CRL_NUMBER: Oid = Oid::new_unwrap("2.5.29.20");
    pub(super) const DELTA_INDICATOR: Oid = Oid::new_unwrap("2.5.29.27");
    pub(super) const SCOPE: Oid = Oid::new_unwrap("2.5.29.28");
}

/// A list that was read as far as to know whose it claims to be. Its entries are not looked at before its signature is.
pub(super) struct Outline {
    bytes: Box<[u8]>,
    signed: Range<usize>,
    algorithm: Range<usize>,
    signature: Range<usize>,
    entries: Range<usize>,
    pub(super) issuer: Name,
    pub(super) this_update: UnixTime,
    pub(super) next_update: Option<UnixTime>,
    extensions: ListExtensions,
}

/// RFC 5280 §5.2.
#[derive(Clone, Debug)]
struct ListExtensions {
    authority_key_id: Option<AuthorityKeyId>,
    number: Option<Number>,
    number_critical: bool,
    base: Option<Number>,
    scope: Scope,
    freshest: Vec<DistributionPoint>,
}

/// A list number: an unsigned integer of at most 20 octets (§5.2.3), ordered as such.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Number {
    length: usize,
    octets: Vec<u8>,
}

impl Number {
    fn parse(value: &[u8]) -> Result<Self, Malformed> {
        let octets = cursor::unsigned(Cursor::only(value, tag::INTEGER)?)?;
        if octets.len() > 20 {
            return Err(Malformed::SerialNumber { octets: octets.len() });
        }
        Ok(Self { length: octets.len(), octets: octets.to_vec() })
    }
}

/// A list that was verified when it arrived: read in full, signed by whoever may, current then.
pub struct List {
    bytes: Box<[u8]>,
    digest: [u8; 32],
    issuer: Name,
    window: Window,
    next_update: UnixTime,
    number: Option<Number>,
    base: Option<Number>,
    scope: Scope,
    freshest: Vec<DistributionPoint>,
    entries: Entries,
    entries_at: Range<usize>,
    signer: Path,
}

impl Outline {
    /// Reads everything but the entries.
    pub(super) fn parse(bytes: Vec<u8>) -> Result<Self, Malformed> {
        if bytes.len() > MAX_LIST_BYTES {
            return Err(Malformed::TooLarge { size: bytes.len(), limit: MAX_LIST_BYTES });
        }
        let mut outer = Cursor::new(Cursor::only(&bytes, tag::SEQUENCE)?);
        let signed = outer.expect_tlv(tag::SEQUENCE)?.raw;
        let algorithm = outer.expect_tlv(tag::SEQUENCE)?.raw;
        let signature = cursor::octets_of_bits(outer.expect(tag::BIT_STRING)?)?;
        outer.finish()?;

        let mut fields = Cursor::new(Cursor::only(signed, tag::SEQUENCE)?);
        let version_2 = match fields.optional(tag::INTEGER)?.map(cursor::count).transpose()? {
            None => false,
            Some(1) => true,
            Some(other) => return Err(Malformed::Version { found: other.saturating_add(1) }),
        };
        if fields.expect_tlv(tag::SEQUENCE)?.raw != algorithm {
            return Err(Malformed::AlgorithmsDiffer);
        }
        let issuer = Name::parse(fields.expect_tlv(tag::SEQUENCE)?.raw)?;
        let this_update = fields.time()?;
        let next_update = match fields.peek() {
            Some(tag::UTC_TIME | tag::GENERALIZED_TIME) => Some(fields.time()?),
            _ => None,
        };
        let entries = fields.optional(tag::SEQUENCE)?.unwrap_or_default();
        let extensions = match fields.optional(tag::constructed(0))? {
            Some(wrapped) if version_2 => ListExtensions::parse(Cursor::only(wrapped, tag::SEQUENCE)?)?,
            Some(_) => return Err(Malformed::Version { found: 1 }),
            None => ListExtensions::default(),
        };
        fields.finish()?;

        let place = |part| crate::path::place(&bytes, part);
        let (signed, algorithm, signature) = (place(signed)?, place(algorithm)?, place(signature)?);
        let entries = if entries.is_empty() { 0..0 } else { place(entries)? };
        Ok(Self {
            signed,
            algorithm,
            signature,
            entries,
            issuer,
            this_update,
            next_update,
            extensions,
            bytes: bytes.into_boxed_slice(),
        })
    }

    /// Whether `certificate` can be the signer's: the full name, and the key where the list identifies one.
    pub(super) fn names_as_signer(&self, certificate: &Certificate) -> bool {
        self.issuer == *certificate.subject()
            && self.extensions.authority_key_id.as_ref().is_none_or(|id| {
                let key = certificate.extensions().subject_key_id.as_deref();
                id.identifies(key, certificate.issuer(), certificate.serial())
            })
    }

    fn slice(&self, range: &Range<usize>) -> &[u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }

    pub(super) fn verify_signature(&self, signer: &Certificate, terms: &Terms) -> Result<(), AlgorithmError> {
        let (signed, signature) = (self.slice(&self.signed), self.slice(&self.signature));
        algorithm::verify(
            signer.public_key(),
            self.slice(&self.algorithm),
            signed,
            signature,
            terms.acceptance,
        )?;
        Ok(())
    }

    /// Rules of §5.2 on what authorities may issue. Returns the one broken.
    pub(super) fn broken_rule(&self, terms: &Terms) -> Option<&'static str> {
        if terms.conformance != Conformance::Profile {
            return None;
        }
        if self.extensions.number.is_none() {
            Some("a list has a number (RFC 5280 §5.2.3)")
        } else if self.extensions.number_critical {
            Some("a list's number is not critical (RFC 5280 §5.2.3)")
        } else if self.extensions.authority_key_id.is_none() {
            Some("a list identifies its signer's key (RFC 5280 §5.2.1)")
        } else {
            None
        }
    }

    /// Reads the entries, now that somebody answers for them.
    pub(super) fn into_list(self, signer: Path, next_update: UnixTime) -> Result<List, Malformed> {
        let scope = self.extensions.scope;
        let content = self.bytes.get(self.entries.clone()).unwrap_or_default();
        let entries = Entries::index(content, &self.issuer, scope.indirect)?;
        let chain = signer.certificates().iter().chain([signer.anchor()]);
        let until =
            chain.map(|certificate| certificate.validity().not_after).fold(next_update, UnixTime::min);
        Ok(List {
            digest: sha256(&self.bytes),
            bytes: self.bytes,
            issuer: self.issuer,
            window: Window { from: self.this_update, until },
            next_update,
            number: self.extensions.number,
            base: self.extensions.base,
            scope,
            freshest: self.extensions.freshest,
            entries,
            entries_at: self.entries,
            signer,
        })
    }
}

impl Default for ListExtensions {
    fn default() -> Self {
        Self {
            authority_key_id: None,
            number: None,
            number_critical: false,
            base: None,
            scope: Scope::WHOLE,
            freshest: Vec::new(),
        }
    }
}

impl ListExtensions {
    /// §5.2: a list with a critical extension that is not understood must not be used.
    fn parse(content: &[u8]) -> Result<Self, Malformed> {
        let mut parsed = Self::default();
        for_each(content, &mut Vec::new(), |id, critical, value| {
            let unreadable = |_| Malformed::Extension { oid: id };
            match id {
                extension::oid::AUTHORITY_KEY_ID => {
                    parsed.authority_key_id = Some(AuthorityKeyId::parse(value).map_err(unreadable)?);
                }
                oid::CRL_NUMBER => {
                    parsed.number = Some(Number::parse(value).map_err(unreadable)?);
                    parsed.number_critical = critical;
                }
                oid::DELTA_INDICATOR => parsed.base = Some(Number::parse(value).map_err(unreadable)?),
                oid::SCOPE => parsed.scope = Scope::parse(value).map_err(unreadable)?,
                extension::oid::FRESHEST_CRL => {
                    parsed.freshest = DistributionPoint::read_all(value).map_err(unreadable)?;
                }
                _ if critical => return Err(Malformed::Extension { oid: id }),
                _ => {}
            }
            Ok(())
        })?;
        Ok(parsed)
    }
}

impl List {
    /// The octets as received.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of the octets.
    #[must_use]
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// Whose list it is.
    #[must_use]
    pub fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// When it may be relied on.
    #[must_use]
    pub fn window(&self) -> Window {
        self.window
    }

    /// When the next one is due.
    #[must_use]
    pub fn next_update(&self) -> UnixTime {
        self.next_update
    }

    /// How many certificates it lists.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it lists none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.len() == 0
    }

    /// Octets it takes in memory.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len().saturating_add(self.entries.size())
    }

    /// Whether it holds only what changed since a complete list (§5.2.4).
    #[must_use]
    pub fn is_delta(&self) -> bool {
        self.base.is_some()
    }

    /// Where its deltas are distributed (§5.2.6).
    #[must_use]
    pub fn freshest(&self) -> &[DistributionPoint] {
        &self.freshest
    }

    /// The path of whoever signed it.
    #[must_use]
    pub fn signer(&self) -> &Path {
        &self.signer
    }

    pub(super) fn scope(&self) -> &Scope {
        &self.scope
    }

    pub(super) fn find(&self, certificate: &Certificate) -> Option<Entry> {
        let content = self.bytes.get(self.entries_at.clone()).unwrap_or_default();
        self.entries.find(content, certificate.serial(), certificate.issuer().key(), self.issuer.key())
    }

    /// Whether both stand for the same place in the store: same signer's key, same scope, both complete or both deltas.
    pub(super) fn stands_with(&self, other: &Self) -> bool {
        self.is_delta() == other.is_delta()
            && self.scope == other.scope
            && self.signer.leaf().key_digest() == other.signer.leaf().key_digest()
    }

    /// Whether this came after `other`.
    pub(super) fn is_newer_than(&self, other: &Self) -> bool {
        match (&self.number, &other.number) {
            (Some(own), Some(their)) if own != their => own > their,
            _ => self.window.from > other.window.from,
        }
    }

    /// §6.3.3 (c): whether this delta says what changed since `complete`.
    pub(super) fn updates(&self, complete: &Self) -> bool {
        let (Some(base), Some(own), Some(their)) = (&self.base, &self.number, &complete.number) else {
            return false;
        };
        self.scope == complete.scope
            && self.signer.leaf().key_digest() == complete.signer.leaf().key_digest()
            && base <= their
            && own > their
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List")
            .field("window", &self.window)
            .field("entries", &self.len())
            .finish_non_exhaustive()
    }
}
