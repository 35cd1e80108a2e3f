//! Names of subjects and issuers, written as the national authorities write them.

use const_oid::db::rfc4519;
use der::asn1::ObjectIdentifier;

use super::{IssueError, asn1};
use crate::identity::{Bin, Iin};

/// A distinguished name under construction: one attribute per relative name, in the order they were added.
///
/// Parts may repeat, so that names which a verifier must refuse can be made too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DistinguishedName {
    parts: Vec<(ObjectIdentifier, String)>,
}

impl DistinguishedName {
    /// A name that begins with `CN`.
    #[must_use]
    pub fn common_name(text: &str) -> Self {
        Self::default().with(rfc4519::COMMON_NAME, text)
    }

    /// Adds any attribute.
    #[must_use]
    pub fn with(mut self, attribute: ObjectIdentifier, text: &str) -> Self {
        self.parts.push((attribute, text.to_owned()));
        self
    }

    /// Adds `serialNumber=IIN…`, the number of a person.
    #[must_use]
    pub fn iin(self, iin: &Iin) -> Self {
        self.with(rfc4519::SERIAL_NUMBER, &format!("IIN{}", iin.as_str()))
    }

    /// Adds `OU=BIN…`, the number of an organisation.
    #[must_use]
    pub fn bin(self, bin: &Bin) -> Self {
        self.with(rfc4519::ORGANIZATIONAL_UNIT_NAME, &format!("BIN{}", bin.as_str()))
    }

    /// Adds `O`.
    #[must_use]
    pub fn organization(self, text: &str) -> Self {
        self.with(rfc4519::ORGANIZATION_NAME, text)
    }

    /// Adds `SN`, the family name.
    #[must_use]
    pub fn surname(self, text: &str) -> Self {
        self.with(rfc4519::SN, text)
    }

    /// Adds `GN`; the national authorities put the patronymic here.
    #[must_use]
    pub fn given_name(self, text: &str) -> Self {
        self.with(rfc4519::GIVEN_NAME, text)
    }

    /// Adds `C=KZ`.
    #[must_use]
    pub fn kazakhstan(self) -> Self {
        self.with(rfc4519::COUNTRY_NAME, "KZ")
    }

    /// DER `Name`. Country and serial number are PrintableString (RFC 5280 Appendix A), the rest UTF8String.
    ///
    /// # Errors
    /// [`IssueError::Text`] for a country or serial number that is not printable ASCII.
    pub fn to_der(&self) -> Result<Vec<u8>, IssueError> {
        let mut names = Vec::with_capacity(self.parts.len());
        for (attribute, text) in &self.parts {
            let printable = matches!(*attribute, rfc4519::COUNTRY_NAME | rfc4519::SERIAL_NUMBER);
            if printable && !text.bytes().all(is_printable) {
                return Err(IssueError::Text);
            }
            let tag = if printable { asn1::PRINTABLE_STRING } else { asn1::UTF8_STRING };
            let pair = asn1::sequence(&[asn1::oid(attribute), asn1::value(tag, text.as_bytes())]);
            names.push(asn1::set_of(vec![pair]));
        }
        Ok(asn1::sequence(&names))
    }
}

/// X.680 §41.4.
fn is_printable(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&octet)
}
