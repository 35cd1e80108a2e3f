//! Name constraints (RFC 5280 §4.2.1.10): which names an authority may vouch for.

use super::budget::Budget;
use super::cursor::{self, Cursor, tag};
use super::{Certificate, GeneralName, Malformed, Name, PathError};

/// Subtrees one authority is confined to, and subtrees it is kept out of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NameConstraints {
    permitted: Vec<GeneralName>,
    excluded: Vec<GeneralName>,
}

impl NameConstraints {
    /// Reads the extension's value. A constraint that this verifier could not apply makes the certificate unusable: to skip it would be
    /// to lift it.
    pub(crate) fn parse(value: &[u8]) -> Result<Self, Malformed> {
        let mut content = Cursor::new(Cursor::only(value, tag::SEQUENCE)?);
        let permitted = content.optional(tag::constructed(0))?.map(subtrees).transpose()?.unwrap_or_default();
        let excluded = content.optional(tag::constructed(1))?.map(subtrees).transpose()?.unwrap_or_default();
        content.finish()?;
        if permitted.is_empty() && excluded.is_empty() {
            return Err(Malformed::Truncated);
        }
        Ok(Self { permitted, excluded })
    }

    /// RFC 5280 §6.1.3 (b), (c): the subject, every alternative name, and mail addresses inside the subject.
    pub(crate) fn check(
        &self,
        certificate: &Certificate,
        depth: usize,
        budget: &mut Budget,
    ) -> Result<(), PathError> {
        for name in names_of(certificate)? {
            self.check_name(&name, depth, budget)?;
        }
        Ok(())
    }

    fn check_name(&self, name: &GeneralName, depth: usize, budget: &mut Budget) -> Result<(), PathError> {
        let refused = || PathError::NameConstraints { depth };
        for excluded in self.excluded.iter().filter(|subtree| subtree.same_form(name)) {
            budget.name_comparison()?;
            if touches(name, excluded).ok_or_else(refused)? {
                return Err(refused());
            }
        }
        let mut confined = false;
        for permitted in self.permitted.iter().filter(|subtree| subtree.same_form(name)) {
            budget.name_comparison()?;
            if within(name, permitted).ok_or_else(refused)? {
                return Ok(());
            }
            confined = true;
        }
        if confined { Err(refused()) } else { Ok(()) }
    }
}

fn names_of(certificate: &Certificate) -> Result<Vec<GeneralName>, Malformed> {
    let mut names = certificate.extensions().alternative_names.clone();
    let subject = certificate.subject();
    if !subject.is_empty() {
        // §4.2.1.10: addresses in the subject count when there is no alternative name of that form.
        if !names.iter().any(|name| matches!(name, GeneralName::Mail(_))) {
            names.extend(subject.email_addresses()?.into_iter().map(GeneralName::Mail));
        }
        names.push(GeneralName::Directory(subject.clone()));
    }
    Ok(names)
}

fn subtrees(content: &[u8]) -> Result<Vec<GeneralName>, Malformed> {
    let mut cursor = Cursor::new(content);
    let mut bases = Vec::new();
    if cursor.is_empty() {
        return Err(Malformed::Truncated);
    }
    while !cursor.is_empty() {
        let mut subtree = cursor.sequence()?;
        let base = GeneralName::read(&mut subtree)?;
        // minimum is always 0, which DER leaves out; maximum is always absent.
        if let Some(minimum) = subtree.optional(tag::context(0))? {
            cursor::unsigned(minimum)?;
            return Err(Malformed::NotDistinguished);
        }
        subtree.finish()?;
        well_formed(&base)?;
        bases.push(base);
        if bases.len() > super::budget::MAX_LISTED {
            return Err(Malformed::TooLarge { size: bases.len(), limit: super::budget::MAX_LISTED });
        }
    }
    Ok(bases)
}

fn well_formed(base: &GeneralName) -> Result<(), Malformed> {
    let good = match base {
        GeneralName::Dns(host) => host.is_empty() || is_host(host),
        GeneralName::Mail(address) => match address.rsplit_once('@') {
            Some((local, host)) => !local.is_empty() && is_host(host),
            None => is_host(address.strip_prefix('.').unwrap_or(address)),
        },
        GeneralName::Uri(host) => is_host(host.strip_prefix('.').unwrap_or(host)),
        GeneralName::Ip(octets) => {
            let (_, mask) = octets.split_at_checked(octets.len() / 2).ok_or(Malformed::Truncated)?;
            matches!(octets.len(), 8 | 32) && is_prefix_mask(mask)
        }
        _ => true,
    };
    if good { Ok(()) } else { Err(Malformed::Text) }
}

/// RFC 4632 notation: ones, then zeros.
fn is_prefix_mask(mask: &[u8]) -> bool {
    let ones = mask.iter().take_while(|octet| **octet == 0xff).count();
    let mut after = mask.iter().skip(ones);
    let partial = after.next().is_none_or(|octet| octet.leading_ones() + octet.trailing_zeros() == 8);
    partial && after.all(|octet| *octet == 0)
}

/// RFC 1034 §3.5 as RFC 1123 relaxed it, and underscores, which occur in names of services.
fn is_host(host: &str) -> bool {
    host.len() <= 253
        && host.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_')
        })
}

