//! The entries of a revocation list, found by serial number in a few dozen nanoseconds.

use core::hash::BuildHasher;
use std::collections::hash_map::RandomState;

use super::Reason;
use crate::UnixTime;
use crate::path::cursor::{Cursor, tag};
use crate::path::extension::for_each;
use crate::path::{GeneralName, Malformed, Name, NameKey, serial_number};

mod oid {
    use const_oid::ObjectIdentifier as Oid;

    pub(super) const REASON_CODE: Oid = Oid::new_unwrap("2.5.29.21");
    pub(super) const INVALIDITY_DATE: Oid = Oid::new_unwrap("2.5.29.24");
    pub(super) const CERTIFICATE_ISSUER: Oid = Oid::new_unwrap("2.5.29.29");
}

/// One revoked certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) revoked_at: UnixTime,
    pub(crate) reason: Option<Reason>,
}

/// An index over the content of `revokedCertificates`: it holds places, never octets, so that a list costs its own length and 16 to 32
/// octets per entry.
#[derive(Debug)]
pub(crate) struct Entries {
    /// Open addressing, twice as many slots as entries or more.
    slots: Box<[Slot]>,
    count: usize,
    /// From which place on entries are of which authority; in order. Empty for a direct list.
    issuers: Vec<(u32, NameKey)>,
    hasher: RandomState,
}

/// Where an entry is, and part of its serial number's hash: most slots that are not the one looked for are passed over without a look at
/// the list, which is not in any cache.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    /// Place plus one; 0 if free.
    place: u32,
    tag: u32,
}

/// An entry as it stands in the list.
struct Raw<'a> {
    serial: &'a [u8],
    revoked_at: UnixTime,
    extensions: Option<&'a [u8]>,
}

impl Entries {
    /// An index of no entries.
    pub(crate) fn none() -> Self {
        Self { slots: Box::default(), count: 0, issuers: Vec::new(), hasher: RandomState::new() }
    }

    /// Reads every entry of `content` and remembers where it is. `indirect` says whether entries may name another authority than
    /// `issuer`.
    ///
    /// # Errors
    /// [`Malformed`] for an unreadable entry, or a critical extension that is not understood: such a list must not be relied on for any
    /// certificate (RFC 5280 §5.3).
    pub(crate) fn index(content: &[u8], issuer: &Name, indirect: bool) -> Result<Self, Malformed> {
        let mut entries = Self::none();
        let mut places = Vec::new();
        let mut cursor = Cursor::new(content);
        while !cursor.is_empty() {
            let place = content.len().checked_sub(cursor.remaining()).ok_or(Malformed::Truncated)?;
            let place = u32::try_from(place).map_err(|_| Malformed::Truncated)?;
            let raw = Raw::read(&mut cursor)?;
            let named = raw
                .extensions
                .map(|content| understood(content).map(|known| known.issuer))
                .transpose()?
                .flatten();
            if let Some(named) = named {
                if !indirect && named != issuer.key() {
                    return Err(Malformed::Extension { oid: oid::CERTIFICATE_ISSUER });
                }
                entries.issuers.push((place, named));
            }
            places.push(place);
        }
        entries.count = places.len();
        // Twice the entries, so that chains stay short; a power of two, so that a mask finds the slot.
        let slots = places.len().saturating_mul(2).next_power_of_two();
        entries.slots = vec![Slot::default(); slots].into_boxed_slice();
        for place in places {
            entries.insert(content, place)?;
        }
        Ok(entries)
    }

    /// How many certificates are revoked.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Octets the index takes.
    pub(crate) fn size(&self) -> usize {
        self.slots
            .len()
            .saturating_mul(size_of::<Slot>())
            .saturating_add(self.issuers.capacity().saturating_mul(40))
    }

