//! Faults between a record and its durability: what fails is lost and reported lost, or kept and reported lost; never reported kept and
//! lost. After each the whole log is checked, and goes on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use evidence::{Cosigner, LogSigner, Quorum};
use gateway::clock::{Clock, Millis, SystemClock};
use gateway::commitment::Commitments;
use gateway::config;
use gateway::declined::{About, Declined};
use gateway::fsck::Fsck;
use gateway::journal::{Journal, Recorded, Writer};
use gateway::refusal::{Code, Refusal};
use gateway::register::Portion;
use gateway::store::Store;
use gateway::vault::Vault;
use gateway::witness::memory::Memory;
use gateway::witness::{Witness, router};
use gateway::witnesses::{Rounds, Standing, Witnesses};
use secrecy::SecretSlice;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UnixStream};
use uuid::Uuid;

use crate::country::Environment;
use crate::house::House;
use crate::on_both;

on_both!(
    what_fails_on_the_way_is_lost_and_said_to_be,
    what_cannot_be_stated_is_not_recorded_in_part,
    a_witness_that_fails_loses_nothing,
);

pub(crate) const NODE: &str = "negiz.test/node-1";

/// Where it can fail, with the statements that make it and end it: on SQLite, on PostgreSQL.
const POINTS: &[(&str, [&str; 2], [&str; 2])] = &[
    (
        "journal",
        [
            "CREATE TRIGGER fault BEFORE INSERT ON entries BEGIN SELECT RAISE(ABORT, 'fault'); END",
            "DROP TRIGGER fault",
        ],
        [
            "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'fault'; END $$;
             CREATE TRIGGER fault BEFORE INSERT ON entries FOR EACH STATEMENT EXECUTE FUNCTION fault()",
            "DROP TRIGGER fault ON entries; DROP FUNCTION fault()",
        ],
    ),
    (
        "tree",
        [
            "CREATE TRIGGER fault BEFORE INSERT ON log_nodes BEGIN SELECT RAISE(ABORT, 'fault'); END",
            "DROP TRIGGER fault",
        ],
        [
            "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'fault'; END $$;
             CREATE TRIGGER fault AFTER INSERT ON log_nodes FOR EACH ROW EXECUTE FUNCTION fault()",
            "DROP TRIGGER fault ON log_nodes; DROP FUNCTION fault()",
        ],
    ),
    (
        "checkpoint",
        [
            "CREATE TRIGGER fault BEFORE UPDATE ON log_heads BEGIN SELECT RAISE(ABORT, 'fault'); END",
            "DROP TRIGGER fault",
        ],
        [
            "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'fault'; END $$;
             CREATE TRIGGER fault BEFORE UPDATE ON log_heads FOR EACH ROW EXECUTE FUNCTION fault()",
            "DROP TRIGGER fault ON log_heads; DROP FUNCTION fault()",
        ],
    ),
    (
        "commit",
        [
            // The last thing before it: the row after the last.
            "CREATE TRIGGER fault AFTER INSERT ON log_nodes BEGIN SELECT RAISE(ROLLBACK, 'fault'); END",
            "DROP TRIGGER fault",
        ],
        [
            "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'fault'; END $$;
             CREATE CONSTRAINT TRIGGER fault AFTER INSERT ON entries DEFERRABLE INITIALLY DEFERRED
             FOR EACH ROW EXECUTE FUNCTION fault()",
            "DROP TRIGGER fault ON entries; DROP FUNCTION fault()",
        ],
    ),
];

pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

fn signer() -> Arc<LogSigner> {
    Arc::new(LogSigner::from_seed(NODE, &[5; 32]).unwrap())
}

pub(crate) fn commitments() -> Arc<Commitments> {
    Arc::new(Commitments::new(&SecretSlice::from(vec![9; 32])).unwrap())
}

pub(crate) fn vault(store: &Arc<dyn Store>) -> Arc<Vault> {
    Arc::new(Vault::new(&SecretSlice::from(vec![7; 32]), Arc::clone(store)).unwrap())
}

