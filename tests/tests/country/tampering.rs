//! Rows changed, removed, swapped, replayed and rolled back by hand, past every trigger: `negiz log fsck` or a witness says so.

mod list;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use negiz_tests::channel::runtime;
use negiz_tests::command::{Done, run};
use negiz_tests::country::{CMS, Country};
use negiz_tests::node;
use negiz_tests::postgres::{self, Database};
use negiz_tests::witness::House;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};
use tempfile::TempDir;

use list::TAMPERINGS;

/// A log on its own, of a country that has stopped.
struct Log {
    directory: TempDir,
    postgres: Option<Database>,
    places: BTreeMap<&'static str, i64>,
}

impl Log {
    fn write(postgres: Option<Database>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = postgres.as_ref().map(|database| database.owner.clone());
        let country = Country::start_in(directory.path(), url.as_deref()).unwrap();
        let lead = country.manifest.lead();
        for _ in 0..2 {
            let document = country.question();
            country.answered(&document, &country.ask(lead, &document));
        }
        let mut document = country.question();
        document["basis"]["case"] = "26759999999999".into();
        let _ = country.refused("case-not-found", &country.ask(lead, &document));
        let case = country.manifest.case(lead, "criminal");
        let dead = country.manifest.registries("unreachable").next().unwrap();
        assert_ne!(country.ask(lead, &country.document(lead, case, dead)).status, 200);
        assert_eq!(country.post(&lead.agency, CMS, b"no document".to_vec()).status, 400);
        let log = Self { directory, postgres, places: BTreeMap::new() };
        log.await_stamp();
        country.process().signal("TERM");
        assert_eq!(country.process().wait(), 0);
        let places = log.read_places();
        Self { places, ..log }
    }

