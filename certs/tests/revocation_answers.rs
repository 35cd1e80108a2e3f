//! OCSP answers, honest and otherwise (RFC 6960). What passes elsewhere for "not revoked" (no answer, a malformed one, one nobody signed,
//! one about another authority) must not here.
#![cfg(feature = "issue")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod forge;

use certs::algorithm::Digest;
use certs::issue::certificate::Authority;
use certs::issue::crl::Reason as ListReason;
use certs::issue::profile::usage;
use certs::path::PathError;
use certs::revocation::{AnswerError, Nonce, OcspRequest, Reason, Status, Unknown};
use forge::*;

struct Country {
    root: Authority,
    responder: Authority,
}

fn country() -> Country {
    let root = root("ROOT");
    let responder = root.delegate(&profile(9, "RESPONDER").ocsp_responder(), key()).unwrap();
    Country { root, responder }
}

const SERIAL: [u8; 1] = [0x55];

/// Whether the store takes the answer, and what it then says about the certificate with [`SERIAL`].
fn judge(country: &Country, octets: &[u8]) -> Result<Status, AnswerError> {
    let leaf = issued(&country.root, &profile(0x55, "leaf"));
    let path = path(&leaf, &[], &[&country.root]);
    let mut store = store(&[&country.root]);
    store.accept_ocsp(octets, &[], Nonce::Unchecked, NOW)?;
    Ok(store.status(&path, 0, NOW))
}

#[test]
fn an_answer_is_believed_from_the_authority_and_from_its_delegate_by_name_and_by_key() {
    let country = country();
    for responder in [&country.root, &country.responder] {
        for (by_key, digest) in [(false, Digest::Sha1), (true, Digest::Sha256), (true, Digest::Sha512)] {
            let says = Says { by_key, digest, ..good() };
            let status = judge(&country, &answer(responder, &country.root, &SERIAL, &says)).unwrap();
            assert!(status.is_good(), "{status:?}");
        }
        let status = judge(&country, &answer(responder, &country.root, &SERIAL, &revoked())).unwrap();
        assert!(
            matches!(status, Status::Revoked { at, reason: Some(Reason::KeyCompromise), .. } if at == NOW - 600)
        );
        let status = judge(&country, &answer(responder, &country.root, &SERIAL, &unknown())).unwrap();
        assert!(matches!(status, Status::Unknown { why: Unknown::NotKnownToAuthority }));
    }
}

#[test]
fn an_answer_about_another_certificate_says_nothing_about_this_one() {
    let country = country();
    let status = judge(&country, &answer(&country.responder, &country.root, &[0x56], &good())).unwrap();
    assert!(matches!(status, Status::Unknown { why: Unknown::NothingHeld }));
}

#[test]
fn refuses_an_answer_about_an_unknown_authority() {
    let (country, other) = (country(), root("ROOT"));
    let octets = answer(&country.responder, &other, &SERIAL, &good());
    assert_eq!(judge(&country, &octets).map(drop), Err(AnswerError::IssuerUnknown));
}

#[test]
fn refuses_a_responder_that_the_authority_did_not_name() {
    let country = country();
    let other = root("OTHER");
    let foreign = other.delegate(&profile(9, "RESPONDER").ocsp_responder(), key()).unwrap();
    let octets = answer(&foreign, &country.root, &SERIAL, &good());
    assert!(matches!(
        judge(&country, &octets),
        Err(AnswerError::ResponderRefused(PathError::Untrusted { .. }))
    ));
    // Another authority under the same root may not answer for the root's certificates either.
    let below = country.root.delegate(&profile(3, "BELOW").authority(None), key()).unwrap();
    let lateral = below.delegate(&profile(9, "RESPONDER").ocsp_responder(), key()).unwrap();
    let octets = answer(&lateral, &country.root, &SERIAL, &good());
    let mut store = store(&[&country.root]);
    let found = store.accept_ocsp(&octets, &[parsed(&below)], Nonce::Unchecked, NOW);
    assert_eq!(found.map(drop), Err(AnswerError::ResponderUnknown));
}

