//! The journal: what is written is written once, in order, and all of it.

use std::sync::Arc;

use gateway::clock::Millis;
use gateway::entry::{Head, Kind, StoredEntry};
use gateway::store::{Sealing, Store, StoreError};
use sqlx::Connection as _;
use uuid::Uuid;

use crate::house::House;
use crate::on_both;
use crate::records::{batch, bin, claim, entry, head, node, outcome_of, sealed};

on_both!(
    gives_back_entries_nodes_and_head_as_they_were_written,
    a_claim_holds_once_on_every_node,
    of_equal_claims_in_one_batch_the_first_holds,
    of_24_copies_from_two_origins_exactly_one_holds,
    overlapping_batches_of_two_origins_never_deadlock,
    a_moved_head_is_found_and_nothing_is_written,
    a_batch_that_cannot_be_sealed_leaves_its_claims_free,
    a_batch_that_does_not_follow_on_its_head_is_refused,
    a_batch_that_breaks_in_the_middle_leaves_nothing,
    claims_that_are_all_lost_write_nothing,
    a_batch_of_many_rows_is_written_whole,
    nodes_are_found_in_runs_of_every_length,
    an_absent_node_is_corruption,
    logs_of_two_origins_are_apart,
    the_outcome_of_a_request_is_its_answer_not_the_refusal_of_a_copy,
    a_request_without_grant_has_its_last_refusal_as_outcome,
    an_outcome_is_for_the_agency_that_asked,
    grants_without_an_outcome_are_open,
    a_grant_has_one_outcome,
);

const NODE: &str = "negiz.test/node-1";
const OTHER: &str = "negiz.test/node-2";

async fn log(store: &dyn Store, origin: &str) -> Vec<StoredEntry> {
    store.entries(origin, 0, 100_000).await.unwrap()
}

async fn write(house: &House, before: u64, entries: Vec<StoredEntry>) {
    house.store.append(NODE, &[], sealed(batch(before, entries))).await.unwrap();
}

async fn gives_back_entries_nodes_and_head_as_they_were_written(house: House) {
    assert_eq!(house.store.head(NODE).await.unwrap(), None);
    let bare = StoredEntry { request: None, agency: None, case_ref: None, ..entry(1, Kind::Act) };
    let refused = StoredEntry {
        code: Some("case-not-open".to_owned()),
        content: vec![7; 9_000],
        ..entry(2, Kind::Refusal)
    };
    let written = vec![entry(0, Kind::Grant), bare, refused];
    let held = house.store.append(NODE, &[claim(1, 1)], sealed(batch(0, written.clone()))).await.unwrap();
    assert_eq!(held, [true]);
    assert_eq!(log(&*house.store, NODE).await, written);
    assert_eq!(house.store.entries(NODE, 1, 1).await.unwrap(), written[1..2]);
    assert_eq!(house.store.head(NODE).await.unwrap(), Some(head(3)));
    let asked = [5, 0, 3, 0];
    assert_eq!(house.store.nodes(NODE, &asked).await.unwrap(), asked.map(node));
    assert_eq!(house.store.nodes(NODE, &[]).await.unwrap(), Vec::<[u8; 32]>::new());
}

async fn a_claim_holds_once_on_every_node(house: House) {
    let claims = [claim(2, 1), claim(1, 2), claim(1, 1)];
    let held =
        house.store.append(NODE, &claims, sealed(batch(0, vec![entry(0, Kind::Grant)]))).await.unwrap();
    assert_eq!(held, [true, true, true]);
    let claims = [claim(3, 1), claim(1, 2), claim(2, 1)];
    let another = house.another().await;
    let held = another.append(OTHER, &claims, sealed(batch(0, vec![entry(0, Kind::Grant)]))).await.unwrap();
    assert_eq!(held, [true, false, false]);
}

async fn of_equal_claims_in_one_batch_the_first_holds(house: House) {
    let claims = [claim(1, 9), claim(1, 3), claim(1, 9), claim(1, 3), claim(1, 9)];
    let sealing: Sealing = Box::new(|held| {
        assert_eq!(held, [true, true, false, false, false]);
        Ok(batch(0, vec![entry(0, Kind::Grant)]))
    });
    let held = house.store.append(NODE, &claims, sealing).await.unwrap();
    assert_eq!(held, [true, true, false, false, false]);
}

