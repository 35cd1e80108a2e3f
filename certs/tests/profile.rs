//! Profiles are data, and data is checked when it is read.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use certs::Profile;
use certs::algorithm::KeyKind;
use certs::profile::ProfileError;

const NATIONAL: &str = include_str!("../profiles/national.toml");

#[test]
fn every_shipped_profile_can_be_read_and_has_its_name() {
    for name in ["national", "national-test", "generic"] {
        assert_eq!(Profile::named(name).unwrap().name(), name);
    }
    assert!(matches!(Profile::named("National"), Err(ProfileError::Unknown { .. })));
}

#[test]
fn the_test_profile_differs_from_the_national_one_in_nothing_but_the_check_digits() {
    let test = include_str!("../profiles/national-test.toml");
    let settings = |text: &str| -> Vec<String> {
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    };
    let (national, test) = (settings(NATIONAL), settings(test));
    assert_eq!(national.len(), test.len());
    for (one, other) in national.iter().zip(&test).filter(|(one, other)| one != other) {
        let known = [
            ("name = \"national\"", "name = \"national-test\""),
            ("check-digit = true", "check-digit = false"),
        ];
        assert!(known.contains(&(one.as_str(), other.as_str())), "{one} / {other}");
    }
}

#[test]
fn a_mistake_in_a_profile_is_refused_and_not_skipped() {
    let with = |from: &str, to: &str| {
        assert!(NATIONAL.contains(from));
        Profile::parse(&NATIONAL.replace(from, to)).map(|_| ())
    };
    assert_eq!(with("x", "x"), Ok(()));
    assert!(matches!(with("rsa-bits", "rsa-bitz"), Err(ProfileError::Syntax(_))));
    assert!(matches!(with("required = true", ""), Err(ProfileError::Syntax(_))));
    assert!(matches!(with("= \"head\"", "= \"chief\""), Err(ProfileError::Syntax(_))));
    assert!(matches!(with("nonRepudiation", "nonrepudiation"), Err(ProfileError::KeyUsage { .. })));
    assert!(matches!(with("\"p-256\"", "\"p256\""), Err(ProfileError::Key { .. })));
    assert!(matches!(with("2.5.4.11", "2.5.four"), Err(ProfileError::ObjectIdentifier { .. })));
}

#[test]
fn no_profile_lets_short_rsa_keys_or_sha_1_in() {
    let weak = Profile::parse(&NATIONAL.replace("rsa-bits = 2048", "rsa-bits = 512")).unwrap();
    assert_eq!((weak.acceptance().rsa_bits, weak.acceptance().sha1), (2048, false));
    let strong = Profile::parse(&NATIONAL.replace("rsa-bits = 2048", "rsa-bits = 3072")).unwrap();
    assert_eq!(strong.acceptance().rsa_bits, 3072);
    let few = Profile::parse(&NATIONAL.replace("\"p-256\", ", "")).unwrap();
    assert!(!few.accepts_key(KeyKind::P256));
    assert!(few.accepts_key(KeyKind::Rsa { bits: 2048 }));
}
