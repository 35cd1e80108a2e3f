//! A cursor over DER that never copies and never goes back.
//!
//! X.690 distinguished encoding only: definite lengths in the fewest octets, tag numbers below 31. What is not distinguished is refused,
//! because two readers of one certificate must not see two certificates. The structures read here (certificates, revocation lists, OCSP
//! answers) are large and their raw octets are needed for signatures, names and digests; hence slices, not owned values.

use const_oid::ObjectIdentifier;

use super::Malformed;
use crate::UnixTime;

/// Identifier octets, as they stand in the encoding.
pub(crate) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const NULL: u8 = 0x05;
    pub(crate) const OID: u8 = 0x06;
    pub(crate) const ENUMERATED: u8 = 0x0a;
    pub(crate) const UTF8_STRING: u8 = 0x0c;
    pub(crate) const NUMERIC_STRING: u8 = 0x12;
    pub(crate) const PRINTABLE_STRING: u8 = 0x13;
    pub(crate) const TELETEX_STRING: u8 = 0x14;
    pub(crate) const IA5_STRING: u8 = 0x16;
    pub(crate) const UTC_TIME: u8 = 0x17;
    pub(crate) const GENERALIZED_TIME: u8 = 0x18;
    pub(crate) const VISIBLE_STRING: u8 = 0x1a;
    pub(crate) const UNIVERSAL_STRING: u8 = 0x1c;
    pub(crate) const BMP_STRING: u8 = 0x1e;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;

    /// `[n] IMPLICIT` of a primitive type.
    pub(crate) const fn context(number: u8) -> u8 {
        0x80 | number
    }

    /// `[n] EXPLICIT`, or `[n] IMPLICIT` of a constructed type.
    pub(crate) const fn constructed(number: u8) -> u8 {
        0xa0 | number
    }
}

/// One element: its identifier octet, its content, and both together with the length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tlv<'a> {
    pub(crate) tag: u8,
    pub(crate) value: &'a [u8],
    pub(crate) raw: &'a [u8],
}

/// Reads elements one after another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(der: &'a [u8]) -> Self {
        Self { rest: der }
    }

    /// The one element that `der` must be, of type `tag`, and nothing after it.
    pub(crate) fn only(der: &'a [u8], tag: u8) -> Result<&'a [u8], Malformed> {
        let mut cursor = Self::new(der);
        let value = cursor.expect(tag)?;
        cursor.finish()?;
        Ok(value)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Octets not read yet.
    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Nothing may be left over: trailing octets are where a second meaning hides.
    pub(crate) fn finish(self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed::TrailingData) }
    }

    pub(crate) fn next(&mut self) -> Result<Tlv<'a>, Malformed> {
        let (&tag, after_tag) = self.rest.split_first().ok_or(Malformed::Truncated)?;
        if tag & 0x1f == 0x1f {
            return Err(Malformed::NotDistinguished);
        }
        let (length, content) = length(after_tag)?;
        let (value, rest) = content.split_at_checked(length).ok_or(Malformed::Truncated)?;
        let taken = self.rest.len().checked_sub(rest.len()).ok_or(Malformed::Truncated)?;
        let raw = self.rest.get(..taken).ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(Tlv { tag, value, raw })
    }

    /// The content of the next element, which must be of type `tag`.
    pub(crate) fn expect(&mut self, tag: u8) -> Result<&'a [u8], Malformed> {
        Ok(self.expect_tlv(tag)?.value)
    }

    pub(crate) fn expect_tlv(&mut self, tag: u8) -> Result<Tlv<'a>, Malformed> {
        let mut ahead = *self;
        let tlv = ahead.next()?;
        if tlv.tag != tag {
            return Err(Malformed::UnexpectedTag { expected: tag, found: tlv.tag });
        }
        *self = ahead;
        Ok(tlv)
    }

    /// The content of the next element if it is of type `tag`.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, Malformed> {
        if self.peek() == Some(tag) { self.expect(tag).map(Some) } else { Ok(None) }
    }

    /// A cursor over the content of the next element, of type `tag`.
    pub(crate) fn enter(&mut self, tag: u8) -> Result<Cursor<'a>, Malformed> {
        self.expect(tag).map(Cursor::new)
    }

    pub(crate) fn sequence(&mut self) -> Result<Cursor<'a>, Malformed> {
        self.enter(tag::SEQUENCE)
    }

    pub(crate) fn oid(&mut self) -> Result<ObjectIdentifier, Malformed> {
        oid(self.expect(tag::OID)?)
    }

    /// `BOOLEAN DEFAULT FALSE`: absent or TRUE, since DER never writes a default.
    pub(crate) fn default_false(&mut self, tag: u8) -> Result<bool, Malformed> {
        match self.optional(tag)? {
            None => Ok(false),
            Some(value) => {
                boolean(value).and_then(|set| if set { Ok(true) } else { Err(Malformed::NotDistinguished) })
            }
        }
    }

    /// `UTCTime` or `GeneralizedTime`.
    pub(crate) fn time(&mut self) -> Result<UnixTime, Malformed> {
        let mut ahead = *self;
        let tlv = ahead.next()?;
        let instant = match tlv.tag {
            tag::UTC_TIME => utc_time(tlv.value),
            tag::GENERALIZED_TIME => generalized_time(tlv.value),
            found => Err(Malformed::UnexpectedTag { expected: tag::UTC_TIME, found }),
        }?;
        *self = ahead;
        Ok(instant)
    }
}

