//! x509-limbo: chains that implementations disagree on.
//!
//! The suite judges servers of the Web PKI; this verifier judges persons and systems of a state. A case either agrees or stands in
//! `limbo-exceptions.json` with the reason, and a case there that agrees after all fails this test too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod second_opinion;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use certs::UnixTime;
use certs::anchors::{Anchors, Role};
use certs::path::{Certificate, Conformance, Constraints, KeyUsage, validate};
use certs::revocation::{RevocationStore, Status, Terms};
use const_oid::ObjectIdentifier;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer};
use second_opinion::{Chain, reconcile};
use serde::Deserialize;

#[derive(Deserialize)]
struct Suite {
    testcases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    trusted_certs: Vec<String>,
    untrusted_intermediates: Vec<String>,
    peer_certificate: String,
    validation_time: Option<String>,
    key_usage: Vec<String>,
    extended_key_usage: Vec<String>,
    expected_result: String,
    max_chain_depth: Option<usize>,
    crls: Vec<String>,
}

/// 2026-11-22, where the suite takes the present.
const PRESENT: UnixTime = 1_795_305_600;

fn certificate(pem: &str) -> Result<Arc<Certificate>, String> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    Certificate::parse(&der).map_err(|error| chain(&error))
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(&format!(": {inner}"));
        source = inner.source();
    }
    text
}

fn instant(case: &Case) -> UnixTime {
    let format = &time::format_description::well_known::Rfc3339;
    case.validation_time
        .as_ref()
        .map_or(PRESENT, |text| time::OffsetDateTime::parse(text, format).unwrap().unix_timestamp())
}

fn constraints(case: &Case, conformance: Conformance) -> Constraints {
    let purpose = |name: &String| match name.as_str() {
        "serverAuth" => ObjectIdentifier::new("1.3.6.1.5.5.7.3.1").unwrap(),
        "clientAuth" => ObjectIdentifier::new("1.3.6.1.5.5.7.3.2").unwrap(),
        other => panic!("unknown purpose {other}"),
    };
    let key_usage = match case.key_usage.as_slice() {
        [] => KeyUsage::NONE,
        [usage] if usage == "digitalSignature" => KeyUsage::DIGITAL_SIGNATURE,
        other => panic!("unknown key usage {other:?}"),
    };
    Constraints {
        key_usage,
        purpose: case.extended_key_usage.first().map(purpose),
        max_intermediates: case.max_chain_depth.unwrap_or(usize::MAX),
        conformance,
        ..Constraints::PLAIN
    }
}