/// Tries until the head stands still long enough, as a node with one writer need not.
async fn race(store: Arc<dyn Store>, origin: &'static str) -> bool {
    loop {
        let before = store.head(origin).await.unwrap().map_or(0, |head| head.size);
        let sealing: Sealing = Box::new(move |held| {
            let entries = if held == [true] { vec![entry(before, Kind::Grant)] } else { vec![] };
            let mut sealed = batch(before, entries);
            sealed.head = Head { size: sealed.head.size, ..head(before.max(1)) };
            Ok(sealed)
        });
        match store.append(origin, &[claim(1, 1)], sealing).await {
            Ok(held) => return held == [true],
            Err(StoreError::HeadMoved { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
}

async fn of_24_copies_from_two_origins_exactly_one_holds(house: House) {
    let nodes = [(house.another().await, NODE), (house.another().await, OTHER)];
    let mut tasks = tokio::task::JoinSet::new();
    for copy in 0..24 {
        let (store, origin) = nodes[copy % 2].clone();
        tasks.spawn(race(store, origin));
    }
    let held = tasks.join_all().await.into_iter().filter(|held| *held).count();
    assert_eq!(held, 1);
    let entries = log(&*house.store, NODE).await.len() + log(&*house.store, OTHER).await.len();
    assert_eq!(entries, 1);
}

async fn overlapping_batches_of_two_origins_never_deadlock(house: House) {
    let another = house.another().await;
    for round in 0..20_u64 {
        let up: Vec<_> = (0..50).map(|request| claim(1, u128::from(round) * 1_000 + request)).collect();
        let down: Vec<_> = up.iter().rev().cloned().collect();
        let (one, two) = tokio::join!(
            house.store.append(NODE, &up, sealed(batch(round, vec![entry(round, Kind::Act)]))),
            another.append(OTHER, &down, sealed(batch(round, vec![entry(round, Kind::Act)]))),
        );
        let (one, two) = (one.unwrap(), two.unwrap());
        assert!(one.iter().zip(two.iter().rev()).all(|(one, two)| one != two));
    }
}

async fn a_moved_head_is_found_and_nothing_is_written(house: House) {
    write(&house, 0, vec![entry(0, Kind::Act), entry(1, Kind::Act)]).await;
    for (claims, before) in [(vec![claim(1, 1)], 1), (vec![], 1), (vec![claim(1, 1)], 0), (vec![], 3)] {
        let batch = batch(before, vec![entry(before, Kind::Grant)]);
        let result = house.store.append(NODE, &claims, sealed(batch)).await;
        let Err(StoreError::HeadMoved { origin, expected, found }) = result else { panic!("{result:?}") };
        assert_eq!((origin.as_str(), expected, found), (NODE, before, 2));
    }
    assert_eq!(log(&*house.store, NODE).await.len(), 2);
    let absent = house.store.append(OTHER, &[], sealed(batch(1, vec![entry(1, Kind::Act)]))).await;
    assert!(matches!(absent, Err(StoreError::HeadMoved { expected: 1, found: 0, .. })));
    let many = sealed(batch(1, (1..200).map(|index| entry(index, Kind::Act)).collect()));
    let result = house.store.append(NODE, &[], many).await;
    assert!(matches!(result, Err(StoreError::HeadMoved { expected: 1, found: 2, .. })), "{result:?}");
    assert_eq!(log(&*house.store, NODE).await.len(), 2);
    // The claim of the failed batches was given back.
    let held = house.store.append(NODE, &[claim(1, 1)], sealed(batch(2, vec![entry(2, Kind::Grant)]))).await;
    assert_eq!(held.unwrap(), [true]);
}

async fn a_batch_that_cannot_be_sealed_leaves_its_claims_free(house: House) {
    let sealing: Sealing = Box::new(|_| Err(StoreError::Seal("no key".to_owned())));
    let result = house.store.append(NODE, &[claim(1, 1)], sealing).await;
    assert!(matches!(result, Err(StoreError::Seal(_))));
    let held = house.store.append(NODE, &[claim(1, 1)], sealed(batch(0, vec![entry(0, Kind::Grant)]))).await;
    assert_eq!(held.unwrap(), [true]);
}

async fn a_batch_that_does_not_follow_on_its_head_is_refused(house: House) {
    let gap = batch(0, vec![entry(0, Kind::Act), entry(2, Kind::Act)]);
    let mut short = batch(0, vec![entry(0, Kind::Act)]);
    short.head.size = 2;
    for wrong in [gap, short] {
        let result = house.store.append(NODE, &[], sealed(wrong)).await;
        assert!(matches!(result, Err(StoreError::Seal(_))));
    }
    assert_eq!(house.store.head(NODE).await.unwrap(), None);
}

async fn a_batch_that_breaks_in_the_middle_leaves_nothing(house: House) {
    let broken = if house.url.starts_with("sqlite") {
        "CREATE TRIGGER broken BEFORE INSERT ON log_nodes WHEN length(NEW.hashes) > 64
         BEGIN SELECT RAISE(ABORT, 'the disk is on fire'); END"
    } else {
        "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN RAISE EXCEPTION 'the disk is on fire'; END $$;
         CREATE TRIGGER broken BEFORE INSERT ON log_nodes FOR EACH ROW WHEN (length(NEW.hashes) > 64)
         EXECUTE FUNCTION broken()"
    };
    house.by_hand(broken).await.unwrap();
    let entries: Vec<_> = (0..100).map(|index| entry(index, Kind::Act)).collect();
    for claims in [vec![], vec![claim(1, 1)]] {
        let result = house.store.append(NODE, &claims, sealed(batch(0, entries.clone()))).await;
        assert!(matches!(result, Err(StoreError::Database(_))));
        assert_eq!(house.store.head(NODE).await.unwrap(), None);
        assert!(log(&*house.store, NODE).await.is_empty());
        assert!(house.store.nodes(NODE, &[0]).await.is_err());
    }
    let held = house.store.append(NODE, &[claim(1, 1)], sealed(batch(0, vec![entry(0, Kind::Act)]))).await;
    assert_eq!(held.unwrap(), [true]);
}

async fn claims_that_are_all_lost_write_nothing(house: House) {
    house.store.append(NODE, &[claim(1, 1)], sealed(batch(0, vec![entry(0, Kind::Grant)]))).await.unwrap();
    let held = house.store.append(NODE, &[claim(1, 1)], sealed(batch(1, vec![]))).await.unwrap();
    assert_eq!(held, [false]);
    assert_eq!(house.store.head(NODE).await.unwrap(), Some(head(1)));
}

async fn a_batch_of_many_rows_is_written_whole(house: House) {
    let claims: Vec<_> = (0..700).map(|request| claim(1, request)).collect();
    let entries: Vec<_> = (0..700).map(|index| entry(index, Kind::Act)).collect();
    let held = house.store.append(NODE, &claims, sealed(batch(0, entries.clone()))).await.unwrap();
    assert!(held.len() == 700 && held.iter().all(|held| *held));
    assert_eq!(log(&*house.store, NODE).await, entries);
    let all: Vec<_> = (0..1_400).collect();
    assert_eq!(house.store.nodes(NODE, &all).await.unwrap().len(), 1_400);
}

async fn nodes_are_found_in_runs_of_every_length(house: House) {
    for (before, count) in [(0, 1), (1, 1), (2, 200), (202, 3), (205, 1)] {
        write(&house, before, (before..before + count).map(|index| entry(index, Kind::Act)).collect()).await;
    }
    let all: Vec<_> = (0..412).rev().collect();
    let found = house.store.nodes(NODE, &all).await.unwrap();
    assert_eq!(found, all.iter().map(|index| node(*index)).collect::<Vec<_>>());
    for (from, to) in [(0, 412), (1, 2), (3, 7), (100, 405), (404, 410), (411, 500), (412, 500)] {
        let mut found = house.store.nodes_between(NODE, from, to).await.unwrap();
        found.sort_unstable();
        let expected: Vec<_> = (from..to.min(412)).map(|index| (index, node(index))).collect();
        assert_eq!(found, expected, "{from}..{to}");
    }
    assert_eq!(house.store.tallies(NODE).await.unwrap().nodes, 412);
    let far = house.store.nodes(NODE, &[1 << 40]).await;
    assert!(matches!(far, Err(StoreError::Corrupt(_))), "{far:?}");
}

/// What is left of `log_nodes` of before, after the migration, and whether a row can still be removed.
macro_rules! taken_over {
    ($database:expr, $folder:literal) => {{
        let database = &mut $database;
        let before = include_str!(concat!("../../../migrations/", $folder, "/0004_journal.sql"));
        sqlx::raw_sql(before).execute(&mut *database).await.unwrap();
        for index in [0_i16, 1, 2] {
            let insert = sqlx::query("INSERT INTO log_nodes (origin, idx, hash) VALUES ('log', $1, $2)");
            insert.bind(index).bind(node(0).as_slice()).execute(&mut *database).await.unwrap();
        }
        let migration = include_str!(concat!("../../../migrations/", $folder, "/0021_node_runs.sql"));
        let mut tx = database.begin().await.unwrap();
        sqlx::raw_sql(migration).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as("SELECT idx, hashes FROM log_nodes ORDER BY idx")
            .fetch_all(&mut *database)
            .await
            .unwrap();
        let removed = sqlx::raw_sql("DELETE FROM log_nodes").execute(&mut *database).await;
        (rows, removed.is_ok())
    }};
}

#[tokio::test]
async fn nodes_that_stood_one_in_a_row_are_taken_over() {
    let mut sqlite = sqlx::SqliteConnection::connect("sqlite::memory:").await.unwrap();
    let house = House::postgres().await;
    let mut postgres = sqlx::PgConnection::connect(&house.owner).await.unwrap();
    sqlx::raw_sql("CREATE SCHEMA before; SET search_path = before").execute(&mut postgres).await.unwrap();
    for (rows, removable) in [taken_over!(sqlite, "sqlite"), taken_over!(postgres, "postgres")] {
        assert_eq!(rows, [0, 1, 2].map(|index| (index, node(0).to_vec())));
        assert!(!removable);
    }
}

async fn an_absent_node_is_corruption(house: House) {
    write(&house, 0, vec![entry(0, Kind::Act)]).await;
    assert!(matches!(house.store.nodes(NODE, &[0, 2]).await, Err(StoreError::Corrupt(_))));
}

async fn logs_of_two_origins_are_apart(house: House) {
    write(&house, 0, vec![entry(0, Kind::Grant), entry(1, Kind::Grant)]).await;
    house.store.append(OTHER, &[], sealed(batch(0, vec![entry(0, Kind::Grant)]))).await.unwrap();
    assert_eq!(house.store.head(NODE).await.unwrap(), Some(head(2)));
    assert_eq!(house.store.head(OTHER).await.unwrap(), Some(head(1)));
    assert_eq!(house.store.open_grants(OTHER).await.unwrap().len(), 1);
    assert!(house.store.nodes(OTHER, &[3]).await.is_err());
}

async fn the_outcome_of_a_request_is_its_answer_not_the_refusal_of_a_copy(house: House) {
    let request = Uuid::from_u128(7);
    let outcome = async |house: &House| {
        house.store.outcomes(&request, &bin(1)).await.unwrap().into_iter().next().map(|it| it.entry)
    };
    assert_eq!(outcome(&house).await, None);
    write(&house, 0, vec![entry(0, Kind::Grant)]).await;
    assert_eq!(outcome(&house).await, Some(entry(0, Kind::Grant)));
    let copy = StoredEntry { at: Millis(9_000), ..entry(1, Kind::Refusal) };
    write(&house, 1, vec![copy]).await;
    assert_eq!(outcome(&house).await, Some(entry(0, Kind::Grant)));
    let answer = outcome_of(0, 2, Kind::Answer);
    write(&house, 2, vec![answer.clone()]).await;
    assert_eq!(outcome(&house).await, Some(answer.clone()));
    let reading = StoredEntry { at: Millis(10_000), ..entry(3, Kind::Reading) };
    write(&house, 3, vec![reading]).await;
    let found = house.store.outcomes(&request, &bin(1)).await.unwrap().remove(0);
    assert_eq!((found.origin.as_str(), found.entry), (NODE, answer));
}

async fn a_request_without_grant_has_its_last_refusal_as_outcome(house: House) {
    let last = StoredEntry { at: Millis(3_000), ..entry(1, Kind::Refusal) };
    write(&house, 0, vec![entry(0, Kind::Refusal), last.clone(), entry(2, Kind::Failure)]).await;
    let found = house.store.outcomes(&Uuid::from_u128(7), &bin(1)).await.unwrap().remove(0);
    assert_eq!(found.entry, last);
}

async fn an_outcome_is_for_the_agency_that_asked(house: House) {
    write(&house, 0, vec![entry(0, Kind::Grant)]).await;
    assert_eq!(house.store.outcomes(&Uuid::from_u128(7), &bin(2)).await.unwrap(), []);
    assert_eq!(house.store.outcomes(&Uuid::from_u128(8), &bin(1)).await.unwrap(), []);
}

async fn grants_without_an_outcome_are_open(house: House) {
    let entries = vec![
        entry(0, Kind::Grant),
        entry(1, Kind::Grant),
        outcome_of(0, 2, Kind::Answer),
        entry(3, Kind::Grant),
        entry(4, Kind::Grant),
        outcome_of(3, 5, Kind::Interrupted),
        entry(6, Kind::Refusal),
    ];
    write(&house, 0, entries).await;
    assert_eq!(house.store.open_grants(NODE).await.unwrap(), [entry(1, Kind::Grant), entry(4, Kind::Grant)]);
}

async fn a_grant_has_one_outcome(house: House) {
    write(&house, 0, vec![entry(0, Kind::Grant), outcome_of(0, 1, Kind::Answer)]).await;
    let second = batch(2, vec![outcome_of(0, 2, Kind::Interrupted)]);
    assert!(matches!(house.store.append(NODE, &[], sealed(second)).await, Err(StoreError::Database(_))));
    assert_eq!(log(&*house.store, NODE).await.len(), 2);
}