    /// The entry for `serial` of the authority `issuer`. `list_issuer` is whose entries those without a certificate issuer are.
    pub(crate) fn find(
        &self,
        content: &[u8],
        serial: &[u8],
        issuer: NameKey,
        list_issuer: NameKey,
    ) -> Option<Entry> {
        let mut found: Option<Entry> = None;
        let (tag, slots) = self.probe(serial);
        for slot in slots.filter_map(|slot| self.slots.get(slot)) {
            let Some(place) = slot.place.checked_sub(1) else { break };
            if slot.tag != tag {
                continue;
            }
            let Some(raw) = read_at(content, place) else { continue };
            if raw.serial != serial || self.issuer_at(place).unwrap_or(list_issuer) != issuer {
                continue;
            }
            let reason =
                raw.extensions.and_then(|content| understood(content).ok()).and_then(|known| known.reason);
            let entry = Entry { revoked_at: raw.revoked_at, reason };
            // Listed twice: removal never outweighs revocation.
            if found.as_ref().is_none_or(|earlier| earlier.reason == Some(Reason::RemoveFromCrl)) {
                found = Some(entry);
            }
        }
        found
    }

    fn insert(&mut self, content: &[u8], place: u32) -> Result<(), Malformed> {
        let raw = read_at(content, place).ok_or(Malformed::Truncated)?;
        let (tag, mut slots) = self.probe(raw.serial);
        let is_free = |slot: &usize| self.slots.get(*slot).is_some_and(|slot| slot.place == 0);
        let free = slots.by_ref().take(MAX_PROBES).find(is_free);
        let slot = free.and_then(|slot| self.slots.get_mut(slot)).ok_or(Malformed::NotDistinguished)?;
        *slot = Slot { place: place.saturating_add(1), tag };
        Ok(())
    }

    /// The tag of a serial number, and slots in the order they are tried: from where it hashes to, one after another, once around.
    fn probe(&self, serial: &[u8]) -> (u32, impl Iterator<Item = usize> + use<>) {
        let mask = self.slots.len().saturating_sub(1);
        let hash = self.hasher.hash_one(serial);
        let start = usize::try_from(hash & u64::try_from(mask).unwrap_or(0)).unwrap_or(0);
        let tag = u32::try_from(hash >> 32).unwrap_or(0);
        (tag, (0..self.slots.len()).map(move |step| start.wrapping_add(step) & mask))
    }

    /// RFC 5280 §5.3.3: the last authority named at or before an entry.
    fn issuer_at(&self, place: u32) -> Option<NameKey> {
        let after = self.issuers.partition_point(|(from, _)| *from <= place);
        self.issuers.get(after.checked_sub(1)?).map(|(_, issuer)| *issuer)
    }
}

/// Slots tried for one entry. Half of them are free and the order is keyed at random, so that a hundred in a row is already a rarity;
/// more means one serial number over and over, each repetition making the next one dearer.
const MAX_PROBES: usize = 1_024;

impl<'a> Raw<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        let mut entry = cursor.sequence()?;
        let serial = serial_number(entry.expect(tag::INTEGER)?)?;
        let revoked_at = entry.time()?;
        let extensions = entry.optional(tag::SEQUENCE)?;
        entry.finish()?;
        Ok(Self { serial, revoked_at, extensions })
    }
}

fn read_at(content: &[u8], place: u32) -> Option<Raw<'_>> {
    let rest = content.get(usize::try_from(place).ok()?..)?;
    Raw::read(&mut Cursor::new(rest)).ok()
}

#[derive(Default)]
struct Known {
    reason: Option<Reason>,
    issuer: Option<NameKey>,
}

/// RFC 5280 §5.3.
fn understood(content: &[u8]) -> Result<Known, Malformed> {
    let mut known = Known::default();
    for_each(content, &mut Vec::new(), |id, critical, value| {
        match id {
            oid::REASON_CODE => known.reason = Some(Reason::parse(Cursor::only(value, tag::ENUMERATED)?)?),
            oid::INVALIDITY_DATE => {
                crate::path::cursor::generalized_time(Cursor::only(value, tag::GENERALIZED_TIME)?)?;
            }
            oid::CERTIFICATE_ISSUER => known.issuer = Some(issuer_name(value)?),
            _ if critical => return Err(Malformed::Extension { oid: id }),
            _ => {}
        }
        Ok(())
    })?;
    Ok(known)
}

fn issuer_name(value: &[u8]) -> Result<NameKey, Malformed> {
    GeneralName::read_all(Cursor::only(value, tag::SEQUENCE)?)?
        .into_iter()
        .find_map(|name| match name {
            GeneralName::Directory(name) => Some(name.key()),
            _ => None,
        })
        .ok_or(Malformed::Extension { oid: oid::CERTIFICATE_ISSUER })
}
