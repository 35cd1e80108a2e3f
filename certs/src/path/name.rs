//! Distinguished names, compared as RFC 5280 §7.1 says.

use core::fmt;
use std::sync::Arc;

use const_oid::ObjectIdentifier;

use super::cursor::{self, Cursor, tag};
use super::{Malformed, readable, text};

/// `emailAddress` (PKCS #9): the one attribute that name constraints on mail addresses look into.
const EMAIL_ADDRESS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.1");

/// A distinguished name: its octets as issued, and a form in which equal names are equal octets.
#[derive(Clone)]
pub struct Name {
    der: Arc<[u8]>,
    /// Each relative name in comparable form. Their order matters, the order of attributes inside one does not (X.501 §9.4).
    relative: Vec<Arc<[u8]>>,
    key: NameKey,
}

/// A digest of a name's comparable form: equal exactly for names that match (RFC 5280 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NameKey(pub(crate) [u8; 32]);

impl Name {
    /// Reads a DER `Name`.
    ///
    /// # Errors
    /// [`Malformed`] if it is none, or a text has characters outside of its type.
    pub fn parse(der: &[u8]) -> Result<Self, Malformed> {
        let mut sequence = Cursor::new(Cursor::only(der, tag::SEQUENCE)?);
        let mut relative = Vec::new();
        while !sequence.is_empty() {
            relative.push(relative_name(sequence.expect(tag::SET)?)?);
        }
        Ok(Self { der: der.into(), key: key_of(&relative), relative })
    }

    /// This name with one relative name more, given as the content of its SET (`nameRelativeToCRLIssuer`, RFC 5280 §4.2.1.13).
    pub(crate) fn child(&self, relative_content: &[u8]) -> Result<Self, Malformed> {
        let content = Cursor::only(&self.der, tag::SEQUENCE)?;
        let mut inner = content.to_vec();
        inner.extend_from_slice(&encode(tag::SET, relative_content));
        Self::parse(&encode(tag::SEQUENCE, &inner))
    }

    /// The octets as issued.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Equal exactly for names that match.
    #[must_use]
    pub fn key(&self) -> NameKey {
        self.key
    }

    /// Whether there is no relative name in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.relative.is_empty()
    }

    /// Whether this name is `base` or stands below it (RFC 5280 §4.2.1.10, directory names).
    pub(crate) fn is_within(&self, base: &Self) -> bool {
        self.relative.len() >= base.relative.len()
            && self.relative.iter().zip(&base.relative).all(|(own, other)| own == other)
    }

    /// The name as people write it, in its own order: `CN=…, C=KZ`. Attributes without a short name stand by their object identifier.
    /// Names of persons are personal data: whoever calls this shows them.
    #[must_use]
    pub fn readable(&self) -> String {
        readable::name(&self.der)
    }

    /// Mail addresses among the attributes.
    pub(crate) fn email_addresses(&self) -> Result<Vec<String>, Malformed> {
        let mut found = Vec::new();
        let mut sequence = Cursor::new(Cursor::only(&self.der, tag::SEQUENCE)?);
        while !sequence.is_empty() {
            let mut set = sequence.enter(tag::SET)?;
            while !set.is_empty() {
                let mut attribute = set.sequence()?;
                if attribute.oid()? == EMAIL_ADDRESS {
                    let value = attribute.next()?;
                    found.push(text::decode(value.tag, value.value)?.ok_or(Malformed::Text)?);
                }
            }
        }
        Ok(found)
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Name {}

/// Names of persons stay out of logs: only how many parts there are.
impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({} relative names)", self.relative.len())
    }
}

fn key_of(relative: &[Arc<[u8]>]) -> NameKey {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    for part in relative {
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(part);
    }
    let digest = context.finish();
    let mut key = [0; 32];
    for (octet, from) in key.iter_mut().zip(digest.as_ref()) {
        *octet = *from;
    }
    NameKey(key)
}

fn relative_name(content: &[u8]) -> Result<Arc<[u8]>, Malformed> {
    let mut set = Cursor::new(content);
    let mut attributes = Vec::new();
    while !set.is_empty() {
        let mut attribute = set.sequence()?;
        let kind = attribute.expect_tlv(tag::OID)?;
        cursor::oid(kind.value)?;
        let value = attribute.next()?;
        attribute.finish()?;
        let mut comparable = kind.raw.to_vec();
        comparable.extend_from_slice(&comparable_value(value.tag, value.value)?);
        attributes.push(comparable);
    }
    if attributes.is_empty() {
        return Err(Malformed::Truncated);
    }
    attributes.sort_unstable();
    let mut joined = Vec::new();
    for attribute in attributes {
        joined.extend_from_slice(&encode(tag::OCTET_STRING, &attribute));
    }
    Ok(joined.into())
}

/// Text of any character type compares as prepared text; everything else octet by octet.
fn comparable_value(tag: u8, value: &[u8]) -> Result<Vec<u8>, Malformed> {
    match text::decode(tag, value)?.and_then(|text| text::prepare(&text)) {
        Some(prepared) => Ok(encode(tag::UTF8_STRING, prepared.as_bytes())),
        None => Ok(encode(tag::OCTET_STRING, &encode(tag, value))),
    }
}

/// Definite form in the fewest octets; lengths come from octets already read, so they fit.
pub(crate) fn encode(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let octets: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|octet| *octet == 0).collect();
            out.push(0x80 | u8::try_from(octets.len()).unwrap_or(0x7f));
            out.extend_from_slice(&octets);
        }
    }
    out.extend_from_slice(content);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn common_name(tag: u8, value: &[u8]) -> Name {
        let mut attribute = vec![0x06, 0x03, 0x55, 0x04, 0x03];
        attribute.extend(encode(tag, value));
        Name::parse(&encode(tag::SEQUENCE, &encode(tag::SET, &encode(tag::SEQUENCE, &attribute)))).unwrap()
    }

    #[test]
    fn names_match_across_string_types_case_and_spaces() {
        let name = common_name(tag::PRINTABLE_STRING, b"Test  CA");
        assert_eq!(name, common_name(tag::UTF8_STRING, b" test ca "));
        assert_eq!(name, common_name(tag::BMP_STRING, b"\0T\0e\0s\0t\0 \0C\0A"));
        assert_ne!(name, common_name(tag::UTF8_STRING, b"testca"));
        assert_eq!(
            common_name(tag::UTF8_STRING, "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ".as_bytes()),
            common_name(tag::UTF8_STRING, "ұлттық куәландырушы".as_bytes())
        );
    }

    #[test]
    fn an_attribute_that_is_no_text_compares_by_its_octets() {
        assert_ne!(common_name(tag::OCTET_STRING, b"ca"), common_name(tag::UTF8_STRING, b"ca"));
        assert_ne!(common_name(tag::OCTET_STRING, b"ca"), common_name(tag::OCTET_STRING, b"CA"));
    }

    #[test]
    fn a_subordinate_name_is_within_its_base_and_not_the_reverse() {
        let base = common_name(tag::UTF8_STRING, b"a");
        let below =
            base.child(&encode(tag::SEQUENCE, &[0x06, 0x03, 0x55, 0x04, 0x0b, 0x0c, 0x01, b'b'])).unwrap();
        assert!(below.is_within(&base) && base.is_within(&base) && !base.is_within(&below));
    }
}
