//! Certificates are issued in the national shape, and `openssl` reads them as they were meant.
#![cfg(feature = "issue")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod openssl;

use certs::algorithm::KeyKind;
use certs::identity::{Bin, Iin};
use certs::issue::certificate::Authority;
use certs::issue::profile::{CertificateProfile, purpose};
use certs::issue::{DistinguishedName, IssueError, SigningKey};
use der::asn1::ObjectIdentifier;
use openssl::OpenSsl;

const FROM: i64 = 1_767_225_600; // 2026-01-01
const UNTIL: i64 = 1_798_761_599; // 2026-12-31T23:59:59
const WITHIN: &str = "1782864000"; // 2026-07-01

fn root(key: SigningKey) -> Authority {
    let name = DistinguishedName::common_name("НЕГІЗГІ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ").kazakhstan();
    Authority::self_signed(&CertificateProfile::bare(1, name, FROM, UNTIL).authority(None), key).unwrap()
}

fn officer() -> CertificateProfile {
    let name = DistinguishedName::common_name("ТЕСТОВ ТЕСТ")
        .surname("ТЕСТОВ")
        .iin(&"900101300017".parse::<Iin>().unwrap())
        .kazakhstan()
        .organization("ПОЛИЦИЯ ДЕПАРТАМЕНТІ")
        .bin(&"940740000003".parse::<Bin>().unwrap())
        .given_name("ТЕСТОВИЧ");
    CertificateProfile::bare(4711, name, FROM, UNTIL)
        .signing(&[purpose::LEGAL_ENTITY, purpose::EMPLOYEE])
        .with_policy(ObjectIdentifier::new_unwrap("1.2.398.3.3.2.1"), Some("http://pki.gov.kz/cps"))
        .with_urls("http://127.0.0.1/ca.crl", "http://127.0.0.1/ocsp", "http://127.0.0.1/ca.cer")
}

fn key() -> SigningKey {
    SigningKey::generate(KeyKind::P256).unwrap()
}

#[test]
fn openssl_builds_the_path_from_officer_to_root_for_every_kind_of_key() {
    let openssl = OpenSsl::new();
    for (issuer_key, own_key) in openssl.keys().into_iter().zip(openssl.keys()) {
        let root = root(issuer_key);
        let name = DistinguishedName::common_name("ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ").kazakhstan();
        let profile = CertificateProfile::bare(2, name, FROM, UNTIL).authority(Some(0));
        let issuing = root.delegate(&profile, own_key).unwrap();
        let officer = issuing.certify(&officer(), key().spki_der()).unwrap();
        openssl.write_pem("root.pem", "CERTIFICATE", root.certificate());
        openssl.write_pem("issuing.pem", "CERTIFICATE", issuing.certificate());
        openssl.write_pem("officer.pem", "CERTIFICATE", &officer);
        let verify = "verify -x509_strict -CAfile root.pem -untrusted issuing.pem";
        openssl.accepts(&format!("{verify} -purpose smimesign -attime {WITHIN} officer.pem"));
        let late = openssl.refuses(&format!("{verify} -attime 1800000000 officer.pem"));
        assert!(late.contains("expired"), "{late}");
    }
}

#[test]
fn an_officer_is_named_by_iin_and_bin() {
    let openssl = OpenSsl::new();
    openssl.write("officer.der", &root(key()).certify(&officer(), key().spki_der()).unwrap());
    let subject = "x509 -inform DER -in officer.der -noout -subject -serial -nameopt";
    let text = openssl.accepts(&format!("{subject} utf8,sep_comma_plus"));
    let expected = "CN=ТЕСТОВ ТЕСТ,SN=ТЕСТОВ,serialNumber=IIN900101300017,C=KZ,O=ПОЛИЦИЯ ДЕПАРТАМЕНТІ,OU=BIN940740000003,GN=ТЕСТОВИЧ";
    assert!(text.contains(expected), "{text}");
    assert!(text.contains("serial=1267"), "{text}");
    let types = openssl.accepts(&format!("{subject} utf8,sep_comma_plus,show_type"));
    assert!(types.contains("serialNumber=PRINTABLESTRING:IIN"), "{types}");
    assert!(types.contains("CN=UTF8STRING:"), "{types}");
}

