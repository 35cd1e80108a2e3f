//! Certificates of the right authority that do not say what they must (SLS 16-2(1)), and keys of every kind the contract names.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use certs::algorithm::{Algorithm, KeyKind};
use certs::issue::{DistinguishedName, jws};
use negiz_tests::country::{CMS, Country, JOSE};
use negiz_tests::document::bytes;
use negiz_tests::issuer::{DAY, Issued, authentication, bare, name, now, signing};
use serde_json::json;

use crate::refusals::{lawful, unheard};

on_both_databases!(
    refuses_a_certificate_before_its_time,
    refuses_a_certificate_for_another_purpose,
    refuses_a_certificate_of_another_organisation,
    answers_every_algorithm_of_the_contract,
);

fn refuses(country: &Country, code: &str, issued: &Issued) {
    let agency = &country.manifest.lead().agency;
    unheard(country, || {
        let body = issued.cms(&bytes(&lawful(country)));
        country.refused(code, &country.post(agency, CMS, body));
        let body = issued.jws(&bytes(&lawful(country)));
        country.refused(code, &country.post(agency, JOSE, body));
    });
}

fn refuses_a_certificate_before_its_time(country: &Country) {
    let mut profile = signing(name(country, country.manifest.lead()));
    profile.not_before = now() + DAY;
    profile.not_after = now() + 2 * DAY;
    refuses(country, "certificate-not-yet-valid", &Issued::by(country, KeyKind::P256, &profile));
}

/// An authentication certificate cannot sign, nor one without purposes, nor one that names no person.
fn refuses_a_certificate_for_another_purpose(country: &Country) {
    let subject = || name(country, country.manifest.lead());
    let nobody = DistinguishedName::common_name("A SYSTEM").kazakhstan();
    for profile in [authentication(subject()), bare(subject(), now() - DAY, now() + DAY), signing(nobody)] {
        refuses(country, "certificate-purpose", &Issued::by(country, KeyKind::P256, &profile));
    }
}

/// Identity is one binding: the organisation in the certificate too.
fn refuses_a_certificate_of_another_organisation(country: &Country) {
    let mut moved = country.manifest.lead().clone();
    moved.agency = "court".to_owned();
    let issued = Issued::by(country, KeyKind::P256, &signing(name(country, &moved)));
    refuses(country, "agency-mismatch", &issued);
}

fn answers_every_algorithm_of_the_contract(country: &Country) {
    let lead = country.manifest.lead();
    for (kind, cms) in [(KeyKind::P256, true), (KeyKind::P384, true), (KeyKind::Ed25519, false)] {
        let issued = Issued::by(country, kind, &signing(name(country, lead)));
        let document = country.question();
        country.answered(&document, &country.post(&lead.agency, JOSE, issued.jws(&bytes(&document))));
        if cms {
            let document = country.question();
            country.answered(&document, &country.post(&lead.agency, CMS, issued.cms(&bytes(&document))));
        }
    }
    let officer = country.manifest.officers.iter().find(|it| it.algorithm.starts_with("rsa")).unwrap();
    let case = country.manifest.case(officer, "criminal");
    let document = country.document(officer, case, country.manifest.registry("person-by-iin"));
    let hand = country.hand(officer);
    let header = json!({ "alg": "PS256", "x5c": [STANDARD.encode(hand.certificate_der())] }).to_string();
    let key = hand.signing_key();
    let token = jws::sign_with(&bytes(&document), &key, Algorithm::RsaPssSha256, &header).unwrap();
    country.answered(&document, &country.post(&officer.agency, JOSE, token.into_bytes()));
}
