//! Revocation lists of authorities of our own making: who may sign them, when they count, and what a store does with them.
#![cfg(feature = "issue")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod forge;

use std::sync::Arc;

use certs::anchors::{Anchors, Role};
use certs::issue::crl::{Distribution, List, Reason as ListReason};
use certs::path::PathError;
use certs::revocation::{ListError, Reason, RevocationStore, Source, Status, Terms, Unknown};
use forge::*;

#[test]
fn without_a_list_nothing_is_good() {
    let root = root("ROOT");
    let leaf = issued(&root, &profile(5, "leaf"));
    let path = path(&leaf, &[], &[&root]);
    assert!(matches!(store(&[&root]).status(&path, 0, NOW), Status::Unknown { why: Unknown::NothingHeld }));
    assert!(matches!(store(&[&root]).status(&path, 1, NOW), Status::Unknown { why: Unknown::NotInPath }));
}

#[test]
fn a_listed_certificate_is_revoked_and_its_neighbour_is_not() {
    let root = root("ROOT");
    let mut store = store(&[&root]);
    let octets = list(&root, &LIST, &[(5, Some(ListReason::KeyCompromise)), (7, None)]);
    let held = store.accept_crl(octets.clone(), &[], NOW).unwrap();
    let status =
        |serial| store.status(&path(&issued(&root, &profile(serial, "leaf")), &[], &[&root]), 0, NOW);
    let Status::Revoked { at, reason, source } = status(5) else { panic!("revoked") };
    assert_eq!((at, reason, source.bytes()), (NOW - 7_200, Some(Reason::KeyCompromise), octets.as_slice()));
    let Status::Good { sources } = status(6) else { panic!("good") };
    assert!(matches!(sources.as_slice(), [Source::List(list)] if Arc::ptr_eq(list, &held)));
    assert!(matches!(status(7), Status::Revoked { reason: None, .. }));
}

#[test]
fn a_list_is_current_or_refused() {
    let root = root("ROOT");
    let accept =
        |list: &List<'_>| store(&[&root]).accept_crl(forge::list(&root, list, &[]), &[], NOW).map(drop);
    assert_eq!(accept(&LIST), Ok(()));
    let stale = List { this_update: NOW - 86_400, next_update: Some(NOW - 1), ..LIST };
    assert_eq!(accept(&stale), Err(ListError::Stale { next_update: NOW - 1, at: NOW }));
    let early = List { this_update: NOW + 61, ..LIST };
    assert_eq!(accept(&early), Err(ListError::NotYet { this_update: NOW + 61, at: NOW }));
    assert_eq!(accept(&List { next_update: None, ..LIST }), Err(ListError::NoNextUpdate));
}

#[test]
fn an_outage_is_survived_exactly_as_long_as_the_list_lives() {
    let root = root("ROOT");
    let path = path(&issued(&root, &profile(5, "leaf")), &[], &[&root]);
    let mut store = store(&[&root]);
    store.accept_crl(list(&root, &LIST, &[]), &[], NOW).unwrap();
    assert!(store.status(&path, 0, NOW + 86_400).is_good());
    assert!(matches!(store.status(&path, 0, NOW + 86_401), Status::Unknown { why: Unknown::NotCurrent }));
    let held: Vec<_> = store.held().collect();
    assert_eq!((held[0].this_update, held[0].next_update), (NOW - 3_600, NOW + 86_400));
    store.prune(NOW + 86_401);
    assert_eq!(store.held().count(), 0);
}

#[test]
fn an_older_list_does_not_undo_a_newer_one() {
    let root = root("ROOT");
    let mut store = store(&[&root]);
    store.accept_crl(list(&root, &List { number: 8, ..LIST }, &[(5, None)]), &[], NOW).unwrap();
    let generation = store.generation();
    let replay = list(&root, &LIST, &[]);
    assert_eq!(store.accept_crl(replay, &[], NOW).map(drop), Err(ListError::Superseded));
    assert_eq!(store.generation(), generation);
    store.accept_crl(list(&root, &List { number: 9, ..LIST }, &[]), &[], NOW).unwrap();
    assert!(store.generation() > generation && store.held().count() == 1);
}