/// X.690 §10.1: definite, in the fewest octets. Four octets of length are more than any budget here lets in.
fn length(bytes: &[u8]) -> Result<(usize, &[u8]), Malformed> {
    let (&first, rest) = bytes.split_first().ok_or(Malformed::Truncated)?;
    if first < 0x80 {
        return Ok((usize::from(first), rest));
    }
    let count = usize::from(first & 0x7f);
    if count == 0 || count > 4 {
        return Err(Malformed::NotDistinguished);
    }
    let (octets, rest) = rest.split_at_checked(count).ok_or(Malformed::Truncated)?;
    let value = octets.iter().fold(0_u64, |value, octet| (value << 8) | u64::from(*octet));
    let fewest = octets.first() != Some(&0) && value >= 0x80;
    let value = usize::try_from(value).map_err(|_| Malformed::NotDistinguished)?;
    if fewest { Ok((value, rest)) } else { Err(Malformed::NotDistinguished) }
}

pub(crate) fn oid(value: &[u8]) -> Result<ObjectIdentifier, Malformed> {
    ObjectIdentifier::from_bytes(value).map_err(|_| Malformed::ObjectIdentifier)
}

pub(crate) fn boolean(value: &[u8]) -> Result<bool, Malformed> {
    match value {
        [0x00] => Ok(false),
        [0xff] => Ok(true),
        _ => Err(Malformed::NotDistinguished),
    }
}

/// Content of an INTEGER in the fewest octets (X.690 §8.3.2), two's complement.
pub(crate) fn integer(value: &[u8]) -> Result<&[u8], Malformed> {
    match value {
        [] => Err(Malformed::Integer),
        [0x00, next, ..] if *next < 0x80 => Err(Malformed::NotDistinguished),
        [0xff, next, ..] if *next >= 0x80 => Err(Malformed::NotDistinguished),
        _ => Ok(value),
    }
}

/// A non-negative INTEGER without its sign octet.
pub(crate) fn unsigned(value: &[u8]) -> Result<&[u8], Malformed> {
    match integer(value)? {
        [0x00, rest @ ..] if !rest.is_empty() => Ok(rest),
        [first, ..] if *first >= 0x80 => Err(Malformed::Integer),
        octets => Ok(octets),
    }
}

/// A small count (`SkipCerts`, path length). Larger ones mean "unbounded" just as well.
pub(crate) fn count(value: &[u8]) -> Result<u32, Malformed> {
    let octets = unsigned(value)?;
    Ok(octets
        .iter()
        .try_fold(0_u32, |sum, octet| sum.checked_mul(256)?.checked_add(u32::from(*octet)))
        .unwrap_or(u32::MAX))
}

/// A BIT STRING of whole octets: keys and signatures.
pub(crate) fn octets_of_bits(value: &[u8]) -> Result<&[u8], Malformed> {
    match value {
        [0, octets @ ..] => Ok(octets),
        _ => Err(Malformed::BitString),
    }
}

/// A named bit list (X.690 §11.2.2: no trailing zero bits), as a mask whose bit *n* is named bit *n*. Bits above 15 are not kept.
pub(crate) fn named_bits(value: &[u8]) -> Result<u16, Malformed> {
    let (&unused, octets) = value.split_first().ok_or(Malformed::BitString)?;
    if unused > 7 || (octets.is_empty() && unused != 0) {
        return Err(Malformed::BitString);
    }
    let last_used = octets.last().map_or(1, |last| (last >> unused) & 1);
    let padding = octets.last().map_or(0, |last| last & (1_u8 << unused).wrapping_sub(1));
    if last_used == 0 || padding != 0 {
        return Err(Malformed::NotDistinguished);
    }
    let first = octets.first().map_or(0, |octet| u16::from(octet.reverse_bits()));
    let second = octets.get(1).map_or(0, |octet| u16::from(octet.reverse_bits()));
    Ok(first | (second << 8))
}