#[test]
fn refuses_a_certificate_of_the_authority_that_is_not_for_answering() {
    let country = country();
    let person = country.root.delegate(&profile(5, "PERSON").signing(&[]), key()).unwrap();
    let octets = answer(&person, &country.root, &SERIAL, &good());
    assert_eq!(judge(&country, &octets).map(drop), Err(AnswerError::ResponderPurpose));
    // anyExtendedKeyUsage does not do (RFC 6960 §4.2.2.2).
    let any = const_oid::ObjectIdentifier::new_unwrap("2.5.29.37.0");
    let anything = country.root.delegate(&profile(5, "ANY").with_purposes(&[any]), key()).unwrap();
    let octets = answer(&anything, &country.root, &SERIAL, &good());
    assert_eq!(judge(&country, &octets).map(drop), Err(AnswerError::ResponderPurpose));
    let mut profile = profile(5, "WRONG USE").ocsp_responder();
    profile.key_usage = usage::KEY_ENCIPHERMENT;
    let unfit = country.root.delegate(&profile, key()).unwrap();
    let octets = answer(&unfit, &country.root, &SERIAL, &good());
    assert!(matches!(
        judge(&country, &octets),
        Err(AnswerError::ResponderRefused(PathError::KeyUsage { .. }))
    ));
}

#[test]
fn refuses_a_responder_out_of_its_time() {
    let country = country();
    let mut ended = profile(9, "RESPONDER").ocsp_responder();
    ended.not_after = NOW - 1;
    let ended = country.root.delegate(&ended, key()).unwrap();
    let octets = answer(&ended, &country.root, &SERIAL, &good());
    assert!(matches!(
        judge(&country, &octets),
        Err(AnswerError::ResponderRefused(PathError::Expired { .. }))
    ));
}

#[test]
fn an_answer_does_not_outlive_its_responder() {
    let country = country();
    let mut short = profile(9, "RESPONDER").ocsp_responder();
    short.not_after = NOW + 10;
    let short = country.root.delegate(&short, key()).unwrap();
    let leaf = issued(&country.root, &profile(0x55, "leaf"));
    let path = path(&leaf, &[], &[&country.root]);
    let mut store = store(&[&country.root]);
    store.accept_ocsp(&answer(&short, &country.root, &SERIAL, &good()), &[], Nonce::Unchecked, NOW).unwrap();
    assert!(store.status(&path, 0, NOW + 10).is_good());
    assert!(matches!(store.status(&path, 0, NOW + 11), Status::Unknown { why: Unknown::NotCurrent }));
}

#[test]
fn refuses_an_answer_that_nobody_signed_or_somebody_else() {
    let country = country();
    let mut octets =
        answer(&country.root, &country.root, &SERIAL, &Says { with_certificate: false, ..good() });
    let last = octets.len() - 1;
    octets[last] ^= 1;
    assert!(matches!(judge(&country, &octets), Err(AnswerError::Signature(_))));
    // The authority's name, another key, and its own certificate sent along.
    let impostor = root("ROOT");
    let octets = answer(&impostor, &country.root, &SERIAL, &good());
    assert!(judge(&country, &octets).is_err());
}

#[test]
fn malformed_answers_are_errors_and_never_statuses() {
    let country = country();
    let octets = answer(&country.responder, &country.root, &SERIAL, &good());
    for length in 0..octets.len() {
        assert!(matches!(judge(&country, &octets[..length]), Err(AnswerError::Malformed(_))), "{length}");
    }
    let trailing = [octets.as_slice(), &[0]].concat();
    assert!(matches!(judge(&country, &trailing), Err(AnswerError::Malformed(_))));
    for status in [1, 2, 3, 5, 6] {
        let refusal = tlv(0x30, &tlv(0x0a, &[status]));
        assert_eq!(judge(&country, &refusal).map(drop), Err(AnswerError::Refused { status }));
    }
    // Successful, and nothing in it.
    assert!(matches!(judge(&country, &tlv(0x30, &tlv(0x0a, &[0]))), Err(AnswerError::Malformed(_))));
    let critical = tlv(0x30, &[0x06, 0x03, 0x55, 0x1d, 0x7f, 0x01, 0x01, 0xff, 0x04, 0x00]);
    let says = Says { extension: Some(critical), ..good() };
    let octets = answer(&country.responder, &country.root, &SERIAL, &says);
    assert!(matches!(judge(&country, &octets), Err(AnswerError::Malformed(_))));
}

#[test]
fn an_answer_is_current_or_refused() {
    let country = country();
    let at = |this_update, next_update| {
        let says = Says { this_update, next_update, ..good() };
        judge(&country, &answer(&country.responder, &country.root, &SERIAL, &says)).map(drop)
    };
    assert!(matches!(at(NOW - 7_200, Some(NOW - 1)), Err(AnswerError::Stale { .. })));
    assert!(matches!(at(NOW + 61, Some(NOW + 600)), Err(AnswerError::NotYet { .. })));
    assert!(matches!(at(NOW - 601, None), Err(AnswerError::Stale { .. })));
    assert_eq!(at(NOW - 600, None), Ok(()));
}

