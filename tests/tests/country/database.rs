//! The database under a node is restarted, is full, or is lost: what was promised holds, and the node goes on by itself (promises 1, 2, 5).

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use negiz_tests::channel::runtime;
use negiz_tests::cluster::Cluster;
use negiz_tests::country::Country;
use negiz_tests::node::{Node, log_vkey, set, verifier};
use negiz_tests::receipt::Verifier;
use negiz_tests::volume::Volume;
use negiz_tests::witness::{House, Witness};
use sqlx::Connection as _;
use tempfile::TempDir;

use crate::load::{Officers, until};

/// The node under which the database fails, beside the country's own.
const NODE: &str = "faults";

/// A country with a node that has a witness.
struct Scene {
    country: Country,
    node: Node,
    proofs: Verifier,
    _witness: Witness,
    _house: House,
}

impl Scene {
    fn in_place(directory: &Path, database: Option<&str>) -> Self {
        let country = Country::start_in(directory, database).unwrap_or_else(|ended| panic!("{ended:?}"));
        let house = House::watching(vec![log_vkey(&country, NODE)]);
        let witness = house.start(&["--new"]);
        let node = crate::quorum::node(&country, NODE, &witness);
        let proofs = verifier(&country, &[NODE]).witnessed(&[&witness.key.to_string()]);
        Self { country, node, proofs, _witness: witness, _house: house }
    }

    fn officers(&self) -> Officers<'_> {
        Officers::at(&self.country, &self.node, &self.proofs)
    }
}

/// A directory with a link to a server's socket, as an address that moves with the primary.
fn linked(cluster: &Cluster) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    lead_to(&directory, cluster);
    directory
}

fn lead_to(directory: &TempDir, cluster: &Cluster) {
    let (link, new) = (directory.path().join("server"), directory.path().join("new"));
    std::os::unix::fs::symlink(&cluster.directory, &new).unwrap();
    std::fs::rename(new, link).unwrap();
}

#[test]
fn goes_on_when_postgres_is_restarted_under_load() {
    let cluster = Cluster::start(None).unwrap();
    let database = cluster.database("negiz", &cluster.directory).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let scene = Scene::in_place(directory.path(), Some(&database.owner));
    let officers = scene.officers();
    officers.while_they_ask(|| {
        for mode in ["fast", "immediate", "fast", "immediate"] {
            officers.get_answers(40);
            cluster.control(&format!("restart -m {mode}")).unwrap();
            officers.get_answers(40);
        }
    });
    officers.find_everything(&scene.node, NODE);
}

/// The lock on a node's log goes with the session that held it, and comes back with another.
#[test]
fn keeps_its_log_to_itself_when_postgres_is_restarted() {
    let cluster = Cluster::start(None).unwrap();
    let database = cluster.database("negiz", &cluster.directory).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let scene = Scene::in_place(directory.path(), Some(&database.owner));
    cluster.control("restart -m fast").unwrap();
    let said = || scene.node.process().errors();
    until("the log is not held again", || said().contains("the log is held again"));
    let twin = Node::start(&scene.country, "twin", |config| set(config, &["deployment", "node"], NODE));
    let ended = twin.unwrap_err();
    assert_eq!(ended.status, 3, "{ended:?}");
    assert!(ended.errors.contains("another process writes the log"), "{ended:?}");
}

/// Should another process have taken the log while the server was away, two would mark each other's requests as interrupted.
#[test]
fn stops_when_another_process_took_its_log() {
    let database = negiz_tests::postgres::database().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let scene = Scene::in_place(directory.path(), Some(&database.owner));
    let digest = evidence::Digest::of(format!("log negiz.demo/{NODE}").as_bytes());
    let number = i64::from_be_bytes(*digest.as_bytes().first_chunk().unwrap());
    let _other = runtime().block_on(async {
        let mut other = sqlx::PgConnection::connect(&database.administrator).await.unwrap();
        let end = "SELECT pg_terminate_backend(pid) FROM pg_locks
            WHERE locktype = 'advisory' AND (classid::bigint << 32) | objid::bigint = $1";
        sqlx::query(end).bind(number).execute(&mut other).await.unwrap();
        sqlx::query("SELECT pg_advisory_lock($1)").bind(number).execute(&mut other).await.unwrap();
        other
    });
    assert_eq!(scene.node.process().wait(), 3);
    let said = scene.node.process().errors();
    assert!(said.contains("another process writes the log negiz.demo/faults"), "{said}");
}

