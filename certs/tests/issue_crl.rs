//! Revocation lists are issued, complete and delta, and `openssl` reads them as they were meant.
#![cfg(feature = "issue")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod openssl;

use certs::algorithm::KeyKind;
use certs::issue::certificate::Authority;
use certs::issue::crl::{Distribution, Entry, List, Reason, issue};
use certs::issue::{CertificateProfile, DistinguishedName, SigningKey};
use openssl::OpenSsl;

const FROM: i64 = 1_767_225_600; // 2026-01-01
const UNTIL: i64 = 1_798_761_599; // 2026-12-31T23:59:59
const WITHIN: &str = "1782864000"; // 2026-07-01

const LIST: List<'static> =
    List { this_update: FROM, next_update: Some(UNTIL), number: 7, base: None, distribution: None };

fn root(key: SigningKey) -> Authority {
    let name = DistinguishedName::common_name("РОСТ").kazakhstan();
    Authority::self_signed(&CertificateProfile::bare(1, name, FROM, UNTIL).authority(None), key).unwrap()
}

fn key() -> SigningKey {
    SigningKey::generate(KeyKind::P256).unwrap()
}

fn entry(serial: &[u8], reason: Option<Reason>) -> Entry<'_> {
    Entry { serial, revoked: FROM + 5, reason }
}

#[test]
fn openssl_checks_officers_against_the_list_of_every_kind_of_key() {
    let openssl = OpenSsl::new();
    for key_of_root in openssl.keys() {
        let root = root(key_of_root);
        let name = DistinguishedName::common_name("x").kazakhstan();
        let [good, revoked] = [200, 201].map(|serial| {
            root.certify(&CertificateProfile::bare(serial, name.clone(), FROM, UNTIL), key().spki_der())
                .unwrap()
        });
        let list = issue(&root, &LIST, [entry(&[201], Some(Reason::KeyCompromise))]).unwrap();
        openssl.write_pem("root.pem", "CERTIFICATE", root.certificate());
        openssl.write_pem("good.pem", "CERTIFICATE", &good);
        openssl.write_pem("revoked.pem", "CERTIFICATE", &revoked);
        openssl.write_pem("list.pem", "X509 CRL", &list);
        openssl.accepts("crl -in list.pem -CAfile root.pem -noout");
        let verify = format!("verify -crl_check -CAfile root.pem -CRLfile list.pem -attime {WITHIN}");
        openssl.accepts(&format!("{verify} good.pem"));
        assert!(openssl.refuses(&format!("{verify} revoked.pem")).contains("certificate revoked"));
    }
}

#[test]
fn an_entry_says_when_and_why() {
    let openssl = OpenSsl::new();
    let serials: Vec<Vec<u8>> = vec![vec![0x7f], vec![0x80], vec![0x01; 20]];
    let reasons = [None, Some(Reason::CertificateHold), Some(Reason::PrivilegeWithdrawn)];
    let entries = serials.iter().zip(reasons).map(|(serial, reason)| entry(serial, reason));
    openssl.write("list.der", &issue(&root(key()), &LIST, entries).unwrap());
    let text = openssl.accepts("crl -inform DER -in list.der -noout -text");
    assert_eq!(text.matches("Revocation Date: Jan  1 00:00:05 2026 GMT").count(), 3);
    for expected in [
        "Serial Number: 7F\n",
        "Serial Number: 80\n",
        "Certificate Hold",
        "Privilege Withdrawn",
        "CRL Number: \n                7\n",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
}

#[test]
fn a_delta_list_names_its_base_and_takes_entries_back() {
    let openssl = OpenSsl::new();
    let distribution =
        Distribution { url: Some("http://127.0.0.1/ca.crl"), only_users: true, ..Distribution::default() };
    let list = List { number: 9, base: Some(7), distribution: Some(distribution), ..LIST };
    let der = issue(&root(key()), &list, [entry(&[5], Some(Reason::RemoveFromCrl))]).unwrap();
    openssl.write("list.der", &der);
    let text = openssl.accepts("crl -inform DER -in list.der -noout -text");
    for expected in [
        "X509v3 Delta CRL Indicator: critical\n                7",
        "X509v3 Issuing Distribution Point: critical",
        "URI:http://127.0.0.1/ca.crl",
        "Only User Certificates",
        "Remove From CRL",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
}

#[test]
fn an_empty_list_has_no_field_for_entries() {
    let openssl = OpenSsl::new();
    openssl.write("list.der", &issue(&root(key()), &LIST, []).unwrap());
    assert!(openssl.accepts("crl -inform DER -in list.der -noout -text").contains("No Revoked Certificates"));
}

#[test]
fn a_million_entries_are_written_in_seconds() {
    let serials: Vec<[u8; 20]> = (0..1_000_000_u32)
        .map(|index| {
            let mut serial = [0x5a; 20];
            serial[16..].copy_from_slice(&index.to_be_bytes());
            serial
        })
        .collect();
    let start = std::time::Instant::now();
    let entries = serials.iter().map(|serial| entry(serial, Some(Reason::KeyCompromise)));
    let der = issue(&root(key()), &LIST, entries).unwrap();
    let took = start.elapsed();
    assert!(took.as_secs() < 5, "{took:?}");
    let parsed = <x509_cert::crl::CertificateList as der::Decode>::from_der(&der).unwrap();
    assert_eq!(parsed.tbs_cert_list.revoked_certificates.unwrap().len(), 1_000_000);
}
