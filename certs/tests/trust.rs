//! Whom to believe: certificate, dates, revocation, purpose; and the same verdict again from the evidence alone.
#![cfg(feature = "issue")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod country;
mod openssl;

use std::sync::Arc;

use certs::algorithm::{Digest, KeyKind};
use certs::anchors::Anchors;
use certs::issue::cms::{Draft, sign, time_stamp};
use certs::issue::profile::purpose;
use certs::issue::time_stamp::{Stamp, issue};
use certs::issue::{CertificateProfile, DistinguishedName};
use certs::path::Certificate;
use certs::profile::Purpose;
use certs::relied::{Item, Relied, Statement};
use certs::revocation::{RevocationStore, Terms};
use certs::{EnvelopeKind, Iin, Profile, Trust, reverify};
use country::{
    CONTENT, Country, FROM, IIN, NOW, Owner, UNTIL, judge_at, judge_cms, key, officer_profile, refusal,
};

fn message(owner: &Owner) -> Vec<u8> {
    sign(CONTENT, &owner.key, &owner.certificate, &[]).unwrap()
}

fn verdict(country: &Country, profile: &CertificateProfile) -> Result<(), &'static str> {
    let owner = country.certify(profile, key(KeyKind::P256));
    judge_cms(&country.trust(), &message(&owner)).map(|_| ())
}

#[test]
fn refuses_a_signer_nobody_accepted_vouches_for() {
    let (country, foreign) = (Country::new(), Country::new());
    let officer = foreign.officer(key(KeyKind::P256));
    assert_eq!(refusal(judge_cms(&country.trust(), &message(&officer))), "certificate-untrusted");
    let chain = [foreign.issuing.certificate().to_vec(), foreign.root.certificate().to_vec()];
    let with_chain = sign(CONTENT, &officer.key, &officer.certificate, &chain).unwrap();
    assert_eq!(refusal(judge_cms(&country.trust(), &with_chain)), "certificate-untrusted");
}

#[test]
fn refuses_before_the_first_and_after_the_last_second() {
    let country = Country::new();
    let mut profile = officer_profile(100);
    (profile.not_before, profile.not_after) = (NOW - 10, NOW + 10);
    let owner = country.certify(&profile, key(KeyKind::P256));
    let at = |instant| judge_at(&country.trust(), EnvelopeKind::Cms, &message(&owner), instant).map(|_| ());
    assert_eq!(at(NOW - 11), Err("certificate-not-yet-valid"));
    assert_eq!(at(NOW - 10), Ok(()));
    assert_eq!(at(NOW + 10), Ok(()));
    assert_eq!(at(NOW + 11), Err("certificate-expired"));
}

#[test]
fn refuses_a_revoked_signer_and_one_of_whom_nothing_is_known() {
    let country = Country::new();
    let officer = country.officer(key(KeyKind::P256));
    assert_eq!(refusal(judge_cms(&country.trust_without(&[100]), &message(&officer))), "certificate-revoked");
    assert!(judge_cms(&country.trust_without(&[101]), &message(&officer)).is_ok());
    let nothing = RevocationStore::new(country.anchors(), Terms::STRICT);
    let trust = Trust::new(country.anchors(), Profile::named("national").unwrap(), nothing);
    assert_eq!(refusal(judge_cms(&trust, &message(&officer))), "revocation-unknown");
}

#[test]
fn names_a_bad_signature_before_anything_about_the_certificate() {
    let country = Country::new();
    let mut profile = officer_profile(100);
    profile.not_after = FROM + 1;
    let owner = country.certify(&profile, key(KeyKind::P256));
    let draft = Draft::new(CONTENT, &owner.key, &owner.certificate).unwrap();
    let forged = draft.with_signature(&key(KeyKind::P256).sign(CONTENT).unwrap());
    assert_eq!(refusal(judge_cms(&country.trust(), &forged)), "signature-invalid");
    assert_eq!(refusal(judge_cms(&country.trust(), &message(&owner))), "certificate-expired");
}

#[test]
fn an_authentication_certificate_cannot_sign_and_a_signing_one_cannot_open_a_channel() {
    let country = Country::new();
    let trust = country.trust();
    let mut profile = officer_profile(100);
    (profile.key_usage, profile.purposes) = (0, Vec::new());
    let authentication = profile.authentication(&[purpose::EMPLOYEE]);
    assert_eq!(verdict(&country, &authentication), Err("certificate-purpose"));
    let may = |profile: &CertificateProfile, purpose| {
        let owner = country.certify(profile, key(KeyKind::P256));
        let certificate = Certificate::parse(&owner.certificate).unwrap();
        trust
            .inspect_certificate(&certificate, &[], Some(purpose), NOW)
            .map(drop)
            .map_err(|untrusted| untrusted.code())
    };
    assert_eq!(may(&authentication, Purpose::Channel), Ok(()));
    assert_eq!(may(&authentication, Purpose::Signing), Err("certificate-purpose"));
    assert_eq!(may(&officer_profile(100), Purpose::Channel), Err("certificate-purpose"));
    assert_eq!(may(&officer_profile(100), Purpose::Signing), Ok(()));
}