pub(crate) async fn writer(store: &Arc<dyn Store>) -> Writer {
    let mut writer = Writer::new(Arc::clone(store), signer(), clock());
    writer.resume().await.unwrap();
    writer
}

pub(crate) fn declined() -> Declined {
    let about = About {
        request: Some(Uuid::new_v4()),
        digest: Some([1; 32]),
        agency: Some("940740000003".parse().unwrap()),
        ..About::default()
    };
    Declined { refusal: Refusal::new(Code::CaseNotFound, "no such case"), about: Box::new(about) }
}

async fn kept(journal: &Journal) -> Recorded<Declined> {
    journal.record(declined()).await.unwrap()
}

async fn lost(journal: &Journal, what: &str) {
    let refused =
        journal.record(declined()).await.err().unwrap_or_else(|| panic!("{what}: reported as kept"));
    assert_eq!(refused.refusal.code, Code::EvidenceUnavailable, "{what}");
}

/// The log is sound in itself and has so many entries.
pub(crate) async fn sound(store: &Arc<dyn Store>, quorum: Quorum, entries: u64, what: &str) {
    let fsck = Fsck {
        vault: vault(store),
        store: Arc::clone(store),
        commitments: commitments(),
        origin: NODE.to_owned(),
        keys: vec![signer().verifier().clone()],
        quorum,
        signatures: None,
    };
    let found = Arc::new(fsck).run(Vec::new()).await.unwrap();
    assert!(found.is_sound(), "{what}: {:?} {:?}", found.audited.findings, found.wrong.words);
    assert_eq!(found.audited.head.size, entries, "{what}");
}

async fn what_fails_on_the_way_is_lost_and_said_to_be(house: House) {
    let store = Arc::clone(&house.store);
    let (journal, _task) = Journal::open(writer(&store).await, clock(), vault(&store), commitments());
    let mut entries = 0;
    for (point, sqlite, postgres) in POINTS {
        let [begin, end] = if house.url.starts_with("sqlite") { sqlite } else { postgres };
        assert_eq!(kept(&journal).await.written().index, entries, "{point}: before");
        entries += 1;
        house.by_hand(begin).await.unwrap();
        lost(&journal, point).await;
        lost(&journal, point).await;
        house.by_hand(end).await.unwrap();
        sound(&store, Quorum::none(), entries, point).await;
        assert_eq!(kept(&journal).await.written().index, entries, "{point}: after");
        entries += 1;
        sound(&store, Quorum::none(), entries, point).await;
    }
}

async fn what_cannot_be_stated_is_not_recorded_in_part(house: House) {
    let store = Arc::clone(&house.store);
    let (journal, _task) = Journal::open(writer(&store).await, clock(), vault(&store), commitments());
    let mut unstated = declined();
    unstated.about.facts.state("case", &BTreeMap::from([((1, 2), 3)]));
    let refused = journal.record(unstated).await.unwrap_err();
    assert_eq!(refused.refusal.code, Code::EvidenceUnavailable);
    assert_eq!(kept(&journal).await.written().index, 0);
    sound(&store, Quorum::none(), 1, "a fact without JSON").await;
}

/// A witness in this process that can be made to fail before it has cosigned, or after.
#[derive(Clone, Default)]
struct Moods {
    deaf: Arc<AtomicBool>,
    mute: Arc<AtomicBool>,
}