/// RFC 5280 §4.1.2.5.1: `YYMMDDHHMMSSZ`, years 1950 to 2049.
fn utc_time(value: &[u8]) -> Result<UnixTime, Malformed> {
    let (year, rest) = value.split_at_checked(2).ok_or(Malformed::Time)?;
    let year = digits(year)?;
    let century = if year >= 50 { 1900 } else { 2000 };
    instant(century + year, rest)
}

/// RFC 5280 §4.1.2.5.2: `YYYYMMDDHHMMSSZ`, no fractions.
pub(crate) fn generalized_time(value: &[u8]) -> Result<UnixTime, Malformed> {
    let (year, rest) = value.split_at_checked(4).ok_or(Malformed::Time)?;
    instant(digits(year)?, rest)
}

fn instant(year: i32, rest: &[u8]) -> Result<UnixTime, Malformed> {
    let [m1, m2, d1, d2, h1, h2, n1, n2, s1, s2, b'Z'] = rest else {
        return Err(Malformed::Time);
    };
    let two = |tens: &u8, ones: &u8| {
        digits(&[*tens, *ones]).and_then(|n| u8::try_from(n).map_err(|_| Malformed::Time))
    };
    let month = time::Month::try_from(two(m1, m2)?).map_err(|_| Malformed::Time)?;
    let date = time::Date::from_calendar_date(year, month, two(d1, d2)?).map_err(|_| Malformed::Time)?;
    let clock = date.with_hms(two(h1, h2)?, two(n1, n2)?, two(s1, s2)?).map_err(|_| Malformed::Time)?;
    Ok(clock.assume_utc().unix_timestamp())
}

fn digits(octets: &[u8]) -> Result<i32, Malformed> {
    octets.iter().try_fold(0_i32, |sum, octet| {
        if octet.is_ascii_digit() { Ok(sum * 10 + i32::from(octet - b'0')) } else { Err(Malformed::Time) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_lengths_that_are_not_in_the_fewest_octets() {
        for der in [
            &[0x04, 0x81, 0x01, 0xaa][..],
            &[0x04, 0x82, 0x00, 0x80],
            &[0x04, 0x80, 0x00, 0x00],
            &[0x1f, 0x01, 0x00],
        ] {
            assert_eq!(Cursor::new(der).next(), Err(Malformed::NotDistinguished));
        }
        assert_eq!(Cursor::new(&[0x04, 0x02, 0xaa]).next(), Err(Malformed::Truncated));
    }

    #[test]
    fn reads_both_forms_of_time_and_no_others() {
        let time = |tag, text: &[u8]| {
            let mut der = vec![tag, u8::try_from(text.len()).unwrap()];
            der.extend_from_slice(text);
            Cursor::new(&der).time()
        };
        assert_eq!(time(tag::UTC_TIME, b"700101000000Z"), Ok(0));
        assert_eq!(time(tag::UTC_TIME, b"500101000000Z"), Ok(-631_152_000));
        assert_eq!(time(tag::GENERALIZED_TIME, b"20500101120000Z"), Ok(2_524_651_200));
        for text in
            [&b"7001010000Z"[..], b"700101000000+0000", b"701301000000Z", b"700230000000Z", b"70010100000aZ"]
        {
            assert_eq!(time(tag::UTC_TIME, text), Err(Malformed::Time));
        }
        assert_eq!(time(tag::GENERALIZED_TIME, b"20500101120000.5Z"), Err(Malformed::Time));
    }

    #[test]
    fn named_bits_are_numbered_from_the_most_significant() {
        assert_eq!(named_bits(&[0x01, 0x06]), Ok(0b110_0000));
        assert_eq!(named_bits(&[0x07, 0x00, 0x80]), Ok(0b1_0000_0000));
        assert_eq!(named_bits(&[0x00]), Ok(0));
        assert_eq!(named_bits(&[0x00, 0x06]), Err(Malformed::NotDistinguished));
    }

    #[test]
    fn integers_are_minimal_and_counts_saturate() {
        assert_eq!(integer(&[0x00, 0x01]), Err(Malformed::NotDistinguished));
        assert_eq!(unsigned(&[0x00, 0x80]), Ok(&[0x80][..]));
        assert_eq!(unsigned(&[0x80]), Err(Malformed::Integer));
        assert_eq!(count(&[0x01, 0, 0, 0, 0, 0]), Ok(u32::MAX));
        assert_eq!(count(&[0x00]), Ok(0));
    }
}
