//! From the journal into the register: every request once, with what became of it, however the entries fall into portions.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gateway::catalogue::Catalogue;
use gateway::entry::{Kind, StoredEntry};
use gateway::journal::Recent;
use gateway::register::{Clerk, Ending, Indexer, Keyring, Place};
use gateway::registries::Catalogues;
use gateway::store::register::{Register, open};

use crate::faults::{clock, commitments, vault};
use crate::house::House;
use crate::on_both;
use crate::records::{batch, entry, outcome_of, sealed};

on_both!(
    outcomes_find_their_requests_across_portions,
    outcomes_that_come_later_find_their_requests,
    who_waits_is_served_while_the_node_looks_without_haste,
    two_nodes_take_a_log_together,
);

const NODE: &str = "negiz.test/node-1";

/// More than is read in one go, and the outcomes as far from their grants as they can be.
const REQUESTS: u64 = 2_500;

fn bare(entry: StoredEntry) -> StoredEntry {
    StoredEntry { case_ref: None, content: Vec::new(), ..entry }
}

async fn write(house: &House, entries: Vec<StoredEntry>) {
    for some in entries.chunks(250) {
        let batch = batch(some[0].index, some.to_vec());
        house.store.append(NODE, &[], sealed(batch)).await.unwrap();
    }
}

fn grants(from: u64, to: u64) -> Vec<StoredEntry> {
    (from..to).map(|index| bare(entry(index, Kind::Grant))).collect()
}

/// Every third failed.
fn outcomes(grants: std::ops::Range<u64>, from: u64) -> Vec<StoredEntry> {
    let kind = |grant| if grant % 3 == 0 { Kind::Failure } else { Kind::Answer };
    (from..).zip(grants).map(|(index, grant)| bare(outcome_of(grant, index, kind(grant)))).collect()
}

async fn indexer(house: &House) -> (Arc<dyn Register>, Arc<Indexer>) {
    let register = open(&house.url).await.unwrap();
    let log: (Arc<str>, _) = (Arc::from(NODE), Arc::new(Recent::default()));
    let catalogues = Arc::new(Catalogues::new(Catalogue::default()));
    let clerk = Clerk::new(Keyring::new(commitments()), catalogues);
    let indexer = Indexer::new(Arc::clone(&register), vault(&house.store), clerk, clock(), log);
    (register, Arc::new(indexer))
}

/// What the register says became of requests, by the index of their grant.
async fn endings(register: &dyn Register, grants: std::ops::Range<u64>) -> Vec<Ending> {
    let log = register.progress().await.unwrap()[0].log;
    let places: Vec<Place> = grants.map(|index| Place::new(log, index).unwrap()).collect();
    let mut rows = register.rows(&places).await.unwrap();
    assert_eq!(rows.len(), places.len());
    rows.sort_by_key(|row| row.place);
    rows.into_iter().map(|row| row.ending).collect()
}

fn is_told(endings: &[Ending]) -> bool {
    let expected = |at| if at % 3 == 0 { Ending::Failed } else { Ending::Answered };
    endings.iter().enumerate().all(|(at, ending)| *ending == expected(at))
}

async fn progress(register: &dyn Register) -> (u64, u64) {
    let log = register.progress().await.unwrap().remove(0);
    (log.next, log.size)
}

async fn outcomes_find_their_requests_across_portions(house: House) {
    write(&house, grants(0, REQUESTS)).await;
    write(&house, outcomes(0..REQUESTS, REQUESTS)).await;
    let (register, indexer) = indexer(&house).await;
    indexer.catch_up().await.unwrap();
    assert_eq!(progress(&*register).await, (2 * REQUESTS, 2 * REQUESTS));
    assert!(is_told(&endings(&*register, 0..REQUESTS).await));
}

async fn outcomes_that_come_later_find_their_requests(house: House) {
    let (register, indexer) = indexer(&house).await;
    write(&house, grants(0, 300)).await;
    indexer.catch_up().await.unwrap();
    assert_eq!(endings(&*register, 0..300).await, [Ending::Pending; 300]);
    write(&house, outcomes(0..300, 300)).await;
    indexer.catch_up().await.unwrap();
    assert!(is_told(&endings(&*register, 0..300).await));
    indexer.catch_up().await.unwrap();
    assert_eq!(progress(&*register).await, (600, 600));
}

async fn who_waits_is_served_while_the_node_looks_without_haste(house: House) {
    write(&house, grants(0, REQUESTS)).await;
    write(&house, outcomes(0..REQUESTS, REQUESTS)).await;
    let (register, indexer) = indexer(&house).await;
    let looking = tokio::spawn(Arc::clone(&indexer).run());
    while progress(&*register).await.0 == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let (one, two) = tokio::join!(indexer.catch_up(), indexer.catch_up());
    one.unwrap();
    two.unwrap();
    assert_eq!(progress(&*register).await, (2 * REQUESTS, 2 * REQUESTS));
    assert!(is_told(&endings(&*register, 0..REQUESTS).await));
    // And it goes on by itself.
    write(&house, grants(2 * REQUESTS, 2 * REQUESTS + 1)).await;
    let deadline = Instant::now() + Duration::from_secs(20);
    while progress(&*register).await.0 <= 2 * REQUESTS {
        assert!(Instant::now() < deadline, "nobody looks any more");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    looking.abort();
}

async fn two_nodes_take_a_log_together(house: House) {
    write(&house, grants(0, REQUESTS)).await;
    write(&house, outcomes(0..REQUESTS, REQUESTS)).await;
    let ((register, one), (_, two)) = (indexer(&house).await, indexer(&house).await);
    let (first, second) = tokio::join!(one.catch_up(), two.catch_up());
    first.unwrap();
    second.unwrap();
    assert_eq!(progress(&*register).await, (2 * REQUESTS, 2 * REQUESTS));
    assert!(is_told(&endings(&*register, 0..REQUESTS).await));
}
