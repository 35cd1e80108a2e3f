//! Findings in words.

use core::error::Error;

use crate::algorithm::PublicKey;
use crate::instant::Utc;
use crate::path::Certificate;
use crate::revocation::Source;
use crate::trust::Vouched;

/// An error with everything behind it.
pub(super) fn whole(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let behind = error.to_string();
        // Some errors say in their own words what lies behind them.
        if !text.contains(&behind) {
            text = format!("{text}: {behind}");
        }
        cause = error.source();
    }
    text
}

/// Each certificate from the first to the anchor, with its dates.
pub(super) fn chain<'a>(certificates: impl IntoIterator<Item = &'a Certificate>) -> Vec<String> {
    let certificates: Vec<_> = certificates.into_iter().collect();
    let last = certificates.len().saturating_sub(1);
    let line = |(depth, certificate): (usize, &&Certificate)| {
        let place = match depth {
            _ if depth == last => "the anchor",
            0 => "the certificate",
            _ => "issued by",
        };
        format!("{place} is {}", one(certificate))
    };
    certificates.iter().enumerate().map(line).collect()
}

/// Name, key and dates of one certificate.
pub(super) fn one(certificate: &Certificate) -> String {
    let key = PublicKey::parse(certificate.public_key())
        .map_or_else(|_| "a key of another kind".to_owned(), |key| key.kind().to_string());
    let validity = certificate.validity();
    format!(
        "{} ({key}, from {} to {})",
        certificate.subject().readable(),
        Utc(validity.not_before),
        Utc(validity.not_after)
    )
}

/// What says that nothing was revoked.
pub(super) fn sources<'a>(sources: impl IntoIterator<Item = &'a Source>) -> Vec<String> {
    sources.into_iter().map(|source| format!("not revoked, says {}", witness(source))).collect()
}

fn witness(source: &Source) -> String {
    let (what, who) = match source {
        Source::List(list) => ("the list", list.issuer().readable()),
        Source::Answer(answer) => {
            let signer = answer.responder().map_or(answer.issuer(), |path| path.leaf());
            ("the OCSP answer", signer.subject().readable())
        }
    };
    let (from, until) = (Utc(source.this_update()), Utc(source.usable_until()));
    format!("{what} of {who}, made at {from} and relied on until {until}")
}

/// Path and revocation together.
pub(super) fn vouched(vouched: &Vouched) -> Vec<String> {
    let path = vouched.path();
    let ends = path.certificates().iter().chain([path.anchor()]);
    let mut reasons = chain(ends.map(AsRef::as_ref));
    reasons.extend(sources(vouched.sources()));
    reasons
}
