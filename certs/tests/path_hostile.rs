//! Certificates, lists and answers that somebody spoiled on purpose: they are refused, in little time, and nothing panics.
#![cfg(feature = "issue")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod forge;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use certs::path::budget::{Exhausted, MAX_SIGNATURE_CHECKS};
use certs::path::{Certificate, Constraints, Culprit, Malformed, PathError, Validity, validate};
use certs::revocation::Nonce;
use forge::*;
use proptest::prelude::*;

fn samples() -> Vec<Vec<u8>> {
    let vectors = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    [
        "nca-revocation/certificates/individual_valid_sign_2004_rsa.cer",
        "nca-revocation/authorities/nca_gost2015_test.cer",
        "nca-revocation/crl/nca_gost2022_test.crl",
        "nca-revocation/ocsp/ocsp_response_individual_2015.bin",
        "pkits/certs/nameConstraintsDN3CACert.crt",
        "pkits/certs/P1Mapping1to234CACert.crt",
        "pkits/certs/ValidcRLIssuerTest33EE.crt",
        "pkits/crls/indirectCRLCA5CRL.crl",
    ]
    .iter()
    .map(|name| std::fs::read(vectors.join(name)).unwrap())
    .collect()
}

/// Everything that reads octets from outside, on the same octets.
fn read_as_everything(octets: &[u8]) {
    let validity = Validity::of(octets).ok();
    if let Ok(certificate) = Certificate::parse(octets) {
        assert_eq!(validity, Some(certificate.validity()));
    }
    let root = root_once();
    let mut store = store(&[root]);
    drop(store.accept_crl(octets.to_vec(), &[], 1_655_000_000));
    drop(store.accept_ocsp(octets, &[], Nonce::Unchecked, 1_655_000_000));
}

fn root_once() -> &'static certs::issue::certificate::Authority {
    static ROOT: std::sync::OnceLock<certs::issue::certificate::Authority> = std::sync::OnceLock::new();
    ROOT.get_or_init(|| root("ROOT"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spoiled_samples_never_panic(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let samples = samples_once();
        let mut octets = samples[which.index(samples.len())].clone();
        for (place, value) in changes {
            let place = place.index(octets.len());
            octets[place] = value;
        }
        if let Some(cut) = cut {
            octets.truncate(cut.index(octets.len()));
        }
        read_as_everything(&octets);
    }

    #[test]
    fn noise_never_panics(octets in prop::collection::vec(any::<u8>(), 0..512)) {
        read_as_everything(&octets);
        read_as_everything(&tlv(0x30, &octets));
    }
}

fn samples_once() -> &'static [Vec<u8>] {
    static SAMPLES: std::sync::OnceLock<Vec<Vec<u8>>> = std::sync::OnceLock::new();
    SAMPLES.get_or_init(samples)
}

fn spent() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(stat.split_whitespace().next().unwrap().parse().unwrap())
}

/// CVE-2024-0567, CVE-2018-16875: authorities of one name that all seem to have issued each other.
#[test]
fn a_thicket_of_authorities_of_one_name_exhausts_a_budget_and_not_the_machine() {
    let trusted = root("TRUSTED");
    let mut above = root("SAME");
    let mut thicket = Vec::new();
    for serial in 10..110 {
        above = above.delegate(&profile(serial, "SAME").authority(None), key()).unwrap();
        thicket.push(parsed(&above));
    }
    let leaf = issued(&above, &profile(5, "leaf"));
    let started = spent();
    let found = validate(&leaf, &thicket, &anchors(&[&trusted]), NOW, &Constraints::PLAIN).map(drop);
    let cost = spent() - started;
    assert!(matches!(
        found,
        Err(PathError::Budget(Exhausted::Signatures)
            | PathError::TooDeep { .. }
            | PathError::Signature { .. })
    ));
    println!("{cost:?} for at most {MAX_SIGNATURE_CHECKS} signatures");
    assert!(cost < Duration::from_millis(200));
}

#[test]
fn a_validity_is_read_alone_and_only_of_a_certificate() {
    let (certificates, others): (Vec<_>, Vec<_>) =
        samples().into_iter().partition(|sample| Certificate::parse(sample).is_ok());
    assert!(others.iter().all(|other| Validity::of(other).is_err()));
    for certificate in &certificates {
        let parsed = Certificate::parse(certificate).unwrap().validity();
        assert_eq!(Validity::of(certificate).unwrap(), parsed);
    }
}

#[test]
fn a_validity_stands_behind_the_issuer_and_has_two_instants() {
    let time = |text: &str| tlv(0x17, text.as_bytes());
    let certificate = |version: &[u8], period: &[Vec<u8>]| {
        let before = [version, &tlv(0x02, &[1]), &tlv(0x30, &[]), &tlv(0x30, &[])].concat();
        tlv(0x30, &tlv(0x30, &[before, tlv(0x30, &period.concat()), vec![0xff]].concat()))
    };
    let (third, first) = (tlv(0xa0, &tlv(0x02, &[2])), tlv(0xa0, &tlv(0x02, &[0])));
    let (from, until) = (time("700101000000Z"), time("700101000001Z"));
    let period = [from.clone(), until.clone()];
    // Nothing behind it is read.
    let read = Validity::of(&certificate(&third, &period)).unwrap();
    assert_eq!((read.not_before, read.not_after), (0, 1));
    assert!(matches!(Validity::of(&certificate(&[], &period)), Err(Malformed::Version { .. })));
    assert!(matches!(Validity::of(&certificate(&first, &period)), Err(Malformed::Version { .. })));
    assert!(Validity::of(&certificate(&third, &period[..1])).is_err());
    assert!(Validity::of(&certificate(&third, &[from, until.clone(), until])).is_err());
    let whole = certificate(&third, &period);
    for cut in 0..whole.len() {
        assert!(Validity::of(&whole[..cut]).is_err());
    }
}

#[test]
fn a_certificate_larger_than_any_real_one_is_refused_unread() {
    let octets = vec![0x30; 128 * 1024 + 1];
    assert!(matches!(Certificate::parse(&octets), Err(Malformed::TooLarge { .. })));
}

#[test]
fn each_culprit_has_its_own_kind() {
    let trusted = root("TRUSTED");
    let kind = |leaf: &Arc<Certificate>, at, constraints: &Constraints| {
        validate(leaf, &[], &anchors(&[&trusted]), at, constraints).unwrap_err().culprit()
    };
    let leaf = issued(&trusted, &profile(5, "leaf").authentication(&[]));
    let plain = Constraints::PLAIN;
    assert_eq!(kind(&leaf, UNTIL + 1, &plain), Culprit::Expired);
    assert_eq!(kind(&leaf, FROM - 1, &plain), Culprit::NotYetValid);
    let signing = Constraints { key_usage: certs::path::KeyUsage::NON_REPUDIATION, ..plain.clone() };
    assert_eq!(kind(&leaf, NOW, &signing), Culprit::Purpose);
    let mail = const_oid::ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.4");
    assert_eq!(kind(&leaf, NOW, &Constraints { purpose: Some(mail), ..plain.clone() }), Culprit::Purpose);
    let foreign = issued(&root("OTHER"), &profile(5, "leaf"));
    assert_eq!(kind(&foreign, NOW, &plain), Culprit::Untrusted);
    // The right name and key identifier alone vouch for nothing.
    let mut octets = leaf.der().to_vec();
    let last = octets.len() - 1;
    octets[last] ^= 1;
    assert_eq!(kind(&Certificate::parse(&octets).unwrap(), NOW, &plain), Culprit::Untrusted);
}
