//! Issuing revocation lists (RFC 5280 §5).

use const_oid::db::rfc5280;

use super::certificate::{signature_identifier, signed};
use super::profile::{authority_key_identifier, extension, uri};
use super::{Authority, IssueError, asn1};
use crate::UnixTime;

/// Why a certificate was revoked (RFC 5280 §5.3.1), with the number the list carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "each variant is named by its standard name")]
pub enum Reason {
    KeyCompromise = 1,
    CaCompromise = 2,
    AffiliationChanged = 3,
    Superseded = 4,
    CessationOfOperation = 5,
    CertificateHold = 6,
    /// Only in delta lists: the certificate is off hold or expired.
    RemoveFromCrl = 8,
    PrivilegeWithdrawn = 9,
    AaCompromise = 10,
}

/// One revoked certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Serial number, big-endian.
    pub serial: &'a [u8],
    /// Since when.
    pub revoked: UnixTime,
    /// Why, if it is said. `unspecified` is said by silence.
    pub reason: Option<Reason>,
}

/// What a list says besides its entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct List<'a> {
    /// When it was made.
    pub this_update: UnixTime,
    /// When the next one comes at the latest.
    pub next_update: Option<UnixTime>,
    /// `cRLNumber`.
    pub number: u64,
    /// For a delta list, the number of the complete list it adds to.
    pub base: Option<u64>,
    /// `issuingDistributionPoint`: the address and whose certificates the list is about.
    pub distribution: Option<Distribution<'a>>,
}

/// `issuingDistributionPoint` (RFC 5280 §5.2.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Distribution<'a> {
    /// The address under which the certificates name this list.
    pub url: Option<&'a str>,
    /// Only certificates of end entities.
    pub only_users: bool,
    /// Only certificates of authorities.
    pub only_authorities: bool,
    /// Whether certificates of other issuers are on it.
    pub indirect: bool,
}

/// Signs a list. `issuer` may be the authority itself or a signer of lists that it certified. DER.
///
/// One pass over `entries`, 40 octets or so each: a list of a million takes about half a second.
///
/// # Errors
/// [`IssueError`] for an instant or an address that cannot be written, or if the key refuses.
pub fn issue<'a>(
    issuer: &Authority,
    list: &List<'_>,
    entries: impl IntoIterator<Item = Entry<'a>>,
) -> Result<Vec<u8>, IssueError> {
    let mut revoked = Vec::new();
    let mut writer = EntryWriter::default();
    for entry in entries {
        writer.write(&entry, &mut revoked)?;
    }
    let mut parts = vec![
        // version v2
        asn1::integer(&[1]),
        signature_identifier(issuer.key())?,
        issuer.name().to_vec(),
        asn1::time(list.this_update)?,
    ];
    if let Some(instant) = list.next_update {
        parts.push(asn1::time(instant)?);
    }
    // RFC 5280 §5.1.2.6: with no entries the field is absent.
    if !revoked.is_empty() {
        parts.push(asn1::sequence(&[revoked]));
    }
    parts.push(asn1::tagged(0, &[extensions(issuer, list)?]));
    signed(&asn1::sequence(&parts), issuer.key())
}

fn extensions(issuer: &Authority, list: &List<'_>) -> Result<Vec<u8>, IssueError> {
    let mut all = vec![authority_key_identifier(issuer.key_identifier())];
    let number = asn1::integer(&list.number.to_be_bytes());
    all.push(extension(&rfc5280::ID_CE_CRL_NUMBER, false, &number));
    if let Some(base) = list.base {
        let base = asn1::integer(&base.to_be_bytes());
        all.push(extension(&rfc5280::ID_CE_DELTA_CRL_INDICATOR, true, &base));
    }
    if let Some(distribution) = list.distribution {
        let id = &rfc5280::ID_CE_ISSUING_DISTRIBUTION_POINT;
        all.push(extension(id, true, &issuing_distribution_point(&distribution)?));
    }
    Ok(asn1::sequence(&all))
}

fn issuing_distribution_point(distribution: &Distribution<'_>) -> Result<Vec<u8>, IssueError> {
    let mut parts = Vec::new();
    if let Some(url) = distribution.url {
        parts.push(asn1::tagged(0, &[asn1::tagged(0, &[uri(url)?])]));
    }
    let flags =
        [(1, distribution.only_users), (2, distribution.only_authorities), (4, distribution.indirect)];
    for (number, set) in flags {
        if set {
            parts.push(asn1::tagged_primitive(number, &[0xff]));
        }
    }
    Ok(asn1::sequence(&parts))
}

/// Writes entries, remembering what the one before was made of: in a long list most instants repeat.
#[derive(Default)]
struct EntryWriter {
    instant: Option<(UnixTime, Vec<u8>)>,
    body: Vec<u8>,
}

impl EntryWriter {
    fn write(&mut self, entry: &Entry<'_>, out: &mut Vec<u8>) -> Result<(), IssueError> {
        self.body.clear();
        asn1::integer_into(entry.serial, &mut self.body);
        match &self.instant {
            Some((instant, der)) if *instant == entry.revoked => self.body.extend_from_slice(der),
            _ => {
                let der = asn1::time(entry.revoked)?;
                self.body.extend_from_slice(&der);
                self.instant = Some((entry.revoked, der));
            }
        }
        if let Some(reason) = entry.reason {
            self.body.extend_from_slice(&reason_extension(reason));
        }
        asn1::header(asn1::SEQUENCE, self.body.len(), out);
        out.extend_from_slice(&self.body);
        Ok(())
    }
}

/// `SEQUENCE { Extension reasonCode }`, whose only variable octet is the last: `SEQUENCE { SEQUENCE { 2.5.29.21, OCTET STRING { ENUMERATED } } }`.
fn reason_extension(reason: Reason) -> [u8; 14] {
    let [number] = (reason as u8).to_be_bytes();
    [0x30, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55, 0x1d, 0x15, 0x04, 0x03, 0x0a, 0x01, number]
}