/// Both commits that waited for the standby when the primary went and those that did not: what was told is in the successor.
#[test]
fn loses_nothing_with_the_primary_when_a_synchronous_standby_is_promoted() {
    let primary = Cluster::start(None).unwrap();
    let address = linked(&primary);
    let database = primary.database("negiz", &address.path().join("server")).unwrap();
    let standby = primary.standby().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let scene = Scene::in_place(directory.path(), Some(&database.owner));
    let officers = scene.officers();
    officers.while_they_ask(|| {
        officers.get_answers(40);
        primary.control("stop -m immediate").unwrap();
        let before = officers.turned_away();
        until("nobody notices", || officers.turned_away() > before);
        standby.control("promote").unwrap();
        lead_to(&address, &standby);
        officers.get_answers(40);
    });
    officers.find_everything(&scene.node, NODE);
}

/// A commit waits for the standby, a client not for ever: it is told that nothing can be recorded, and what was in doubt is found later.
#[test]
fn keeps_nobody_waiting_for_a_standby_that_is_gone() {
    let primary = Cluster::start(None).unwrap();
    let database = primary.database("negiz", &primary.directory).unwrap();
    let standby = primary.standby().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let scene = Scene::in_place(directory.path(), Some(&database.owner));
    let officers = scene.officers();
    officers.while_they_ask(|| {
        officers.get_answers(20);
        standby.control("stop -m immediate").unwrap();
        let before = officers.turned_away();
        until("they wait for ever", || officers.turned_away() >= before + 4);
        standby.control("start").unwrap();
        officers.get_answers(20);
    });
    officers.find_everything(&scene.node, NODE);
}

/// What happens on a disk without a free byte, and when there is space again. `mend` is what an operator does besides.
fn goes_on_after_a_full_disk(scene: &Scene, volume: &Volume, mend: impl FnOnce()) {
    let officers = scene.officers();
    officers.while_they_ask(|| {
        officers.get_answers(20);
        volume.fill();
        let before = officers.turned_away();
        until("nobody notices", || officers.turned_away() >= before + 8);
    });
    officers.get_nothing();
    volume.free();
    mend();
    until("it does not go on", || officers.ask().code() == "answered");
    officers.while_they_ask(|| officers.get_answers(20));
    officers.find_everything(&scene.node, NODE);
}

/// A disk to fill, or a word that there is none.
fn disk(mebibytes: u32) -> Option<Volume> {
    let volume = Volume::of(mebibytes);
    if let Err(why) = &volume {
        // Not `eprintln`: that is shown only when a test fails.
        std::io::stderr().write_all(format!("SKIPPED, no disk was filled: {why}\n").as_bytes()).unwrap();
    }
    volume.ok()
}

#[test]
fn answers_nothing_unrecorded_when_the_disk_of_sqlite_is_full() {
    let Some(volume) = disk(96) else { return };
    let directory = volume.path().join("country");
    std::fs::create_dir(&directory).unwrap();
    let scene = Scene::in_place(&directory, None);
    goes_on_after_a_full_disk(&scene, &volume, || ());
}

#[test]
fn answers_nothing_unrecorded_when_the_disk_of_postgres_is_full() {
    let Some(volume) = disk(192) else { return };
    let cluster = Cluster::start(Some(volume.path())).unwrap();
    let database = cluster.database("negiz", &cluster.directory).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let scene = Scene::in_place(directory.path(), Some(&database.owner));
    goes_on_after_a_full_disk(&scene, &volume, || {
        // Without room for its write-ahead log the server gives up and stays down.
        if cluster.control("status").is_err() {
            cluster.control("start").unwrap();
        }
    });
}

/// The same without a disk to fill: no file of the node may grow. Takes no rights, so that it is tested everywhere.
#[test]
fn answers_nothing_unrecorded_when_no_file_can_grow() {
    let directory = tempfile::tempdir().unwrap();
    let scene = Scene::in_place(directory.path(), None);
    let officers = scene.officers();
    officers.while_they_ask(|| officers.get_answers(20));
    limit(&scene.node, "4096");
    until("nobody notices", || officers.ask().code() == "evidence-unavailable");
    officers.get_nothing();
    limit(&scene.node, "unlimited");
    until("it does not go on", || officers.ask().code() == "answered");
    officers.while_they_ask(|| officers.get_answers(20));
    officers.find_everything(&scene.node, NODE);
}

/// How large any file may become that a node writes.
fn limit(node: &Node, bytes: &str) {
    let arguments = [format!("--pid={}", node.process().pid()), format!("--fsize={bytes}:unlimited")];
    assert!(Command::new("prlimit").args(arguments).status().unwrap().success());
}