#[test]
fn refuses_a_signer_without_every_mark_of_a_signing_certificate() {
    let country = Country::new();
    let named = || officer_profile(100);
    let with = |change: fn(&mut CertificateProfile)| {
        let mut profile = named();
        change(&mut profile);
        verdict(&country, &profile)
    };
    assert_eq!(with(|profile| profile.key_usage = 0), Err("certificate-purpose"));
    assert_eq!(with(|profile| profile.key_usage = 1), Err("certificate-purpose"));
    assert_eq!(with(|profile| profile.key_usage = 2), Err("certificate-purpose"));
    assert_eq!(with(|profile| profile.purposes.clear()), Err("certificate-purpose"));
    assert_eq!(with(|profile| profile.purposes = vec![purpose::EMPLOYEE]), Err("certificate-purpose"));
    assert_eq!(with(|_| ()), Ok(()));
}

#[test]
fn refuses_a_certificate_that_does_not_name_exactly_one_person() {
    let country = Country::new();
    let with = |subject: DistinguishedName| {
        let mut profile = officer_profile(100);
        profile.subject = subject;
        verdict(&country, &profile)
    };
    let cn = || DistinguishedName::common_name("X");
    let iin = IIN.parse::<Iin>().unwrap();
    let serial_number =
        |name: DistinguishedName, text| name.with(const_oid::db::rfc4519::SERIAL_NUMBER, text);
    let unit =
        |name: DistinguishedName, text| name.with(const_oid::db::rfc4519::ORGANIZATIONAL_UNIT_NAME, text);
    assert_eq!(with(cn()), Err("certificate-purpose"));
    assert_eq!(with(cn().iin(&iin)), Ok(()));
    assert_eq!(with(cn().iin(&iin).iin(&iin)), Err("certificate-purpose"));
    assert_eq!(with(serial_number(cn(), "IIN900101300018")), Err("certificate-purpose"));
    assert_eq!(with(serial_number(cn(), "IIN90010130001")), Err("certificate-purpose"));
    assert_eq!(with(serial_number(cn(), "900101300017")), Err("certificate-purpose"));
    assert_eq!(with(unit(cn().iin(&iin), "Отдел")), Ok(()));
    assert_eq!(with(unit(cn().iin(&iin), "BIN940740000004")), Err("certificate-purpose"));
    assert_eq!(
        with(unit(unit(cn().iin(&iin), "BIN940740000003"), "BIN940740000003")),
        Err("certificate-purpose")
    );
}

#[test]
fn only_the_profile_of_test_authorities_waives_the_check_digit() {
    let country = Country::new();
    let mut profile = officer_profile(100);
    profile.subject =
        DistinguishedName::common_name("X").with(const_oid::db::rfc4519::SERIAL_NUMBER, "IIN123456789011");
    let owner = country.certify(&profile, key(KeyKind::P256));
    for (name, waived) in [("national", false), ("national-test", true), ("generic", false)] {
        let trust = Trust::new(country.anchors(), Profile::named(name).unwrap(), country.revocation(&[]));
        assert_eq!(judge_cms(&trust, &message(&owner)).is_ok(), waived, "{name}");
    }
}

