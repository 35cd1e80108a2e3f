//! Everything that the national authorities published with national signatures verifies, and fails with a bit flipped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod national;

use certs::algorithm::{Acceptance, AlgorithmError, KeyKind, PublicKey, oid, verify};
use certs::gost::{self, GostError};
use national::{Signed, authorities, cms_signers, ocsp_answer, read, signed};

/// Every national signature in the folder of vectors and among the anchors, by file.
fn everything() -> Vec<(&'static str, Vec<Signed>)> {
    let single = |path: &'static str| (path, vec![signed(&read(path))]);
    let mut all: Vec<_> = [
        "anchors/root_gost.pem",
        "anchors/root_gost_2020.cer",
        "anchors/root_gost_2022.pem",
        "anchors/nca_gost.pem",
        "anchors/nca_gost_2022.pem",
        "anchors/btsd_gost.cer",
        "anchors/ucgo_gost.cer",
        "tests/vectors/nca/certificates/ceo_valid_sign_2004_gost.cer",
        "tests/vectors/nca/crl/nca_gost2022_test.crl",
        "tests/vectors/nca/crl/nca_gost_test.crl",
    ]
    .map(single)
    .into();
    for path in ["ocsp_response_individual_2015.bin", "ocsp_response_ceo_2015_revoked.bin"] {
        all.push((path, ocsp_answer(&read(&format!("tests/vectors/nca/ocsp/{path}")))));
    }
    let cms = [
        "signed/ncanode_signed_cms.cms",
        "signed/ncanode_signed_cms_one_signer.cms",
        "signed/ncanode_signed_detached_cms.cms",
        "timestamp/tsp_token.bin",
    ];
    all.extend(cms.map(|path| (path, cms_signers(&read(&format!("tests/vectors/nca/{path}")), b"test123"))));
    all
}

fn national(signed: &Signed) -> bool {
    [oid::GOST_2015_512_SIGNATURE, oid::GOST_2004_SIGNATURE].contains(&signed.algorithm)
}

#[test]
fn every_national_signature_verifies_under_exactly_one_key() {
    let keys = authorities();
    let mut counts = [0, 0];
    for (path, list) in everything() {
        for signed in list.iter().filter(|signed| national(signed)) {
            let known: Vec<&Vec<u8>> = keys.iter().chain(&signed.keys).collect();
            let mut under: Vec<_> =
                known.iter().filter(|key| signed.verify(key) == Ok(())).map(|key| key.as_slice()).collect();
            under.sort_unstable();
            under.dedup();
            assert_eq!(under.len(), 1, "{path}");
            counts[usize::from(signed.algorithm == oid::GOST_2004_SIGNATURE)] += 1;
        }
    }
    println!("verified {} signatures of 2015 and {} of 2004", counts[0], counts[1]);
    assert!(counts[0] >= 9 && counts[1] >= 7, "{counts:?}");
}

#[test]
fn every_national_signature_fails_with_a_bit_flipped_in_message_signature_or_key() {
    let keys = authorities();
    for (path, list) in everything() {
        for signed in list.iter().filter(|signed| national(signed)) {
            let key = keys.iter().chain(&signed.keys).find(|key| signed.verify(key) == Ok(())).unwrap();
            for step in [3, 7, 11, 13] {
                let mut changed = signed.clone();
                flip(&mut changed.message, step);
                assert_eq!(changed.verify(key), Err(GostError::BadSignature), "{path}");
                let mut changed = signed.clone();
                flip(&mut changed.signature, step);
                assert!(changed.verify(key).is_err(), "{path}");
                let mut changed = key.clone();
                // The last 64 octets are the y coordinate, or both; a point moved off its curve is no key.
                let y = changed.len() - 64;
                flip(&mut changed[y..], step);
                assert_eq!(signed.verify(&changed), Err(GostError::OffCurve), "{path}");
            }
        }
    }
}

fn flip(octets: &mut [u8], step: usize) {
    let position = octets.len() * step / 16;
    octets[position] ^= 1 << (step % 8);
}

/// All 1024 bits of one signature of 2015 and all 512 of one of 2004.
#[test]
fn no_bit_of_a_signature_is_idle() {
    for path in ["anchors/root_gost_2022.pem", "anchors/root_gost.pem"] {
        let signed = signed(&read(path));
        let key = authorities().into_iter().find(|key| signed.verify(key) == Ok(())).unwrap();
        let key = gost::PublicKey::from_spki(&key).unwrap();
        assert_eq!(key.verify(&signed.message, &signed.signature), Ok(()));
        for bit in 0..signed.signature.len() * 8 {
            let mut signature = signed.signature.clone();
            signature[bit / 8] ^= 1 << (bit % 8);
            assert!(key.verify(&signed.message, &signature).is_err(), "bit {bit}");
        }
    }
}