#[test]
fn refuses_a_list_that_another_signed() {
    let [root, impostor] = ["ROOT", "ROOT"].map(root);
    let octets = list(&impostor, &LIST, &[]);
    let found = store(&[&root]).accept_crl(octets.clone(), &[], NOW).map(drop);
    assert_eq!(found, Err(ListError::SignerUnknown), "the key identifier is another");
    let found = store(&[&root]).accept_crl(octets, &[parsed(&impostor)], NOW).map(drop);
    assert_eq!(found, Err(ListError::SignerRefused(PathError::Untrusted { depth: 0 })));
    let mut broken = list(&root, &LIST, &[]);
    let last = broken.len() - 1;
    broken[last] ^= 1;
    assert!(matches!(store(&[&root]).accept_crl(broken, &[], NOW), Err(ListError::Signature(_))));
}

#[test]
fn refuses_a_signer_that_may_not_sign_lists() {
    let root = root("ROOT");
    let signer = root.delegate(&profile(4, "ROOT").signing(&[]), key()).unwrap();
    let octets = list(&signer, &LIST, &[]);
    let found = store(&[&root]).accept_crl(octets, &[parsed(&signer)], NOW);
    assert!(matches!(found, Err(ListError::SignerRefused(PathError::KeyUsage { depth: 0, .. }))));
}

#[test]
fn a_list_key_that_the_authority_certified_speaks_for_it_until_it_is_revoked() {
    let root = root("ROOT");
    let signer = root.delegate(&profile(4, "ROOT").crl_signer(), key()).unwrap();
    let path = path(&issued(&root, &profile(5, "leaf")), &[], &[&root]);
    let mut store = store(&[&root]);
    store.accept_crl(list(&signer, &LIST, &[]), &[parsed(&signer)], NOW).unwrap();
    assert!(store.status(&path, 0, NOW).is_good());
    store.accept_crl(list(&root, &LIST, &[(4, Some(ListReason::KeyCompromise))]), &[], NOW).unwrap();
    let Status::Good { sources } = store.status(&path, 0, NOW) else { panic!("the root's own list remains") };
    assert_eq!(sources.len(), 1);
    assert!(
        sources
            .iter()
            .all(|source| matches!(source, Source::List(list) if list.signer().certificates().is_empty()))
    );
}

/// Two keys under one name, each with its own list: neither list says anything about the other key's certificates. RFC 5280 §6.3.3 (f)
/// alone would take the first list for the whole truth.
#[test]
fn a_list_of_one_key_says_nothing_about_certificates_under_another() {
    let root = root("ROOT");
    let [old, new] =
        [2, 3].map(|serial| root.delegate(&profile(serial, "CENTER").authority(Some(0)), key()).unwrap());
    let through = [parsed(&old), parsed(&new)];
    let path = path(&issued(&old, &profile(5, "leaf")), &through, &[&root]);
    let mut store = store(&[&root]);
    store.accept_crl(list(&new, &LIST, &[]), &through, NOW).unwrap();
    assert!(matches!(store.status(&path, 0, NOW), Status::Unknown { why: Unknown::NotCovered }));
    store.accept_crl(list(&old, &LIST, &[(5, None)]), &through, NOW).unwrap();
    assert!(matches!(store.status(&path, 0, NOW), Status::Revoked { .. }));
}

#[test]
fn two_roots_of_one_name_do_not_answer_for_each_other() {
    let [first, second] = ["ROOT", "ROOT"].map(root);
    let both = [&first, &second];
    let mut store = store(&both);
    store.accept_crl(list(&second, &LIST, &[]), &[], NOW).unwrap();
    let path = path(&issued(&first, &profile(5, "leaf")), &[], &both);
    assert!(matches!(store.status(&path, 0, NOW), Status::Unknown { .. }));
}

