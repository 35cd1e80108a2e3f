//! Writing DER (X.690 §10): just the types that certificates, lists, answers and stamps are made of.
//!
//! Values are written inside out, as byte strings. A typed encoder would have to hold a list of a million entries twice.

use der::asn1::ObjectIdentifier;
use time::OffsetDateTime;

use super::IssueError;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const UTF8_STRING: u8 = 0x0c;
pub(super) const PRINTABLE_STRING: u8 = 0x13;
pub(super) const IA5_STRING: u8 = 0x16;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// Appends tag and length of a value of `length` octets.
pub(super) fn header(tag: u8, length: usize, out: &mut Vec<u8>) {
    out.push(tag);
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let octets = length.to_be_bytes();
            let significant: Vec<u8> = octets.into_iter().skip_while(|octet| *octet == 0).collect();
            // At most eight octets, so the sum stays within a byte.
            out.push(0x80 | u8::try_from(significant.len()).unwrap_or(8));
            out.extend_from_slice(&significant);
        }
    }
}

/// One value.
pub(super) fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len().saturating_add(6));
    header(tag, content.len(), &mut out);
    out.extend_from_slice(content);
    out
}

/// A value made of others.
pub(super) fn constructed<P: AsRef<[u8]>>(tag: u8, parts: &[P]) -> Vec<u8> {
    let length = parts.iter().map(|part| part.as_ref().len()).sum();
    let mut out = Vec::with_capacity(usize::saturating_add(length, 6));
    header(tag, length, &mut out);
    for part in parts {
        out.extend_from_slice(part.as_ref());
    }
    out
}

pub(super) fn sequence<P: AsRef<[u8]>>(parts: &[P]) -> Vec<u8> {
    constructed(SEQUENCE, parts)
}

/// `SET OF`: DER wants the parts in ascending order (X.690 §11.6).
pub(super) fn set_of(mut parts: Vec<Vec<u8>>) -> Vec<u8> {
    parts.sort();
    constructed(SET, &parts)
}

/// `[number]` around complete values (EXPLICIT), or in place of a constructed tag (IMPLICIT).
pub(super) fn tagged<P: AsRef<[u8]>>(number: u8, parts: &[P]) -> Vec<u8> {
    constructed(0xa0 | number, parts)
}

/// `[number] IMPLICIT` of a primitive type.
pub(super) fn tagged_primitive(number: u8, content: &[u8]) -> Vec<u8> {
    value(0x80 | number, content)
}

/// Appends a non-negative INTEGER given as big-endian octets.
pub(super) fn integer_into(magnitude: &[u8], out: &mut Vec<u8>) {
    let start = magnitude.iter().position(|octet| *octet != 0).unwrap_or(magnitude.len());
    let significant = magnitude.get(start..).unwrap_or_default();
    // A leading one bit would make it negative; nothing at all is zero.
    let pad = significant.first().is_none_or(|octet| *octet >= 0x80);
    header(INTEGER, significant.len().saturating_add(usize::from(pad)), out);
    if pad {
        out.push(0);
    }
    out.extend_from_slice(significant);
}

pub(super) fn integer(magnitude: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    integer_into(magnitude, &mut out);
    out
}

pub(super) fn boolean_true() -> Vec<u8> {
    vec![0x01, 0x01, 0xff]
}

pub(super) fn null() -> Vec<u8> {
    vec![0x05, 0x00]
}

pub(super) fn enumerated(number: u8) -> Vec<u8> {
    vec![0x0a, 0x01, number]
}

pub(super) fn oid(identifier: &ObjectIdentifier) -> Vec<u8> {
    value(0x06, identifier.as_bytes())
}

pub(super) fn octet_string(content: &[u8]) -> Vec<u8> {
    value(OCTET_STRING, content)
}

/// A BIT STRING of whole octets.
pub(super) fn bit_string(content: &[u8]) -> Vec<u8> {
    constructed(0x03, &[&[0][..], content])
}

/// A BIT STRING of named bits, bit 0 first; trailing zeros are cut (X.690 §11.2.2).
pub(super) fn named_bits(bits: u32) -> Vec<u8> {
    let octets = bits.reverse_bits().to_be_bytes();
    let used = octets.iter().rposition(|octet| *octet != 0).map_or(0, |last| last.saturating_add(1));
    let used = octets.get(..used).unwrap_or_default();
    // With no bits set there is no octet, and none of it is unused.
    let unused = used.last().map_or(0, |octet| octet.trailing_zeros());
    constructed(0x03, &[&[u8::try_from(unused).unwrap_or(0)][..], used])
}

/// `Time`: UTCTime through 2049, GeneralizedTime after (RFC 5280 §4.1.2.5).
pub(super) fn time(instant: i64) -> Result<Vec<u8>, IssueError> {
    let date = date(instant)?;
    let year = date.year();
    if !(1950..2050).contains(&year) {
        return generalized_time(instant);
    }
    let text = format!("{:02}{}", year.rem_euclid(100), within_year(&date));
    Ok(value(UTC_TIME, text.as_bytes()))
}

/// `GeneralizedTime` in whole seconds.
pub(super) fn generalized_time(instant: i64) -> Result<Vec<u8>, IssueError> {
    let date = date(instant)?;
    let text = format!("{:04}{}", date.year(), within_year(&date));
    Ok(value(GENERALIZED_TIME, text.as_bytes()))
}

fn date(instant: i64) -> Result<OffsetDateTime, IssueError> {
    let date = OffsetDateTime::from_unix_timestamp(instant).map_err(|_| IssueError::Instant { instant })?;
    if (1950..=9999).contains(&date.year()) { Ok(date) } else { Err(IssueError::Instant { instant }) }
}

fn within_year(date: &OffsetDateTime) -> String {
    let (month, day) = (u8::from(date.month()), date.day());
    format!("{month:02}{day:02}{:02}{:02}{:02}Z", date.hour(), date.minute(), date.second())
}