#[test]
fn refuses_signatures_of_the_wrong_length_or_out_of_range() {
    let signed = signed(&read("anchors/root_gost_2022.pem"));
    let key = authorities().into_iter().find(|key| signed.verify(key) == Ok(())).unwrap();
    let judge = |signature: &[u8]| gost::verify(&key, &signed.algorithm, &signed.message, signature);
    let r = &signed.signature[..64];
    let s = &signed.signature[64..];
    for wrong in [&[][..], r, &signed.signature[..127], &[&signed.signature[..], &[0]].concat()] {
        assert_eq!(judge(wrong), Err(GostError::Length { expected: 128, found: wrong.len() }));
    }
    // RFC 7091 §6.2 step 1: 0 < r, s < q.
    let order: Vec<u8> = hex::decode(
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff27e69532f48d89116ff22b8d4e0560609b4b38abfad2b85dcacdb1411f10b275",
    )
    .unwrap()
    .into_iter()
    .rev()
    .collect();
    for number in [&[0; 64][..], &order, &[0xff; 64]] {
        assert_eq!(judge(&[number, s].concat()), Err(GostError::OutOfRange));
        assert_eq!(judge(&[r, number].concat()), Err(GostError::OutOfRange));
    }
}

#[test]
fn refuses_keys_that_are_no_point_of_the_curve_they_name() {
    let key = authorities().into_iter().find(|key| key.len() == 175).expect("a key of 512 bits");
    let start = key.len() - 128;
    for coordinates in [[0; 128], [0xff; 128]] {
        let wrong = [&key[..start], &coordinates].concat();
        assert_eq!(gost::PublicKey::from_spki(&wrong).map(|_| ()), Err(GostError::OffCurve));
    }
    for wrong in [&key[..start], &key[..key.len() - 1], &[&key[..], &[0]].concat()] {
        assert_eq!(gost::PublicKey::from_spki(wrong).map(|_| ()), Err(GostError::MalformedKey));
    }
}

#[test]
fn refuses_parameters_and_algorithms_that_do_not_belong_together() {
    let signed = signed(&read("anchors/root_gost_2022.pem"));
    let key = authorities().into_iter().find(|key| signed.verify(key) == Ok(())).unwrap();
    let judged = gost::verify(&key, &oid::GOST_2004_SIGNATURE, &signed.message, &signed.signature);
    let expected =
        GostError::AlgorithmMismatch { key: KeyKind::Gost2015_512, signature: oid::GOST_2004_SIGNATURE };
    assert_eq!(judged, Err(expected));
    // 1.2.398.3.10.1.1.2.2.1 is the only known curve of 512 bits; .2 is none.
    let named = [0x06, 0x0a, 0x2a, 0x83, 0x0e, 0x03, 0x0a, 0x01, 0x01, 0x02, 0x02, 0x01];
    let at = key.windows(named.len()).position(|window| window == named).unwrap();
    let mut other = key;
    other[at + named.len() - 1] = 2;
    assert!(matches!(gost::PublicKey::from_spki(&other), Err(GostError::UnknownParameters { .. })));
}

/// The dispatch over all algorithms comes to the same.
#[test]
fn the_common_dispatch_judges_national_signatures_too() {
    let signed = signed(&read("anchors/nca_gost_2022.pem"));
    let key = authorities().into_iter().find(|key| signed.verify(key) == Ok(())).unwrap();
    assert_eq!(PublicKey::parse(&key).unwrap().kind(), KeyKind::Gost2015_512);
    let identifier = &signed.identifier;
    let judge =
        |message: &[u8], signature: &[u8]| verify(&key, identifier, message, signature, Acceptance::STRICT);
    assert_eq!(judge(&signed.message, &signed.signature), Ok(KeyKind::Gost2015_512));
    assert_eq!(judge(b"other", &signed.signature), Err(AlgorithmError::BadSignature));
    assert_eq!(judge(&signed.message, &signed.signature[1..]), Err(AlgorithmError::BadSignature));
}

/// RFC 6986 §10.1 and RFC 5831 §7.3.
#[test]
fn digests_are_those_of_their_standards() {
    let message = b"012345678901234567890123456789012345678901234567890123456789012";
    let of = |algorithm, data: &[u8]| hex::encode(gost::digest(&algorithm, data).unwrap());
    assert_eq!(
        of(oid::STREEBOG_512, message),
        "1b54d01a4af5b9d5cc3d86d68d285462b19abc2475222f35c085122be4ba1ffa00ad30f8767b3a82384c6574f024c311e2a481332b08ef7f41797891c1646f48"
    );
    assert_eq!(
        of(oid::STREEBOG_256, message),
        "9d151eefd8590b89daa6ba6cb74af9275dd051026bb149a452fd84e5e57b5500"
    );
    assert_eq!(
        of(oid::GOST_94_DIGEST, b"This is message, length=32 bytes"),
        "b1c466d37519b82e8319819ff32595e047a28cb6f83eff1c6916a815a637fffa"
    );
    assert_eq!(gost::digest(&oid::SHA_256, message), None);
}
