//! An outcome whose commit was reported lost, and came after all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use evidence::{Digest, Quorum};
use gateway::declined::{About, Stage};
use gateway::journal::{Enter, Happened, Journal};
use gateway::refusal::{Code, Refusal};
use uuid::Uuid;

use crate::faults::{NODE, clock, commitments, declined, lossy_way, sound, vault, writer};
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

fn asked() -> About {
    About {
        request: Some(Uuid::new_v4()),
        digest: Some([1; 32]),
        agency: Some("940740000003".parse().unwrap()),
        signer: Some("900101300017".parse().unwrap()),
        policy: Some([2; 32]),
        ..About::default()
    }
}

/// A grant is committed, the word of it lost: the client is refused, no registry asked, and the grant stood open until the next start.
#[tokio::test(flavor = "multi_thread")]
async fn repro_a_grant_committed_in_silence_does_not_stay_open() {
    let house = House::postgres().await;
    let losing = Arc::new(AtomicBool::new(false));
    let url = lossy_way(&house, b"SELECT 1\0", &losing).await;
    let store = gateway::store::connect(&url, 4).await.unwrap();
    let (journal, _task) = Journal::open(writer(&store).await, clock(), vault(&store), commitments());
    let journal = Arc::new(journal);
    // The key that the grant is sealed under is at hand: what is lost is the word of its commit, and not of the key.
    let refusal = Refusal::new(Code::CaseNotOpen, "The case is closed.");
    let _ = journal.record(Step { happened: Happened::Declined { refusal }, about: asked() }).await.unwrap();
    losing.store(true, Ordering::SeqCst);
    let refused = journal.record(Step { happened: Happened::Granted, about: asked() }).await.unwrap_err();
    assert_eq!(refused.refusal.code, Code::EvidenceUnavailable);
    assert_eq!(house.store.open_grants(NODE).await.unwrap().len(), 1, "it is there all the same");
    let settling = Arc::clone(&journal);
    tokio::spawn(async move { settling.settle(NODE).await });
    let deadline = Instant::now() + Duration::from_secs(60);
    while !house.store.open_grants(NODE).await.unwrap().is_empty() {
        assert!(Instant::now() < deadline, "nobody ends it");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    sound(&house.store, Quorum::none(), 3, "silent grant").await;
}

/// Open grants are looked up, the lost commit comes, then the grant is marked: a second outcome of one grant is none, and it must not take
/// the batch of others with it.
#[tokio::test(flavor = "multi_thread")]
async fn repro_an_interruption_that_comes_too_late_fails_nobodys_batch() {
    let house = House::sqlite().await;
    let store = Arc::clone(&house.store);
    let (journal, _task) = Journal::open(writer(&store).await, clock(), vault(&store), commitments());
    let about = asked();
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