#[test]
fn a_signing_certificate_says_what_the_national_one_says() {
    let openssl = OpenSsl::new();
    openssl.write("officer.der", &root(key()).certify(&officer(), key().spki_der()).unwrap());
    let text = openssl.accepts("x509 -inform DER -in officer.der -noout -text");
    for expected in [
        "X509v3 Key Usage: critical\n                Digital Signature, Non Repudiation\n",
        "E-mail Protection, 1.2.398.3.3.4.1.2, 1.2.398.3.3.4.1.2.5\n",
        "Policy: 1.2.398.3.3.2.1\n                  CPS: http://pki.gov.kz/cps\n",
        "URI:http://127.0.0.1/ca.crl\n",
        "OCSP - URI:http://127.0.0.1/ocsp\n",
        "CA Issuers - URI:http://127.0.0.1/ca.cer\n",
        "Not Before: Jan  1 00:00:00 2026 GMT\n            Not After : Dec 31 23:59:59 2026 GMT\n",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
}

#[test]
fn a_purpose_is_only_what_was_certified() {
    let openssl = OpenSsl::new();
    let root = root(key());
    openssl.write_pem("root.pem", "CERTIFICATE", root.certificate());
    let bare = |serial| {
        CertificateProfile::bare(serial, DistinguishedName::common_name("x").kazakhstan(), FROM, UNTIL)
    };
    let address = "127.0.0.1".parse().unwrap();
    let made = [
        (
            "sslserver",
            bare(2).tls_server(&["localhost"], &[address]),
            "-verify_hostname localhost -verify_ip 127.0.0.1",
        ),
        ("sslclient", bare(3).tls_client(), ""),
        ("sslclient", bare(4).authentication(&[purpose::INDIVIDUAL]), ""),
        ("timestampsign", bare(5).time_stamping(), ""),
        ("smimesign", bare(6).signing(&[purpose::INDIVIDUAL]), ""),
    ];
    let verify = format!("verify -x509_strict -CAfile root.pem -attime {WITHIN}");
    for (wanted, profile, also) in &made {
        openssl.write_pem("x.pem", "CERTIFICATE", &root.certify(profile, key().spki_der()).unwrap());
        openssl.accepts(&format!("{verify} -purpose {wanted} {also} x.pem"));
        for other in ["sslserver", "sslclient", "timestampsign", "smimesign"] {
            if other != *wanted {
                openssl.refuses(&format!("{verify} -purpose {other} x.pem"));
            }
        }
    }
    openssl.write_pem(
        "x.pem",
        "CERTIFICATE",
        &root.certify(&bare(7).ocsp_responder(), key().spki_der()).unwrap(),
    );
    let text = openssl.accepts("x509 -in x.pem -noout -text");
    assert!(text.contains("OCSP Signing") && text.contains("OCSP No Check"), "{text}");
    openssl.write_pem(
        "x.pem",
        "CERTIFICATE",
        &root.certify(&bare(8).crl_signer(), key().spki_der()).unwrap(),
    );
    assert!(openssl.accepts("x509 -in x.pem -noout -text").contains("CRL Sign\n"));
}

#[test]
fn years_from_2050_on_are_written_with_four_digits() {
    let openssl = OpenSsl::new();
    let mut profile = officer();
    profile.not_after = 2_524_608_000;
    openssl.write("x.der", &root(key()).certify(&profile, key().spki_der()).unwrap());
    let text = openssl.accepts("asn1parse -inform DER -in x.der");
    assert!(text.contains("UTCTIME           :260101000000Z"), "{text}");
    assert!(text.contains("GENERALIZEDTIME   :20500101000000Z"), "{text}");
    profile.not_after = i64::MAX;
    let refused = root(key()).certify(&profile, key().spki_der());
    assert_eq!(refused, Err(IssueError::Instant { instant: i64::MAX }));
}

#[test]
fn refuses_serial_numbers_that_are_zero_or_longer_than_twenty_octets() {
    for (serial, octets) in [(vec![0, 0], 0), (vec![1; 21], 21)] {
        let profile = CertificateProfile { serial, ..officer() };
        let refused = root(key()).certify(&profile, key().spki_der());
        assert_eq!(refused, Err(IssueError::Serial { octets }));
    }
    let profile = CertificateProfile { serial: vec![0xff; 20], ..officer() };
    assert!(root(key()).certify(&profile, key().spki_der()).is_ok());
}

#[test]
fn takes_up_a_certificate_only_with_its_own_key() {
    let root = root(key());
    let refused = Authority::new(root.certificate(), key());
    assert!(matches!(refused, Err(IssueError::KeyMismatch)));
    let again = SigningKey::from_pkcs8_pem(&root.key().to_pkcs8_pem().unwrap()).unwrap();
    let taken = Authority::new(root.certificate(), again).unwrap();
    assert_eq!((taken.name(), taken.key_identifier()), (root.name(), root.key_identifier()));
}
