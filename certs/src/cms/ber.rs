//! BER to DER, as far as CMS needs it: RFC 5652 §2 lets a sender write BER, and streaming senders do.
//!
//! Indefinite and over-long lengths become definite and shortest; OCTET STRINGs in pieces become whole. Nothing inside primitive elements is
//! touched, so a certificate that is DER comes out octet for octet as it went in, and one that is not no longer matches its signature.

/// How deep elements may nest. A time-stamp with a chain inside a message reaches 20.
const DEEPEST: u32 = 32;
/// How many elements there may be. A message with sixteen certificates and a time-stamp has about 3,000.
const MOST: u32 = 16_384;

const OCTET_STRING: u8 = 0x04;
const CONSTRUCTED: u8 = 0x20;

/// Why octets are not BER this reader takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BerError {
    /// An element is longer than what holds it, or is not closed.
    #[error("the encoding ends in the middle of an element")]
    Truncated,
    /// Octets follow the outermost element.
    #[error("octets follow the end of the message")]
    TrailingData,
    /// A tag number above 30, a reserved length octet, a length above 32 bits, or an indefinite length on a primitive element.
    #[error("an element has an identifier or length that is not allowed")]
    Header,
    /// A piece of an OCTET STRING that is none.
    #[error("an octet string contains something else")]
    Pieces,
    /// More than [`DEEPEST`] levels.
    #[error("elements nest deeper than {DEEPEST} levels")]
    Depth,
    /// More than [`MOST`] elements.
    #[error("there are more than {MOST} elements")]
    Elements,
}

/// The DER form of the one BER element that `input` must be.
///
/// # Errors
/// [`BerError`].
pub fn to_der(input: &[u8]) -> Result<Vec<u8>, BerError> {
    let mut reader = Reader { rest: input, left: MOST };
    let mut out = Vec::with_capacity(input.len());
    if !reader.element(&mut out, DEEPEST)? {
        return Err(BerError::Header);
    }
    if reader.rest.is_empty() { Ok(out) } else { Err(BerError::TrailingData) }
}

struct Reader<'a> {
    rest: &'a [u8],
    left: u32,
}

enum Length {
    Definite(usize),
    Indefinite,
}

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Result<u8, BerError> {
        let (&byte, rest) = self.rest.split_first().ok_or(BerError::Truncated)?;
        self.rest = rest;
        Ok(byte)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], BerError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(BerError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    /// X.690 §8.1.3.
    fn length(&mut self) -> Result<Length, BerError> {
        let first = self.byte()?;
        match first {
            0x00..=0x7f => Ok(Length::Definite(usize::from(first))),
            0x80 => Ok(Length::Indefinite),
            0xff => Err(BerError::Header),
            _ => {
                let octets = self.take(usize::from(first & 0x7f))?;
                let value = octets.iter().try_fold(0_u32, |value, octet| {
                    value.checked_mul(256).and_then(|value| value.checked_add(u32::from(*octet)))
                });
                let value = value.ok_or(BerError::Header)?;
                usize::try_from(value).map(Length::Definite).map_err(|_| BerError::Header)
            }
        }
    }

    /// Writes one element in DER; `false` if it was the end-of-contents mark, which writes nothing.
    fn element(&mut self, out: &mut Vec<u8>, depth: u32) -> Result<bool, BerError> {
        let depth = depth.checked_sub(1).ok_or(BerError::Depth)?;
        self.left = self.left.checked_sub(1).ok_or(BerError::Elements)?;
        let tag = self.byte()?;
        if tag & 0x1f == 0x1f {
            return Err(BerError::Header);
        }
        let length = self.length()?;
        if tag == 0 {
            return if matches!(length, Length::Definite(0)) { Ok(false) } else { Err(BerError::Header) };
        }
        if tag == OCTET_STRING | CONSTRUCTED {
            return self.whole(out, &length, depth).map(|()| true);
        }
        out.push(tag);
        match length {
            Length::Definite(length) if tag & CONSTRUCTED == 0 => {
                write_length(out, length)?;
                out.extend_from_slice(self.take(length)?);
            }
            Length::Indefinite if tag & CONSTRUCTED == 0 => return Err(BerError::Header),
            length => self.inside(out, &length, depth, |reader, out, depth| reader.element(out, depth))?,
        }
        Ok(true)
    }

    /// An OCTET STRING in pieces, written in one (X.690 §10.2).
    fn whole(&mut self, out: &mut Vec<u8>, length: &Length, depth: u32) -> Result<(), BerError> {
        out.push(OCTET_STRING);
        self.inside(out, length, depth, Self::piece)
    }

    /// The content of one piece, without its header; pieces may be in pieces themselves (X.690 §8.7.3).
    fn piece(&mut self, out: &mut Vec<u8>, depth: u32) -> Result<bool, BerError> {
        let depth = depth.checked_sub(1).ok_or(BerError::Depth)?;
        self.left = self.left.checked_sub(1).ok_or(BerError::Elements)?;
        let tag = self.byte()?;
        match (tag, self.length()?) {
            (0, Length::Definite(0)) => Ok(false),
            (OCTET_STRING, Length::Definite(length)) => {
                out.extend_from_slice(self.take(length)?);
                Ok(true)
            }
            (tag, length) if tag == OCTET_STRING | CONSTRUCTED => {
                self.each(out, &length, depth, Self::piece).map(|()| true)
            }
            _ => Err(BerError::Pieces),
        }
    }

    /// Writes the length octets of what `step` writes, then that.
    fn inside(
        &mut self,
        out: &mut Vec<u8>,
        length: &Length,
        depth: u32,
        step: impl Fn(&mut Self, &mut Vec<u8>, u32) -> Result<bool, BerError>,
    ) -> Result<(), BerError> {
        let start = out.len();
        // In DER the length is known beforehand and nothing needs to move afterwards.
        if let Length::Definite(length) = length {
            write_length(out, *length)?;
        }
        let body = out.len();
        self.each(out, length, depth, step)?;
        let written = out.len().saturating_sub(body);
        if !matches!(length, Length::Definite(length) if *length == written) {
            let mut header = Vec::with_capacity(5);
            write_length(&mut header, written)?;
            out.splice(start..body, header);
        }
        Ok(())
    }

    fn each(
        &mut self,
        out: &mut Vec<u8>,
        length: &Length,
        depth: u32,
        step: impl Fn(&mut Self, &mut Vec<u8>, u32) -> Result<bool, BerError>,
    ) -> Result<(), BerError> {
        match length {
            Length::Indefinite => {
                while step(self, out, depth)? {}
                Ok(())
            }
            Length::Definite(length) => {
                let mut inner = Reader { rest: self.take(*length)?, left: self.left };
                while !inner.rest.is_empty() {
                    // An end-of-contents mark closes indefinite lengths only.
                    if !step(&mut inner, out, depth)? {
                        return Err(BerError::Header);
                    }
                }
                self.left = inner.left;
                Ok(())
            }
        }
    }
}