async fn moody(State(moods): State<Moods>, request: Request, next: Next) -> Response {
    if moods.deaf.load(Ordering::SeqCst) {
        return http::StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let answer = next.run(request).await;
    match moods.mute.load(Ordering::SeqCst) {
        true => http::StatusCode::BAD_GATEWAY.into_response(),
        false => answer,
    }
}

async fn a_witness_that_fails_loses_nothing(house: House) {
    let (store, moods) = (Arc::clone(&house.store), Moods::default());
    let directory = tempfile::tempdir().unwrap();
    let memory = Memory::create(&directory.path().join("w1.db")).await.unwrap();
    let cosigner = Cosigner::from_seed("witness.test/w1", &[3; 32]).unwrap();
    let vkey = cosigner.verifier().clone();
    let logs = vec![signer().verifier().clone()];
    let witness = Witness::open(cosigner, logs, memory, clock()).await.unwrap();
    let app = router(Arc::new(witness)).layer(from_fn_with_state(moods.clone(), moody));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let quorum = Quorum::new(1, vec![vkey.clone()]).unwrap();
    let settings = config::Witnesses {
        witness: vec![config::Witness { url, vkey: vkey.to_string() }],
        ..config::Witnesses::default()
    };
    let upstream = Environment::new().upstream();
    let witnesses = Witnesses::new(&settings, &quorum, &upstream, Arc::clone(&store), NODE).unwrap();
    let standing = Arc::new(Standing::new(quorum.clone()));
    let rounds = Rounds::new(witnesses, Arc::clone(&standing), Arc::clone(&store), signer());
    let opened = Journal::open_witnessed(
        writer(&store).await,
        clock(),
        vault(&store),
        commitments(),
        (rounds, Arc::clone(&standing)),
    );
    let (journal, task) = opened.await.unwrap();
    let cosigned = |recorded: &Recorded<Declined>| {
        let checkpoint = evidence::Checkpoint::parse(&recorded.written().checkpoint).unwrap();
        quorum.verify(&checkpoint).unwrap();
    };
    cosigned(&kept(&journal).await);
    // Lost: it did not cosign. Kept but reported lost: it did, and its answer was lost on the way.
    for (mood, what) in [(&moods.deaf, "deaf"), (&moods.mute, "mute")] {
        mood.store(true, Ordering::SeqCst);
        lost(&journal, what).await;
        lost(&journal, what).await;
        assert!(!standing.is_quorate(), "{what}");
        mood.store(false, Ordering::SeqCst);
        while !standing.is_quorate() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        cosigned(&kept(&journal).await);
    }
    drop(journal);
    task.await.unwrap();
    // Each was recorded, also those nobody got a receipt for.
    sound(&store, quorum, 7, "witness").await;
}

/// A way to PostgreSQL that can lose the answer with this tag: what was committed is not known to whoever asked.
async fn lossy(socket: String, tag: &'static [u8], losing: Arc<AtomicBool>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (server, losing) = (UnixStream::connect(&socket).await.unwrap(), Arc::clone(&losing));
            tokio::spawn(async move {
                let (mut from_client, mut to_client) = client.into_split();
                let (mut from_server, mut to_server) = server.into_split();
                let journal = Arc::new(AtomicBool::new(false));
                let writes = Arc::clone(&journal);
                tokio::spawn(async move {
                    let mut buffer = vec![0; 65_536];
                    while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
                        if buffer[..read].windows(9).any(|text| text == b"log_heads") {
                            writes.store(true, Ordering::SeqCst);
                        }
                        to_server.write_all(&buffer[..read]).await.unwrap();
                    }
                });
                let mut buffer = vec![0; 65_536];
                while let Ok(read @ 1..) = from_server.read(&mut buffer).await {
                    let answered = buffer[..read].windows(tag.len()).any(|text| text == tag);
                    if answered && journal.load(Ordering::SeqCst) && losing.swap(false, Ordering::SeqCst) {
                        return;
                    }
                    to_client.write_all(&buffer[..read]).await.unwrap();
                }
            });
        }
    });
    port
}

/// The address of a house in PostgreSQL over a way that can lose the answer with this tag: of the statement that writes a batch, a
/// transaction by itself, `SELECT 1`.
pub(crate) async fn lossy_way(house: &House, tag: &'static [u8], losing: &Arc<AtomicBool>) -> String {
    let (before, directory) = house.url.split_once("?host=").unwrap();
    let port = lossy(format!("{directory}/.s.PGSQL.5432"), tag, Arc::clone(losing)).await;
    before.replace("@localhost", &format!("@127.0.0.1:{port}"))
}