/// Whether `name` is inside the subtree; `None` if that cannot be told, which refuses.
fn within(name: &GeneralName, base: &GeneralName) -> Option<bool> {
    match (name, base) {
        (GeneralName::Dns(name), GeneralName::Dns(base)) => {
            let host = name.strip_prefix("*.").unwrap_or(name);
            if !is_host(host) {
                return None;
            }
            // A wildcard stands for names below its host: it is inside a subtree only if the host itself is.
            Some(host_within(host, base))
        }
        (GeneralName::Mail(name), GeneralName::Mail(base)) => mail_within(name, base),
        (GeneralName::Uri(name), GeneralName::Uri(base)) => {
            let host = uri_host(name)?;
            Some(match base.strip_prefix('.') {
                Some(domain) => host_below(host, domain),
                None => host.eq_ignore_ascii_case(base),
            })
        }
        (GeneralName::Ip(name), GeneralName::Ip(base)) => ip_within(name, base),
        (GeneralName::Directory(name), GeneralName::Directory(base)) => Some(Name::is_within(name, base)),
        _ => None,
    }
}

/// Whether `name` may stand for something inside the subtree.
fn touches(name: &GeneralName, base: &GeneralName) -> Option<bool> {
    if let (GeneralName::Dns(name), GeneralName::Dns(base)) = (name, base)
        && let Some(parent) = name.strip_prefix("*.")
        && host_below(base, parent)
    {
        return Some(true);
    }
    within(name, base)
}

/// §4.2.1.10: a host satisfies the constraint of itself and of any domain above it. The empty constraint is all of DNS.
fn host_within(host: &str, base: &str) -> bool {
    base.is_empty() || host.eq_ignore_ascii_case(base) || host_below(host, base)
}

fn host_below(host: &str, domain: &str) -> bool {
    let start = host.len().checked_sub(domain.len());
    match start.and_then(|start| host.split_at_checked(start)) {
        Some((labels, suffix)) => labels.ends_with('.') && suffix.eq_ignore_ascii_case(domain),
        None => false,
    }
}

/// §4.2.1.10: the local part is compared exactly, the host without regard to case.
fn mail_within(name: &str, base: &str) -> Option<bool> {
    let (local, host) = name.rsplit_once('@')?;
    if local.is_empty() || !is_host(host) || !is_local_part(local) {
        return None;
    }
    Some(match (base.rsplit_once('@'), base.strip_prefix('.')) {
        (Some((base_local, base_host)), _) => local == base_local && host.eq_ignore_ascii_case(base_host),
        (None, Some(domain)) => host_below(host, domain),
        (None, None) => host.eq_ignore_ascii_case(base),
    })
}

/// RFC 5321 §4.1.2, the unquoted form: quoting gives one mailbox several spellings.
fn is_local_part(local: &str) -> bool {
    local.split('.').all(|atom| {
        !atom.is_empty()
            && atom
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&octet))
    })
}

/// §4.2.1.10: constraints apply to the host part; a URI without a host name, or with an address for one, cannot be judged.
fn uri_host(uri: &str) -> Option<&str> {
    let (_, after_scheme) = uri.split_once("://")?;
    let authority = after_scheme.split(['/', '?', '#']).next()?;
    let host_and_port = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host_and_port.split_once(':').map_or(host_and_port, |(host, _)| host);
    let numeric = host.bytes().all(|octet| octet.is_ascii_digit() || octet == b'.');
    (is_host(host) && !numeric).then_some(host)
}

fn ip_within(address: &[u8], base: &[u8]) -> Option<bool> {
    if !matches!(address.len(), 4 | 16) {
        return None;
    }
    if base.len() != address.len() * 2 {
        return Some(false);
    }
    let (network, mask) = base.split_at_checked(address.len())?;
    Some(address.iter().zip(network).zip(mask).all(|((own, network), mask)| own & mask == network & mask))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dns(name: &str) -> GeneralName {
        GeneralName::Dns(name.to_owned())
    }

    #[test]
    fn a_wildcard_touches_an_excluded_host_below_it() {
        assert_eq!(touches(&dns("*.example.kz"), &dns("bar.example.kz")), Some(true));
        assert_eq!(within(&dns("*.example.kz"), &dns("bar.example.kz")), Some(false));
        assert_eq!(within(&dns("*.example.kz"), &dns("example.kz")), Some(true));
        assert_eq!(within(&dns("badexample.kz"), &dns("example.kz")), Some(false));
        assert_eq!(within(&dns("-.example.kz"), &dns("example.kz")), None);
    }

    #[test]
    fn constraints_on_uris_look_at_the_host_alone() {
        let uri = |text: &str| GeneralName::Uri(text.to_owned());
        assert_eq!(within(&uri("http://user@a.example.kz:80/x.other.kz"), &uri(".example.kz")), Some(true));
        assert_eq!(within(&uri("http://example.kz/"), &uri(".example.kz")), Some(false));
        assert_eq!(within(&uri("http://example.kz#.evil"), &uri("example.kz")), Some(true));
        assert_eq!(within(&uri("http://192.0.2.1/"), &uri("example.kz")), None);
        assert_eq!(within(&uri("urn:example.kz"), &uri("example.kz")), None);
    }

    #[test]
    fn masks_are_prefixes() {
        assert!(
            is_prefix_mask(&[255, 255, 240, 0]) && is_prefix_mask(&[0, 0, 0, 0]) && is_prefix_mask(&[255; 4])
        );
        assert!(
            !is_prefix_mask(&[255, 0, 255, 0])
                && !is_prefix_mask(&[255, 241, 0, 0])
                && !is_prefix_mask(&[254, 1, 0, 0])
        );
    }

    #[test]
    fn an_address_of_another_family_is_outside() {
        assert_eq!(ip_within(&[127, 0, 0, 1], &[0; 32]), Some(false));
        assert_eq!(ip_within(&[127, 0, 0, 1], &[127, 0, 0, 0, 255, 0, 0, 0]), Some(true));
        assert_eq!(ip_within(&[127, 0, 0], &[127, 0, 0, 0, 255, 0, 0, 0]), None);
    }
}
