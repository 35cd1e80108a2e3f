use const_oid::ObjectIdentifier;

use super::cursor::{self, Cursor, tag};
use super::{Malformed, Name, budget, text};

/// A `GeneralName` (RFC 5280 §4.2.1.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GeneralName {
    /// `otherName`, by its type; the content is not interpreted.
    Other(ObjectIdentifier),
    /// `rfc822Name`: `local@host`, or in constraints also a host or `.domain`.
    Mail(String),
    /// `dNSName`.
    Dns(String),
    /// `x400Address`, not interpreted.
    X400,
    /// `directoryName`.
    Directory(Name),
    /// `ediPartyName`, not interpreted.
    EdiParty,
    /// `uniformResourceIdentifier`.
    Uri(String),
    /// `iPAddress`: 4 or 16 octets; in constraints twice as many, address and mask.
    Ip(Vec<u8>),
    /// `registeredID`.
    RegisteredId(ObjectIdentifier),
}

impl GeneralName {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Malformed> {
        let tlv = cursor.next()?;
        Self::from_parts(tlv.tag, tlv.value)
    }

    pub(crate) fn from_parts(identifier: u8, value: &[u8]) -> Result<Self, Malformed> {
        const OTHER: u8 = tag::constructed(0);
        const MAIL: u8 = tag::context(1);
        const DNS: u8 = tag::context(2);
        const X400: u8 = tag::constructed(3);
        const DIRECTORY: u8 = tag::constructed(4);
        const EDI_PARTY: u8 = tag::constructed(5);
        const URI: u8 = tag::context(6);
        const IP: u8 = tag::context(7);
        const REGISTERED_ID: u8 = tag::context(8);
        Ok(match identifier {
            OTHER => {
                let mut content = Cursor::new(value);
                let kind = content.oid()?;
                content.expect(tag::constructed(0))?;
                content.finish()?;
                Self::Other(kind)
            }
            MAIL => Self::Mail(text::ascii(value)?),
            DNS => Self::Dns(text::ascii(value)?),
            X400 => Self::X400,
            // A Name is a CHOICE, so its tag is explicit.
            DIRECTORY => Self::Directory(Name::parse(value)?),
            EDI_PARTY => Self::EdiParty,
            URI => Self::Uri(text::ascii(value)?),
            IP => Self::Ip(value.to_vec()),
            REGISTERED_ID => Self::RegisteredId(cursor::oid(value)?),
            found => return Err(Malformed::UnexpectedTag { expected: DIRECTORY, found }),
        })
    }

    /// The content of `GeneralNames`: one or more.
    pub(crate) fn read_all(content: &[u8]) -> Result<Vec<Self>, Malformed> {
        let mut cursor = Cursor::new(content);
        let mut names = Vec::new();
        while !cursor.is_empty() {
            names.push(Self::read(&mut cursor)?);
            if names.len() > budget::MAX_LISTED {
                return Err(Malformed::TooLarge { size: names.len(), limit: budget::MAX_LISTED });
            }
        }
        if names.is_empty() { Err(Malformed::Truncated) } else { Ok(names) }
    }

    /// The form a constraint on this name must have to apply to it (RFC 5280 §4.2.1.10).
    pub(crate) fn same_form(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Other(own), Self::Other(their)) => own == their,
            _ => core::mem::discriminant(self) == core::mem::discriminant(other),
        }
    }
}
