//! What the operator reads when the database cannot be used: one line each.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use gateway::store::{Migrated, OpenError, connect, migrate};

use crate::house::{House, run};
use crate::on_both;

on_both!(
    a_database_migrated_twice_is_as_it_was,
    refuses_a_schema_newer_than_the_program,
    refuses_a_schema_older_than_the_program,
    refuses_a_schema_of_another_program,
);

async fn said(url: &str) -> String {
    let error = connect(url, 1).await.expect_err(url);
    let line = error.to_string();
    assert!(!line.contains('\n') && !line.contains("secret"), "{line}");
    line
}

async fn a_database_migrated_twice_is_as_it_was(house: House) {
    let migrated = migrate(&house.owner).await.unwrap();
    assert_eq!(migrated.before, migrated.after);
    assert!(migrated.after > 0);
    house.another().await.ping().await.unwrap();
}

async fn refuses_a_schema_newer_than_the_program(house: House) {
    let newer = if house.url.starts_with("sqlite") {
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (99999, 'later', true, x'00', 0)"
    } else {
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (99999, 'later', true, '\\x00', 0)"
    };
    run(&house.owner, newer).await.unwrap();
    let line = said(&house.url).await;
    assert!(line.starts_with("the database's schema is version 99999, this program knows"), "{line}");
    assert!(matches!(migrate(&house.owner).await, Err(OpenError::SchemaNewer { found: 99_999, .. })));
}

async fn refuses_a_schema_older_than_the_program(house: House) {
    run(&house.owner, "DELETE FROM _sqlx_migrations WHERE version > 1").await.unwrap();
    let line = said(&house.url).await;
    assert!(line.starts_with("the database's schema is version 1, this program needs"), "{line}");
}

async fn refuses_a_schema_of_another_program(house: House) {
    run(&house.owner, "UPDATE _sqlx_migrations SET checksum = '!' WHERE version = 2").await.unwrap();
    assert_eq!(
        said(&house.url).await,
        "migration 2 of the database is not the one this program was built with"
    );
}

#[tokio::test]
async fn refuses_addresses_it_does_not_know() {
    assert_eq!(
        said("mysql://root:secret@localhost/negiz").await,
        "a database address begins with sqlite: or postgres:, not with mysql:"
    );
    assert!(said("negiz.db").await.starts_with("a database address begins with"));
    assert!(said("sqlite::memory:").await.starts_with("a database in memory"));
    assert!(said("postgres://:secret@:nonsense/x").await.starts_with("the database address cannot be read"));
}

#[tokio::test]
async fn names_the_server_that_does_not_answer() {
    let line = said("postgres://gateway:secret@127.0.0.1:1/negiz").await;
    assert_eq!(line, "the database server at 127.0.0.1:1 cannot be reached");
}

#[tokio::test]
async fn names_the_database_or_user_the_server_does_not_know() {
    let house = House::postgres().await;
    let (server, socket) = house.url.split_once('?').unwrap();
    let (start, _) = server.rsplit_once('/').unwrap();
    let line = said(&format!("{start}/absent?{socket}")).await;
    assert!(line.ends_with("has no database absent"), "{line}");
    let line = said(&house.url.replace("negiz_node", "stranger")).await;
    assert!(line.ends_with("does not admit the user stranger"), "{line}");
}

#[tokio::test]
async fn asks_for_a_migration_before_anything_else() {
    let database = negiz_tests::postgres::database().unwrap();
    assert_eq!(said(&database.gateway).await, "the database has no tables yet: run `negiz migrate`");
    let directory = tempfile::tempdir().unwrap();
    let url = sqlite(directory.path());
    assert_eq!(said(&url).await, "the database has no tables yet: run `negiz migrate`");
    let migrated = migrate(&url).await.unwrap();
    assert_eq!(migrated, Migrated { before: 0, after: migrated.after });
}

fn sqlite(directory: &Path) -> String {
    format!("sqlite:{}", directory.join("negiz.db").display())
}

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn a_new_file_is_its_owners_alone() {
    let directory = tempfile::tempdir().unwrap();
    let url = sqlite(directory.path());
    migrate(&url).await.unwrap();
    let store = connect(&url, 1).await.unwrap();
    store.put_case_sources(&[]).await.unwrap();
    for name in ["negiz.db", "negiz.db-wal", "negiz.db-shm"] {
        let mode = std::fs::metadata(directory.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    chmod(&directory.path().join("negiz.db"), 0o640);
    assert!(said(&url).await.ends_with("negiz.db can be read by others (mode 640): chmod 600 it"));
}

#[tokio::test]
async fn a_directory_everybody_can_write_is_no_place_for_it() {
    let directory = tempfile::tempdir().unwrap();
    chmod(directory.path(), 0o777);
    let line = migrate(&sqlite(directory.path())).await.expect_err("open directory").to_string();
    assert!(line.ends_with("can be written by everybody: chmod o-w it"), "{line}");
}

#[tokio::test]
async fn names_the_directory_that_is_not_there_or_cannot_be_written() {
    let directory = tempfile::tempdir().unwrap();
    let line = migrate(&sqlite(&directory.path().join("absent"))).await.expect_err("absent").to_string();
    assert!(line.starts_with("there is no directory /"), "{line}");
    // Not even root makes files here.
    let line = migrate("sqlite:/sys/negiz.db").await.expect_err("read-only").to_string();
    assert_eq!(line, "/sys/negiz.db cannot be written");
}

#[tokio::test]
async fn a_file_of_something_else_is_not_touched() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("negiz.db");
    std::fs::write(&file, "These are the minutes of the meeting.".repeat(100)).unwrap();
    chmod(&file, 0o600);
    let url = sqlite(directory.path());
    assert!(said(&url).await.ends_with("negiz.db is not a database"));
    assert!(migrate(&url).await.is_err());
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("These are the minutes"));
}