/// The database committed and could not say so: the entry is reported lost and is kept, and the log goes on behind it.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_committed_in_silence_is_kept_and_said_to_be_lost() {
    let house = House::postgres().await;
    let losing = Arc::new(AtomicBool::new(false));
    let url = lossy_way(&house, b"SELECT 1\0", &losing).await;
    let store = gateway::store::connect(&url, 4).await.unwrap();
    let (journal, _task) = Journal::open(writer(&store).await, clock(), vault(&store), commitments());
    assert_eq!(kept(&journal).await.written().index, 0);
    losing.store(true, Ordering::SeqCst);
    lost(&journal, "silent commit").await;
    assert!(!losing.load(Ordering::SeqCst), "the answer to the write was lost");
    sound(&house.store, Quorum::none(), 2, "silent commit").await;
    assert_eq!(kept(&journal).await.written().index, 2);
    sound(&house.store, Quorum::none(), 3, "silent commit").await;
}

/// SQLite rolls back by itself when a disk is full or fails; a connection that took its transaction for open refused all later ones.
#[tokio::test(flavor = "multi_thread")]
async fn repro_a_transaction_that_sqlite_ended_by_itself_ends_no_other() {
    let house = House::sqlite().await;
    let store = Arc::clone(&house.store);
    let (journal, _task) = Journal::open(writer(&store).await, clock(), vault(&store), commitments());
    let fault = "CREATE TRIGGER fault BEFORE INSERT ON entries BEGIN SELECT RAISE(ROLLBACK, 'fault'); END";
    house.by_hand(fault).await.unwrap();
    lost(&journal, "rolled back").await;
    house.by_hand("DROP TRIGGER fault").await.unwrap();
    assert_eq!(kept(&journal).await.written().index, 0);
    sound(&store, Quorum::none(), 1, "rolled back").await;
}

/// The register's own connection stuck in the same way, and no search found anything any more.
#[tokio::test(flavor = "multi_thread")]
async fn repro_a_register_whose_transaction_sqlite_ended_by_itself_goes_on() {
    let house = House::sqlite().await;
    let register = gateway::store::register::open(&house.url).await.unwrap();
    house
        .by_hand("INSERT INTO register_logs (number, origin) VALUES (1, 'negiz.test/node-1')")
        .await
        .unwrap();
    let portion = Portion { log: 1, from: 0, to: 1, requests: Vec::new(), ended: Vec::new() };
    let fault =
        "CREATE TRIGGER fault BEFORE UPDATE ON register_logs BEGIN SELECT RAISE(ROLLBACK, 'fault'); END";
    house.by_hand(fault).await.unwrap();
    assert!(register.take(&portion).await.is_err());
    house.by_hand("DROP TRIGGER fault").await.unwrap();
    assert!(register.take(&portion).await.unwrap(), "taken once the fault is over");
}

/// Custody's statements are transactions of their own: there is none to be taken for open.
#[tokio::test(flavor = "multi_thread")]
async fn custody_goes_on_after_a_statement_that_sqlite_rolled_back() {
    let house = House::sqlite().await;
    let custody = gateway::store::custody::open(&house.url).await.unwrap();
    let fault = "CREATE TRIGGER fault BEFORE INSERT ON destruction_entries BEGIN SELECT RAISE(ROLLBACK, 'fault'); END";
    house.by_hand(fault).await.unwrap();
    assert!(custody.account(&Uuid::nil(), NODE, None).await.is_err());
    house.by_hand("DROP TRIGGER fault").await.unwrap();
    assert!(custody.run_clocks("criminal", Millis(1)).await.is_ok());
    assert!(custody.clocks_unnoticed("criminal", Millis(1)).await.unwrap().is_empty());
}
