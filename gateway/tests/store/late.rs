//! An outcome whose commit was reported lost, and came after all.

use std::sync::Arc;

use evidence::{Digest, Quorum};
use gateway::declined::{About, Stage};
use gateway::journal::{Enter, Happened, Journal};
use uuid::Uuid;

use crate::faults::{NODE, clock, commitments, declined, sound, vault, writer};
use crate::house::House;

/// A step of a request, made up.
#[derive(Debug)]
struct Step {
    happened: Happened,
    about: About,
}

impl Stage for Step {
    fn about(&self) -> About {
        self.about.clone()
    }
}

impl Enter for Step {
    fn happened(&self) -> Happened {
        self.happened.clone()
    }
}

/// Open grants are looked up, the lost commit comes, then the grant is marked: a second outcome of one grant is none, and it must not take
/// the batch of others with it.
#[tokio::test(flavor = "multi_thread")]
async fn repro_an_interruption_that_comes_too_late_fails_nobodys_batch() {
    let house = House::sqlite().await;
    let store = Arc::clone(&house.store);
    let (journal, _task) = Journal::open(writer(&store).await, clock(), vault(&store), commitments());
    let about = About {
        request: Some(Uuid::new_v4()),
        digest: Some([1; 32]),
        agency: Some("940740000003".parse().unwrap()),
        signer: Some("900101300017".parse().unwrap()),
        policy: Some([2; 32]),
        ..About::default()
    };
    let granted = journal.record(Step { happened: Happened::Granted, about: about.clone() }).await.unwrap();
    // What somebody saw who looked before the outcome.
    house.by_hand("PRAGMA wal_checkpoint(TRUNCATE)").await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let seen = directory.path().join("seen.db");
    std::fs::copy(house.url.trim_start_matches("sqlite:"), &seen).unwrap();
    let seen = gateway::store::connect(&format!("sqlite:{}", seen.display()), 1).await.unwrap();
    assert_eq!(seen.open_grants(NODE).await.unwrap().len(), 1);
    let answer = Digest::of(b"a record");
    let about = About { grant: Some(granted.written().index), ..about };
    let _ = journal.record(Step { happened: Happened::Answered { answer }, about }).await.unwrap();
    let (interrupted, other) = tokio::join!(journal.recover(&*seen, NODE), journal.record(declined()));
    assert_eq!(interrupted.unwrap(), 0, "it has its outcome");
    let _ = other.unwrap();
    sound(&store, Quorum::none(), 3, "late").await;
}