    /// Waits for the first time-stamp on the log.
    fn await_stamp(&self) {
        let until = Instant::now() + Duration::from_secs(60);
        while self.rows("SELECT size, origin FROM log_stamps").is_empty() {
            assert!(Instant::now() < until, "the log is not time-stamped");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn rows(&self, sql: &'static str) -> Vec<(i64, String)> {
        runtime().block_on(async {
            match &self.postgres {
                Some(database) => {
                    let mut connection = PgConnection::connect(&database.owner).await.unwrap();
                    sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap()
                }
                None => {
                    let mut connection = SqliteConnection::connect(&self.sqlite("negiz.db")).await.unwrap();
                    sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap()
                }
            }
        })
    }

    fn read_places(&self) -> BTreeMap<&'static str, i64> {
        let rows = self.rows("SELECT idx, kind FROM entries ORDER BY idx");
        let nth = |kind: &str, n: usize| rows.iter().filter(|row| row.1 == kind).nth(n).unwrap().0;
        BTreeMap::from([
            ("{g0}", nth("grant", 0)),
            ("{g1}", nth("grant", 1)),
            ("{a0}", nth("answer", 0)),
            ("{a1}", nth("answer", 1)),
            ("{r}", nth("refusal", 0)),
            ("{f}", nth("failure", 0)),
            ("{m}", nth("refusal", 1)),
            ("{n}", i64::try_from(rows.len()).unwrap()),
        ])
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn sqlite(&self, name: &str) -> String {
        format!("sqlite:{}", self.path(name).display())
    }

    fn filled(&self, text: &str) -> String {
        self.places.iter().fold(text.to_owned(), |text, (name, index)| text.replace(name, &index.to_string()))
    }

    fn copy(&self, number: usize, sql: &str) -> String {
        let Some(database) = &self.postgres else {
            let name = format!("copy{number}.db");
            for part in ["", "-wal"] {
                let _ = fs::copy(self.path(&format!("negiz.db{part}")), self.path(&format!("{name}{part}")));
            }
            runtime().block_on(async {
                let mut connection = SqliteConnection::connect(&self.sqlite(&name)).await.unwrap();
                let triggers: Vec<(String,)> =
                    sqlx::query_as("SELECT name FROM sqlite_master WHERE type = 'trigger'")
                        .fetch_all(&mut connection)
                        .await
                        .unwrap();
                for (trigger,) in triggers {
                    let drop = AssertSqlSafe(format!("DROP TRIGGER {trigger}"));
                    connection.execute(sqlx::raw_sql(drop)).await.unwrap();
                }
                connection.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await.unwrap();
                connection.close().await.unwrap();
            });
            return self.sqlite(&name);
        };
        runtime().block_on(async {
            let ((before, after), name) = split(&database.administrator);
            let (copy, at) = (format!("{name}_copy{number}"), |name: &str| format!("{before}{name}{after}"));
            let create = AssertSqlSafe(format!("CREATE DATABASE {copy} TEMPLATE {name}"));
            let mut connection = PgConnection::connect(&at("postgres")).await.unwrap();
            connection.execute(sqlx::raw_sql(create)).await.unwrap();
            let mut connection = PgConnection::connect(&at(&copy)).await.unwrap();
            let sql = format!("SET session_replication_role = replica; {sql}");
            connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.unwrap();
            let (owner, _) = split(&database.owner);
            format!("{}{copy}{}", owner.0, owner.1)
        })
    }

    fn fsck(&self, number: usize, url: &str, witnesses: &[(String, String)], more: &[&str]) -> Done {
        let text = fs::read_to_string(self.path("negiz.toml")).unwrap();
        let mut table: toml::Table = toml::from_str(&text).unwrap();
        node::set(&mut table, &["database", "url"], url);
        let told = witnesses.iter().map(|(url, vkey)| {
            toml::Table::from_iter([
                ("url".to_owned(), toml::Value::from(url.as_str())),
                ("vkey".to_owned(), vkey.as_str().into()),
            ])
        });
        let told: Vec<toml::Value> = told.map(toml::Value::from).collect();
        if !told.is_empty() {
            let section = toml::Table::from_iter([("witness".to_owned(), toml::Value::Array(told))]);
            table.insert("witnesses".to_owned(), section.into());
        }
        let file = self.path(&format!("copy{number}.toml"));
        fs::write(&file, toml::to_string(&table).unwrap()).unwrap();
        run(&[&["log", "fsck", "--config", file.to_str().unwrap()], more].concat())
    }

    fn witnesses(&self) -> Vec<(String, String)> {
        let manifest = negiz_tests::manifest::Manifest::read(self.directory.path());
        manifest.witnesses.into_iter().map(|witness| (witness.url, witness.vkey)).collect()
    }
}

/// What stands before and after the name of the database in its address.
fn split(url: &str) -> ((&str, &str), &str) {
    let (before, rest) = url.split_at(url.find("localhost/").unwrap() + "localhost/".len());
    let end = rest.find('?').unwrap_or(rest.len());
    ((before, &rest[end..]), &rest[..end])
}

fn names_every_tampering(log: &Log) {
    let witnesses = log.witnesses();
    let sound = log.fsck(0, &log.copy(0, "SELECT 1"), &witnesses, &["--offline"]);
    assert_eq!(sound.status, 0, "{sound:?}");
    for (number, (what, sql, words)) in (1..).zip(TAMPERINGS) {
        let url = log.copy(number, &log.filled(sql));
        let done = log.fsck(number, &url, &witnesses, &["--offline"]);
        let words = log.filled(words);
        let named = done.said.lines().any(|line| line.starts_with("WRONG: ") && line.contains(&words));
        assert!(done.status == 1 && named, "{what}: expected {words:?}\n{done:?}");
    }
}

fn sees_a_log_rolled_back(log: &Log) {
    let now = log.copy(900, "SELECT 1");
    let kept = log.fsck(900, &now, &[], &["--offline"]);
    assert_eq!(kept.status, 0, "{kept:?}");
    let config = log.path("copy900.toml");
    let checkpoint = run(&["log", "checkpoint", "--config", config.to_str().unwrap()]);
    let file = log.path("kept.checkpoint");
    fs::write(&file, &checkpoint.said).unwrap();
    let size = log.places["{a0}"] + 1;
    let nodes = evidence::node::stored_count(size.try_into().unwrap());
    let hashes = log.nodes(&now, nodes);
    let tree = evidence::Tree::restore(size.try_into().unwrap(), &hashes).unwrap();
    let pem = fs::read(log.path("keys/log.pem")).unwrap();
    let Ok(rustls_pki_types::PrivateKeyDer::Pkcs8(der)) =
        rustls_pki_types::pem::PemObject::from_pem_slice(&pem)
    else {
        panic!("PKCS#8")
    };
    let kind = evidence::key::SignatureType::Ed25519;
    let signer = evidence::log_signer::NoteSigner::from_pkcs8("negiz.demo/a", kind, der.secret_pkcs8_der());
    let signed = evidence::LogSigner::new(signer.unwrap()).unwrap().sign(&tree.head()).unwrap().to_string();
    let sql = format!(
        "DELETE FROM claims WHERE request IN (SELECT request FROM entries WHERE idx >= {size} AND kind = 'grant');
         DELETE FROM entries WHERE idx >= {size}; DELETE FROM log_nodes WHERE idx >= {nodes}; DELETE FROM log_cosigned; DELETE FROM log_stamps;
         UPDATE log_heads SET size = {size}, root = (SELECT substr(hashes, 33, 32) FROM log_nodes WHERE idx = 1), checkpoint = '{signed}'"
    );
    assert_eq!(size, 2, "the root of two leaves is their parent");
    let url = log.copy(901, &sql);
    let alone = log.fsck(901, &url, &[], &["--offline"]);
    assert_eq!(alone.status, 0, "a log rolled back is sound in itself: {alone:?}");
    let done = log.fsck(902, &url, &[], &["--offline", "--checkpoint", file.to_str().unwrap()]);
    assert!(done.status == 1 && done.said.contains("WRONG: the log signed "), "{done:?}");
    let house = House::watching(vec![fs::read_to_string(log.path("log.vkey")).unwrap().trim().to_owned()]);
    let witness = house.start(&["--new"]);
    let checkpoint = evidence::Checkpoint::parse(&checkpoint.said).unwrap();
    witness.cosigns(&evidence::witness::AddCheckpoint { old: 0, proof: vec![], checkpoint });
    let told = [(witness.address.clone(), witness.key.to_string())];
    let done = log.fsck(903, &url, &told, &[]);
    let words = format!("which has {size}: the log was rolled back");
    assert!(done.status == 1 && done.said.contains(&words), "{done:?}");
}

impl Log {
    fn nodes(&self, url: &str, count: u64) -> Vec<evidence::NodeHash> {
        let sql = "SELECT hashes FROM log_nodes ORDER BY idx";
        let hashes: Vec<(Vec<u8>,)> = runtime().block_on(async {
            if url.starts_with("sqlite:") {
                let mut connection = SqliteConnection::connect(url).await.unwrap();
                sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap()
            } else {
                let mut connection = PgConnection::connect(url).await.unwrap();
                sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap()
            }
        });
        let hashes: Vec<u8> = hashes.into_iter().flat_map(|(run,)| run).collect();
        let hash = |hash: &[u8]| evidence::NodeHash::from_bytes(hash.try_into().unwrap());
        hashes.chunks(32).take(usize::try_from(count).unwrap()).map(hash).collect()
    }
}

#[test]
fn names_every_tampering_on_sqlite() {
    let log = Log::write(None);
    names_every_tampering(&log);
    sees_a_log_rolled_back(&log);
}

#[test]
fn names_every_tampering_on_postgres() {
    let log = Log::write(Some(postgres::database().unwrap()));
    names_every_tampering(&log);
    sees_a_log_rolled_back(&log);
}
