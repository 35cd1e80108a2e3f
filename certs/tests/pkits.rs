//! The 249 path-validation cases of NIST's PKITS (for RFC 5280 §6): certificates, revocation lists and all policy inputs.
//!
//! A case either agrees with the suite or stands in `pkits-exceptions.json` with the reason. A case there that agrees after all fails
//! this test too: reasons must not outlive their cause.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod second_opinion;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use certs::UnixTime;
use certs::anchors::{Anchors, Role};
use certs::path::{Certificate, Constraints, validate};
use certs::revocation::{RevocationStore, Terms};
use const_oid::ObjectIdentifier;
use der::pem::{LineEnding, encode_string};
use second_opinion::{Chain, reconcile};
use serde::Deserialize;

/// 2024-06-01: the suite is valid from 2010 to 2030.
const AT: UnixTime = 1_717_200_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Case {
    name: String,
    cert_path: Vec<String>,
    #[serde(rename = "CRLPath")]
    crl_path: Vec<String>,
    should_validate: bool,
    initial_policy_set: Vec<String>,
    initial_policy_mapping_inhibit: bool,
    initial_explicit_policy: bool,
    initial_any_policy_inhibit: bool,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/pkits")
}

fn certificate(name: &str) -> Arc<Certificate> {
    Certificate::parse(&std::fs::read(folder().join("certs").join(name)).unwrap()).unwrap()
}

fn policy(name: &str) -> Option<ObjectIdentifier> {
    let number = name.strip_prefix("NIST-test-policy-")?;
    Some(ObjectIdentifier::new(&format!("2.16.840.1.101.3.2.1.48.{number}")).unwrap())
}

fn outcome(case: &Case) -> Result<(), String> {
    let describe = |error: &dyn std::error::Error| format!("{error}");
    let read = |name: &String| {
        Certificate::parse(&std::fs::read(folder().join("certs").join(name)).unwrap())
            .map_err(|error| describe(&error))
    };
    let (leaf, above) = case.cert_path.split_last().unwrap();
    let anchors = Arc::new(Anchors::new([(certificate(&above[0]), Role::Anchor)]));
    let intermediates: Vec<_> = above[1..].iter().map(read).collect::<Result<_, _>>()?;
    let policies: Option<Vec<_>> = case.initial_policy_set.iter().map(|name| policy(name)).collect();
    let constraints = Constraints {
        initial_policies: policies,
        explicit_policy: case.initial_explicit_policy,
        inhibit_policy_mapping: case.initial_policy_mapping_inhibit,
        inhibit_any_policy: case.initial_any_policy_inhibit,
        ..Constraints::PLAIN
    };
    let path = validate(&read(leaf)?, &intermediates, &anchors, AT, &constraints)
        .map_err(|error| describe(&error))?;

    let mut store = RevocationStore::new(anchors, Terms::STRICT);
    let mut refused = Vec::new();
    for name in &case.crl_path {
        let bytes = std::fs::read(folder().join("crls").join(name)).unwrap();
        if let Err(error) = store.accept_crl(bytes, &intermediates, AT) {
            refused.push(format!("{name}: {error}"));
        }
    }
    match store.statuses(&path, AT).iter().find(|status| !status.is_good()) {
        None => Ok(()),
        Some(status) => Err(format!("{status:?} {refused:?}")),
    }
}

#[test]
fn agrees_with_every_case_or_says_why_not() {
    let cases: Vec<Case> =
        serde_json::from_slice(&std::fs::read(folder().join("vectors.json")).unwrap()).unwrap();
    let exceptions = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/pkits-exceptions.json");
    let exceptions: BTreeMap<String, String> =
        serde_json::from_slice(&std::fs::read(exceptions).unwrap()).unwrap();
    assert_eq!(cases.len(), 249);
    let mut complaints = Vec::new();
    let (mut agreed, mut accepted_wrongly) = (0, 0);
    for case in &cases {
        let found = outcome(case);
        let agrees = found.is_ok() == case.should_validate;
        agreed += usize::from(agrees);
        accepted_wrongly += usize::from(found.is_ok() && !case.should_validate);
        if std::env::var_os("SHOW_REASONS").is_some() {
            println!("{} {}: {found:?}", if agrees { "=" } else { "!" }, case.name);
        }
        match (agrees, exceptions.get(&case.name)) {
            (true, Some(reason)) => {
                complaints.push(format!("{} agrees after all; listed: {reason}", case.name));
            }
            (false, None) => {
                complaints.push(format!("{}: expected {}, found {found:?}", case.name, case.should_validate));
            }
            _ => {}
        }
    }
    let unknown = exceptions.keys().filter(|name| !cases.iter().any(|case| case.name == **name));
    complaints.extend(unknown.map(|name| format!("no case {name}")));
    println!("{agreed} of {} agree, {accepted_wrongly} accepted wrongly", cases.len());
    assert!(complaints.is_empty(), "{} of {}:\n{}", complaints.len(), cases.len(), complaints.join("\n"));
    assert_eq!(accepted_wrongly, 0);
    assert!(agreed >= 235);
}

/// Bundles files of the suite as PEM.
fn pem(label: &str, directory: &str, names: &[String]) -> String {
    let read = |name: &String| std::fs::read(folder().join(directory).join(name)).unwrap();
    names.iter().map(|name| encode_string(label, LineEnding::LF, &read(name)).unwrap()).collect()
}

fn openssl_on(case: &Case) -> Result<(), String> {
    let (leaf, above) = case.cert_path.split_last().unwrap();
    let (anchor, intermediates) = above.split_first().unwrap();
    let certificates = |names: &[String]| pem("CERTIFICATE", "certs", names);
    let mut more = "-policy_check".to_owned();
    // Without any, `openssl` takes none, not all.
    let any = ObjectIdentifier::new("2.5.29.32.0").unwrap();
    let policies = case.initial_policy_set.iter().map(|name| policy(name).unwrap_or(any));
    policies.for_each(|policy| more.push_str(&format!(" -policy {policy}")));
    let flags = [
        (case.initial_explicit_policy, " -explicit_policy"),
        (case.initial_policy_mapping_inhibit, " -inhibit_map"),
        (case.initial_any_policy_inhibit, " -inhibit_any"),
    ];
    flags.iter().filter(|(set, _)| *set).for_each(|(_, flag)| more.push_str(flag));
    Chain {
        trusted: &certificates(std::slice::from_ref(anchor)),
        untrusted: &certificates(intermediates),
        leaf: &certificates(std::slice::from_ref(leaf)),
        lists: &pem("X509 CRL", "crls", &case.crl_path),
        at: AT,
        more: &more,
    }
    .judged()
}

/// Where `openssl verify` and we differ, `pkits-openssl.json` says why.
#[test]
fn judges_every_case_as_openssl_does_or_says_why_not() {
    let cases: Vec<Case> =
        serde_json::from_slice(&std::fs::read(folder().join("vectors.json")).unwrap()).unwrap();
    let opinion = |case: &Case| (case.name.clone(), outcome(case), openssl_on(case));
    reconcile("pkits-openssl.json", &cases.iter().map(opinion).collect::<Vec<_>>());
}