#[test]
fn a_delta_adds_lifts_and_needs_its_base() {
    let root = root("ROOT");
    let status = |store: &RevocationStore, serial| {
        store.status(&path(&issued(&root, &profile(serial, "leaf")), &[], &[&root]), 0, NOW)
    };
    let delta = List { number: 9, base: Some(7), ..LIST };
    let changes = [(5, Some(ListReason::KeyCompromise)), (6, Some(ListReason::RemoveFromCrl))];
    let mut store = store(&[&root]);
    store.accept_crl(list(&root, &delta, &changes), &[], NOW).unwrap();
    assert!(matches!(status(&store, 4), Status::Unknown { .. }), "a delta alone is no list");
    store
        .accept_crl(list(&root, &LIST, &[(6, Some(ListReason::CertificateHold)), (7, None)]), &[], NOW)
        .unwrap();
    assert!(status(&store, 4).is_good() && status(&store, 6).is_good());
    assert!(matches!(status(&store, 5), Status::Revoked { .. }));
    assert!(matches!(status(&store, 7), Status::Revoked { .. }));
    // A delta for a later base would skip what happened in between.
    let mut store = forge::store(&[&root]);
    store.accept_crl(list(&root, &LIST, &[]), &[], NOW).unwrap();
    store.accept_crl(list(&root, &List { base: Some(8), ..delta }, &changes), &[], NOW).unwrap();
    assert!(status(&store, 5).is_good());
}

#[test]
fn a_list_of_authorities_does_not_clear_persons() {
    let root = root("ROOT");
    let scope = Distribution { only_authorities: true, ..Distribution::default() };
    let mut store = store(&[&root]);
    store.accept_crl(list(&root, &List { distribution: Some(scope), ..LIST }, &[]), &[], NOW).unwrap();
    let path = path(&issued(&root, &profile(5, "leaf")), &[], &[&root]);
    assert!(matches!(store.status(&path, 0, NOW), Status::Unknown { why: Unknown::NotCovered }));
}

#[test]
fn every_authority_on_the_path_is_asked_about() {
    let root = root("ROOT");
    let center = root.delegate(&profile(2, "CENTER").authority(Some(0)), key()).unwrap();
    let through = [parsed(&center)];
    let path = path(&issued(&center, &profile(5, "leaf")), &through, &[&root]);
    let mut store = store(&[&root]);
    store.accept_crl(list(&center, &LIST, &[]), &through, NOW).unwrap();
    assert!(matches!(store.statuses(&path, NOW).as_slice(), [Status::Good { .. }, Status::Unknown { .. }]));
    store.accept_crl(list(&root, &LIST, &[(2, Some(ListReason::CaCompromise))]), &[], NOW).unwrap();
    assert!(matches!(store.statuses(&path, NOW).as_slice(), [Status::Good { .. }, Status::Revoked { .. }]));
}

#[test]
fn other_anchors_leave_only_what_they_vouch_for() {
    let [one, two] = ["ONE", "TWO"].map(root);
    let mut store = store(&[&one, &two]);
    store.accept_crl(list(&one, &LIST, &[]), &[], NOW).unwrap();
    store.accept_crl(list(&two, &LIST, &[]), &[], NOW).unwrap();
    let fewer = store.under(anchors(&[&two]), NOW);
    assert_eq!((store.held().count(), fewer.held().count()), (2, 1));
    assert!(fewer.generation() > store.generation());
}

#[test]
fn a_copy_of_the_store_changes_by_itself() {
    let root = root("ROOT");
    let mut changed = store(&[&root]);
    let before = changed.clone();
    changed.accept_crl(list(&root, &LIST, &[]), &[], NOW).unwrap();
    assert_eq!((before.held().count(), changed.held().count()), (0, 1));
}

#[test]
fn a_known_authority_signs_lists_without_being_sent_along() {
    let root = root("ROOT");
    let center = root.delegate(&profile(2, "CENTER").authority(Some(0)), key()).unwrap();
    let known = Anchors::new([(parsed(&root), Role::Anchor), (parsed(&center), Role::Authority)]);
    let mut store = RevocationStore::new(Arc::new(known), Terms::STRICT);
    store.accept_crl(list(&center, &LIST, &[]), &[], NOW).unwrap();
}
