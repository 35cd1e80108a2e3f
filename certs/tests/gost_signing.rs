//! National keys are made, written, read again, and sign what their public halves verify.
#![cfg(feature = "issue")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use certs::algorithm::KeyKind;
use certs::gost::{self, GostError, PrivateKey, PublicKey};
use certs::issue::{KeyError, SigningKey};

const KINDS: [KeyKind; 3] = [KeyKind::Gost2015_512, KeyKind::Gost2015_256, KeyKind::Gost2004];

/// RFC 7836 Appendix B, examples 7 and 8: the key pairs of both sides, all numbers little-endian.
#[test]
fn public_keys_are_those_of_rfc_7836() {
    let pairs = [
        (
            "c990ecd972fce84ec4db022778f50fcac726f46708384b8d458304962d7147f8c2db41cef22c90b102f2968404f9b9be6d47c79692d81826b32b8daca43cb667",
            "aab0eda4abff21208d18799fb9a8556654ba783070eba10cb9abb253ec56dcf5d3ccba6192e464e6e5bcb6dea137792f2431f6c897eb1b3c0cc14327b1adc0a7\
             914613a3074e363aedb204d38d3563971bd8758e878c9db11403721b48002d38461f92472d40ea92f9958c0ffa4c93756401b97f89fdbe0b5e46e4a4631cdb5a",
        ),
        (
            "48c859f7b6f11585887cc05ec6ef1390cfea739b1a18c0d4662293ef63b79e3b8014070b44918590b4b996acfea4edfbbbcccc8c06edd8bf5bda92a51392d0db",
            "192fe183b9713a077253c72c8735de2ea42a3dbc66ea317838b65fa32523cd5efca974eda7c863f4954d1147f1f2b25c395fce1c129175e876d132e94ed5a651\
             04883b414c9b592ec4dc84826f07d0b6d9006dda176ce48c391e3f97d102e03bb598bf132a228a45f7201aba08fc524a2d77e43a362ab022ad4028f75bde3b79",
        ),
    ];
    for (private, public) in pairs {
        let key = PrivateKey::from_number(KeyKind::Gost2015_512, &hex::decode(private).unwrap()).unwrap();
        assert!(hex::encode(key.spki_der()).ends_with(public));
    }
}

#[test]
fn what_a_national_key_signs_its_public_half_verifies() {
    for kind in KINDS {
        let key = PrivateKey::generate(kind).unwrap();
        let public = PublicKey::from_spki(key.spki_der()).unwrap();
        assert_eq!(public.kind(), kind);
        let (algorithm, _) = public.algorithms();
        for message in [&b""[..], b"message", &[0x5a; 1000]] {
            let signature = key.sign(message).unwrap();
            assert_eq!(gost::verify(key.spki_der(), &algorithm, message, &signature), Ok(()));
            let other = gost::verify(key.spki_der(), &algorithm, b"other", &signature);
            assert_eq!(other, Err(GostError::BadSignature));
            let of_another = PrivateKey::generate(kind).unwrap();
            assert_eq!(of_another.public().verify(message, &signature), Err(GostError::BadSignature));
        }
    }
}

/// RFC 6979: no randomness that could fail at the moment of signing.
#[test]
fn the_same_message_gives_the_same_signature_and_another_message_another_one() {
    for kind in KINDS {
        let key = PrivateKey::generate(kind).unwrap();
        assert_eq!(key.sign(b"one").unwrap(), key.sign(b"one").unwrap());
        let (one, two) = (key.sign(b"one").unwrap(), key.sign(b"two").unwrap());
        // The same r under two messages would give the key away.
        assert_ne!(one[..one.len() / 2], two[..two.len() / 2]);
    }
}

#[test]
fn private_keys_survive_being_written_and_read() {
    for kind in KINDS {
        let key = SigningKey::generate(kind).unwrap();
        let pem = key.to_pkcs8_pem().unwrap();
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
        let again = SigningKey::from_pkcs8_pem(&pem).unwrap();
        assert_eq!((again.kind(), again.spki_der()), (kind, key.spki_der()));
        assert_eq!(again.sign(b"message").unwrap(), key.sign(b"message").unwrap());
    }
}

/// An OCTET STRING as the national authorities write it, an INTEGER, and bare octets are all about.
#[test]
fn reads_the_number_in_each_of_the_ways_it_is_written() {
    let key = PrivateKey::generate(KeyKind::Gost2015_512).unwrap();
    let der = key.to_pkcs8().unwrap();
    let number = der[der.len() - 64..].to_vec();
    let algorithm = &der[5..der.len() - 68];
    let wrap = |tag: u8, content: &[u8]| {
        let mut out = vec![tag];
        match u8::try_from(content.len()).unwrap() {
            short if short < 0x80 => out.push(short),
            long => out.extend([0x81, long]),
        }
        out.extend_from_slice(content);
        out
    };
    let info = |inner: &[u8]| wrap(0x30, &[&[2, 1, 0], algorithm, &wrap(4, inner)].concat());
    // Zero in front, so that it is positive.
    let mut big_endian = vec![0];
    big_endian.extend(number.iter().rev());
    let minimal = if big_endian[1] < 0x80 { &big_endian[1..] } else { &big_endian[..] };
    for inner in [number.clone(), wrap(4, &number), wrap(2, minimal)] {
        let read = PrivateKey::from_pkcs8(&info(&inner)).unwrap();
        assert_eq!(read.spki_der(), key.spki_der());
    }
    for inner in [vec![], wrap(4, &number[1..]), wrap(4, &[&number[..], &[0]].concat()), wrap(0x0c, &number)]
    {
        assert!(matches!(PrivateKey::from_pkcs8(&info(&inner)), Err(GostError::MalformedKey)));
    }
}

/// RFC 7091 §5.2: 0 < d < q.
#[test]
fn refuses_private_numbers_that_are_out_of_range() {
    for (kind, length) in KINDS.into_iter().zip([64, 32, 32]) {
        for number in [vec![0; length], vec![0xff; length]] {
            assert!(matches!(PrivateKey::from_number(kind, &number), Err(GostError::OutOfRange)));
        }
        let short = PrivateKey::from_number(kind, &vec![1; length - 1]);
        assert!(matches!(short, Err(GostError::Length { expected, found }) if expected == found + 1));
    }
    assert!(matches!(PrivateKey::generate(KeyKind::P256), Err(GostError::MalformedKey)));
}

#[test]
fn a_national_key_signs_with_its_own_algorithm_only() {
    let key = SigningKey::generate(KeyKind::Gost2015_512).unwrap();
    let refused = key.sign_with(certs::algorithm::Algorithm::Gost34310_2004, b"message");
    assert!(matches!(refused, Err(KeyError::Unfit { .. })));
}

#[test]
fn never_prints_a_private_number() {
    let key = PrivateKey::generate(KeyKind::Gost2015_512).unwrap();
    assert_eq!(format!("{key:?}"), "PrivateKey(gost-2015-512)");
}