fn stamped(country: &Country, officer: &Owner, change: impl Fn(&mut Stamp<'_>)) -> Vec<u8> {
    let stamper = country.stamper();
    let mut draft = Draft::new(CONTENT, &officer.key, &officer.certificate).unwrap();
    let signature = draft.signature(&officer.key).unwrap();
    let policy = "1.2.398.3.3.2.6.2".parse().unwrap();
    let mut stamp =
        Stamp { policy, digest: Digest::Sha256, stamped: &signature, serial: 5, instant: NOW - 60 };
    change(&mut stamp);
    draft.unsigned.push(time_stamp(issue(&stamp, &stamper.key, &stamper.certificate).unwrap()));
    draft.with_signature(&signature)
}

#[test]
fn a_time_stamp_must_be_over_the_signature_from_its_authority_under_its_policy() {
    let country = Country::new();
    let trust = country.trust();
    let officer = country.officer(key(KeyKind::P256));
    let with = |change: fn(&mut Stamp<'_>)| judge_cms(&trust, &stamped(&country, &officer, change));
    assert_eq!(with(|_| ()).unwrap().signer().stamped_at(), Some(NOW - 60));
    assert_eq!(refusal(with(|stamp| stamp.stamped = CONTENT)), "signature-invalid");
    assert_eq!(refusal(with(|stamp| stamp.instant = NOW + 600)), "signature-invalid");
    assert_eq!(refusal(with(|stamp| stamp.digest = Digest::Sha1)), "algorithm-not-accepted");
    assert_eq!(refusal(with(|stamp| stamp.policy = "1.2.3.4".parse().unwrap())), "certificate-purpose");
    // An officer's key is not a time-stamping authority's, and a foreign authority is nobody's.
    let mut draft = Draft::new(CONTENT, &officer.key, &officer.certificate).unwrap();
    let signature = draft.signature(&officer.key).unwrap();
    let policy = "1.2.398.3.3.2.6.2".parse().unwrap();
    let stamp = Stamp { policy, digest: Digest::Sha256, stamped: &signature, serial: 5, instant: NOW };
    let foreign = Country::new().stamper();
    for (owner, code) in [(&officer, "certificate-purpose"), (&foreign, "certificate-untrusted")] {
        draft.unsigned = vec![time_stamp(issue(&stamp, &owner.key, &owner.certificate).unwrap())];
        assert_eq!(refusal(judge_cms(&trust, &draft.with_signature(&signature))), code);
    }
    draft.unsigned = vec![time_stamp(vec![0x30, 0x00])];
    assert_eq!(refusal(judge_cms(&trust, &draft.with_signature(&signature))), "malformed-signature");
}

// SLS 16-2(2): a signed electronic document equals paper; so it must still convince when its certificates are long expired.
#[test]
fn the_evidence_alone_gives_the_same_verdict_later() {
    let country = Country::new();
    let officer = country.officer(key(KeyKind::P256));
    for envelope in [message(&officer), stamped(&country, &officer, |_| ())] {
        let verified = judge_cms(&country.trust(), &envelope).unwrap();
        let json = serde_json::to_string(verified.relied()).unwrap();
        let relied: Relied = serde_json::from_str(&json).unwrap();
        let again = |envelope: &[u8], relied: &Relied, anchors: Arc<Anchors>| {
            let profile = Profile::named("national").unwrap();
            reverify(envelope, relied, anchors, profile, Terms::STRICT).map(|signer| signer.iin().cloned())
        };
        // Anchors alone: the issuing authority comes from the evidence.
        let root = Certificate::parse(country.root.certificate()).unwrap();
        let anchors = Arc::new(Anchors::new([(root, certs::anchors::Role::Anchor)]));
        assert_eq!(again(&envelope, &relied, anchors.clone()).unwrap().unwrap().as_str(), IIN);
        assert!(again(&envelope, &relied, Country::new().anchors()).is_err());
        let other = message(&country.certify(&officer_profile(200), key(KeyKind::P256)));
        assert!(again(&other, &relied, anchors.clone()).is_err());
        every_change_of_the_evidence_shows(&relied, |relied| {
            again(&envelope, relied, anchors.clone()).is_err()
        });
    }
}

fn every_change_of_the_evidence_shows(relied: &Relied, refused: impl Fn(&Relied) -> bool) {
    let statement = relied.statement().clone();
    let parts = |statement: Statement, without: Option<usize>, altered: Option<usize>| {
        Relied::from_parts(statement, |digest| {
            let at = relied.items().iter().position(|item| item.digest() == *digest)?;
            let item = relied.items()[at].clone();
            if altered == Some(at) {
                let mut bytes = item.bytes().to_vec();
                let last = bytes.len() - 1;
                bytes[last] ^= 1;
                return Some(Item::kept(item.kind(), item.digest(), bytes.into()));
            }
            (without != Some(at)).then_some(item)
        })
    };
    assert!(!refused(&parts(statement.clone(), None, None).unwrap()));
    for at in 0..relied.items().len() {
        assert!(parts(statement.clone(), Some(at), None).is_err());
        assert!(parts(statement.clone(), None, Some(at)).is_err());
    }
    let changes: [fn(&mut Statement); 6] = [
        |statement| statement.at = UNTIL + 1,
        |statement| statement.profile = "generic".to_owned(),
        |statement| statement.algorithm = "ed25519".to_owned(),
        |statement| statement.version = 2,
        |statement| statement.revocation.truncate(1),
        |statement| statement.path.truncate(1),
    ];
    for change in changes {
        let mut changed = statement.clone();
        change(&mut changed);
        assert!(parts(changed, None, None).is_ok_and(|relied| refused(&relied)));
    }
}
