//! Identification numbers in the subject of a certificate.

use super::data::Number;
use super::{Profile, Unsuited};
use crate::identity::{Bin, Iin, NumberError};
use crate::path::cursor::{Cursor, tag};
use crate::path::{Certificate, Malformed, text};

impl Profile {
    /// Who the subject is: a person by individual identification number, where the profile requires one.
    ///
    /// # Errors
    /// [`Unsuited::Persons`], [`Unsuited::Number`], [`Unsuited::Subject`].
    pub fn person(&self, certificate: &Certificate) -> Result<Option<Iin>, Unsuited> {
        let rule = &self.data.person;
        let found = numbers(certificate, rule)?;
        match found.as_slice() {
            [] if !rule.required => Ok(None),
            [one] if rule.check_digit => one.parse().map(Some).map_err(Unsuited::Number),
            [one] => Iin::parse_unchecked_digit(one).map(Some).map_err(Unsuited::Number),
            several => Err(Unsuited::Persons { found: several.len() }),
        }
    }

    /// Whom the subject acts for: an organisation by business identification number. Private persons act for none.
    ///
    /// # Errors
    /// [`Unsuited::Organisations`], [`Unsuited::Number`], [`Unsuited::Subject`].
    pub fn organisation(&self, certificate: &Certificate) -> Result<Option<Bin>, Unsuited> {
        let rule = &self.data.organisation;
        let found = numbers(certificate, rule)?;
        match found.as_slice() {
            [] if !rule.required => Ok(None),
            [one] if rule.check_digit => one.parse().map(Some).map_err(Unsuited::Number),
            [one] => Bin::parse_unchecked_digit(one).map(Some).map_err(Unsuited::Number),
            several => Err(Unsuited::Organisations { found: several.len() }),
        }
    }
}

/// What follows the prefix, in every attribute of the rule's type that begins with it. Two that say the same are still two: an authority
/// that writes a number twice did not follow its own profile.
fn numbers(certificate: &Certificate, rule: &Number) -> Result<Vec<String>, Unsuited> {
    let values = attributes(certificate.subject().der(), rule).map_err(|_| Unsuited::Subject)?;
    let mut numbers = Vec::new();
    for value in values {
        if let Some(number) = value.strip_prefix(rule.prefix.as_str()) {
            if number.len() != 12 {
                return Err(Unsuited::Number(NumberError::NotTwelveDigits));
            }
            numbers.push(number.to_owned());
        }
    }
    Ok(numbers)
}

fn attributes(name: &[u8], rule: &Number) -> Result<Vec<String>, Malformed> {
    let mut sequence = Cursor::new(Cursor::only(name, tag::SEQUENCE)?);
    let mut values = Vec::new();
    while !sequence.is_empty() {
        let mut set = sequence.enter(tag::SET)?;
        while !set.is_empty() {
            let mut attribute = set.sequence()?;
            let kind = attribute.oid()?;
            let value = attribute.next()?;
            if kind == rule.attribute {
                values.extend(text::decode(value.tag, value.value)?);
            }
        }
    }
    Ok(values)
}
