//! Everything can be issued with national keys too. `openssl` does not read those, so the bare signatures are checked here.
#![cfg(feature = "issue")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod national;

use certs::algorithm::{Acceptance, Digest, KeyKind, verify};
use certs::issue::crl::{self, Entry, List};
use certs::issue::ocsp::{CertId, Identity, Instants, Responder, State};
use certs::issue::time_stamp::{Stamp, issue};
use certs::issue::{Authority, CertificateProfile, DistinguishedName, SigningKey};
use der::asn1::ObjectIdentifier;
use national::{Signed, cms_signers, ocsp_answer, signed};

const FROM: i64 = 1_767_225_600; // 2026-01-01
const UNTIL: i64 = 1_798_761_599; // 2026-12-31T23:59:59

fn profile(serial: u64, name: &str) -> CertificateProfile {
    CertificateProfile::bare(serial, DistinguishedName::common_name(name).kazakhstan(), FROM, UNTIL)
}

fn root(kind: KeyKind) -> Authority {
    let key = SigningKey::generate(kind).unwrap();
    Authority::self_signed(&profile(1, "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (GOST)").authority(None), key).unwrap()
}

/// Under the authority's key, and not under another's.
fn is_of(signed: &Signed, authority: &Authority) {
    let judge =
        |key: &[u8]| verify(key, &signed.identifier, &signed.message, &signed.signature, Acceptance::STRICT);
    assert_eq!(judge(authority.key().spki_der()), Ok(authority.key().kind()));
    assert!(judge(root(authority.key().kind()).key().spki_der()).is_err());
}

#[test]
fn certificates_lists_answers_and_stamps_of_national_authorities_are_signed_by_them() {
    for kind in [KeyKind::Gost2015_512, KeyKind::Gost2015_256, KeyKind::Gost2004] {
        let root = root(kind);
        is_of(&signed(root.certificate()), &root);
        let officer =
            root.certify(&profile(2, "x").signing(&[]), SigningKey::generate(kind).unwrap().spki_der());
        is_of(&signed(&officer.unwrap()), &root);

        let list =
            List { this_update: FROM, next_update: Some(UNTIL), number: 1, base: None, distribution: None };
        let entry = Entry { serial: &[2], revoked: FROM, reason: None };
        is_of(&signed(&crl::issue(&root, &list, [entry]).unwrap()), &root);

        let delegate = SigningKey::generate(kind).unwrap();
        let delegate = root.delegate(&profile(3, "OCSP").ocsp_responder(), delegate).unwrap();
        let responder = Responder { authority: &delegate, identity: Identity::Key, attached: true };
        let about = [CertId::new(&root, &[2], Digest::Sha256).unwrap()];
        let instants = Instants { produced: FROM, this_update: FROM, next_update: None };
        let answer = responder.answer(&about, None, instants, |_| State::Good).unwrap();
        let answer = ocsp_answer(&answer);
        is_of(&answer[0], &delegate);
        is_of(&answer[1], &root);

        let stamp = Stamp {
            policy: ObjectIdentifier::new_unwrap("1.2.398.3.3.2.6.4"),
            digest: Digest::Streebog512,
            stamped: b"stamped",
            serial: 1,
            instant: FROM,
        };
        let stamping = SigningKey::generate(kind).unwrap();
        let stamping = root.delegate(&profile(4, "TSA").time_stamping(), stamping).unwrap();
        let token = issue(&stamp, stamping.key(), stamping.certificate()).unwrap();
        let signers = cms_signers(&token, &[]);
        is_of(&signers[0], &root);
        is_of(&signers[1], &stamping);
    }
}
