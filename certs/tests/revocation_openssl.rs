//! A second opinion: what `openssl` asks, answers and lists, this reads, and the other way round.
#![cfg(feature = "issue")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod forge;
mod openssl;

use std::sync::Arc;

use certs::UnixTime;
use certs::algorithm::Digest;
use certs::issue::certificate::Authority;
use certs::issue::{CertificateProfile, DistinguishedName};
use certs::path::{Certificate, Constraints, validate};
use certs::revocation::{Nonce, OcspRequest, Reason, Status, Unknown};
use forge::{anchors, answer, good, key, parsed, revoked, store};
use openssl::OpenSsl;

/// `openssl` dates by the clock of the machine, so here the clock of the machine is asked.
fn now() -> UnixTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

fn profile(serial: u64, name: &str) -> CertificateProfile {
    CertificateProfile::bare(serial, DistinguishedName::common_name(name), now() - 86_400, now() + 864_000)
}

struct Bench {
    openssl: OpenSsl,
    root: Authority,
}

impl Bench {
    fn new() -> Self {
        let openssl = OpenSsl::new();
        let root = Authority::self_signed(&profile(1, "ROOT").authority(None), openssl.rsa()).unwrap();
        openssl.write_pem("root.pem", "CERTIFICATE", root.certificate());
        openssl.write("root.key", root.key().to_pkcs8_pem().unwrap().as_bytes());
        // openssl-ca(1): state, end, revocation with reason, serial number, file, name.
        let index = "V\t491231235959Z\t\t05\tunknown\t/CN=good\n\
                     R\t491231235959Z\t260101000000Z,keyCompromise\t06\tunknown\t/CN=revoked\n";
        openssl.write("index.txt", index.as_bytes());
        openssl.write("number", b"07\n");
        let config = "[ca]\ndefault_ca = one\n[one]\ndatabase = index.txt\ncrlnumber = number\ndefault_md = sha256\n\
                      crl_extensions = list\n[list]\nauthorityKeyIdentifier = keyid:always\n";
        openssl.write("ca.cnf", config.as_bytes());
        Self { openssl, root }
    }

    fn leaf(&self, serial: u64) -> Arc<Certificate> {
        let der = self.root.certify(&profile(serial, "leaf"), key().spki_der()).unwrap();
        self.openssl.write_pem("leaf.pem", "CERTIFICATE", &der);
        Certificate::parse(&der).unwrap()
    }

    fn status(
        &self,
        leaf: &Arc<Certificate>,
        take: impl FnOnce(&mut certs::revocation::RevocationStore),
    ) -> Status {
        let mut store = store(&[&self.root]);
        take(&mut store);
        let path = validate(leaf, &[], &anchors(&[&self.root]), now(), &Constraints::PLAIN).unwrap();
        store.status(&path, 0, now())
    }
}

#[test]
fn reads_the_lists_that_openssl_makes() {
    let bench = Bench::new();
    bench
        .openssl
        .accepts("ca -gencrl -config ca.cnf -keyfile root.key -cert root.pem -crldays 1 -out list.pem");
    bench.openssl.accepts("crl -in list.pem -outform DER -out list.der");
    let list = bench.openssl.read("list.der");
    let status = |serial| {
        bench.status(&bench.leaf(serial), |store| drop(store.accept_crl(list.clone(), &[], now()).unwrap()))
    };
    assert!(status(5).is_good());
    assert!(matches!(status(6), Status::Revoked { reason: Some(Reason::KeyCompromise), .. }));
}

#[test]
fn asks_and_reads_as_openssl_answers() {
    let bench = Bench::new();
    let responder =
        bench.root.delegate(&profile(9, "RESPONDER").ocsp_responder(), bench.openssl.rsa()).unwrap();
    bench.openssl.write_pem("responder.pem", "CERTIFICATE", responder.certificate());
    bench.openssl.write("responder.key", responder.key().to_pkcs8_pem().unwrap().as_bytes());
    for signer in ["root", "responder"] {
        for (serial, digest) in [(5, Digest::Sha1), (6, Digest::Sha256), (7, Digest::Sha256)] {
            let leaf = bench.leaf(serial);
            let request = OcspRequest::new(&leaf, &parsed(&bench.root), digest, &[3; 16]).unwrap();
            bench.openssl.write("question.der", request.der());
            let by = format!("-rsigner {signer}.pem -rkey {signer}.key");
            bench.openssl.accepts(&format!(
                "ocsp -index index.txt -CA root.pem {by} -reqin question.der -respout answer.der"
            ));
            let octets = bench.openssl.read("answer.der");
            let status = bench.status(&leaf, |store| {
                store.accept_ocsp(&octets, &[], Nonce::Required(request.nonce()), now()).unwrap();
            });
            let agrees = match serial {
                5 => status.is_good(),
                6 => matches!(status, Status::Revoked { reason: Some(Reason::KeyCompromise), .. }),
                _ => matches!(status, Status::Unknown { why: Unknown::NotKnownToAuthority }),
            };
            assert!(agrees, "{serial} {status:?}");
        }
    }
}

/// The forge of these tests is itself checked: what it calls good and revoked, `openssl` does too.
#[test]
fn openssl_reads_the_answers_of_our_own_making() {
    let bench = Bench::new();
    let authority = Authority::self_signed(&profile(1, "OWN").authority(None), key()).unwrap();
    let leaf = authority.certify(&profile(0x55, "leaf"), key().spki_der()).unwrap();
    bench.openssl.write_pem("own.pem", "CERTIFICATE", authority.certificate());
    bench.openssl.write_pem("leaf.pem", "CERTIFICATE", &leaf);
    let leaf = Certificate::parse(&leaf).unwrap();
    for (mut says, expected) in [(good(), "leaf.pem: good"), (revoked(), "leaf.pem: revoked")] {
        (says.this_update, says.next_update, says.digest) = (now() - 60, Some(now() + 600), Digest::Sha1);
        bench.openssl.write("answer.der", &answer(&authority, &authority, leaf.serial(), &says));
        let told = bench
            .openssl
            .accepts("ocsp -respin answer.der -CAfile own.pem -issuer own.pem -cert leaf.pem -no_nonce");
        assert!(told.contains("Response verify OK") && told.contains(expected), "{told}");
    }
}
