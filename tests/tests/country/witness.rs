//! `negiz witness` from outside (C2SP tlog-witness): what it cosigns, what it does not, and that it never goes back.

use evidence::proof::prove_consistency;
use evidence::witness::AddCheckpoint;
use evidence::{Head, LogSigner, NodeHash, Tree};
use negiz_tests::channel::{get, post};
use negiz_tests::command::run;
use negiz_tests::witness::House;

/// A log that a test writes by itself.
struct Log {
    signer: LogSigner,
    nodes: Vec<NodeHash>,
    size: u64,
}

impl Log {
    fn of(origin: &str, leaves: &[&str]) -> Self {
        let hashes: Vec<_> = leaves.iter().map(|leaf| NodeHash::of_leaf(leaf.as_bytes())).collect();
        let appended = Tree::new().append(&hashes).unwrap();
        let nodes = appended.nodes().iter().map(|(_, node)| *node).collect();
        let signer = LogSigner::from_seed(origin, &[1; 32]).unwrap();
        Self { signer, nodes, size: appended.head().size }
    }

    fn head(&self) -> Head {
        Tree::restore(self.size, &self.nodes).unwrap().head()
    }

    fn request(&self, old: u64) -> AddCheckpoint {
        let proof = prove_consistency(self.size, old.min(self.size), &self.nodes).unwrap();
        AddCheckpoint { old, proof, checkpoint: self.signer.sign(&self.head()).unwrap() }
    }
}

fn watching(logs: &[&Log]) -> House {
    House::watching(logs.iter().map(|log| log.signer.vkey()).collect())
}

#[test]
fn cosigns_only_what_extends_what_it_cosigned() {
    let (small, large) =
        (Log::of("log.test/a", &["a", "b"]), Log::of("log.test/a", &["a", "b", "c", "d", "e"]));
    let house = watching(&[&small]);
    let witness = house.start(&["--new"]);
    assert_eq!(get(&format!("{}/vkey", witness.address)).body, format!("{}\n", witness.key));
    witness.cosigns(&small.request(0));
    witness.cosigns(&small.request(2));
    witness.stands_at(&large.request(0), 2);
    witness.cosigns(&large.request(2));
    witness.stands_at(&small.request(2), 5);
    witness.stands_at(&Log::of("log.test/a", &["a", "x", "c", "d", "e"]).request(5), 5);
    let fork = Log::of("log.test/a", &["a", "x", "c", "d", "e", "f"]);
    witness.answers(&fork.request(5), 422);
    witness.answers(&small.request(5), 400);
    witness.answers(&Log::of("log.test/other", &["a"]).request(0), 404);
    let mut forged = large.request(5);
    forged.checkpoint = LogSigner::from_seed("log.test/a", &[2; 32]).unwrap().sign(&large.head()).unwrap();
    witness.answers(&forged, 403);
    for body in ["", "old 5", "old 05\n\nx\n", "\u{0}\n\n"] {
        let reply = post(&format!("{}/add-checkpoint", witness.address), body).unwrap();
        assert_eq!(reply.status, 400, "{body:?}");
        assert_eq!(reply.header("content-type"), "application/problem+json");
    }
    let huge = vec![b'x'; evidence::witness::MAX_BODY + 1];
    assert_eq!(post(&format!("{}/add-checkpoint", witness.address), huge).unwrap().status, 413);
    assert_eq!(get(&format!("{}/add-checkpoint", witness.address)).status, 405);
    witness.stands_at(&small.request(0), 5);
}

#[test]
fn watches_several_logs_each_for_itself() {
    let (a, b) = (Log::of("log.test/a", &["a", "b", "c"]), Log::of("log.test/b", &["b"]));
    let house = watching(&[&a, &b]);
    let witness = house.start(&["--new"]);
    witness.cosigns(&a.request(0));
    witness.cosigns(&b.request(0));
    witness.stands_at(&a.request(0), 3);
    witness.stands_at(&Log::of("log.test/b", &["b", "c"]).request(0), 1);
}

#[test]
fn remembers_over_a_kill_what_it_cosigned() {
    let leaves: Vec<String> = (0..40).map(|leaf| format!("leaf {leaf}")).collect();
    let leaves: Vec<&str> = leaves.iter().map(String::as_str).collect();
    let log = |size: usize| Log::of("log.test/a", &leaves[..size]);
    let house = watching(&[&log(1)]);
    let mut more: &[&str] = &["--new"];
    let mut size = 0;
    for _ in 0..5 {
        let witness = house.start(more);
        for _ in 0..8 {
            if size > 0 {
                // Whatever it has cosigned it still stands at, and a shorter log is refused.
                witness.stands_at(&log(size).request(0), size as u64);
            }
            size += 1;
            witness.cosigns(&log(size).request(size as u64 - 1));
        }
        witness.process.signal("KILL");
        let _ = witness.process.wait();
        more = &[];
    }
}

#[test]
fn of_many_forks_at_once_it_cosigns_one() {
    let base = Log::of("log.test/a", &["a"]);
    let house = watching(&[&base]);
    let witness = house.start(&["--new"]);
    witness.cosigns(&base.request(0));
    let names: Vec<String> = (0..16).map(|fork| format!("fork {fork}")).collect();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let submit = |name: &'_ String| {
            let log = Log::of("log.test/a", &["a", name.as_str()]);
            witness.submit(&log.request(1)).status
        };
        let threads: Vec<_> = names.iter().map(|name| scope.spawn(move || submit(name))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 200 | 409)), "{statuses:?}");
}

#[test]
fn does_not_begin_twice_nor_from_a_memory_that_is_not_its_own() {
    let log = Log::of("log.test/a", &["a"]);
    let house = watching(&[&log]);
    let refuses = |more: &[&str], words: &str| {
        let arguments = house.arguments(more);
        let done = run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(done.status, 3, "{done:?}");
        assert!(done.complained.contains(words) && done.complained.lines().count() == 1, "{done:?}");
    };
    refuses(&[], "is not there: --new makes it");
    let witness = house.start(&["--new"]);
    witness.cosigns(&log.request(0));
    drop(witness);
    refuses(&["--new"], "is there already");
    refuses(&["--log", "not-a-key"], "a verifier key is <name>+<8 hex digits>+<base64>");
    // Another key over the same memory: these heads are not what that witness cosigned.
    let other = watching(&[&log]);
    std::fs::copy(other.path("w1.pem"), house.path("w1.pem")).unwrap();
    refuses(&[], "the memory of log log.test/a is not what this witness cosigned");
    std::fs::write(house.path("w1.db"), "no database").unwrap();
    refuses(&[], "");
}
