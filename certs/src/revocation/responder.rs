//! Who may answer for an authority (RFC 6960 §4.2.2.2).

use std::sync::Arc;

use super::response::{ResponderId, Response, Statement};
use super::{Answer, AnswerError, Terms, Window};
use crate::UnixTime;
use crate::algorithm::{self, Digest};
use crate::anchors::Anchors;
use crate::path::cursor::{self, Cursor, tag};
use crate::path::{Certificate, Constraints, KeyUsage, Path, sha256, validate};

/// `id-kp-OCSPSigning`.
const OCSP_SIGNING: const_oid::ObjectIdentifier =
    const_oid::ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.9");

/// Verifies `response` for every authority it makes statements about. Statements about authorities that nobody knows are left out; if
/// no other is left, the response is refused: an unknown issuer is not an unrevoked certificate.
pub(super) fn authorise(
    response: &Response,
    anchors: &Anchors,
    extra: &[Arc<Certificate>],
    at: UnixTime,
    terms: &Terms,
) -> Result<Vec<Arc<Answer>>, AnswerError> {
    let digest = sha256(response.bytes());
    let mut answers = Vec::new();
    for statement in &response.statements {
        let Some(authority) = authority_of(statement, anchors, extra) else { continue };
        if !stands(authority, anchors, extra, at, terms) {
            continue;
        }
        let window = window_of(statement, at, terms)?;
        let responder = responder_for(response, authority, anchors, extra, at, terms)?;
        answers.push(Arc::new(Answer::new(
            response,
            digest,
            statement,
            authority.clone(),
            responder,
            window,
        )));
    }
    if answers.is_empty() { Err(AnswerError::IssuerUnknown) } else { Ok(answers) }
}

/// The authority whose name and key have the digests of the statement's `CertID`.
fn authority_of<'a>(
    statement: &Statement,
    anchors: &'a Anchors,
    extra: &'a [Arc<Certificate>],
) -> Option<&'a Arc<Certificate>> {
    let digest = Digest::from_identifier(&statement.digest).ok()?;
    let matches = |data: &[u8], expected: &[u8]| digest.of(data).is_ok_and(|found| found == expected);
    anchors.iter().map(|(certificate, _)| certificate).chain(extra).find(|certificate| {
        certificate.is_authority()
            && matches(certificate.subject().der(), &statement.issuer_name)
            && key_bits(certificate).is_some_and(|bits| matches(bits, &statement.issuer_key))
    })
}

/// Whether an anchor vouches for the authority: `extra` are certificates that anybody may have sent along.
fn stands(
    authority: &Arc<Certificate>,
    anchors: &Anchors,
    extra: &[Arc<Certificate>],
    at: UnixTime,
    terms: &Terms,
) -> bool {
    let constraints =
        Constraints { acceptance: terms.acceptance, conformance: terms.conformance, ..Constraints::PLAIN };
    validate(authority, extra, anchors, at, &constraints).is_ok()
}

/// Content of the key's BIT STRING without the count of unused bits, which is what key digests are over.
pub(super) fn key_bits(certificate: &Certificate) -> Option<&[u8]> {
    let mut key = Cursor::new(Cursor::only(certificate.public_key(), tag::SEQUENCE).ok()?);
    key.expect(tag::SEQUENCE).ok()?;
    cursor::octets_of_bits(key.expect(tag::BIT_STRING).ok()?).ok()
}

/// RFC 6960 §4.2.2.1. Without `nextUpdate` newer information is always available, so the answer is believed for a short while only.
fn window_of(statement: &Statement, at: UnixTime, terms: &Terms) -> Result<Window, AnswerError> {
    let from = statement.this_update;
    let until = statement.next_update.unwrap_or(from.saturating_add(terms.answer_lifetime));
    if at < from.saturating_sub(terms.ahead) {
        Err(AnswerError::NotYet { this_update: from, at })
    } else if at > until {
        Err(AnswerError::Stale { until, at })
    } else {
        Ok(Window { from, until })
    }
}

/// The path of the delegated responder that signed, or `None` if the authority itself did.
fn responder_for(
    response: &Response,
    authority: &Arc<Certificate>,
    anchors: &Anchors,
    extra: &[Arc<Certificate>],
    at: UnixTime,
    terms: &Terms,
) -> Result<Option<Path>, AnswerError> {
    if is_named(&response.responder, authority) {
        match signed_by(response, authority, terms) {
            Ok(()) => return Ok(None),
            // A delegated responder may bear the authority's name.
            Err(error) if response.certificates.is_empty() => return Err(error),
            Err(_) => {}
        }
    }
    let mut refused = AnswerError::ResponderUnknown;
    for candidate in response.certificates.iter().filter(|candidate| is_named(&response.responder, candidate))
    {
        match delegated(response, candidate, authority, anchors, extra, at, terms) {
            Ok(path) => return Ok(Some(path)),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

/// RFC 6960 §4.2.2.2: issued by that very authority, for answering, and valid.
fn delegated(
    response: &Response,
    candidate: &Arc<Certificate>,
    authority: &Arc<Certificate>,
    anchors: &Anchors,
    extra: &[Arc<Certificate>],
    at: UnixTime,
    terms: &Terms,
) -> Result<Path, AnswerError> {
    let stated =
        candidate.extensions().purposes.as_ref().is_some_and(|purposes| purposes.contains(&OCSP_SIGNING));
    if !stated {
        return Err(AnswerError::ResponderPurpose);
    }
    signed_by(response, candidate, terms)?;
    let constraints = Constraints {
        key_usage: KeyUsage::DIGITAL_SIGNATURE,
        acceptance: terms.acceptance,
        conformance: terms.conformance,
        ..Constraints::PLAIN
    };
    let path =
        validate(candidate, extra, anchors, at, &constraints).map_err(AnswerError::ResponderRefused)?;
    let issued = path.issuer_of(0).is_some_and(|issuer| {
        issuer.key_digest() == authority.key_digest() && issuer.subject() == authority.subject()
    });
    if issued { Ok(path) } else { Err(AnswerError::ResponderUnknown) }
}

fn is_named(responder: &ResponderId, certificate: &Certificate) -> bool {
    match responder {
        ResponderId::Name(name) => name == certificate.subject(),
        // RFC 6960 §4.2.1: KeyHash is SHA-1, whatever CertID uses.
        ResponderId::Key(expected) => key_bits(certificate)
            .and_then(|bits| Digest::Sha1.of(bits).ok())
            .is_some_and(|found| found == *expected),
    }
}

fn signed_by(response: &Response, signer: &Certificate, terms: &Terms) -> Result<(), AnswerError> {
    let (signed, identifier, signature) = response.signed_parts();
    algorithm::verify(signer.public_key(), identifier, signed, signature, terms.acceptance)
        .map(drop)
        .map_err(AnswerError::Signature)
}