#[test]
fn an_answer_to_another_question_is_refused() {
    let country = country();
    let leaf = issued(&country.root, &profile(0x55, "leaf"));
    let question = OcspRequest::new(&leaf, &parsed(&country.root), Digest::Sha256, &[1; 16]).unwrap();
    let mut store = store(&[&country.root]);
    let mut ask = |nonce: Option<Vec<u8>>, expected: Nonce<'_>| {
        let octets = answer(&country.responder, &country.root, &SERIAL, &Says { nonce, ..good() });
        store.accept_ocsp(&octets, &[], expected, NOW).map(drop)
    };
    let (same, other) = (question.nonce().to_vec(), tlv(0x04, &[2; 16]));
    assert_eq!(ask(Some(same), Nonce::Required(question.nonce())), Ok(()));
    assert_eq!(ask(Some(other.clone()), Nonce::Required(question.nonce())), Err(AnswerError::Nonce));
    assert_eq!(ask(Some(other), Nonce::Preferred(question.nonce())), Err(AnswerError::Nonce));
    assert_eq!(ask(None, Nonce::Required(question.nonce())), Err(AnswerError::Nonce));
    assert_eq!(ask(None, Nonce::Preferred(question.nonce())), Ok(()));
}

#[test]
fn an_older_answer_does_not_undo_a_newer_one() {
    let country = country();
    let mut store = store(&[&country.root]);
    let mut take = |says: &Says| {
        let octets = answer(&country.responder, &country.root, &SERIAL, says);
        store.accept_ocsp(&octets, &[], Nonce::Unchecked, NOW).map(drop)
    };
    assert_eq!(take(&revoked()), Ok(()));
    assert_eq!(take(&Says { this_update: NOW - 120, ..good() }), Err(AnswerError::Superseded));
}

#[test]
fn revoked_wins_whoever_says_it_and_a_lifted_hold_is_the_one_exception() {
    let country = country();
    let leaf = issued(&country.root, &profile(0x55, "leaf"));
    let path = path(&leaf, &[], &[&country.root]);
    let state = |reason: Option<ListReason>, says: &Says| {
        let mut store = store(&[&country.root]);
        let revoked = if reason.is_some() { vec![(0x55, reason)] } else { Vec::new() };
        store.accept_crl(list(&country.root, &LIST, &revoked), &[], NOW).unwrap();
        let octets = answer(&country.responder, &country.root, &SERIAL, says);
        store.accept_ocsp(&octets, &[], Nonce::Unchecked, NOW).unwrap();
        store.status(&path, 0, NOW)
    };
    assert!(state(None, &good()).is_good());
    assert!(matches!(state(None, &revoked()), Status::Revoked { .. }));
    assert!(matches!(state(None, &unknown()), Status::Unknown { .. }));
    assert!(matches!(state(Some(ListReason::KeyCompromise), &good()), Status::Revoked { .. }));
    assert!(state(Some(ListReason::CertificateHold), &good()).is_good());
    let earlier = Says { this_update: LIST.this_update - 1, ..good() };
    assert!(matches!(state(Some(ListReason::CertificateHold), &earlier), Status::Revoked { .. }));
}

#[test]
fn a_responder_that_was_revoked_is_not_believed_unless_it_needs_no_check() {
    let country = country();
    let mut plain = profile(9, "RESPONDER").ocsp_responder();
    plain.ocsp_no_check = false;
    let plain = country.root.delegate(&plain, key()).unwrap();
    let leaf = issued(&country.root, &profile(0x55, "leaf"));
    let path = path(&leaf, &[], &[&country.root]);
    let mut store = store(&[&country.root]);
    let octets = answer(&plain, &country.root, &SERIAL, &revoked());
    store.accept_ocsp(&octets, &[], Nonce::Unchecked, NOW).unwrap();
    assert!(matches!(store.status(&path, 0, NOW), Status::Revoked { .. }));
    store.accept_crl(list(&country.root, &LIST, &[(9, None)]), &[], NOW).unwrap();
    // The list does not name the leaf, so it is what remains.
    assert!(store.status(&path, 0, NOW).is_good());
    assert!(matches!(store.statuses(&path, NOW + 90_000).as_slice(), [Status::Unknown { .. }]));
}
