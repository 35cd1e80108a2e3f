//! Keys of cases: made once, destroyed once (SLS 16-3(3)).

use std::collections::{BTreeMap, HashSet};

use gateway::clock::Millis;

use crate::house::House;
use crate::on_both;

on_both!(
    the_first_key_of_a_case_holds_on_every_node,
    of_keys_offered_at_once_one_holds,
    two_nodes_that_offer_many_keys_at_once_hold_the_same,
    a_destroyed_key_is_never_made_again,
    a_key_that_never_was_can_be_destroyed,
    nobody_brings_a_destroyed_key_back,
);

const CASE: [u8; 32] = [5; 32];
const AT: Millis = Millis(1_000);

async fn the_first_key_of_a_case_holds_on_every_node(house: House) {
    let first = house.store.case_key(&CASE, b"first", AT).await.unwrap();
    assert_eq!(first.as_deref(), Some(b"first".as_slice()));
    let second = house.another().await.case_key(&CASE, b"second", AT).await.unwrap();
    assert_eq!(second.as_deref(), Some(b"first".as_slice()));
    let other = house.store.case_key(&[6; 32], b"other", AT).await.unwrap();
    assert_eq!(other.as_deref(), Some(b"other".as_slice()));
}

async fn of_keys_offered_at_once_one_holds(house: House) {
    let nodes = [house.another().await, house.another().await];
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..24_u8 {
        let node = nodes[usize::from(number) % 2].clone();
        tasks.spawn(async move { node.case_key(&CASE, &[number; 40], AT).await.unwrap().unwrap() });
    }
    let keys: HashSet<_> = tasks.join_all().await.into_iter().collect();
    assert_eq!(keys.len(), 1);
}

async fn two_nodes_that_offer_many_keys_at_once_hold_the_same(house: House) {
    let nodes = [house.another().await, house.another().await];
    let mut tasks = tokio::task::JoinSet::new();
    for (number, node) in nodes.into_iter().enumerate() {
        // One from the first case on, the other from the last.
        let cases: Vec<u8> = if number == 0 { (0..200).collect() } else { (0..200).rev().collect() };
        for case in cases {
            let (node, own) = (node.clone(), [u8::try_from(number).unwrap(); 60]);
            tasks.spawn(async move { (case, node.case_key(&[case; 32], &own, AT).await.unwrap().unwrap()) });
        }
    }
    let mut held: BTreeMap<u8, HashSet<Vec<u8>>> = BTreeMap::new();
    for (case, key) in tasks.join_all().await {
        held.entry(case).or_default().insert(key);
    }
    assert_eq!(held.len(), 200);
    assert!(held.values().all(|keys| keys.len() == 1), "two nodes seal one case's entries under two keys");
}

async fn a_destroyed_key_is_never_made_again(house: House) {
    house.store.case_key(&CASE, b"first", AT).await.unwrap();
    assert!(house.store.destroy_case_key(&CASE, AT).await.unwrap());
    assert!(!house.store.destroy_case_key(&CASE, AT).await.unwrap());
    assert_eq!(house.another().await.case_key(&CASE, b"second", AT).await.unwrap(), None);
}

async fn a_key_that_never_was_can_be_destroyed(house: House) {
    assert!(house.store.destroy_case_key(&CASE, AT).await.unwrap());
    assert_eq!(house.store.case_key(&CASE, b"late", AT).await.unwrap(), None);
}

async fn nobody_brings_a_destroyed_key_back(house: House) {
    house.store.destroy_case_key(&CASE, AT).await.unwrap();
    for attempt in [
        "UPDATE case_keys SET destroyed_at = NULL, wrapped = case_ref",
        "UPDATE case_keys SET made_at = 0",
        "DELETE FROM case_keys",
    ] {
        assert!(house.by_hand(attempt).await.is_err(), "{attempt}");
    }
    assert_eq!(house.store.case_key(&CASE, b"late", AT).await.unwrap(), None);
}