fn write_length(out: &mut Vec<u8>, length: usize) -> Result<(), BerError> {
    let octets = u32::try_from(length).map_err(|_| BerError::Header)?.to_be_bytes();
    let significant: Vec<u8> = octets.into_iter().skip_while(|octet| *octet == 0).collect();
    match significant.as_slice() {
        [] => out.push(0),
        [short] if *short < 0x80 => out.push(*short),
        long => {
            out.push(0x80 | u8::try_from(long.len()).map_err(|_| BerError::Header)?);
            out.extend_from_slice(long);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_der_as_it_is() {
        let der = [0x30, 0x05, 0x02, 0x01, 0x01, 0x04, 0x00];
        assert_eq!(to_der(&der).unwrap(), der);
    }

    #[test]
    fn closes_indefinite_lengths_and_joins_pieces() {
        let ber = [0x30, 0x80, 0x24, 0x80, 4, 1, 0xaa, 0x24, 3, 4, 1, 0xbb, 0, 0, 0x30, 0x81, 0x00, 0, 0];
        assert_eq!(to_der(&ber).unwrap(), [0x30, 0x06, 0x04, 0x02, 0xaa, 0xbb, 0x30, 0x00]);
    }

    #[test]
    fn shortens_over_long_lengths_around_long_content() {
        let mut ber = vec![0x30, 0x84, 0, 0, 1, 4, 0x04, 0x83, 0, 0, 0xff];
        ber.extend([7; 255]);
        ber.splice(2..6, [0, 0, 1, 4]);
        let mut der = vec![0x30, 0x82, 1, 2, 0x04, 0x81, 0xff];
        der.extend([7; 255]);
        assert_eq!(to_der(&ber), Ok(der));
    }

    #[test]
    fn refuses_what_is_not_closed_or_goes_on() {
        assert_eq!(to_der(&[0x30, 0x80, 0x02, 0x01, 0x01]), Err(BerError::Truncated));
        assert_eq!(to_der(&[0x30, 0x80, 0x02, 0x01, 0x01, 0x00, 0x00, 0x00]), Err(BerError::TrailingData));
        assert_eq!(to_der(&[0x04, 0x80, 0x00, 0x00]), Err(BerError::Header));
        assert_eq!(to_der(&[0x30, 0x02, 0x00, 0x00]), Err(BerError::Header));
        assert_eq!(to_der(&[0x24, 0x03, 0x02, 0x01, 0x01]), Err(BerError::Pieces));
        assert_eq!(to_der(&[0x30, 0x85, 1, 0, 0, 0, 0]), Err(BerError::Header));
        assert_eq!(to_der(&[0x1f, 0x81, 0x01, 0x00]), Err(BerError::Header));
        assert_eq!(to_der(&[]), Err(BerError::Truncated));
    }

    #[test]
    fn depth_and_number_are_limited() {
        assert_eq!(to_der(&[0x30, 0x80].repeat(100)), Err(BerError::Depth));
        assert_eq!(to_der(&[0x24, 0x80].repeat(100)), Err(BerError::Depth));
        let mut many = vec![0x30, 0x80];
        many.extend([0x05, 0x00].repeat(20_000));
        many.extend([0, 0]);
        assert_eq!(to_der(&many), Err(BerError::Elements));
    }
}