fn outcome(case: &Case, conformance: Conformance) -> Result<(), String> {
    let at = instant(case);
    // What cannot be read cannot be part of a path; the others may still make one.
    let readable = |pems: &[String]| pems.iter().filter_map(|pem| certificate(pem).ok()).collect::<Vec<_>>();
    let anchors = Arc::new(Anchors::new(
        readable(&case.trusted_certs).into_iter().map(|anchor| (anchor, Role::Anchor)),
    ));
    let intermediates = readable(&case.untrusted_intermediates);
    let leaf = certificate(&case.peer_certificate)?;
    let path = validate(&leaf, &intermediates, &anchors, at, &constraints(case, conformance))
        .map_err(|error| chain(&error))?;
    if case.crls.is_empty() {
        return Ok(());
    }
    let mut store = RevocationStore::new(anchors, Terms { conformance, ..Terms::STRICT });
    for pem in &case.crls {
        let list = CertificateRevocationListDer::from_pem_slice(pem.as_bytes()).unwrap();
        store.accept_crl(list.to_vec(), &intermediates, at).map_err(|error| chain(&error))?;
    }
    match store.status(&path, 0, at) {
        Status::Good { .. } => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

#[test]
fn agrees_with_every_case_or_says_why_not() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests");
    let suite: Suite =
        serde_json::from_slice(&std::fs::read(root.join("vectors/limbo/limbo.json")).unwrap()).unwrap();
    let exceptions = std::fs::read(root.join("limbo-exceptions.json")).unwrap();
    let exceptions: BTreeMap<String, String> = serde_json::from_slice(&exceptions).unwrap();
    assert_eq!(suite.testcases.len(), 208);
    let mut complaints = Vec::new();
    let (mut agreed, mut accepted, mut refused) = (0, 0, 0);
    for case in &suite.testcases {
        let found = outcome(case, Conformance::Profile);
        let expected = case.expected_result == "SUCCESS";
        let agrees = found.is_ok() == expected;
        agreed += usize::from(agrees);
        accepted += usize::from(found.is_ok() && !expected);
        refused += usize::from(found.is_err() && expected);
        match (agrees, exceptions.get(&case.id)) {
            (true, Some(reason)) => {
                complaints.push(format!("{} agrees after all; listed: {reason}", case.id));
            }
            (false, None) => {
                complaints.push(format!("{}: expected {}, found {found:?}", case.id, case.expected_result));
            }
            _ => {}
        }
        if std::env::var_os("SHOW_REASONS").is_some() {
            println!("{} {} {found:?}", if agrees { "=" } else { "!" }, case.id);
            if !expected && found.is_err() && outcome(case, Conformance::Processing).is_ok() {
                println!("profile only: {}", case.id);
            }
        }
    }
    let unknown = exceptions.keys().filter(|id| !suite.testcases.iter().any(|case| case.id == **id));
    complaints.extend(unknown.map(|id| format!("no case {id}")));
    println!("{agreed} of 208 agree, {accepted} accepted that the suite refuses, {refused} the reverse");
    assert!(complaints.is_empty(), "{} cases:\n{}", complaints.len(), complaints.join("\n"));
    // RFC 5280 decides these groups. What is accepted there against the suite's word is about servers' names only.
    let decided = |id: &str| {
        ["rfc5280::", "crl::", "pathlen::", "pathological::", "invalid::", "cve::"]
            .iter()
            .any(|group| id.starts_with(group))
    };
    let wrongly = |case: &&Case| {
        case.expected_result == "FAILURE" && decided(&case.id) && outcome(case, Conformance::Profile).is_ok()
    };
    let wrongly: Vec<_> = suite.testcases.iter().filter(wrongly).map(|case| &case.id).collect();
    assert_eq!(wrongly, ["rfc5280::ca-as-leaf-wrong-san"]);
}

#[test]
fn path_processing_alone_accepts_every_chain_that_is_good() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests");
    let suite: Suite =
        serde_json::from_slice(&std::fs::read(root.join("vectors/limbo/limbo.json")).unwrap()).unwrap();
    for case in suite.testcases.iter().filter(|case| case.expected_result == "SUCCESS") {
        assert_eq!(outcome(case, Conformance::Processing), Ok(()), "{}", case.id);
    }
}

fn openssl_on(case: &Case) -> Result<(), String> {
    let mut more = "-partial_chain".to_owned();
    match case.extended_key_usage.first().map(String::as_str) {
        Some("serverAuth") => more.push_str(" -purpose sslserver"),
        Some("clientAuth") => more.push_str(" -purpose sslclient"),
        _ => {}
    }
    if let Some(depth) = case.max_chain_depth {
        more.push_str(&format!(" -verify_depth {depth}"));
    }
    Chain {
        trusted: &case.trusted_certs.concat(),
        untrusted: &case.untrusted_intermediates.concat(),
        leaf: &case.peer_certificate,
        lists: &case.crls.concat(),
        at: instant(case),
        more: &more,
    }
    .judged()
}

/// Where `openssl verify` and we differ, `limbo-openssl.json` says why.
#[test]
fn judges_every_case_as_openssl_does_or_says_why_not() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests");
    let suite: Suite =
        serde_json::from_slice(&std::fs::read(root.join("vectors/limbo/limbo.json")).unwrap()).unwrap();
    let opinion = |case: &Case| (case.id.clone(), outcome(case, Conformance::Profile), openssl_on(case));
    reconcile("limbo-openssl.json", &suite.testcases.iter().map(opinion).collect::<Vec<_>>());
}
