//! Where revocation lists are distributed (RFC 5280 §4.2.1.13), and which reasons they cover.

use super::cursor::{self, Cursor, tag};
use super::{GeneralName, Malformed, Name, budget};

/// A set of revocation reasons (`ReasonFlags`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reasons(u16);

impl Reasons {
    /// Every reason.
    pub const ALL: Self = Self(0b1_1111_1110);
    /// No reason.
    pub const NONE: Self = Self(0);

    /// A BIT STRING's content. Bit 0 is unused by definition and counts for nothing.
    pub(crate) fn parse(value: &[u8]) -> Result<Self, Malformed> {
        Ok(Self(cursor::named_bits(value)? & Self::ALL.0))
    }

    /// In both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// In either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is here.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// `DistributionPointName`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DistributionPointName {
    /// One or more names, all of the same place.
    Full(Vec<GeneralName>),
    /// To be appended to the name of the list's issuer: content of the SET.
    Relative(Vec<u8>),
}

impl DistributionPointName {
    /// Content of `[0] DistributionPointName`.
    pub(crate) fn parse(value: &[u8]) -> Result<Self, Malformed> {
        let mut content = Cursor::new(value);
        let name = match content.optional(tag::constructed(0))? {
            Some(full) => Self::Full(GeneralName::read_all(full)?),
            None => Self::Relative(content.expect(tag::constructed(1))?.to_vec()),
        };
        content.finish()?;
        Ok(name)
    }

    /// All names it stands for, `issuer` being the one to append a relative name to.
    pub(crate) fn resolve(&self, issuer: &Name) -> Result<Vec<GeneralName>, Malformed> {
        match self {
            Self::Full(names) => Ok(names.clone()),
            Self::Relative(content) => Ok(vec![GeneralName::Directory(issuer.child(content)?)]),
        }
    }
}

/// `DistributionPoint`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistributionPoint {
    /// Where.
    pub name: Option<DistributionPointName>,
    /// Which reasons the list there covers; all if not said.
    pub reasons: Reasons,
    /// Who signs the list, if not the certificate's issuer.
    pub issuers: Option<Vec<Name>>,
}

impl DistributionPoint {
    /// The value of `cRLDistributionPoints` or `freshestCRL`.
    pub(crate) fn read_all(value: &[u8]) -> Result<Vec<Self>, Malformed> {
        let mut cursor = Cursor::new(Cursor::only(value, tag::SEQUENCE)?);
        let mut points = Vec::new();
        while !cursor.is_empty() {
            points.push(Self::parse(cursor.sequence()?)?);
            if points.len() > budget::MAX_LISTED {
                return Err(Malformed::TooLarge { size: points.len(), limit: budget::MAX_LISTED });
            }
        }
        if points.is_empty() { Err(Malformed::Truncated) } else { Ok(points) }
    }

    fn parse(mut content: Cursor<'_>) -> Result<Self, Malformed> {
        let name = content.optional(tag::constructed(0))?.map(DistributionPointName::parse).transpose()?;
        let reasons = content.optional(tag::context(1))?.map_or(Ok(Reasons::ALL), Reasons::parse)?;
        let issuers = content.optional(tag::constructed(2))?.map(directory_names).transpose()?;
        content.finish()?;
        // §4.2.1.13: a point of reasons alone says nothing.
        if name.is_none() && issuers.is_none() {
            return Err(Malformed::Truncated);
        }
        Ok(Self { name, reasons, issuers })
    }

    /// The addresses of this point that can be fetched.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        let names = match &self.name {
            Some(DistributionPointName::Full(names)) => names.as_slice(),
            _ => &[],
        };
        names.iter().filter_map(|name| match name {
            GeneralName::Uri(uri) => Some(uri.as_str()),
            _ => None,
        })
    }
}

fn directory_names(value: &[u8]) -> Result<Vec<Name>, Malformed> {
    Ok(GeneralName::read_all(value)?
        .into_iter()
        .filter_map(|name| match name {
            GeneralName::Directory(name) => Some(name),
            _ => None,
        })
        .collect())
}
