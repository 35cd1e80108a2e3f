//! Whatever arrives is refused or read, and nothing panics.
#![cfg(feature = "issue")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod country;

use certs::algorithm::KeyKind;
use certs::cms::to_der;
use certs::issue::cms::sign;
use certs::timestamp::{TimeStamp, extract};
use certs::{Envelope, EnvelopeKind, Profile};
use country::{CONTENT, Country, NOW, judge_at, key};
use proptest::prelude::*;

/// Elements of random tags, lengths and nesting: closer to BER than random octets.
fn ber() -> impl Strategy<Value = Vec<u8>> {
    let leaf = (any::<u8>(), prop::collection::vec(any::<u8>(), 0..20))
        .prop_map(|(tag, content)| element(tag, &content));
    leaf.prop_recursive(6, 64, 6, |inner| {
        (
            prop::sample::select(vec![0x30, 0x31, 0x24, 0xa0, 0xa1]),
            prop::collection::vec(inner, 0..6),
            any::<bool>(),
        )
            .prop_map(|(tag, parts, indefinite)| {
                let content = parts.concat();
                if indefinite {
                    [&[tag, 0x80][..], &content, &[0, 0]].concat()
                } else {
                    element(tag, &content)
                }
            })
    })
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x82][..], &length, content].concat()
}

proptest! {
    #[test]
    fn der_made_of_ber_is_its_own_der(ber in ber()) {
        if let Ok(der) = to_der(&ber) {
            prop_assert_eq!(to_der(&der).unwrap(), der);
        }
    }

    #[test]
    fn random_octets_are_nobodys_signature(bytes in prop::collection::vec(any::<u8>(), 0..400), ber in ber()) {
        for bytes in [&bytes, &ber] {
            for kind in [EnvelopeKind::Cms, EnvelopeKind::Jws] {
                prop_assert!(Envelope::parse(kind, bytes).is_err());
            }
            prop_assert!(TimeStamp::parse(bytes).is_err());
            drop(extract(bytes));
        }
    }

    #[test]
    fn random_text_is_no_token_and_no_profile(text in "\\PC{0,80}", token in "[A-Za-z0-9_.-]{0,200}") {
        prop_assert!(Envelope::parse(EnvelopeKind::Jws, text.as_bytes()).is_err());
        prop_assert!(Envelope::parse(EnvelopeKind::Jws, token.as_bytes()).is_err());
        prop_assert!(Profile::parse(&text).is_err());
        let _ = EnvelopeKind::from_media_type(&text);
    }
}

#[test]
fn a_message_with_a_piece_cut_out_doubled_or_moved_is_no_other_message() {
    let country = Country::new();
    let trust = country.trust();
    let officer = country.officer(key(KeyKind::P256));
    let message = sign(CONTENT, &officer.key, &officer.certificate, &[]).unwrap();
    for at in (0..message.len()).step_by(3) {
        for length in [1, 2, 5, 40] {
            let Some(piece) = message.get(at..at + length) else { continue };
            let (before, after) = (&message[..at], &message[at + length..]);
            let cut = [before, after].concat();
            let doubled = [before, piece, piece, after].concat();
            let moved = [after, piece, before].concat();
            for changed in [cut, doubled, moved] {
                if let Ok(verified) = judge_at(&trust, EnvelopeKind::Cms, &changed, NOW) {
                    assert_eq!(verified.content(), CONTENT);
                }
            }
        }
    }
}
