//! What the database itself refuses, whoever asks: the tables of the journal only grow.

use gateway::entry::Kind;
use sqlx::Connection as _;

use crate::house::{House, run};
use crate::on_both;
use crate::records::{batch, claim, entry, node, sealed};

on_both!(
    journal_rows_cannot_be_changed_or_removed,
    a_run_of_nodes_follows_on_the_one_before_it,
    a_log_cannot_shrink,
);

const NODE: &str = "negiz.test/node-1";

async fn written(house: &House) {
    let batch = batch(0, vec![entry(0, Kind::Grant), entry(1, Kind::Act)]);
    house.store.append(NODE, &[claim(1, 1)], sealed(batch)).await.unwrap();
}

async fn journal_rows_cannot_be_changed_or_removed(house: House) {
    written(&house).await;
    for attempt in [
        "UPDATE entries SET kind = 'refusal'",
        "UPDATE entries SET content = leaf WHERE idx = 0",
        "DELETE FROM entries WHERE idx = 1",
        "UPDATE log_nodes SET idx = idx + 100",
        "DELETE FROM log_nodes",
        "UPDATE claims SET signer = signer",
        "DELETE FROM claims",
        "DELETE FROM log_heads",
    ] {
        assert!(house.by_hand(attempt).await.is_err(), "{attempt}");
    }
    assert_eq!(house.store.entries(NODE, 0, 9).await.unwrap(), [entry(0, Kind::Grant), entry(1, Kind::Act)]);
}

async fn a_run_of_nodes_follows_on_the_one_before_it(house: House) {
    written(&house).await;
    for attempt in [
        "INSERT INTO log_nodes (origin, idx, hashes) SELECT origin, 1, hashes FROM log_nodes",
        "INSERT INTO log_nodes (origin, idx, hashes) SELECT origin, 3, hashes FROM log_nodes",
        "INSERT INTO log_nodes (origin, idx, hashes) SELECT origin, 5, hashes FROM log_nodes",
        "INSERT INTO log_nodes (origin, idx, hashes) SELECT 'negiz.test/other', 1, hashes FROM log_nodes",
    ] {
        assert!(house.by_hand(attempt).await.is_err(), "{attempt}");
    }
    assert_eq!(house.store.nodes(NODE, &[1, 3]).await.unwrap(), [node(1), node(3)]);
}

async fn a_log_cannot_shrink(house: House) {
    written(&house).await;
    for attempt in [
        "UPDATE log_heads SET size = 1",
        "UPDATE log_heads SET origin = 'negiz.test/other'",
        "UPDATE log_heads SET root = (SELECT substr(hashes, 33, 32) FROM log_nodes WHERE idx = 0)",
    ] {
        assert!(house.by_hand(attempt).await.is_err(), "{attempt}");
    }
    // A checkpoint may be signed anew over the same tree.
    house.by_hand("UPDATE log_heads SET checkpoint = 'again'").await.unwrap();
}

/// The code PostgreSQL refuses with: 42501 is a missing right, P0001 a trigger.
async fn refusal(url: &str, statement: &'static str) -> String {
    let error = run(url, statement).await.expect_err(statement);
    error.as_database_error().and_then(|error| error.code()).unwrap().into_owned()
}

#[tokio::test]
async fn the_gateways_role_has_no_right_to_change_the_journal() {
    let house = House::postgres().await;
    written(&house).await;
    for attempt in [
        "UPDATE entries SET kind = 'refusal'",
        "DELETE FROM entries",
        "TRUNCATE entries",
        "UPDATE log_nodes SET idx = 100",
        "DELETE FROM log_nodes",
        "TRUNCATE log_nodes",
        "UPDATE claims SET signer = signer",
        "DELETE FROM claims",
        "TRUNCATE claims",
        "DELETE FROM log_heads",
        "TRUNCATE log_heads",
        "DELETE FROM case_keys",
        "DELETE FROM users",
        "DELETE FROM cases",
        "DROP TRIGGER entries_kept ON entries",
        "ALTER TABLE entries DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "CREATE TABLE mine (id int)",
        "INSERT INTO _sqlx_migrations SELECT * FROM _sqlx_migrations",
    ] {
        assert_eq!(refusal(&house.url, attempt).await, "42501", "{attempt}");
    }
}

#[tokio::test]
async fn even_the_tables_owner_meets_the_triggers() {
    let house = House::postgres().await;
    written(&house).await;
    for attempt in [
        "UPDATE entries SET kind = 'refusal'",
        "DELETE FROM entries",
        "TRUNCATE entries",
        "TRUNCATE log_nodes",
        "TRUNCATE claims",
        "TRUNCATE log_heads",
        "TRUNCATE case_keys",
        "UPDATE log_heads SET size = 1",
    ] {
        assert_eq!(refusal(&house.owner, attempt).await, "P0001", "{attempt}");
    }
}

#[tokio::test]
async fn replacing_a_row_of_the_journal_is_removing_one() {
    let house = House::sqlite().await;
    written(&house).await;
    let mut connection = sqlx::SqliteConnection::connect(&house.url).await.unwrap();
    sqlx::raw_sql("PRAGMA recursive_triggers = ON").execute(&mut connection).await.unwrap();
    let replaced = sqlx::raw_sql(
        "REPLACE INTO entries (origin, idx, kind, at, leaf, content)
         VALUES ('negiz.test/node-1', 0, 'act', 0, x'00', x'00')",
    )
    .execute(&mut connection)
    .await;
    assert!(replaced.is_err());
}
