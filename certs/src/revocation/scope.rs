//! Which certificates a list is about (RFC 5280 §5.2.5, §6.3.3 (b)).

use crate::path::cursor::{Cursor, tag};
use crate::path::{
    Certificate, DistributionPoint, DistributionPointName, GeneralName, Malformed, Name, Reasons,
};

/// `issuingDistributionPoint`. Without the extension: everything of the issuer, for all reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    name: Option<DistributionPointName>,
    only_users: bool,
    only_authorities: bool,
    only_attributes: bool,
    /// Reasons the list covers.
    pub(crate) reasons: Reasons,
    /// Whether entries may be of other authorities.
    pub(crate) indirect: bool,
}

impl Scope {
    /// Everything.
    pub(crate) const WHOLE: Self = Self {
        name: None,
        only_users: false,
        only_authorities: false,
        only_attributes: false,
        reasons: Reasons::ALL,
        indirect: false,
    };

    /// Reads the extension's value.
    pub(crate) fn parse(value: &[u8]) -> Result<Self, Malformed> {
        let mut content = Cursor::new(Cursor::only(value, tag::SEQUENCE)?);
        let scope = Self {
            name: content.optional(tag::constructed(0))?.map(DistributionPointName::parse).transpose()?,
            only_users: content.default_false(tag::context(1))?,
            only_authorities: content.default_false(tag::context(2))?,
            reasons: content.optional(tag::context(3))?.map_or(Ok(Reasons::ALL), Reasons::parse)?,
            indirect: content.default_false(tag::context(4))?,
            only_attributes: content.default_false(tag::context(5))?,
        };
        content.finish()?;
        let only = [scope.only_users, scope.only_authorities, scope.only_attributes];
        // §5.2.5: at most one of the three.
        if only.into_iter().filter(|set| *set).count() > 1 {
            Err(Malformed::NotDistinguished)
        } else {
            Ok(scope)
        }
    }

    /// §6.3.3 (b)(2): whether a list with this scope, signed as `list_issuer`, is about `certificate` as seen from `point`, or without
    /// one from the point that is implied: the issuer's own name.
    pub(crate) fn covers(
        &self,
        certificate: &Certificate,
        point: Option<&DistributionPoint>,
        list_issuer: &Name,
    ) -> bool {
        let kind = if certificate.is_authority() { !self.only_users } else { !self.only_authorities };
        kind && !self.only_attributes && self.is_named_by(certificate, point, list_issuer)
    }

    /// §6.3.3 (b)(2)(i): one of the names of the list's place is one of the names of the certificate's. A list that names no place is
    /// everywhere.
    fn is_named_by(
        &self,
        certificate: &Certificate,
        point: Option<&DistributionPoint>,
        list_issuer: &Name,
    ) -> bool {
        let Some(own) = &self.name else { return true };
        let Ok(own) = own.resolve(list_issuer) else { return false };
        let theirs = match point {
            None => vec![GeneralName::Directory(certificate.issuer().clone())],
            Some(point) => names_of(point, certificate),
        };
        own.iter().any(|name| theirs.contains(name))
    }
}

/// §6.3.3 (b)(2)(i): the point's names, or those of its list's issuers if it has none. A relative name is appended to the name of whoever
/// issues the list.
fn names_of(point: &DistributionPoint, certificate: &Certificate) -> Vec<GeneralName> {
    let issuers = point.issuers.as_deref().unwrap_or_default();
    match &point.name {
        Some(name) => name.resolve(issuers.first().unwrap_or(certificate.issuer())).unwrap_or_default(),
        None => issuers.iter().cloned().map(GeneralName::Directory).collect(),
    }
}
